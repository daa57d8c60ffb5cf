insert into stats.link_clicks (
    campaign_id, link_id, url, total_clicks, unique_clicks, click_percentage,
    unique_click_percentage, last_click_at, ab_split, extra
)
select distinct on (landed.link_id)
    %(campaign_id)s,
    landed.link_id,
    coalesce(landed.url, '') as url,
    coalesce(landed.total_clicks, 0) as total_clicks,
    coalesce(landed.unique_clicks, 0) as unique_clicks,
    landed.click_percentage,
    landed.unique_click_percentage,
    landed.last_click_at,
    landed.ab_split,
    landed.extra
from landing_links as landed
order by landed.link_id asc, landed.total_clicks desc
on conflict (campaign_id, link_id) do update set
    url = excluded.url,
    total_clicks = excluded.total_clicks,
    unique_clicks = excluded.unique_clicks,
    click_percentage = excluded.click_percentage,
    unique_click_percentage = excluded.unique_click_percentage,
    last_click_at = excluded.last_click_at,
    ab_split = excluded.ab_split,
    extra = excluded.extra,
    read_at = now();
