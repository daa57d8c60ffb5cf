-- Campaigns of a run that wait for their moment.
select
    campaign.campaign_code,
    campaign.provider_campaign_id,
    campaign.look_again_at
from sync.campaign as campaign
where
    campaign.campaign_code = any(%(codes)s::text[])
    and campaign.look_again_at is not null
    and campaign.provider_campaign_id is not null
    and campaign.action is distinct from 'failed'
order by campaign.look_again_at, campaign.campaign_code
