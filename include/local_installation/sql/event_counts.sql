-- Events of each campaign that came back, by kind.
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
