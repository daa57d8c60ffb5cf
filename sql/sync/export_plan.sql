-- The plan member by member, without unchanged members, and the contacts that the check holds back. If the
-- contact is gone from the CRM, its id is the one that the member was pushed under.
with planned as (
    select
        plan.collection_id,
        plan.action,
        plan.cause,
        plan.contact_id
    from staging.plan as plan
    where plan.staging_id = %(staging_id)s and plan.action <> 'unchanged'
    union all
    select
        verdict.collection_id,
        'held_back' as action,
        verdict.reason_code as cause,
        verdict.contact_id
    from staging.verdict as verdict
    inner join sync.staged_collection as judging
        on verdict.staging_id = judging.staging_id and verdict.collection_id = judging.collection_id
    where
        verdict.staging_id = %(staging_id)s
        and verdict.reason_code is not null
        and not judging.is_shared_audience
)

select
    collection.collection_code,
    planned.action,
    planned.cause,
    planned.contact_id,
    collection.guard_detail is not null
    and planned.action in ('unsubscribe', 'archive', 'untag')
    and not coalesce(planned.cause, '') = any(%(due_causes)s::text[]) as waits_for_approval,
    reason.explanation
from planned
inner join sync.staged_collection as collection
    on
        collection.staging_id = %(staging_id)s
        and planned.collection_id = collection.collection_id
left join sync.reason as reason on planned.cause = reason.reason_code
where %(collection_code)s::text is null or collection.collection_code = %(collection_code)s::text
order by collection.collection_code, planned.action, planned.cause, planned.contact_id
