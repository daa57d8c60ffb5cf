create or replace view sync.newest_staging as
-- By id first: a collection whose code was changed is known by its new one alone.
select distinct on (newest.collection_code) newest.*
from (
    select distinct on (collection.collection_id)
        collection.collection_code,
        collection.collection_id,
        collection.staging_id,
        collection.gdpr_category,
        collection.campaign_type,
        run.run_id,
        run.clock
    from sync.staged_collection as collection
    inner join sync.staging_run as run on collection.staging_id = run.staging_id
    where run.dropped_at is null and run.row_counts is not null and collection.problem_code is null
    order by collection.collection_id asc, collection.staging_id desc
) as newest
order by newest.collection_code asc, newest.staging_id desc;
comment on view sync.newest_staging is 'Each collection''s newest snapshot that is still there.';
