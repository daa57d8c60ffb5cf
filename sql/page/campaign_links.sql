-- The links of a campaign that were clicked most.
select
    link.url,
    link.total_clicks,
    link.unique_clicks,
    link.click_share,
    link.total_clicks_without_bots
from mart.link_performance as link
where link.campaign_id = %(campaign_id)s
order by link.total_clicks desc, link.url asc
limit %(most)s;
