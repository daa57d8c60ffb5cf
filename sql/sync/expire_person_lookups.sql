-- Look-ups of people on the page.
delete from sync.person_lookup
where lookup_id in (
    select lookup_id from sync.person_lookup
    where looked_up_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
