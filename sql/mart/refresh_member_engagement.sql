with since as (select caught_up_to from mart.setting),

changed as (
    select
        recipient.list_id,
        recipient.subscriber_hash
    from stats.campaign_recipients as recipient
    cross join since
    where recipient.changed_at >= since.caught_up_to
    union
    select
        engagement.list_id,
        engagement.subscriber_hash
    from stats.recipient_engagement as engagement
    cross join since
    where engagement.changed_at >= since.caught_up_to
    union
    select
        unsubscribe.list_id,
        unsubscribe.subscriber_hash
    from stats.campaign_unsubscribes as unsubscribe
    cross join since
    where unsubscribe.first_seen_at >= since.caught_up_to
    union
    select
        report.list_id,
        report.subscriber_hash
    from stats.campaign_abuse_reports as report
    cross join since
    where report.first_seen_at >= since.caught_up_to
),

received as (
    select
        changed.list_id,
        changed.subscriber_hash,
        count(*) as campaigns_received,
        count(*) filter (where recipient.delivery_status = 'sent') as campaigns_delivered,
        count(*) filter (where engagement.opens > 0) as campaigns_opened,
        count(*) filter (where engagement.opens > engagement.proxy_opens) as campaigns_human_opened,
        count(*) filter (where engagement.clicks > 0) as campaigns_clicked,
        coalesce(sum(engagement.opens), 0) as opens,
        coalesce(sum(engagement.proxy_opens), 0) as proxy_opens,
        coalesce(sum(engagement.clicks), 0) as clicks,
        coalesce(sum(engagement.hard_bounces), 0) as hard_bounces,
        coalesce(sum(engagement.soft_bounces), 0) as soft_bounces,
        count(unsubscribe.campaign_id) as unsubscribes,
        min(campaign.sent_at) as first_sent_at,
        max(campaign.sent_at) as last_sent_at,
        min(engagement.first_open_at) as first_open_at,
        max(engagement.last_open_at) as last_open_at,
        min(engagement.first_human_open_at) as first_human_open_at,
        min(engagement.first_click_at) as first_click_at,
        max(engagement.last_click_at) as last_click_at,
        max(unsubscribe.unsubscribed_at) as last_unsubscribed_at
    from changed
    inner join stats.campaign_recipients as recipient
        on
            changed.subscriber_hash = recipient.subscriber_hash
            and changed.list_id = recipient.list_id
    inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
    left join stats.recipient_engagement as engagement
        on
            recipient.campaign_id = engagement.campaign_id
            and recipient.subscriber_hash = engagement.subscriber_hash
    left join stats.campaign_unsubscribes as unsubscribe
        on
            recipient.campaign_id = unsubscribe.campaign_id
            and recipient.subscriber_hash = unsubscribe.subscriber_hash
    group by changed.list_id, changed.subscriber_hash
),

complaints as (
    select
        report.list_id,
        report.subscriber_hash,
        count(*) as abuse_reports
    from stats.campaign_abuse_reports as report
    group by report.list_id, report.subscriber_hash
)

insert into mart.member_engagement (
    list_id, subscriber_hash, campaigns_received, campaigns_delivered, campaigns_opened,
    campaigns_human_opened, campaigns_clicked, opens, proxy_opens, clicks, hard_bounces,
    soft_bounces, unsubscribes, abuse_reports, first_sent_at, last_sent_at, first_open_at,
    last_open_at, first_human_open_at, first_click_at, last_click_at, last_unsubscribed_at
)
select
    received.list_id,
    received.subscriber_hash,
    received.campaigns_received,
    received.campaigns_delivered,
    received.campaigns_opened,
    received.campaigns_human_opened,
    received.campaigns_clicked,
    received.opens,
    received.proxy_opens,
    received.clicks,
    received.hard_bounces,
    received.soft_bounces,
    received.unsubscribes,
    coalesce(complaints.abuse_reports, 0) as abuse_reports,
    received.first_sent_at,
    received.last_sent_at,
    received.first_open_at,
    received.last_open_at,
    received.first_human_open_at,
    received.first_click_at,
    received.last_click_at,
    received.last_unsubscribed_at
from received
left join complaints
    on
        received.list_id = complaints.list_id
        and received.subscriber_hash = complaints.subscriber_hash
on conflict (list_id, subscriber_hash) do update set
    campaigns_received = excluded.campaigns_received,
    campaigns_delivered = excluded.campaigns_delivered,
    campaigns_opened = excluded.campaigns_opened,
    campaigns_human_opened = excluded.campaigns_human_opened,
    campaigns_clicked = excluded.campaigns_clicked,
    opens = excluded.opens,
    proxy_opens = excluded.proxy_opens,
    clicks = excluded.clicks,
    hard_bounces = excluded.hard_bounces,
    soft_bounces = excluded.soft_bounces,
    unsubscribes = excluded.unsubscribes,
    abuse_reports = excluded.abuse_reports,
    first_sent_at = excluded.first_sent_at,
    last_sent_at = excluded.last_sent_at,
    first_open_at = excluded.first_open_at,
    last_open_at = excluded.last_open_at,
    first_human_open_at = excluded.first_human_open_at,
    first_click_at = excluded.first_click_at,
    last_click_at = excluded.last_click_at,
    last_unsubscribed_at = excluded.last_unsubscribed_at,
    refreshed_at = now();
