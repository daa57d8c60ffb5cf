-- Marks the clicks of one campaign that are probably of scanners. A visit is a member's clicks with hardly
-- any time between them, and is judged as a whole. Only rows that differ are written. A mark
-- stays if its cause is gone: IP addresses, older events, or links of an erased person.
with rule as (
    select
        segment_rule.*,
        make_interval(secs => segment_rule.bot_seconds_per_link) as longest_gap
    from mart.segment_rule
),

act as (
    select
        event.subscriber_hash,
        event.action,
        event.occurred_at,
        event.url_key,
        event.ordinal,
        event.ip,
        event.bot_rule,
        min(event.occurred_at) filter (where event.action = 'open')
            over (partition by event.subscriber_hash) as first_open_at,
        lag(event.occurred_at)
            over (
                partition by event.subscriber_hash, event.action
                order by event.occurred_at, event.url_key, event.ordinal
            ) as previous_at
    from stats.campaign_activities as event
    where event.campaign_id = %(campaign_id)s and event.action in ('open', 'click')
),

click as (
    select
        act.*,
        -- Neighbours in one network: the first three numbers of an IPv4 address.
        case
            when act.ip ~ '^\d+\.\d+\.\d+\.\d+$' then substring(act.ip from '^(.*)\.')
            else act.ip
        end as network,
        count(*)
        filter (
            where act.previous_at is null or act.occurred_at - act.previous_at > rule.longest_gap
        )
            over (
                partition by act.subscriber_hash
                order by act.occurred_at, act.url_key, act.ordinal
            ) as visit
    from act
    cross join rule
    where act.action = 'click'
),

mail as (
    select
        campaign.sent_at,
        campaign.is_ongoing,
        greatest(
            (
                select count(distinct link.url) from stats.link_clicks as link
                where link.campaign_id = campaign.campaign_id
            ),
            (select count(distinct click.url_key) from click)
        ) as links,
        exists(
            select from stats.expired_events as expired
            where expired.campaign_id = campaign.campaign_id
        ) as events_are_gone,
        coalesce((select bool_or(click.ip is null) from click), false) as addresses_are_gone
    from stats.campaigns as campaign
    where campaign.campaign_id = %(campaign_id)s
),

visit as (
    select
        click.subscriber_hash,
        click.visit,
        min(click.occurred_at) as began_at,
        min(click.first_open_at) as first_open_at,
        min(click.network) as network,
        count(distinct click.url_key) as links
    from click
    group by click.subscriber_hash, click.visit
),

compared as (
    select
        visit.*,
        coalesce(
            least(visit.first_open_at, expired.first_open_at)
            < visit.began_at - make_interval(secs => rule.bot_open_seconds),
            false
        ) as was_opened_before,
        visit.visit = 1 and expired.first_click_at is null as is_first
    from visit
    cross join rule
    left join stats.expired_engagement as expired
        on visit.subscriber_hash = expired.subscriber_hash and expired.campaign_id = %(campaign_id)s
),

-- Each member counts once: by the first visit, if no open came before it.
neighbour as (
    select
        compared.subscriber_hash,
        compared.visit,
        count(*) over (
            partition by compared.network
            order by extract(epoch from compared.began_at) / rule.bot_network_seconds
            range between 1 preceding and 1 following
        ) as people
    from compared
    cross join rule
    where compared.is_first and not compared.was_opened_before and compared.network is not null
),

judged as (
    select
        compared.subscriber_hash,
        compared.visit,
        case
            when
                compared.links >= rule.bot_fewest_links
                and compared.links >= rule.bot_link_share * mail.links
                then 'all_links'
            when
                not mail.is_ongoing
                and compared.began_at between mail.sent_at
                and mail.sent_at + make_interval(secs => rule.bot_delivery_seconds)
                then 'at_delivery'
            when
                not mail.is_ongoing
                and not compared.was_opened_before
                and compared.began_at between mail.sent_at
                and mail.sent_at + make_interval(secs => rule.bot_early_seconds)
                then 'before_open'
            when neighbour.people >= rule.bot_network_people then 'shared_network'
        end as bot_rule
    from compared
    cross join rule
    cross join mail
    left join neighbour
        on compared.subscriber_hash = neighbour.subscriber_hash and compared.visit = neighbour.visit
),

marked as (
    select
        click.subscriber_hash,
        click.occurred_at,
        click.url_key,
        click.ordinal,
        click.bot_rule as known_rule,
        case
            -- The clicks of an erased person have neither their addresses nor all of their links.
            when starts_with(click.subscriber_hash, 'erased-') then click.bot_rule
            when judged.bot_rule is not null then judged.bot_rule
            when
                mail.events_are_gone
                or (click.bot_rule = 'shared_network' and mail.addresses_are_gone)
                then click.bot_rule
        end as bot_rule
    from click
    inner join judged on click.subscriber_hash = judged.subscriber_hash and click.visit = judged.visit
    cross join mail
)

update stats.campaign_activities as event
set bot_rule = marked.bot_rule
from marked
where
    event.campaign_id = %(campaign_id)s
    and event.action = 'click'
    and event.subscriber_hash = marked.subscriber_hash
    and event.occurred_at = marked.occurred_at
    and event.url_key = marked.url_key
    and event.ordinal = marked.ordinal
    and marked.known_rule is distinct from marked.bot_rule;
