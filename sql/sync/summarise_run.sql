select
    collection.collection_code,
    collection.shared_id is not null as is_in_shared_audience,
    collection_run.state,
    collection_run.detail,
    collection_run.staged,
    collection_run.eligible,
    collection_run.quarantined,
    collection_run.added,
    collection_run.updated,
    collection_run.removed,
    collection_run.unchanged,
    collection_run.rejected,
    collection_run.api_calls
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
left join sync.collection_run as collection_run
    on
        run.run_id = collection_run.run_id
        and collection.collection_code = collection_run.collection_code
        and collection.staging_id = collection_run.staging_id
where collection.staging_id = %(staging_id)s
order by collection.collection_code
