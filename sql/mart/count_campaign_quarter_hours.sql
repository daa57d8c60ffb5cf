-- A quarter hour is the longest time that fits the days and hours of every time zone in use.
insert into mart.campaign_quarter_hours (
    campaign_id, began_at, opens, proxy_opens, clicks, bot_clicks, bounces
)
select
    event.campaign_id,
    date_bin('15 minutes', event.occurred_at, timestamptz '2000-01-01 00:00:00Z') as began_at,
    count(*) filter (where event.action = 'open') as opens,
    count(*) filter (where event.action = 'open' and event.is_proxy_open) as proxy_opens,
    count(*) filter (where event.action = 'click') as clicks,
    count(event.bot_rule) as bot_clicks,
    count(*) filter (where event.action = 'bounce') as bounces
from changed_campaign as changed
left join stats.expired_events as expired on changed.campaign_id = expired.campaign_id
inner join stats.campaign_activities as event
    on
        changed.campaign_id = event.campaign_id
        and event.occurred_at >= coalesce(expired.expired_before, '-infinity')
group by event.campaign_id, began_at;
