select campaign.campaign_id
from stats.campaigns as campaign
where
    campaign.sent_at < now() - make_interval(days => %(days)s)
    and (
        campaign.events_expired_at is null
        or exists (
            select from stats.campaign_activities as event
            where event.campaign_id = campaign.campaign_id
        )
    )
order by campaign.sent_at
