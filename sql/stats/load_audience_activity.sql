insert into stats.audience_activity (
    list_id, day, emails_sent, unique_opens, recipient_clicks, hard_bounces, soft_bounces, subs,
    unsubs, other_adds, other_removes, extra
)
select distinct on (days.day)
    %(list_id)s,
    days.day,
    landed.emails_sent,
    landed.unique_opens,
    landed.recipient_clicks,
    landed.hard_bounces,
    landed.soft_bounces,
    landed.subs,
    landed.unsubs,
    landed.other_adds,
    landed.other_removes,
    landed.extra
from landing_audience_activity as landed
cross join
    lateral (
        values ((landed.day at time zone 'UTC')::date)
    ) as days (day)
order by days.day
on conflict (list_id, day) do update set
    emails_sent = excluded.emails_sent,
    unique_opens = excluded.unique_opens,
    recipient_clicks = excluded.recipient_clicks,
    hard_bounces = excluded.hard_bounces,
    soft_bounces = excluded.soft_bounces,
    subs = excluded.subs,
    unsubs = excluded.unsubs,
    other_adds = excluded.other_adds,
    other_removes = excluded.other_removes,
    extra = excluded.extra,
    read_at = now();
