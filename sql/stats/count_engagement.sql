-- Counts of one campaign's recipients. They come from the events, and from the counts of events that
-- retention removed. Only rows that differ are written, because the marts follow each written row.
with live as (
    select
        event.subscriber_hash,
        max(event.list_id) as list_id,
        count(*) filter (where event.action = 'open') as opens,
        count(*) filter (where event.action = 'open' and event.is_proxy_open) as proxy_opens,
        count(*) filter (where event.action = 'open' and event.is_proxy_open is null) as unflagged_opens,
        count(*) filter (where event.action = 'click') as clicks,
        count(event.bot_rule) as bot_clicks,
        array_agg(distinct event.url_key) filter (where event.action = 'click') as links,
        array_agg(distinct event.url_key) filter (
            where event.action = 'click' and event.bot_rule is null
        ) as human_links,
        count(*) filter (where event.bounce_type = 'hard') as hard_bounces,
        count(*) filter (where event.bounce_type = 'soft') as soft_bounces,
        min(event.occurred_at) filter (where event.action = 'open') as first_open_at,
        max(event.occurred_at) filter (where event.action = 'open') as last_open_at,
        min(event.occurred_at) filter (
            where event.action = 'open' and event.is_proxy_open is not true
        ) as first_human_open_at,
        max(event.occurred_at) filter (
            where event.action = 'open' and event.is_proxy_open is not true
        ) as last_human_open_at,
        min(event.occurred_at) filter (where event.action = 'click') as first_click_at,
        max(event.occurred_at) filter (where event.action = 'click') as last_click_at,
        min(event.occurred_at) filter (
            where event.action = 'click' and event.bot_rule is null
        ) as first_human_click_at,
        max(event.occurred_at) filter (
            where event.action = 'click' and event.bot_rule is null
        ) as last_human_click_at
    from stats.campaign_activities as event
    where event.campaign_id = %(campaign_id)s
    group by event.subscriber_hash
),

expired as (
    select * from stats.expired_engagement
    where campaign_id = %(campaign_id)s
)

insert into stats.recipient_engagement as kept (
    campaign_id, subscriber_hash, list_id, opens, proxy_opens, unflagged_opens, clicks, links_clicked,
    hard_bounces, soft_bounces, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
    first_click_at, last_click_at, bot_clicks, bot_links_clicked, first_human_click_at, last_human_click_at
)
select
    %(campaign_id)s,
    coalesce(live.subscriber_hash, expired.subscriber_hash) as subscriber_hash,
    coalesce(live.list_id, expired.list_id) as list_id,
    coalesce(live.opens, 0) + coalesce(expired.opens, 0) as opens,
    coalesce(live.proxy_opens, 0) + coalesce(expired.proxy_opens, 0) as proxy_opens,
    coalesce(live.unflagged_opens, 0) + coalesce(expired.unflagged_opens, 0) as unflagged_opens,
    coalesce(live.clicks, 0) + coalesce(expired.clicks, 0) as clicks,
    case
        when expired.links is null then coalesce(cardinality(live.links), 0)
        else (select count(distinct link) from unnest(live.links || expired.links) as both_links (link))
    end as links_clicked,
    coalesce(live.hard_bounces, 0) + coalesce(expired.hard_bounces, 0) as hard_bounces,
    coalesce(live.soft_bounces, 0) + coalesce(expired.soft_bounces, 0) as soft_bounces,
    least(live.first_open_at, expired.first_open_at) as first_open_at,
    greatest(live.last_open_at, expired.last_open_at) as last_open_at,
    least(live.first_human_open_at, expired.first_human_open_at) as first_human_open_at,
    greatest(live.last_human_open_at, expired.last_human_open_at) as last_human_open_at,
    least(live.first_click_at, expired.first_click_at) as first_click_at,
    greatest(live.last_click_at, expired.last_click_at) as last_click_at,
    coalesce(live.bot_clicks, 0) + coalesce(expired.bot_clicks, 0) as bot_clicks,
    case
        when expired.links is null
            then coalesce(cardinality(live.links), 0) - coalesce(cardinality(live.human_links), 0)
        else cardinality(
            stats.links_without(
                stats.links_without(live.links || expired.links, live.human_links),
                stats.links_without(expired.links, expired.bot_links)
            )
        )
    end as bot_links_clicked,
    least(live.first_human_click_at, expired.first_human_click_at) as first_human_click_at,
    greatest(live.last_human_click_at, expired.last_human_click_at) as last_human_click_at
from live
full join expired on live.subscriber_hash = expired.subscriber_hash
on conflict (campaign_id, subscriber_hash) do update set
    list_id = excluded.list_id,
    opens = excluded.opens,
    proxy_opens = excluded.proxy_opens,
    unflagged_opens = excluded.unflagged_opens,
    clicks = excluded.clicks,
    links_clicked = excluded.links_clicked,
    hard_bounces = excluded.hard_bounces,
    soft_bounces = excluded.soft_bounces,
    first_open_at = excluded.first_open_at,
    last_open_at = excluded.last_open_at,
    first_human_open_at = excluded.first_human_open_at,
    last_human_open_at = excluded.last_human_open_at,
    first_click_at = excluded.first_click_at,
    last_click_at = excluded.last_click_at,
    bot_clicks = excluded.bot_clicks,
    bot_links_clicked = excluded.bot_links_clicked,
    first_human_click_at = excluded.first_human_click_at,
    last_human_click_at = excluded.last_human_click_at,
    changed_at = clock_timestamp()
where
(
    kept.opens, kept.proxy_opens, kept.unflagged_opens, kept.clicks, kept.links_clicked, kept.hard_bounces,
    kept.soft_bounces, kept.first_open_at, kept.last_open_at, kept.first_human_open_at,
    kept.last_human_open_at, kept.first_click_at, kept.last_click_at, kept.bot_clicks,
    kept.bot_links_clicked, kept.first_human_click_at, kept.last_human_click_at
) is distinct from (
    excluded.opens, excluded.proxy_opens, excluded.unflagged_opens, excluded.clicks, excluded.links_clicked,
    excluded.hard_bounces, excluded.soft_bounces, excluded.first_open_at,
    excluded.last_open_at, excluded.first_human_open_at, excluded.last_human_open_at,
    excluded.first_click_at, excluded.last_click_at, excluded.bot_clicks,
    excluded.bot_links_clicked, excluded.first_human_click_at, excluded.last_human_click_at
);
