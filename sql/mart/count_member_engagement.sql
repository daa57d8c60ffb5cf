insert into mart.member_engagement (
    list_id, subscriber_hash, campaigns_received, campaigns_delivered, campaigns_opened,
    campaigns_human_opened, campaigns_clicked, opens, proxy_opens, clicks, hard_bounces,
    soft_bounces, unsubscribes, abuse_reports, first_sent_at, last_sent_at, first_open_at,
    last_open_at, first_human_open_at, last_human_open_at, first_click_at, last_click_at,
    last_unsubscribed_at, campaigns_human_clicked, bot_clicks, first_human_click_at, last_human_click_at
)
select
    list_id,
    subscriber_hash,
    campaigns_received,
    campaigns_delivered,
    campaigns_opened,
    campaigns_human_opened,
    campaigns_clicked,
    opens,
    proxy_opens,
    clicks,
    hard_bounces,
    soft_bounces,
    unsubscribes,
    abuse_reports,
    first_sent_at,
    last_sent_at,
    first_open_at,
    last_open_at,
    first_human_open_at,
    last_human_open_at,
    first_click_at,
    last_click_at,
    last_unsubscribed_at,
    campaigns_human_clicked,
    bot_clicks,
    first_human_click_at,
    last_human_click_at
from counted_member
where changed and campaigns_received > 0;
