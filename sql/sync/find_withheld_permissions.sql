-- Several contacts have one address. The permission is a word of the person who reads the mail. So all of
-- them must have a consent in force in one of the audience's collections. A contact that was merged into
-- another one is no contact of its own. Without an audience that has GDPR fields nobody is asked.
insert into withheld_permission (collection_id, subscriber_hash)
with judged as (
    select
        verdict.contact_id,
        verdict.subscriber_hash,
        verdict.consent_id
    from sync.staged_collection as collection
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and collection.collection_id = verdict.collection_id
    where
        collection.staging_id = %(staging_id)s
        and (
            collection.shared_id = %(collection_id)s
            or (collection.collection_id = %(collection_id)s and not collection.is_shared_audience)
            or collection.collection_id = any(%(left_ids)s::bigint[])
        )
        and verdict.subscriber_hash is not null
        and exists (
            select from sync.gdpr_audience as asking
            where asking.is_on
        )
),

several as (
    select subscriber_hash
    from judged
    group by subscriber_hash
    having min(contact_id) < max(contact_id)
),

contact_consent as (
    select
        judged.subscriber_hash,
        judged.contact_id,
        bool_or(consent.consent_id is not null) as is_given
    from several
    inner join judged on several.subscriber_hash = judged.subscriber_hash
    inner join sync.staging_run as run on run.staging_id = %(staging_id)s
    inner join staging.contact as contact
        on
            contact.staging_id = %(staging_id)s
            and judged.contact_id = contact.contact_id
            and contact.merged_into_id is null
    left join staging.consent as consent
        on
            consent.staging_id = %(staging_id)s
            and judged.contact_id = consent.contact_id
            and judged.consent_id = consent.consent_id
            and consent.granted
            and not consent.is_unreadable
            and (
                consent.expires_at is null
                or consent.expires_at > coalesce(run.refusal_clock, run.clock)
            )
    group by judged.subscriber_hash, judged.contact_id
)

select
    %(collection_id)s::bigint as collection_id,
    subscriber_hash
from contact_consent
group by subscriber_hash
having not bool_and(is_given)
