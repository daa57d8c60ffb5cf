update stats.campaign_activities as event
set ip = null
from (
    select
        tableoid as part,
        ctid as place
    from stats.campaign_activities
    where ip is not null and occurred_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
) as old
where event.tableoid = old.part and event.ctid = old.place and event.ip is not null
