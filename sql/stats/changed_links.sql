select landed.link_id
from landing_links as landed
left join stats.link_clicks as known
    on known.campaign_id = %(campaign_id)s and landed.link_id = known.link_id -- noqa: RF02
where
    coalesce(landed.total_clicks, 0) > 0
    and (
        %(from_start)s -- noqa: RF02
        or (known.total_clicks, known.unique_clicks, known.last_click_at)
        is distinct from (landed.total_clicks, landed.unique_clicks, landed.last_click_at)
    )
group by landed.link_id;
