select
    campaign.campaign_code,
    campaign.detail
from sync.campaign as campaign
where campaign.action = 'failed' and campaign.campaign_code = any(%(codes)s::text[])
order by campaign.campaign_code
