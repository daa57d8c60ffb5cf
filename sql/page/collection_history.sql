-- The newest runs of a collection, previews too.
select
    collection_run.run_id,
    coalesce(collection_run.state, 'running') as state,
    collection_run.started_at,
    collection_run.finished_at,
    collection_run.staged,
    collection_run.eligible,
    collection_run.quarantined,
    collection_run.added,
    collection_run.updated,
    collection_run.removed,
    collection_run.rejected,
    collection_run.api_calls,
    collection_run.detail,
    coalesce(run.dry_run, false) as dry_run,
    run.dropped_at is null and run.row_counts is not null as has_plan
from sync.collection_run
left join sync.staging_run as run on collection_run.staging_id = run.staging_id
where collection_run.collection_code = %(collection_code)s
order by collection_run.started_at desc
limit %(most)s;
