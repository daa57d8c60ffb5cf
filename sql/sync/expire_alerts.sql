delete from sync.alert
where (collection_code, state) in (
    select
        collection_code,
        state
    from sync.alert
    where sent_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
