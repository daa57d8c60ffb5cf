-- Campaigns that never went out and were not in the listing just landed: perhaps deleted there.
select campaign.campaign_id
from stats.campaigns as campaign
where
    campaign.status not in ('sending', 'sent', 'canceling', 'canceled', 'archived', 'deleted')
    and not exists (
        select from landing_campaigns as landed
        where landed.campaign_id = campaign.campaign_id
    )
order by campaign.campaign_id
