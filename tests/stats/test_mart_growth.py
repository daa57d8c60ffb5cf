"""What a refresh of the marts makes Postgres visit follows the change, however many events there are."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from stats.event_history import Group, fill, read_late_opens, small_campaigns
from visits import Visits, count_nothing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Each group has about 8,000 events.
GROUP = Group(people=600, audiences=6, campaigns=150, months=6)
GROUPS = ("a", "b", "c", "d")
#: An index may have one more level, and its pages may be fuller. Four times the data is far above.
MOST_GROWTH = 1.6
#: Below that, a visit more or less is no growth.
FEW = 2_000


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("counted", [False, True], ids=["counted before the data", "counted"])
def test_the_work_follows_the_change(
    server: Any, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    little, few_events = _visits(server, monkeypatch, GROUPS[:1], counted)
    much, many_events = _visits(server, monkeypatch, GROUPS, counted)
    assert many_events > 3.5 * few_events
    assert set(little.blocks) == set(much.blocks)
    grown = [
        f"{kind} {before} → {after}: {' '.join(text.split())[:100]}"
        for kind in ("blocks", "rows")
        for text, after in getattr(much, kind).items()
        if after > MOST_GROWTH * max(FEW, before := getattr(little, kind)[text])
    ]
    assert not grown, "\n".join(grown)


def _visits(
    server: Any, monkeypatch: pytest.MonkeyPatch, groups: tuple[str, ...], counted: bool
) -> tuple[Visits, int]:
    """What the second refresh visits, after three campaigns of the first group changed; events."""
    with fresh_databases(server) as (_, dsn):
        count_nothing(dsn, "stats", "mart", "sync")
        fill(dsn, GROUP, *groups)
        found = Visits(dsn)
        with psycopg.connect(dsn) as warehouse:
            refresh_marts(warehouse)
            if counted:
                warehouse.execute("analyze")
                warehouse.commit()
            three = small_campaigns(warehouse, "a", 3)
            late = read_late_opens(warehouse, three, 500, days=28)
            with found.watching(monkeypatch):
                refresh = refresh_marts(warehouse)
            assert refresh.campaigns == len(three) == 3
            assert 30 < refresh.members <= late
            rows = warehouse.execute("select count(*) from stats.campaign_activities").fetchone()
            assert rows
    return found, rows[0]
