-- Campaigns of a run that wait for their time, and whether each is in Mailchimp's schedule meanwhile.
select
    campaign.campaign_id,
    campaign.campaign_code,
    campaign.provider_campaign_id,
    campaign.account,
    campaign.look_again_at,
    coalesce(campaign.status, '') = 'schedule' and campaign.scheduled_for is not null as is_ours
from sync.campaign as campaign
where
    campaign.campaign_code = any(%(codes)s::text[])
    and campaign.look_again_at is not null
    and campaign.action is distinct from 'failed'
order by campaign.look_again_at, campaign.campaign_code
