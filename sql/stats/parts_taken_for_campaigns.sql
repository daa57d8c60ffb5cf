select part.part_id
from stats.campaign_part as part
inner join stats.campaigns as campaign on part.part_id = campaign.campaign_id;
