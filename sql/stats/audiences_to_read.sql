-- Audiences of campaigns, once a day: the history is by month.
select campaign.list_id
from stats.campaigns as campaign
left join stats.audience_reading as known on campaign.list_id = known.list_id
where
    campaign.list_id is not null
    and known.gone_at is null
    and (known.read_at is null or known.read_at < now() - interval '20 hours')
group by campaign.list_id
order by campaign.list_id;
