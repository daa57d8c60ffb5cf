-- How the newest real sync of the collection ended, and how old its staging is. A staging that failed its
-- check leaves no run of the collection. A staging that began a moment ago may still be at work.
with staging as (
    select
        stage.staging_id,
        stage.run_id,
        stage.clock,
        stage.checked_at,
        stage.created_at,
        collection.guard_detail
    from sync.staging_run as stage
    inner join sync.staged_collection as collection on stage.staging_id = collection.staging_id
    where collection.collection_code = %(collection_code)s and not stage.dry_run
),

push as (
    select
        run.run_id,
        run.staging_id,
        run.started_at,
        run.state,
        run.detail
    from sync.collection_run as run
    where
        run.collection_code = %(collection_code)s
        and run.state is distinct from 'dry_run'
        -- A preview that failed, or still runs, has another state.
        and not exists (
            select from sync.staging_run as stage
            where stage.staging_id = run.staging_id and stage.dry_run
        )
)

select
    coalesce(push.run_id, staging.run_id) as run_id,
    case when push.run_id is null then 'unchecked' else coalesce(push.state, 'unfinished') end as state,
    push.detail,
    case when push.state = 'blocked' then staging.guard_detail end as guard_detail,
    coalesce(staging.clock, push.started_at) as clock,
    -- The clock is the CRM's, the other times are ours. The earliest of them gives the age.
    now() - least(staging.clock, staging.created_at, push.started_at) as age
from staging
full outer join push on staging.staging_id = push.staging_id
where
    push.run_id is not null
    or (staging.checked_at is null and staging.created_at < now() - %(staging_takes)s)
-- By number, because a clock that went back gives a later run an earlier time.
order by coalesce(push.staging_id, staging.staging_id) desc
limit 1
