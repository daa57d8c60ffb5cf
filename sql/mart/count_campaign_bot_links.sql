insert into mart.campaign_bot_links as kept (campaign_id, url_key, bot_clicks, bot_clickers)
select
    campaign_id,
    url_key,
    sum(bot_clicks) as bot_clicks,
    count(*) filter (where bot_clicks = clicks) as bot_clickers
from (
    select
        event.campaign_id,
        event.url_key,
        event.subscriber_hash,
        count(*) as clicks,
        count(event.bot_rule) as bot_clicks
    from changed_campaign as changed
    inner join stats.campaign_activities as event on changed.campaign_id = event.campaign_id
    where event.action = 'click'
    group by event.campaign_id, event.url_key, event.subscriber_hash
) as clicked
group by campaign_id, url_key
having sum(bot_clicks) > 0
on conflict (campaign_id, url_key) do update set
    bot_clicks = greatest(kept.bot_clicks, excluded.bot_clicks),
    bot_clickers = greatest(kept.bot_clickers, excluded.bot_clickers);
