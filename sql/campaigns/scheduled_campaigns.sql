-- Campaigns that were in Mailchimp's schedule at the last look, or that we were about to schedule.
select
    campaign.provider_campaign_id,
    campaign.account
from sync.campaign as campaign
where
    campaign.provider_campaign_id is not null
    and (campaign.status = 'schedule' or campaign.scheduled_for is not null)
    and coalesce(campaign.status, '') not in ('sending', 'sent', 'canceled', 'archived')
order by campaign.campaign_code
