-- Campaigns to write back to the CRM: those that are at the provider, and those that were deleted there.
select
    campaign.campaign_id,
    campaign.provider_campaign_id,
    campaign.status,
    campaign.emails_sent,
    campaign.unique_opens,
    campaign.unique_clicks,
    campaign.sent_at,
    campaign.detail
from sync.campaign as campaign
where
    campaign.status is not null
    and (campaign.provider_campaign_id is not null or campaign.status = 'deleted')
order by campaign.campaign_id
