"""The report of one large campaign, against bare paging and against ``tap-mailchimp``.

Four weeks later it is read again. Filling the sandbox takes minutes, and is not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import report_tasks
from benchmarks.far_end import FarEnd
from benchmarks.place import Place
from benchmarks.settings import Settings
from benchmarks.table import Case, Table, at_least_as_fast, at_most, timed
from benchmarks.tap import Tap, made_tap
from benchmarks.task import Done, run_task
from benchmarks.warehouse_figures import differing_figures, events_of
from benchmarks.wire import read_again
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from fresh_databases import fresh_databases
from stats.big_campaign import big_campaign


@pytest.fixture
def place(server: Any, far_end: FarEnd) -> Iterator[Place]:
    if not far_end.is_sandbox:
        pytest.skip("only the sandbox's recipients read what they get")
    with fresh_databases(server) as (crm, warehouse):
        yield Place(crm, warehouse, far_end.host, far_end.key)


@pytest.fixture
def tap(pytestconfig: pytest.Config) -> Tap | None:
    return made_tap(pytestconfig)


@pytest.mark.timeout(7200)
def test_a_large_campaign(
    place: Place, far_end: FarEnd, settings: Settings, table: Table, tap: Tap | None
) -> None:
    with Mailchimp(MailchimpClient(place.key, host=place.host)) as provider:
        campaign_id = big_campaign(provider, far_end, settings.recipients)

    first = _read(place, far_end, campaign_id)
    assert first.result["recipients"] == settings.recipients
    assert set(differing_figures(place)) <= {"changed_while_reading"}
    events = events_of(place, campaign_id)
    assert events > settings.recipients
    rows = settings.recipients + events
    name = f"report of {settings.recipients:,} recipients, {events:,} events"
    bare = read_again(far_end, first.read)
    table.add(timed(name, first.cost, "bare paging", bare, at_most(2), rows=rows))

    if tap is not None:
        copied = tap.copy(far_end.host)
        assert copied.records > events, "the tap did not copy the events"
        table.add(
            timed(
                name, first.cost, f"tap-mailchimp to /dev/null, less {copied.start:.1f} s start",
                copied.seconds, at_least_as_fast(5), rows=rows,
            )
        )  # fmt: skip

    far_end.let_pass(days=28)
    later = _read(place, far_end, campaign_id)
    assert differing_figures(place) == {}
    assert events_of(place, campaign_id) >= events
    table.add(
        Case(
            name="the same four weeks later", value=later.cost.seconds, target=None, rows=rows,
            cost=later.cost,
        )
    )  # fmt: skip


def _read(place: Place, far_end: FarEnd, campaign_id: str) -> Done:
    chosen = run_task(report_tasks.choose_campaigns, place, far_end=far_end).result
    assert chosen == [campaign_id]
    return run_task(report_tasks.read_campaigns, place, [campaign_id], far_end=far_end)
