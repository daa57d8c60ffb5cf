-- What the newest plan of each collection says. Nothing is left of a plan after its staging was dropped.
with newest as (
    select distinct on (collection.collection_code)
        collection.collection_code,
        collection.collection_id,
        collection.guard_detail,
        run.staging_id,
        run.clock
    from sync.staging_run as run
    inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
    where run.dry_run and run.row_counts is not null and run.dropped_at is null
    order by collection.collection_code asc, run.staging_id desc
),

counted as (
    select
        newest.collection_code,
        plan.action,
        count(*) as people
    from newest
    inner join staging.plan as plan
        on newest.staging_id = plan.staging_id and newest.collection_id = plan.collection_id
    group by newest.collection_code, plan.action
),

planned as (
    select
        collection_code,
        sum(people) filter (where action not in ('quarantine', 'unchanged')) as people,
        string_agg(action || ' ' || people, ', ' order by action) as actions
    from counted
    group by collection_code
)

select
    newest.collection_code,
    newest.clock,
    collection_run.state,
    collection_run.detail,
    newest.guard_detail,
    coalesce(planned.people, 0)::integer as people,
    planned.actions
from newest
left join sync.collection_run as collection_run
    on
        newest.staging_id = collection_run.staging_id
        and newest.collection_code = collection_run.collection_code
left join planned on newest.collection_code = planned.collection_code
order by newest.collection_code
