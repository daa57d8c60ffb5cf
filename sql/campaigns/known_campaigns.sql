-- Campaigns in the sync state, and whether each is over: sent, or deleted by us. A campaign that was only
-- intended is not over, because a lost answer may have left it in Mailchimp. A campaign that a person has
-- to look at first is not over either.
select
    campaign.campaign_id,
    campaign.campaign_code,
    case
        when campaign.provider_campaign_id is null
            then
                coalesce(campaign.status, '') = 'deleted'
                or (campaign.intended_at is null and campaign.action is distinct from 'failed')
        else coalesce(campaign.status, '') in ('sent', 'canceled', 'archived')
    end as is_over,
    campaign.provider_campaign_id is not null
    and coalesce(campaign.status, '') in ('sent', 'canceled', 'archived') as is_sent
from sync.campaign as campaign
