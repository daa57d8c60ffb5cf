-- What the plan of one preview says, by collection. Nothing is left of it after its staging was dropped.
with counted as (
    select
        plan.collection_id,
        plan.action,
        count(*) as people
    from staging.plan as plan
    where plan.staging_id = %(staging_id)s
    group by plan.collection_id, plan.action
),

planned as (
    select
        collection_id,
        sum(people) filter (where action not in ('quarantine', 'unchanged')) as people,
        string_agg(action || ' ' || people, ', ' order by action) as actions
    from counted
    group by collection_id
)

select
    collection.collection_code,
    run.clock,
    run.dropped_at is not null as is_dropped,
    collection_run.state,
    collection_run.detail,
    collection.guard_detail,
    coalesce(planned.people, 0)::integer as people,
    planned.actions
from sync.staging_run as run
inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
left join sync.collection_run as collection_run
    on
        run.staging_id = collection_run.staging_id
        and collection.collection_code = collection_run.collection_code
left join planned on collection.collection_id = planned.collection_id
where run.staging_id = %(staging_id)s
order by collection.collection_code
