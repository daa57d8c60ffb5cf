insert into mart.campaign_cohort (
    campaign_id, cohort_month, month, recipients, delivered, openers, human_openers, clickers,
    human_clickers, unsubscribes
)
select
    recipient.campaign_id,
    date_trunc('month', member.first_sent_at at time zone setting.report_time_zone)::date as cohort_month,
    date_trunc('month', mail.received_at at time zone setting.report_time_zone)::date as month,
    count(*) as recipients,
    count(*) filter (where recipient.delivery_status = 'sent') as delivered,
    count(*) filter (where engagement.opens > 0) as openers,
    count(*) filter (where engagement.opens > engagement.proxy_opens) as human_openers,
    count(*) filter (where engagement.clicks > 0) as clickers,
    count(*) filter (where engagement.clicks > engagement.bot_clicks) as human_clickers,
    count(unsubscribe.campaign_id) as unsubscribes
from changed_campaign as changed
inner join stats.campaigns as campaign on changed.campaign_id = campaign.campaign_id
inner join stats.campaign_recipients as recipient on changed.campaign_id = recipient.campaign_id
inner join mart.member_engagement as member
    on
        recipient.list_id = member.list_id
        and recipient.subscriber_hash = member.subscriber_hash
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
    ) as mail (received_at)
where mail.received_at is not null
group by recipient.campaign_id, cohort_month, month;
