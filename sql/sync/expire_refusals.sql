-- A refusal that holds has no end, and stays. Their contacts go with them. The shortest time is that in which
-- note_reported_refusals.sql still reads the report that told of one.
delete from sync.refusal
where refusal_id in (
    select refusal_id from sync.refusal
    where ended_at < now() - make_interval(days => greatest(%(days)s, 90))
    limit %(batch)s
)
