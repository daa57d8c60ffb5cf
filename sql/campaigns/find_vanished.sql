-- Campaigns that were never sent and are not in the newest listing. They may be deleted at the provider.
select campaign.campaign_id
from stats.campaigns as campaign
where
    campaign.account = %(account)s
    and campaign.status not in ('sending', 'sent', 'canceling', 'canceled', 'archived', 'deleted')
    and not exists (
        select from landing_campaigns as landed
        where landed.campaign_id = campaign.campaign_id
    )
order by campaign.campaign_id
