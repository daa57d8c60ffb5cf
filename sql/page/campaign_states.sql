-- What the CRM says about each campaign, in the words of sync_campaigns.
select
    campaign.campaign_code,
    campaign.crm_state
from sync.campaign as campaign
where campaign.crm_state is not null;
