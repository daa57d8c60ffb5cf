delete from sync.quarantine
where quarantine_id in (
    select quarantine_id from sync.quarantine
    where resolved_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
