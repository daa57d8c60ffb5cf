-- A list without flags does not remove a flag that is known.
update stats.campaign_activities as event
set
    is_proxy_open = coalesce(landed.is_proxy_open, event.is_proxy_open),
    open_extra = landed.extra
from (
    select distinct on (subscriber_hash, occurred_at, ordinal)
        subscriber_hash,
        occurred_at,
        ordinal,
        is_proxy_open,
        extra
    from landing_proxy_opens
    order by subscriber_hash, occurred_at, ordinal
) as landed
where
    event.campaign_id = %(campaign_id)s
    and event.action = 'open'
    and event.subscriber_hash = landed.subscriber_hash
    and event.occurred_at = landed.occurred_at
    and event.ordinal = landed.ordinal
    and (
        (landed.is_proxy_open is not null and event.is_proxy_open is distinct from landed.is_proxy_open)
        or event.open_extra is distinct from landed.extra
    );
