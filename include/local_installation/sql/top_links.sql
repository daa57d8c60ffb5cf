-- The most clicked links of some campaigns.
select
    campaign_title,
    url,
    total_clicks,
    unique_clicks
from mart.link_performance
where rank_in_campaign <= %(most)s and campaign_id = any(%(campaigns)s)
order by sent_at, campaign_id, rank_in_campaign, url;
