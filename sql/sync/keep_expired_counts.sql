-- Adds up, per recipient, the events that are about to be removed. Events before that time are not loaded
-- again.
with event as (
    select *
    from stats.campaign_activities
    where occurred_at >= %(since)s::timestamptz and occurred_at < %(until)s::timestamptz
),

marked as (
    insert into stats.expired_events as kept (campaign_id, expired_before)
    select distinct
        campaign_id,
        %(until)s::timestamptz
    from event
    on conflict (campaign_id) do update
        set expired_before = greatest(kept.expired_before, excluded.expired_before)
)

insert into stats.expired_engagement as kept (
    campaign_id, subscriber_hash, list_id, opens, proxy_opens, unflagged_opens, clicks, links,
    hard_bounces, soft_bounces, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
    first_click_at, last_click_at, bot_clicks, bot_links, first_human_click_at, last_human_click_at
)
select
    campaign_id,
    subscriber_hash,
    max(list_id) as list_id,
    count(*) filter (where action = 'open') as opens,
    count(*) filter (where action = 'open' and is_proxy_open) as proxy_opens,
    count(*) filter (where action = 'open' and is_proxy_open is null) as unflagged_opens,
    count(*) filter (where action = 'click') as clicks,
    coalesce(array_agg(distinct url_key) filter (where action = 'click'), '{}') as links,
    count(*) filter (where bounce_type = 'hard') as hard_bounces,
    count(*) filter (where bounce_type = 'soft') as soft_bounces,
    min(occurred_at) filter (where action = 'open') as first_open_at,
    max(occurred_at) filter (where action = 'open') as last_open_at,
    min(occurred_at) filter (where action = 'open' and is_proxy_open is not true) as first_human_open_at,
    max(occurred_at) filter (where action = 'open' and is_proxy_open is not true) as last_human_open_at,
    min(occurred_at) filter (where action = 'click') as first_click_at,
    max(occurred_at) filter (where action = 'click') as last_click_at,
    count(bot_rule) as bot_clicks,
    stats.links_without(
        array_agg(distinct url_key) filter (where action = 'click'),
        array_agg(distinct url_key) filter (where action = 'click' and bot_rule is null)
    ) as bot_links,
    min(occurred_at) filter (where action = 'click' and bot_rule is null) as first_human_click_at,
    max(occurred_at) filter (where action = 'click' and bot_rule is null) as last_human_click_at
from event
group by campaign_id, subscriber_hash
on conflict (campaign_id, subscriber_hash) do update set
    opens = kept.opens + excluded.opens,
    proxy_opens = kept.proxy_opens + excluded.proxy_opens,
    unflagged_opens = kept.unflagged_opens + excluded.unflagged_opens,
    clicks = kept.clicks + excluded.clicks,
    links = (
        select coalesce(array_agg(distinct link), '{}')
        from unnest(kept.links || excluded.links) as both_links (link) -- noqa: RF01
    ),
    hard_bounces = kept.hard_bounces + excluded.hard_bounces,
    soft_bounces = kept.soft_bounces + excluded.soft_bounces,
    first_open_at = least(kept.first_open_at, excluded.first_open_at),
    last_open_at = greatest(kept.last_open_at, excluded.last_open_at),
    first_human_open_at = least(kept.first_human_open_at, excluded.first_human_open_at),
    last_human_open_at = greatest(kept.last_human_open_at, excluded.last_human_open_at),
    first_click_at = least(kept.first_click_at, excluded.first_click_at),
    last_click_at = greatest(kept.last_click_at, excluded.last_click_at),
    bot_clicks = kept.bot_clicks + excluded.bot_clicks,
    bot_links = stats.links_without(
        stats.links_without(
            kept.links || excluded.links, stats.links_without(kept.links, kept.bot_links)
        ),
        stats.links_without(excluded.links, excluded.bot_links)
    ),
    first_human_click_at = least(kept.first_human_click_at, excluded.first_human_click_at),
    last_human_click_at = greatest(kept.last_human_click_at, excluded.last_human_click_at)
