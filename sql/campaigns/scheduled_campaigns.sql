-- Campaigns that stood in Mailchimp's schedule when they were last looked at, or were about to.
select campaign.provider_campaign_id
from sync.campaign as campaign
where
    campaign.provider_campaign_id is not null
    and (campaign.status = 'schedule' or campaign.scheduled_for is not null)
    and coalesce(campaign.status, '') not in ('sending', 'sent', 'canceled', 'archived')
order by campaign.campaign_code
