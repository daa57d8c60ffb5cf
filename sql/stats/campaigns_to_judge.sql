select campaign_id
from mart.unjudged_campaign
order by campaign_id;
