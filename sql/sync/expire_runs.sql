delete from sync.collection_run
where (run_id, collection_code) in (
    select
        run_id,
        collection_code
    from sync.collection_run
    where started_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
