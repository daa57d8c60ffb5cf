-- One campaign, by its code in the CRM or by Mailchimp's id.
select
    coalesce(campaign.crm_campaign_code, campaign.provider_campaign_id) as code,
    campaign.provider_campaign_id,
    campaign.title,
    campaign.collection_code,
    campaign.account,
    campaign.status,
    campaign.crm_state,
    campaign.planned_at,
    campaign.scheduled_for,
    campaign.sent_at,
    campaign.emails_sent,
    campaign.unique_opens,
    campaign.unique_clicks,
    campaign.detail,
    campaign.gate_is_open,
    coalesce(campaign.gate_reasons, '[]') as gate_reasons,
    campaign.origin
from stats.campaign_overview as campaign
where
    campaign.crm_campaign_code = %(code)s
    or (campaign.crm_campaign_code is null and campaign.provider_campaign_id = %(code)s)
limit 1;
