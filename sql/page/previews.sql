-- The newest previews whose plans can be read: their snapshots are complete and not dropped.
select
    run.run_id,
    run.clock,
    (
        select string_agg(collection.collection_code, ', ' order by collection.collection_code)
        from sync.staged_collection as collection
        where collection.staging_id = run.staging_id
    ) as collection_codes,
    (
        select count(*) from sync.staged_collection as collection
        where
            collection.staging_id = run.staging_id
            and not exists (
                select from sync.collection_run as planned
                where
                    planned.staging_id = run.staging_id
                    and planned.collection_code = collection.collection_code
                    and planned.state is not null
            )
    ) > 0 as is_unfinished
from sync.staging_run as run
where run.dry_run and run.dropped_at is null and run.row_counts is not null
order by run.staging_id desc
limit %(most)s
