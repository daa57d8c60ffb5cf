update stats.campaign_activities as event
set is_proxy_open = landed.is_proxy_open
from (
    select distinct on (subscriber_hash, occurred_at, ordinal)
        subscriber_hash,
        occurred_at,
        ordinal,
        is_proxy_open
    from landing_proxy_opens
    order by subscriber_hash, occurred_at, ordinal
) as landed
where
    event.campaign_id = %(campaign_id)s
    and event.action = 'open'
    and event.subscriber_hash = landed.subscriber_hash
    and event.occurred_at = landed.occurred_at
    and event.ordinal = landed.ordinal
    and event.is_proxy_open is distinct from landed.is_proxy_open;
