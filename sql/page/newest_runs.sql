-- The newest real run of each collection, and whether its plan can still be looked at.
with known as (
    select unnest(%(collection_codes)s::text[]) as collection_code
)

select
    known.collection_code,
    newest.run_id,
    newest.finished_at,
    newest.has_plan
from known
inner join lateral (
    select
        done.run_id,
        done.finished_at,
        run.dropped_at is null and run.row_counts is not null as has_plan
    from sync.collection_run as done
    inner join sync.staging_run as run on done.staging_id = run.staging_id
    where done.collection_code = known.collection_code and not run.dry_run
    order by done.started_at desc
    limit 1
) as newest on true;
