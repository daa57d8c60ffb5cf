-- Pages shift while a campaign is read, so a recipient may come twice; who was deleted since keeps
-- their row.
insert into stats.campaign_recipients as kept (
    campaign_id, subscriber_hash, list_id, delivery_status, absplit_group, gmt_offset, extra
)
select distinct on (landed.subscriber_hash)
    %(campaign_id)s,
    landed.subscriber_hash,
    landed.list_id,
    landed.delivery_status,
    landed.absplit_group,
    landed.gmt_offset::integer,
    landed.extra
from landing_recipients as landed
order by landed.subscriber_hash
on conflict (campaign_id, subscriber_hash) do update set
    list_id = excluded.list_id,
    delivery_status = excluded.delivery_status,
    absplit_group = excluded.absplit_group,
    gmt_offset = excluded.gmt_offset,
    extra = excluded.extra,
    changed_at = clock_timestamp()
where
(kept.list_id, kept.delivery_status, kept.absplit_group, kept.gmt_offset, kept.extra)
is distinct from (
    excluded.list_id, excluded.delivery_status, excluded.absplit_group, excluded.gmt_offset,
    excluded.extra
);
