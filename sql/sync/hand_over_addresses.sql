-- A contact that gave its address up does not represent it. So the next contact with the address does. This
-- undoes what judge_verdicts.sql said about that contact.
with freed as (
    select distinct verdict.address_key
    from given_up
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and given_up.contact_id = verdict.contact_id
    where verdict.reason_code is null
),

sharing as (
    select
        verdict.contact_id,
        verdict.address_key,
        verdict.reason_code
    from freed
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and freed.address_key = verdict.address_key
    left join given_up on verdict.contact_id = given_up.contact_id
    where given_up.contact_id is null and coalesce(verdict.reason_code, 'duplicate_email') = 'duplicate_email'
),

heir as (
    select min(sharing.contact_id) as contact_id
    from sharing
    inner join staging.contact as contact
        on contact.staging_id = %(staging_id)s and sharing.contact_id = contact.contact_id
    where
        not exists (
            select from sync.suppression
            where suppression.kind = 'contact' and suppression.digest = contact.contact_digest
        )
    group by sharing.address_key
    having bool_and(sharing.reason_code is not null)
)

update staging.verdict as verdict
set reason_code = null, detail = null
from heir
where
    verdict.staging_id = %(staging_id)s
    and verdict.collection_id = %(collection_id)s
    and verdict.contact_id = heir.contact_id
