-- Sent campaigns whose report is due for a look: ten minutes after the sending, and then hourly for a day.
select
    campaign.campaign_id,
    campaign.campaign_code,
    campaign.account,
    campaign.provider_campaign_id,
    campaign.list_id,
    campaign.sent_at
from sync.campaign as campaign
left join sync.sending_health as health
    on
        campaign.campaign_id = health.campaign_id
        and campaign.provider_campaign_id = health.provider_campaign_id
where
    campaign.status = 'sent'
    and campaign.list_id is not null
    and campaign.provider_campaign_id is not null
    -- The last look comes a day after the sending, even if nothing ran at that moment.
    and campaign.sent_at <= %(now)s - interval '10 minutes'
    and (
        health.looked_at is null
        and campaign.sent_at > %(now)s - interval '7 days'
        or health.looked_at < campaign.sent_at + interval '24 hours'
        and health.looked_at <= %(now)s - interval '55 minutes'
    )
order by campaign.sent_at, campaign.campaign_id
