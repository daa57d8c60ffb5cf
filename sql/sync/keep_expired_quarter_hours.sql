-- The marts may not have counted these events or their newest flags yet.
insert into mart.campaign_quarter_hours as kept (
    campaign_id, began_at, opens, proxy_opens, clicks, bot_clicks, bounces
)
select
    campaign_id,
    date_bin('15 minutes', occurred_at, timestamptz '2000-01-01 00:00:00Z') as began_at,
    count(*) filter (where action = 'open') as opens,
    count(*) filter (where action = 'open' and is_proxy_open) as proxy_opens,
    count(*) filter (where action = 'click') as clicks,
    count(bot_rule) as bot_clicks,
    count(*) filter (where action = 'bounce') as bounces
from stats.campaign_activities
where occurred_at >= %(since)s::timestamptz and occurred_at < %(until)s::timestamptz
group by campaign_id, began_at
on conflict (campaign_id, began_at) do update
    set
        opens = excluded.opens,
        proxy_opens = excluded.proxy_opens,
        clicks = excluded.clicks,
        bot_clicks = excluded.bot_clicks,
        bounces = excluded.bounces
    where
    (kept.opens, kept.proxy_opens, kept.clicks, kept.bot_clicks, kept.bounces)
    is distinct from (
        excluded.opens, excluded.proxy_opens, excluded.clicks, excluded.bot_clicks, excluded.bounces
    )
