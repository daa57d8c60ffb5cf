-- What the preview of one staging found, by collection.
select
    collection.collection_code,
    run.clock,
    collection_run.state,
    collection_run.detail,
    coalesce(collection_run.added, 0) as added,
    coalesce(collection_run.updated, 0) as updated,
    coalesce(collection_run.removed, 0) as removed
from sync.staging_run as run
inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
left join sync.collection_run as collection_run
    on
        run.staging_id = collection_run.staging_id
        and collection.collection_code = collection_run.collection_code
where run.staging_id = %(staging_id)s
order by collection.collection_code
