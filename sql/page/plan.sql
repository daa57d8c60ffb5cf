-- The first members of a run's plan, for each collection and action, with how many there are of each.
with planned as (
    select
        collection.collection_code,
        plan.action,
        plan.cause,
        plan.contact_id,
        collection.guard_detail is not null
        and plan.action in ('unsubscribe', 'archive')
        and not coalesce(plan.cause, '') = any(%(due_causes)s::text[]) as waits_for_approval,
        row_number() over by_action as place,
        count(*) over (partition by plan.collection_id, plan.action) as members
    from staging.plan as plan
    inner join sync.staged_collection as collection
        on plan.staging_id = collection.staging_id and plan.collection_id = collection.collection_id
    where plan.staging_id = %(staging_id)s and plan.action <> 'unchanged'
    window by_action as (
        partition by plan.collection_id, plan.action order by plan.cause asc, plan.contact_id asc
    )
)

select
    planned.collection_code,
    planned.action,
    planned.members,
    planned.cause,
    planned.contact_id,
    planned.waits_for_approval,
    reason.explanation
from planned
left join sync.reason as reason on planned.cause = reason.reason_code
where planned.place <= %(most)s
order by planned.collection_code, planned.action, planned.place
