-- A refusal that holds has no end, and stays. The contacts of a removed refusal go with it. An ended
-- refusal stays at least 90 days: for 60 days note_reported_refusals.sql still reads the report of it.
delete from sync.refusal
where refusal_id in (
    select refusal_id from sync.refusal
    where ended_at < %(now)s::timestamptz - make_interval(days => greatest(%(days)s, 90))
    limit %(batch)s
)
