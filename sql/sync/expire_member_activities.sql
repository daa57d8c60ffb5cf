delete from stats.member_activities as kept
using (
    select ctid as place
    from stats.member_activities
    where occurred_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
) as old
where kept.ctid = old.place
