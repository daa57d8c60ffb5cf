create or replace view sync.newest_staging as
-- First by id: a collection whose code changed counts under its new code alone.
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
comment on view sync.newest_staging is 'The newest stored staging of each collection.';
comment on column sync.newest_staging.collection_code is 'Code of the collection.';
comment on column sync.newest_staging.collection_id is 'Collection of the CRM.';
comment on column sync.newest_staging.staging_id is 'Staging.';
comment on column sync.newest_staging.gdpr_category is
'GDPR category of the collection''s campaign type; null if it has none.';
comment on column sync.newest_staging.campaign_type is
'Campaign type of the collection; null if it has none.';
comment on column sync.newest_staging.run_id is 'Run that made the staging.';
comment on column sync.newest_staging.clock is 'Time of the staging: the run''s clock.';
