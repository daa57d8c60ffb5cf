-- Campaigns at the provider that belong, or belonged, to other campaigns of the CRM.
select campaign.provider_campaign_id
from sync.campaign as campaign
where campaign.provider_campaign_id is not null and campaign.campaign_id <> %(campaign_id)s
union
select former.provider_campaign_id
from sync.former_campaign as former
