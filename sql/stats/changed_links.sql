-- Links with clicks or clickers that we do not have in full.
with members as (
    select
        link_id,
        sum(clicks) as clicks
    from stats.link_member_clicks
    where campaign_id = %(campaign_id)s
    group by link_id
)

select landed.link_id
from landing_links as landed
left join stats.link_clicks as known
    on known.campaign_id = %(campaign_id)s and landed.link_id = known.link_id -- noqa: RF02
left join members on landed.link_id = members.link_id
where
    coalesce(landed.total_clicks, 0) > 0
    and (
        %(from_start)s -- noqa: RF02
        or members.clicks is distinct from landed.total_clicks
        or (known.total_clicks, known.unique_clicks, known.last_click_at)
        is distinct from (landed.total_clicks, landed.unique_clicks, landed.last_click_at)
    )
group by landed.link_id;
