-- A newer staging of the collection that a run acted on, unless this staging only shows its plan. A newer
-- staging of the same run replaces this one, whether a task acted on it or not.
select newer.staging_id
from sync.staging_run as newer
inner join sync.staged_collection as collection on newer.staging_id = collection.staging_id
inner join sync.staging_run as this on this.staging_id = %(staging_id)s
where
    newer.staging_id > this.staging_id
    and collection.collection_id = %(collection_id)s
    and not newer.dry_run
    and not this.dry_run
    and (
        newer.run_id = this.run_id
        or exists (
            select from sync.collection_run as run
            where run.run_id = newer.run_id and run.collection_code = collection.collection_code
        )
    )
order by newer.staging_id desc
limit 1
