-- A member stays justified by the consent that holds now. The open proof may name another row, contact or
-- category. Then it ends and a new one begins. In a shared audience it also ends for who has no tag and is to
-- get none. The tag was deleted before the person left the collection, or no answer came.
with justified as (
    select
        member.list_id,
        member.subscriber_hash,
        verdict.contact_id,
        verdict.consent_id
    from staging.verdict as verdict
    inner join sync.member as member
        on member.list_id = %(list_id)s and verdict.subscriber_hash = member.subscriber_hash
    left join sync.tag_member as tagged
        on
            tagged.list_id = %(list_id)s
            and tagged.collection_id = %(collection_id)s
            and verdict.subscriber_hash = tagged.subscriber_hash
            and tagged.taken_by_hand_at is null
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.reason_code is null
        and member.status in ('subscribed', 'pending')
        and member.cause is distinct from 'forgotten'
        and member.origin in ('created', 'adopted')
        and (
            tagged.contact_id = verdict.contact_id
            or (not %(is_shared)s and member.contact_id = verdict.contact_id)
        )
),

outdated as (
    update sync.consent_proof as proof
    set ended_at = now(), end_cause = 'renewed'
    from justified
    where
        proof.list_id = justified.list_id
        and proof.subscriber_hash = justified.subscriber_hash
        and (not %(is_shared)s or proof.collection_code = %(collection_code)s)
        and proof.ended_at is null
        and (
            proof.contact_id <> justified.contact_id
            or proof.consent_id is distinct from justified.consent_id
            or proof.gdpr_category <> %(gdpr_category)s
            or proof.campaign_type <> %(campaign_type)s
        )
    returning proof.proof_id, proof.subscriber_hash
),

renewed as (
    select distinct subscriber_hash from outdated
),

judged as (
    select
        subscriber_hash,
        min(reason_code) as cause,
        bool_or(reason_code is null) as is_wanted
    from staging.verdict
    where staging_id = %(staging_id)s and collection_id = %(collection_id)s
    group by subscriber_hash
),

untagged as (
    select
        proof.proof_id,
        coalesce(judged.cause, 'left_collection') as cause
    from sync.consent_proof as proof
    left join judged on proof.subscriber_hash = judged.subscriber_hash
    where
        %(is_shared)s
        and proof.list_id = %(list_id)s
        and proof.collection_code = %(collection_code)s
        and proof.ended_at is null
        and not exists (
            select from sync.tag_member as tagged
            where
                tagged.list_id = %(list_id)s
                and tagged.collection_id = %(collection_id)s
                and tagged.subscriber_hash = proof.subscriber_hash
        )
        and not coalesce(judged.is_wanted, false)
),

ended as (
    update sync.consent_proof as proof
    set ended_at = now(), end_cause = untagged.cause
    from untagged
    where proof.proof_id = untagged.proof_id
),

-- As before this statement: those that end here are among them.
present as (
    select distinct proof.subscriber_hash
    from sync.consent_proof as proof
    where
        proof.list_id = %(list_id)s
        and (not %(is_shared)s or proof.collection_code = %(collection_code)s)
        and proof.ended_at is null
)

insert into sync.consent_proof (
    list_id, subscriber_hash, collection_code, contact_id, consent_id, gdpr_category, campaign_type,
    rules_version, run_id
)
select
    justified.list_id,
    justified.subscriber_hash,
    %(collection_code)s,
    justified.contact_id,
    justified.consent_id,
    %(gdpr_category)s,
    %(campaign_type)s,
    %(rules_version)s,
    %(run_id)s
from justified
left join renewed on justified.subscriber_hash = renewed.subscriber_hash
left join present on justified.subscriber_hash = present.subscriber_hash
where renewed.subscriber_hash is not null or present.subscriber_hash is null
