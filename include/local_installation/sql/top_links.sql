-- The most clicked links of each campaign.
select
    campaign_title,
    url,
    total_clicks,
    unique_clicks
from mart.link_performance
where rank_in_campaign <= %(most)s
order by sent_at, campaign_id, rank_in_campaign, url;
