-- Events of each campaign, by kind.
select
    campaign_id,
    action,
    count(*) as events
from stats.campaign_activities
group by campaign_id, action
union all
select
    campaign_id,
    'unsubscribe' as action,
    count(*) as events
from stats.campaign_unsubscribes
group by campaign_id;
