insert into stats.link_member_clicks as kept (campaign_id, link_id, subscriber_hash, clicks)
select
    %(campaign_id)s,
    landed.link_id,
    landed.subscriber_hash,
    max(coalesce(landed.clicks, 0)) as clicks
from landing_link_members as landed
group by landed.link_id, landed.subscriber_hash
on conflict (campaign_id, link_id, subscriber_hash) do update set
    clicks = excluded.clicks,
    changed_at = clock_timestamp()
where kept.clicks <> excluded.clicks;
