-- The newest finished staging of a run, with the plan of each of its collections.
select
    collection.collection_code,
    run.staging_id,
    run.clock,
    run.dry_run,
    run.dropped_at is not null as is_dropped,
    collection_run.state,
    collection_run.detail,
    collection.guard_detail,
    (
        select string_agg(held.reason_code || ' ' || held.contacts, ', ' order by reason.position)
        from (
            select
                verdict.reason_code,
                count(*) as contacts
            from staging.verdict as verdict
            where
                verdict.staging_id = run.staging_id
                and verdict.collection_id = collection.collection_id
                and verdict.reason_code is not null
                -- A shared audience holds nobody back: its collections do.
                and not collection.is_shared_audience
            group by verdict.reason_code
        ) as held
        inner join sync.reason as reason on held.reason_code = reason.reason_code
    ) as held_back
from sync.staging_run as run
inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
left join sync.collection_run as collection_run
    on
        run.run_id = collection_run.run_id
        and collection.collection_code = collection_run.collection_code
        and run.staging_id = collection_run.staging_id
where
    run.staging_id = (
        select max(newest.staging_id) from sync.staging_run as newest
        where newest.run_id = %(run_id)s and newest.row_counts is not null
    )
    and (%(collection_code)s::text is null or collection.collection_code = %(collection_code)s::text)
order by collection.collection_code
