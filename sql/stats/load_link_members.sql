-- Pages shift while we read them, so a member may come twice. The greater count is the later one.
insert into stats.link_member_clicks as kept (campaign_id, link_id, list_id, subscriber_hash, clicks, extra)
select distinct on (landed.link_id, landed.subscriber_hash)
    %(campaign_id)s,
    landed.link_id,
    landed.list_id,
    landed.subscriber_hash,
    coalesce(landed.clicks, 0) as clicks,
    landed.extra
from landing_link_members as landed
order by landed.link_id asc, landed.subscriber_hash asc, landed.clicks desc nulls last
on conflict (campaign_id, link_id, subscriber_hash) do update set
    list_id = excluded.list_id,
    clicks = excluded.clicks,
    extra = excluded.extra,
    changed_at = clock_timestamp()
where
(kept.list_id, kept.clicks, kept.extra)
is distinct from (excluded.list_id, excluded.clicks, excluded.extra);
