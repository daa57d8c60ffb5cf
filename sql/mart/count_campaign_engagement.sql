with received as (
    select
        recipient.campaign_id,
        count(*) as recipients,
        count(*) filter (where recipient.delivery_status = 'sent') as delivered
    from stats.campaign_recipients as recipient
    inner join changed_campaign as changed on recipient.campaign_id = changed.campaign_id
    group by recipient.campaign_id
),

engaged as (
    select
        engagement.campaign_id,
        count(*) filter (where engagement.opens > 0) as openers,
        count(*) filter (where engagement.opens > engagement.proxy_opens) as human_openers,
        count(*) filter (where engagement.clicks > 0) as clickers,
        count(*) filter (where engagement.clicks > engagement.bot_clicks) as human_clickers,
        sum(engagement.bot_clicks) as bot_clicks,
        sum(engagement.bot_links_clicked) as bot_link_clicks,
        sum(engagement.opens) as opens,
        sum(engagement.proxy_opens) as proxy_opens,
        sum(engagement.clicks) as clicks,
        min(engagement.first_open_at) as first_open_at,
        max(engagement.last_open_at) as last_open_at,
        min(engagement.first_click_at) as first_click_at,
        max(engagement.last_click_at) as last_click_at,
        percentile_cont(0.5) within group (
            order by extract(epoch from engagement.first_open_at - campaign.sent_at)::double precision
        ) filter (where not campaign.is_ongoing) as median_seconds_to_first_open,
        percentile_cont(0.5) within group (
            order by extract(epoch from engagement.first_human_open_at - campaign.sent_at)::double precision
        ) filter (where not campaign.is_ongoing) as median_seconds_to_first_human_open
    from changed_campaign as changed
    inner join stats.campaigns as campaign on changed.campaign_id = campaign.campaign_id
    inner join stats.recipient_engagement as engagement on changed.campaign_id = engagement.campaign_id
    group by engagement.campaign_id
)

insert into mart.campaign_engagement (
    campaign_id, recipients, delivered, openers, human_openers, clickers, opens, proxy_opens,
    clicks, first_open_at, last_open_at, first_click_at, last_click_at,
    median_seconds_to_first_open, median_seconds_to_first_human_open, human_clickers, bot_clicks,
    bot_link_clicks
)
select
    changed.campaign_id,
    coalesce(received.recipients, 0) as recipients,
    coalesce(received.delivered, 0) as delivered,
    coalesce(engaged.openers, 0) as openers,
    coalesce(engaged.human_openers, 0) as human_openers,
    coalesce(engaged.clickers, 0) as clickers,
    coalesce(engaged.opens, 0) as opens,
    coalesce(engaged.proxy_opens, 0) as proxy_opens,
    coalesce(engaged.clicks, 0) as clicks,
    engaged.first_open_at,
    engaged.last_open_at,
    engaged.first_click_at,
    engaged.last_click_at,
    engaged.median_seconds_to_first_open,
    engaged.median_seconds_to_first_human_open,
    coalesce(engaged.human_clickers, 0) as human_clickers,
    coalesce(engaged.bot_clicks, 0) as bot_clicks,
    coalesce(engaged.bot_link_clicks, 0) as bot_link_clicks
from changed_campaign as changed
left join received on changed.campaign_id = received.campaign_id
left join engaged on changed.campaign_id = engaged.campaign_id
where received.campaign_id is not null or engaged.campaign_id is not null
on conflict (campaign_id) do update set
    recipients = excluded.recipients,
    delivered = excluded.delivered,
    openers = excluded.openers,
    human_openers = excluded.human_openers,
    clickers = excluded.clickers,
    opens = excluded.opens,
    proxy_opens = excluded.proxy_opens,
    clicks = excluded.clicks,
    first_open_at = excluded.first_open_at,
    last_open_at = excluded.last_open_at,
    first_click_at = excluded.first_click_at,
    last_click_at = excluded.last_click_at,
    median_seconds_to_first_open = excluded.median_seconds_to_first_open,
    median_seconds_to_first_human_open = excluded.median_seconds_to_first_human_open,
    human_clickers = excluded.human_clickers,
    bot_clicks = excluded.bot_clicks,
    bot_link_clicks = excluded.bot_link_clicks,
    refreshed_at = now();
