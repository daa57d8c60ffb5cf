-- The first members of a run's plan, for each collection and action, with how many there are of each.
with every as (
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
    where verdict.staging_id = %(staging_id)s and verdict.reason_code is not null
),

planned as (
    select
        collection.collection_code,
        plan.action,
        plan.cause,
        plan.contact_id,
        collection.guard_detail is not null
        and plan.action in ('unsubscribe', 'archive', 'untag')
        and not coalesce(plan.cause, '') = any(%(due_causes)s::text[]) as waits_for_approval,
        row_number() over by_action as place,
        count(*) over (partition by plan.collection_id, plan.action) as members
    from every as plan
    inner join sync.staged_collection as collection
        on collection.staging_id = %(staging_id)s and plan.collection_id = collection.collection_id
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
