-- The verdicts of a shared audience, from the plans of its collections. A contact is wanted if one of the
-- collections wants it. A contact that none wants any more has the strongest cause: one that needs no
-- approval comes first.
with former as (
    delete from staging.verdict
    where staging_id = %(staging_id)s and collection_id = %(shared_id)s
),

-- The planner knows the size of nothing here, so each row is looked up by its key.
planned as (
    select
        plan.collection_id,
        plan.action,
        plan.cause,
        plan.subscriber_hash,
        plan.contact_id
    from staging.plan as plan
    where plan.staging_id = %(staging_id)s and plan.collection_id = any(%(collection_ids)s::bigint[])
),

wanted as (
    select distinct on (planned.contact_id)
        planned.contact_id,
        planned.subscriber_hash,
        verdict.address_key,
        verdict.consent_id,
        verdict.content_hash
    from planned
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and planned.collection_id = verdict.collection_id
            and planned.contact_id = verdict.contact_id
            and planned.subscriber_hash = verdict.subscriber_hash
    where
        verdict.reason_code is null
        and (
            planned.action in ('tag', 'unchanged')
            or (planned.action in ('quarantine', 'untag') and planned.cause = 'suppressed_pending')
        )
    -- A consent before none: it gives the marketing permission, and its time is the time of the opt-in.
    order by
        planned.contact_id asc,
        planned.action in ('quarantine', 'untag') asc,
        verdict.consent_id is null asc,
        planned.collection_id asc
),

first as (
    insert into first_asked (contact_id, only_new)
    select
        planned.contact_id,
        not bool_and(planned.action in ('quarantine', 'untag')) as only_new
    from planned
    inner join sync.staged_collection as collection
        on
            collection.staging_id = %(staging_id)s
            and planned.collection_id = collection.collection_id
    where
        planned.action in ('tag', 'unchanged')
        or (planned.action in ('quarantine', 'untag') and planned.cause = 'suppressed_pending')
    group by planned.contact_id
    having
        bool_and(planned.action in ('quarantine', 'untag'))
        or bool_or(collection.confirm_new_members)
),

leaving as (
    select distinct on (member.contact_id)
        member.contact_id,
        going.cause
    from leaving_cause as going
    inner join sync.member as member
        on member.list_id = %(list_id)s and going.subscriber_hash = member.subscriber_hash
    where
        member.contact_id is not null
        and not exists (
            select from wanted
            where wanted.contact_id = member.contact_id
        )
    order by
        member.contact_id asc,
        going.cause = 'erased_contact' desc,
        going.cause = any(%(due_causes)s::text[]) desc,
        -- What the person refused says more than what somebody else with the address refused.
        going.cause = 'shared_address_refused' asc,
        going.collection_id asc,
        going.cause asc
)

insert into staging.verdict (
    staging_id, collection_id, contact_id, reason_code, address_key, subscriber_hash, consent_id, content_hash
)
select
    %(staging_id)s,
    %(shared_id)s,
    wanted.contact_id,
    null as reason_code,
    wanted.address_key,
    wanted.subscriber_hash,
    wanted.consent_id,
    wanted.content_hash
from wanted
union all
select
    %(staging_id)s,
    %(shared_id)s,
    leaving.contact_id,
    leaving.cause as reason_code,
    null as address_key,
    null as subscriber_hash,
    null as consent_id,
    null as content_hash
from leaving
