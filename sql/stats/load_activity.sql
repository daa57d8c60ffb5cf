-- If shifting pages bring a member twice, the later entry counts, because it can only contain more. Events
-- that retention counted and removed are not loaded again. A late event among them is new: it is only
-- counted. Opens get their marks of proxies here, where these were landed before.
with landed as (
    select distinct on (event.subscriber_hash, event.action, event.occurred_at, event.url, event.ordinal)
        event.list_id,
        event.subscriber_hash,
        event.action,
        event.occurred_at,
        event.url,
        event.ip,
        event.bounce_type,
        coalesce(marked.is_proxy_open, event.is_proxy_open) as is_proxy_open,
        event.ordinal,
        event.extra,
        marked.extra as open_extra
    from landing_activity as event
    left join landing_proxy_opens as marked
        on
            event.action = 'open'
            and event.subscriber_hash = marked.subscriber_hash
            and event.occurred_at = marked.occurred_at
            and event.ordinal = marked.ordinal
    order by
        event.subscriber_hash asc,
        event.action asc,
        event.occurred_at asc,
        event.url asc,
        event.ordinal asc,
        event.recipient desc
),

expired as (
    select expired_before from stats.expired_events
    where campaign_id = %(campaign_id)s
),

late as (
    insert into stats.expired_engagement as kept (
        campaign_id, subscriber_hash, list_id, opens, proxy_opens, unflagged_opens, clicks, links,
        hard_bounces, soft_bounces, first_open_at, last_open_at, first_human_open_at,
        last_human_open_at, first_click_at, last_click_at, first_human_click_at, last_human_click_at
    )
    select
        %(campaign_id)s,
        subscriber_hash,
        max(list_id) as list_id,
        count(*) filter (where action = 'open') as opens,
        count(*) filter (where action = 'open' and is_proxy_open) as proxy_opens,
        count(*) filter (where action = 'open' and is_proxy_open is null) as unflagged_opens,
        count(*) filter (where action = 'click') as clicks,
        coalesce(
            array_agg(distinct md5(coalesce(url, ''))::uuid) filter (where action = 'click'), '{}'
        ) as links,
        count(*) filter (where bounce_type = 'hard') as hard_bounces,
        count(*) filter (where bounce_type = 'soft') as soft_bounces,
        min(occurred_at) filter (where action = 'open') as first_open_at,
        max(occurred_at) filter (where action = 'open') as last_open_at,
        min(occurred_at) filter (where action = 'open' and is_proxy_open is not true) as first_human_open_at,
        max(occurred_at) filter (where action = 'open' and is_proxy_open is not true) as last_human_open_at,
        min(occurred_at) filter (where action = 'click') as first_click_at,
        max(occurred_at) filter (where action = 'click') as last_click_at,
        min(occurred_at) filter (where action = 'click') as first_human_click_at,
        max(occurred_at) filter (where action = 'click') as last_human_click_at
    from landed
    where
        (select expired_before from expired) is not null
        and occurred_at < (select expired_before from expired)
    group by subscriber_hash
    -- A list from the start contains all events, any other list only some. More events than the counted
    -- ones are new.
    on conflict (campaign_id, subscriber_hash) do update
        set
            opens = greatest(kept.opens, excluded.opens),
            unflagged_opens = kept.unflagged_opens + greatest(excluded.opens - kept.opens, 0),
            clicks = greatest(kept.clicks, excluded.clicks),
            links = (
                select coalesce(array_agg(distinct link), '{}')
                from unnest(kept.links || excluded.links) as both_links (link) -- noqa: RF01
            ),
            hard_bounces = greatest(kept.hard_bounces, excluded.hard_bounces),
            soft_bounces = greatest(kept.soft_bounces, excluded.soft_bounces),
            first_open_at = least(kept.first_open_at, excluded.first_open_at),
            last_open_at = greatest(kept.last_open_at, excluded.last_open_at),
            first_click_at = least(kept.first_click_at, excluded.first_click_at),
            last_click_at = greatest(kept.last_click_at, excluded.last_click_at)
        where
        excluded.opens > kept.opens
        or excluded.clicks > kept.clicks
        or excluded.hard_bounces > kept.hard_bounces
        or excluded.soft_bounces > kept.soft_bounces
)

insert into stats.campaign_activities as kept (
    campaign_id, list_id, subscriber_hash, action, occurred_at, url, ip, bounce_type,
    is_proxy_open, ordinal, extra, open_extra
)
select
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
    landed.extra,
    landed.open_extra
from landed
where coalesce(landed.occurred_at >= (select expired_before from expired), true)
on conflict (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal) do update set
    ip = coalesce(excluded.ip, kept.ip),
    bounce_type = excluded.bounce_type,
    is_proxy_open = coalesce(excluded.is_proxy_open, kept.is_proxy_open),
    extra = excluded.extra,
    open_extra = coalesce(excluded.open_extra, kept.open_extra)
where
(excluded.ip is not null and kept.ip is distinct from excluded.ip)
or kept.bounce_type is distinct from excluded.bounce_type
or (
    excluded.is_proxy_open is not null
    and kept.is_proxy_open is distinct from excluded.is_proxy_open
)
or kept.extra is distinct from excluded.extra;
