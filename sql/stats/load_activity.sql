-- Of a member that a shifting page brought twice, the later entry counts: it can only hold more.
insert into stats.campaign_activities as kept (
    campaign_id, list_id, subscriber_hash, action, occurred_at, url, ip, bounce_type,
    is_proxy_open, ordinal, extra
)
select distinct on (
    landed.subscriber_hash, landed.action, landed.occurred_at, landed.url, landed.ordinal
)
    %(campaign_id)s,
    landed.list_id,
    landed.subscriber_hash,
    landed.action,
    landed.occurred_at,
    landed.url,
    case
        when %(ips_since)s::timestamptz is null or landed.occurred_at >= %(ips_since)s::timestamptz
            then landed.ip
    end as ip,
    landed.bounce_type,
    landed.is_proxy_open,
    landed.ordinal,
    landed.extra
from landing_activity as landed
where
    -- What retention has counted and removed is not counted again.
    landed.occurred_at >= coalesce(
        (
            select expired.expired_before from stats.expired_events as expired
            where expired.campaign_id = %(campaign_id)s
        ),
        '-infinity'
    )
order by
    landed.subscriber_hash asc, landed.action asc, landed.occurred_at asc, landed.url asc,
    landed.ordinal asc, landed.recipient desc
on conflict (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal) do update set
    ip = coalesce(excluded.ip, kept.ip),
    bounce_type = excluded.bounce_type,
    is_proxy_open = coalesce(excluded.is_proxy_open, kept.is_proxy_open),
    extra = excluded.extra
where
(excluded.ip is not null and kept.ip is distinct from excluded.ip)
or kept.bounce_type is distinct from excluded.bounce_type
or (
    excluded.is_proxy_open is not null
    and kept.is_proxy_open is distinct from excluded.is_proxy_open
)
or kept.extra is distinct from excluded.extra;
