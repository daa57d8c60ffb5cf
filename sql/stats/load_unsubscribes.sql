insert into stats.campaign_unsubscribes as kept (
    campaign_id, list_id, subscriber_hash, reason, unsubscribed_at, extra
)
select distinct on (landed.subscriber_hash)
    %(campaign_id)s,
    landed.list_id,
    landed.subscriber_hash,
    landed.reason,
    landed.unsubscribed_at,
    landed.extra
from landing_unsubscribes as landed
order by landed.subscriber_hash asc, landed.unsubscribed_at desc
on conflict (campaign_id, subscriber_hash) do update set
    list_id = excluded.list_id,
    reason = excluded.reason,
    unsubscribed_at = excluded.unsubscribed_at,
    extra = excluded.extra
where
(kept.list_id, kept.reason, kept.unsubscribed_at, kept.extra)
is distinct from (excluded.list_id, excluded.reason, excluded.unsubscribed_at, excluded.extra);
