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
    reason = case
        when kept.words_expired_at is null or excluded.unsubscribed_at > kept.unsubscribed_at
            then excluded.reason
    end,
    unsubscribed_at = excluded.unsubscribed_at,
    extra = case
        when kept.words_expired_at is null or excluded.unsubscribed_at > kept.unsubscribed_at
            then excluded.extra
    end,
    words_expired_at = case
        when excluded.unsubscribed_at > kept.unsubscribed_at then null
        else kept.words_expired_at
    end
where
(kept.list_id, kept.unsubscribed_at) is distinct from (excluded.list_id, excluded.unsubscribed_at)
or (
    kept.words_expired_at is null
    and (kept.reason, kept.extra) is distinct from (excluded.reason, excluded.extra)
);
