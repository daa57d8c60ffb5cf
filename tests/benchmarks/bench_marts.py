"""Marts over 10,000,000 events of 5,000 campaigns: a refresh after three changed, and a rebuild.

``make bench ARGS=tests/benchmarks/bench_marts.py``. The warehouse is filled with SQL, in some
minutes that are not measured. ``BENCH_EVENTS`` says how many events, about.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from benchmarks.settings import Settings
from benchmarks.sizes import stored_bytes
from benchmarks.table import Case, Measured, Table, at_most, timed
from crm_mailchimp.stats.marts import MartRefresh, refresh_marts
from crm_mailchimp.warehouse.migrations import upgrade
from stats.event_history import Group, fill, read_late_opens, small_campaigns

CAMPAIGNS = 5_000
AUDIENCES = 25
#: Each person gets about a hundred mails, and does about one thing for each.
EVENTS_OF_PERSON = 111
PER_MILLE = 100

pytestmark = pytest.mark.timeout(7_200)


def test_three_of_five_thousand_campaigns_changed(
    server: Any, settings: Settings, table: Table
) -> None:
    dsn = server.create_database("bench_marts")
    upgrade(dsn)
    group = Group(
        people=settings.events // EVENTS_OF_PERSON, audiences=AUDIENCES, campaigns=CAMPAIGNS
    )
    fill(dsn, group, "a")
    with psycopg.connect(dsn, autocommit=True) as owner:
        # As the server does by itself, some minutes after such a load.
        owner.execute("vacuum analyze")
        [events], [recipients] = (
            owner.execute(f"select count(*) from stats.{name}").fetchone() or ()
            for name in ("campaign_activities", "campaign_recipients")
        )
        print(f"\n{events:,} events of {recipients:,} recipients", flush=True)
    with psycopg.connect(dsn) as warehouse:
        warehouse.execute("set jit = off")
        warehouse.commit()
        refresh_marts(warehouse)
        for name, pattern, count in (
            ("an event", r"^stats[.]campaign_activities_", events),
            ("a recipient", r"^stats[.](campaign_recipients|recipient_engagement)$", recipients),
            ("a person, marts", r"^mart[.]", group.people),
        ):
            stored = stored_bytes(dsn, pattern)
            assert stored > count, name
            table.add(
                Case(name=f"bytes of {name}", value=stored / count, target=None, unit="bytes")
            )
        rebuilt, everything = _timed(warehouse, rebuild=True)
        assert everything.campaigns == CAMPAIGNS
        three = small_campaigns(warehouse, "a", 3)
        # They were counted before, as the reading of a report counts.
        assert read_late_opens(warehouse, three, 0, days=27) == 0
        refresh_marts(warehouse)
        print(f"full rebuild: {rebuilt.seconds:.1f} s", flush=True)
        for days, per_mille in ((28, PER_MILLE), (29, 1_000)):
            late = read_late_opens(warehouse, three, per_mille, days=days)
            changed, refresh = _timed(warehouse)
            # Of few recipients, a tenth may be nobody.
            assert refresh.campaigns == 3 or (per_mille == PER_MILLE and refresh.campaigns)
            assert 0 < refresh.members <= late
            table.add(
                timed(
                    f"marts: 3 of {CAMPAIGNS:,} campaigns changed, {refresh.members:,} people"
                    f" touched, {events:,} events",
                    changed,
                    "full rebuild",
                    rebuilt,
                    at_most(0.01),
                )
            )
        nothing, refresh = _timed(warehouse)
        assert refresh.members == 0
        print(f"nothing changed: {nothing.seconds:.2f} s", flush=True)
    server.drop_database("bench_marts")


def _timed(
    warehouse: psycopg.Connection[Any], *, rebuild: bool = False
) -> tuple[Measured, MartRefresh]:
    began = time.monotonic()
    refresh = refresh_marts(warehouse, rebuild=rebuild)
    return Measured(seconds=time.monotonic() - began), refresh
