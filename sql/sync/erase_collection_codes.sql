-- Every collection that a task may sync now: the mapped ones, and those of the stored stagings.
select collection_code from sync.audience
union
select collection.collection_code
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
where run.dropped_at is null
