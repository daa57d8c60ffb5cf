insert into mart.contact_engagement (
    contact_key, contact_id, subscriber_hash, audiences, campaigns_received,
    campaigns_delivered, campaigns_opened, campaigns_opened_without_proxy, campaigns_clicked,
    opens, opens_without_proxy, clicks, hard_bounces, soft_bounces, unsubscribes, abuse_reports,
    first_sent_at, last_sent_at, first_open_at, last_open_at, first_open_without_proxy_at,
    last_open_without_proxy_at, first_click_at, last_click_at, last_unsubscribed_at,
    campaigns_clicked_without_bots, clicks_without_bots, first_click_without_bots_at,
    last_click_without_bots_at
)
select
    contact_key,
    max(contact_id) as contact_id,
    case when max(contact_id) is null then max(subscriber_hash) end as subscriber_hash,
    count(distinct list_id) as audiences,
    sum(campaigns_received)::bigint as campaigns_received,
    sum(campaigns_delivered)::bigint as campaigns_delivered,
    sum(campaigns_opened)::bigint as campaigns_opened,
    sum(campaigns_human_opened)::bigint as campaigns_opened_without_proxy,
    sum(campaigns_clicked)::bigint as campaigns_clicked,
    sum(opens)::bigint as opens,
    sum(opens - proxy_opens)::bigint as opens_without_proxy,
    sum(clicks)::bigint as clicks,
    sum(hard_bounces)::bigint as hard_bounces,
    sum(soft_bounces)::bigint as soft_bounces,
    sum(unsubscribes)::bigint as unsubscribes,
    sum(abuse_reports)::bigint as abuse_reports,
    min(first_sent_at) as first_sent_at,
    max(last_sent_at) as last_sent_at,
    min(first_open_at) as first_open_at,
    max(last_open_at) as last_open_at,
    min(first_human_open_at) as first_open_without_proxy_at,
    max(last_human_open_at) as last_open_without_proxy_at,
    min(first_click_at) as first_click_at,
    max(last_click_at) as last_click_at,
    max(last_unsubscribed_at) as last_unsubscribed_at,
    sum(campaigns_human_clicked)::bigint as campaigns_clicked_without_bots,
    sum(clicks - bot_clicks)::bigint as clicks_without_bots,
    min(first_human_click_at) as first_click_without_bots_at,
    max(last_human_click_at) as last_click_without_bots_at
from counted_member
where campaigns_received > 0
group by contact_key;
