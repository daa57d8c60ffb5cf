"""A warehouse with months of campaigns, filled with SQL: as reports of Mailchimp would fill it.

A group is some audiences with their members, campaigns and events. Groups do not share members. So
a change in one group is the same change, however many groups there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from crm_mailchimp.statements import statement

#: Ids of every group begin with its name; a member's hash is the md5 of it and the person's number.
_GROUP = """
insert into sync.audience (collection_id, collection_code, provider, list_id)
select %(number)s * 1000 + n, %(group)s || n, 'mailchimp', %(group)s || '-a' || n
from generate_series(0, %(audiences)s - 1) as n;

insert into stats.lists (list_id, name, member_count)
select %(group)s || '-a' || n, 'Πελάτες ' || n, 0
from generate_series(0, %(audiences)s - 1) as n;

-- Small and large audiences. Each tenth person is in a second one.
create temporary table person on commit drop as
select
    n,
    %(number)s * 10000000 + n as contact_id,
    md5(%(group)s || n) as subscriber_hash,
    floor(%(audiences)s * power((n - 1)::double precision / %(people)s, 2))::integer as audience
from generate_series(1, %(people)s) as n;

create temporary table placed on commit drop as
select contact_id, subscriber_hash, audience from person
union all
select contact_id, subscriber_hash, (audience + 1) %% %(audiences)s
from person
where n %% 10 = 0 and %(audiences)s > 1;

insert into stats.members (list_id, subscriber_hash)
select %(group)s || '-a' || audience, subscriber_hash from placed;

insert into sync.member (list_id, subscriber_hash, contact_id, status, origin, last_changed)
select
    %(group)s || '-a' || audience, subscriber_hash, contact_id, 'subscribed', 'created',
    %(began_at)s::timestamptz
from placed;

insert into stats.campaigns (
    campaign_id, list_id, type, status, title, subject_line, created_at, sent_at
)
select
    %(group)s || '-' || lpad(n::text, 6, '0'), %(group)s || '-a' || n %% %(audiences)s, 'regular',
    'sent', 'Νέα ' || n, 'Νέα ' || n, sent.at, sent.at
from generate_series(0, %(campaigns)s - 1) as n
cross join lateral (
    values (
        %(began_at)s::timestamptz
        + n * make_interval(days => 30 * %(months)s) / %(campaigns)s
    )
) as sent (at);
"""

_MONTH = """
insert into stats.campaign_recipients (
    campaign_id, list_id, subscriber_hash, delivery_status, first_seen_at
)
select
    campaign.campaign_id, member.list_id, member.subscriber_hash,
    case when random() < 0.004 then 'hard' when random() < 0.01 then 'soft' else 'sent' end,
    campaign.sent_at
from stats.campaigns as campaign
inner join stats.members as member on campaign.list_id = member.list_id
where
    starts_with(campaign.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s
    and random() < %(mailed)s
order by campaign.campaign_id, member.subscriber_hash;

insert into stats.campaign_activities (
    campaign_id, list_id, subscriber_hash, action, occurred_at, url, bounce_type, is_proxy_open,
    ordinal
)
select
    recipient.campaign_id, recipient.list_id, recipient.subscriber_hash, act.action,
    date_trunc('second', campaign.sent_at) + power(random(), 8) * interval '28 days',
    case when act.action = 'click' then 'https://example.gr/' || act.nth %% 3 end,
    case when act.action = 'bounce' then recipient.delivery_status end,
    case when act.action = 'open' then act.nth = 1 and random() < 0.2 end,
    act.nth
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
cross join lateral (
    select
        case when recipient.delivery_status = 'sent' then random() else 2 end as luck,
        recipient.campaign_id || recipient.subscriber_hash as each_recipient
) as one
cross join lateral (
    select 'open' as action, nth
    from generate_series(1, case
        when one.luck < 0.05 then 4 when one.luck < 0.2 then 2 when one.luck < 0.45 then 1 else 0
    end) as nth
    union all
    select 'click' as action, nth
    from generate_series(1, case
        when one.luck < 0.03 then 3 when one.luck < 0.2 then 1 else 0
    end) as nth
    union all
    select 'bounce' as action, 1 as nth where recipient.delivery_status <> 'sent'
) as act
where
    starts_with(recipient.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s
-- Each reading of reports appends the events since the one before.
order by 5;

insert into stats.recipient_engagement (
    campaign_id, subscriber_hash, list_id, opens, proxy_opens, clicks, links_clicked, hard_bounces,
    soft_bounces, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
    first_click_at, last_click_at
)
select
    event.campaign_id, event.subscriber_hash, event.list_id,
    count(*) filter (where event.action = 'open'),
    count(*) filter (where event.is_proxy_open),
    count(*) filter (where event.action = 'click'),
    count(distinct event.url),
    count(*) filter (where event.bounce_type = 'hard'),
    count(*) filter (where event.bounce_type = 'soft'),
    min(event.occurred_at) filter (where event.action = 'open'),
    max(event.occurred_at) filter (where event.action = 'open'),
    min(event.occurred_at) filter (where event.action = 'open' and not event.is_proxy_open),
    max(event.occurred_at) filter (where event.action = 'open' and not event.is_proxy_open),
    min(event.occurred_at) filter (where event.action = 'click'),
    max(event.occurred_at) filter (where event.action = 'click')
from stats.campaigns as campaign
inner join stats.campaign_activities as event
    on
        campaign.campaign_id = event.campaign_id
        and event.occurred_at >= %(since)s and event.occurred_at < %(last)s
where
    starts_with(campaign.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s
group by event.campaign_id, event.subscriber_hash, event.list_id
order by event.campaign_id, event.subscriber_hash;

insert into stats.campaign_unsubscribes (
    campaign_id, list_id, subscriber_hash, reason, unsubscribed_at
)
select
    recipient.campaign_id, recipient.list_id, recipient.subscriber_hash, 'NORMAL',
    campaign.sent_at + random() * interval '3 days'
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
where
    starts_with(recipient.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s
    and random() < 0.0003;

insert into stats.report_snapshots (
    campaign_id, taken_at, list_id, emails_sent, opens_total, unique_opens, clicks_total,
    unique_clicks, unique_subscriber_clicks
)
select
    campaign.campaign_id, campaign.sent_at + interval '30 days', campaign.list_id, 1000, 600, 400,
    200, 180, 150
from stats.campaigns as campaign
where
    starts_with(campaign.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s;

insert into stats.link_clicks (campaign_id, link_id, url, total_clicks, unique_clicks)
select campaign.campaign_id, nth::text, 'https://example.gr/' || nth, 60, 50
from stats.campaigns as campaign
cross join generate_series(0, 2) as nth
where
    starts_with(campaign.campaign_id, %(group)s || '-')
    and campaign.sent_at >= %(since)s and campaign.sent_at < %(until)s;
"""

_LATE = """
insert into stats.campaign_activities (
    campaign_id, list_id, subscriber_hash, action, occurred_at, is_proxy_open, ordinal
)
select
    recipient.campaign_id, recipient.list_id, recipient.subscriber_hash, 'open',
    campaign.sent_at + make_interval(days => %(days)s), false, 0
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
where
    recipient.campaign_id = any(%(campaigns)s)
    and mod(hashtext(recipient.subscriber_hash)::bigint + 2147483648, 1000) < %(per_mille)s
"""

_BEGAN_AT = "2024-11-27 08:00+00"


@dataclass(frozen=True)
class Group:
    """How much a group holds.

    Attributes:
        mailed: part of an audience that gets each of its campaigns (0 to 1).
        months: over which the campaigns were sent, each of 30 days.
    """

    people: int
    audiences: int
    campaigns: int
    months: int = 24
    mailed: float = 0.5


def fill(dsn: str, group: Group, *names: str) -> None:
    """Add groups of the same size, past foreign keys and triggers; needs a superuser.

    Args:
        names: of the groups, as letters; each may be added once.
    """
    with psycopg.connect(dsn) as warehouse:
        warehouse.execute("set session_replication_role = replica")
        # Postgres has not counted these tables: without this it may read them in a loop.
        warehouse.execute("set jit = off; set enable_nestloop = off; set work_mem = '256MB'")
        warehouse.execute("select setseed(0.5)")
        for name in names:
            _fill(warehouse, group, name)
        warehouse.execute("update mart.setting set rebuild = true")


def _fill(warehouse: psycopg.Connection[Any], group: Group, name: str) -> None:
    values: dict[str, Any] = {
        "group": name,
        "number": ord(name),
        "people": group.people,
        "audiences": group.audiences,
        "campaigns": group.campaigns,
        "months": group.months,
        "mailed": group.mailed,
        "began_at": _BEGAN_AT,
    }
    client = psycopg.ClientCursor(warehouse)
    client.execute(_GROUP, values)
    for month in range(group.months + 3):
        client.execute(
            "select stats.ensure_activity_month("
            "(%(began_at)s::timestamptz + make_interval(months => %(month)s))::date)",
            {**values, "month": month},
        )
    for month in range(group.months):
        since, until, last = (f"({_at(month + later)})" for later in (0, 1, 2))
        text = _MONTH
        for key, moment in (("since", since), ("until", until), ("last", last)):
            text = text.replace(f"%({key})s", moment)
        client.execute(text, values)
    warehouse.commit()


def _at(month: int) -> str:
    return f"timestamptz '{_BEGAN_AT}' + interval '{30 * month} days'"


def read_late_opens(
    warehouse: psycopg.Connection[Any], campaigns: Sequence[str], per_mille: int, *, days: int
) -> int:
    """Some recipients open late, and a reading of the report finds it; gives how many.

    Args:
        campaigns: ids.
        per_mille: of the recipients of each.
        days: after the sending; other days are other opens of the same recipients.
    """
    values = {"campaigns": list(campaigns), "per_mille": per_mille, "days": days}
    late = warehouse.execute(_LATE, values).rowcount
    for campaign_id in campaigns:
        warehouse.execute(statement("stats/count_engagement"), {"campaign_id": campaign_id})
    warehouse.commit()
    return late


def small_campaigns(warehouse: psycopg.Connection[Any], group: str, many: int) -> list[str]:
    """Ids of late campaigns of the group: of small to middling audiences, each of another one."""
    found = warehouse.execute(
        "with sized as (select list_id, count(*) as members from stats.members"
        " where starts_with(list_id, %(group)s || '-') group by list_id),"
        " ranked as (select list_id, percent_rank() over (order by members, list_id) as place"
        " from sized)"
        " select (select campaign_id from stats.campaigns where campaigns.list_id = ranked.list_id"
        " order by sent_at desc limit 1) from ranked where place <= 0.5"
        " order by place desc limit %(many)s",
        {"group": group, "many": many},
    ).fetchall()
    warehouse.commit()
    return [campaign_id for (campaign_id,) in found]
