-- All events of the campaigns are counted while they are there: a member's clicks may be in several periods.
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
    from stats.campaign_activities as event
    where
        event.action = 'click'
        and event.campaign_id in (
            select old.campaign_id from stats.campaign_activities as old
            where old.occurred_at >= %(since)s::timestamptz and old.occurred_at < %(until)s::timestamptz
        )
    group by event.campaign_id, event.url_key, event.subscriber_hash
) as clicked
group by campaign_id, url_key
having sum(bot_clicks) > 0
on conflict (campaign_id, url_key) do update set
    bot_clicks = greatest(kept.bot_clicks, excluded.bot_clicks),
    bot_clickers = greatest(kept.bot_clickers, excluded.bot_clickers)
