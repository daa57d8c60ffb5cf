-- Partitions of events that end at or before a given time, oldest first.
select
    part.relname,
    (months.month at time zone 'UTC') as since,
    ((months.month + interval '1 month') at time zone 'UTC') as until
from pg_inherits as inherited
inner join pg_class as part on inherited.inhrelid = part.oid
cross join
    lateral (
        values (to_date(right(part.relname, 7), 'YYYY_MM')::timestamp)
    ) as months (month)
where
    inherited.inhparent = 'stats.campaign_activities'::regclass
    and (months.month + interval '1 month') at time zone 'UTC' <= %(before)s::timestamptz
order by months.month
