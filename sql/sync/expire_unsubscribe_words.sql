-- The unsubscribe stays, without the person's words.
update stats.campaign_unsubscribes as kept
set reason = null, extra = null, words_expired_at = now()
from (
    select
        campaign_id,
        subscriber_hash
    from stats.campaign_unsubscribes
    where
        words_expired_at is null
        and (reason is not null or extra is not null)
        and unsubscribed_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
) as old
where kept.campaign_id = old.campaign_id and kept.subscriber_hash = old.subscriber_hash
