-- Audiences of campaigns, once a day: the history is by month.
select campaign.list_id
from stats.campaigns as campaign
left join stats.audience_growth as growth on campaign.list_id = growth.list_id
where campaign.list_id is not null
group by campaign.list_id
having coalesce(max(growth.read_at), '-infinity') < now() - interval '20 hours'
order by campaign.list_id;
