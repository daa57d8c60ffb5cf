-- Every mail that touched members ever received, with what they did with it.
create temporary table received on commit drop as
select
    touched.list_id,
    touched.subscriber_hash,
    touched.contact_key,
    recipient.campaign_id,
    mail.received_at,
    date_trunc('month', mail.received_at at time zone setting.report_time_zone)::date as month,
    recipient.delivery_status = 'sent' as delivered,
    recipient.delivery_status = 'hard' as has_hard_bounced,
    recipient.gone_at,
    coalesce(engagement.opens, 0) as opens,
    coalesce(engagement.proxy_opens, 0) as proxy_opens,
    coalesce(engagement.clicks, 0) as clicks,
    coalesce(engagement.bot_clicks, 0) as bot_clicks,
    coalesce(engagement.hard_bounces, 0) as hard_bounces,
    coalesce(engagement.soft_bounces, 0) as soft_bounces,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_human_open_at,
    -- An open that came late, among events that retention had removed, is counted and has no time.
    case
        when engagement.opens > engagement.proxy_opens
            then coalesce(engagement.last_human_open_at, engagement.last_open_at)
    end as last_human_open_at,
    engagement.first_click_at,
    engagement.last_click_at,
    engagement.first_human_click_at,
    -- Late clicks are the same: counted, without a time.
    case
        when engagement.clicks > engagement.bot_clicks
            then coalesce(engagement.last_human_click_at, engagement.last_click_at)
    end as last_human_click_at,
    unsubscribe.unsubscribed_at
from touched_member as touched
inner join stats.campaign_recipients as recipient
    on
        touched.subscriber_hash = recipient.subscriber_hash
        and touched.list_id = recipient.list_id
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
cross join mart.setting as setting
left join stats.recipient_engagement as engagement
    on
        recipient.campaign_id = engagement.campaign_id
        and recipient.subscriber_hash = engagement.subscriber_hash
left join stats.campaign_unsubscribes as unsubscribe
    on
        recipient.campaign_id = unsubscribe.campaign_id
        and recipient.subscriber_hash = unsubscribe.subscriber_hash
cross join
    lateral (
        values (
            mart.received_at(
                campaign, recipient,
                least(
                    engagement.first_open_at, engagement.first_click_at, unsubscribe.unsubscribed_at
                )
            )
        )
    ) as mail (received_at);
