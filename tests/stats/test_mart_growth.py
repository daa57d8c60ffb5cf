"""What a refresh of the marts makes Postgres visit follows the change, and not the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from stats.event_history import Group, fill, read_late_opens, small_campaigns
from stats.test_marts import counted
from visits import Visits, count_nothing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Each group has about 20,000 events.
GROUP = Group(people=1_500, audiences=6, campaigns=150, months=6)
LITTLE, MUCH = "ab", "abcdefghij"
#: An index may have one more level, and Postgres may choose another plan. Whatever reads the data
#: reads five times as much.
MOST_GROWTH = 2.5
#: Below that, a visit more or less is no growth.
FEW = 1_000

_CHANGES = """
-- The sync got to know another contact of a member.
update sync.member set contact_id = contact_id + 5000000
where (list_id, subscriber_hash) in (
    select list_id, subscriber_hash from stats.campaign_recipients
    where campaign_id = %(campaign)s order by subscriber_hash limit 3
);
-- Members did something before a list named them.
insert into stats.members (list_id, subscriber_hash)
select list_id, md5('άγνωστος' || n) from stats.campaigns cross join generate_series(1, 3) as n
where campaign_id = %(campaign)s;
insert into stats.campaign_activities (
    campaign_id, list_id, subscriber_hash, action, occurred_at, ordinal
)
select campaign_id, list_id, md5('άγνωστος' || n), 'open', sent_at, 1
from stats.campaigns cross join generate_series(1, 2) as n
where campaign_id = %(campaign)s;
insert into mart.changed_member (list_id, subscriber_hash)
select list_id, md5('άγνωστος' || n) from stats.campaigns cross join generate_series(1, 3) as n
where campaign_id = %(campaign)s;
-- The first mail of a member was another one.
delete from stats.campaign_recipients
where (campaign_id, subscriber_hash) in (
    select recipient.campaign_id, recipient.subscriber_hash
    from mart.member_engagement as member
    inner join stats.campaign_recipients as recipient using (list_id, subscriber_hash)
    inner join stats.campaigns as campaign using (campaign_id)
    where
        member.list_id = (select list_id from stats.campaigns where campaign_id = %(campaign)s)
        and campaign.sent_at < '2025-01-10' and member.campaigns_opened = 4
)
"""


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("is_counted", [False, True], ids=["counted before the data", "counted"])
def test_the_work_follows_the_change(
    server: Any, monkeypatch: pytest.MonkeyPatch, is_counted: bool
) -> None:
    with _changed(server, LITTLE, is_counted=is_counted) as (dsn, warehouse):
        little = _refreshed(dsn, warehouse, monkeypatch)
    with _changed(server, MUCH, is_counted=is_counted) as (dsn, warehouse):
        much = _refreshed(dsn, warehouse, monkeypatch)
    assert set(little.blocks) == set(much.blocks)
    assert sum(little.rows.values()) > 10 * FEW, "the change is too small to show anything"
    grown = [
        f"{kind} {before} → {after}: {' '.join(text.split())[:100]}"
        for kind in ("blocks", "rows")
        for text, after in getattr(much, kind).items()
        if after > MOST_GROWTH * max(FEW, before := getattr(little, kind)[text])
    ]
    assert not grown, "\n".join(grown)


def test_rows_looked_up_by_key_say_the_same(server: Any) -> None:
    with _changed(server, LITTLE, is_counted=False) as (_, warehouse):
        before = counted(warehouse)
        refresh_marts(warehouse)
        caught_up = counted(warehouse)
        assert [table for table in before if before[table] == caught_up[table]] == []
        refresh_marts(warehouse, rebuild=True)
        assert counted(warehouse) == caught_up


@contextmanager
def _changed(
    server: Any, groups: str, *, is_counted: bool
) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    """A warehouse whose marts are as before three campaigns of the first group changed."""
    with fresh_databases(server) as (_, dsn):
        count_nothing(dsn, "stats", "mart", "sync")
        fill(dsn, GROUP, *groups)
        with psycopg.connect(dsn) as warehouse:
            refresh_marts(warehouse)
            if is_counted:
                warehouse.execute("analyze")
                warehouse.commit()
            three = small_campaigns(warehouse, "a", 3)
            read_late_opens(warehouse, three, 500, days=28)
            psycopg.ClientCursor(warehouse).execute(_CHANGES, {"campaign": three[0]})
            warehouse.commit()
            yield dsn, warehouse


def _refreshed(
    dsn: str, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> Visits:
    found = Visits(dsn)
    with found.watching(monkeypatch):
        refresh = refresh_marts(warehouse)
    assert 3 <= refresh.campaigns <= 10
    assert 50 < refresh.members < 200
    return found
