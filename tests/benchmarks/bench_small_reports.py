"""Reports of many small campaigns: read for the first time, again without news, and three changed.

Filling the sandbox takes minutes, and is not measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import report_tasks
from benchmarks.far_end import FarEnd
from benchmarks.place import Place
from benchmarks.settings import Settings
from benchmarks.table import Case, Table, at_most, at_most_alone, timed
from benchmarks.task import run_task
from benchmarks.warehouse_figures import differing_figures
from benchmarks.wire import Line, Request, over_connections, read_again
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from fresh_databases import fresh_databases
from stats.big_campaign import QUIET
from stats.sandbox_world import BODY, make_audience

_CHANGED = 3
#: Streams of a campaign that an open may change.
_STREAMS = 6


@pytest.fixture
def place(server: Any, far_end: FarEnd) -> Iterator[Place]:
    if not far_end.is_sandbox:
        pytest.skip("only the sandbox's recipients read what they get")
    with fresh_databases(server) as (crm, warehouse):
        yield Place(crm, warehouse, far_end.host, far_end.key)


@pytest.mark.timeout(7200)
def test_many_small_campaigns(
    place: Place, far_end: FarEnd, settings: Settings, table: Table
) -> None:
    count = settings.campaigns
    far_end.control("POST", "behaviour", QUIET)
    with Mailchimp(MailchimpClient(place.key, host=place.host)) as provider:
        list_id, addresses = make_audience(provider, 2)
    _send_campaigns(far_end, list_id, count)
    far_end.let_pass(hours=1)

    first = run_task(report_tasks.read_all, place, far_end=far_end)
    assert len(first.result) == count
    assert differing_figures(place) == {}
    bare = read_again(far_end, first.read)
    name = f"first reading of {count} small campaigns"
    table.add(
        timed(name, first.cost, "bare loop of the same calls", bare, at_most(1.5), rows=count)
    )

    quiet = run_task(report_tasks.read_all, place, far_end=far_end)
    assert quiet.result == []
    bare = read_again(far_end, quiet.read)
    name = f"nothing new in {count} campaigns"
    table.add(
        timed(name, quiet.cost, "bare loop of the same calls", bare, at_most(1.5), rows=count)
    )
    table.add(
        Case(
            name=name, value=quiet.cost.calls or 0, unit="calls",
            target=at_most_alone(_calls_of_lists(count)), cost=quiet.cost,
        )
    )  # fmt: skip

    opened = [campaign for campaign in first.result if campaign][:_CHANGED]
    for campaign_id in opened:
        act = {"list_id": list_id, "campaign_id": campaign_id, "email_address": addresses[0]}
        far_end.control("POST", "act", {**act, "action": "open"})
    changed = run_task(report_tasks.read_all, place, far_end=far_end)
    assert sorted(changed.result) == sorted(opened)
    assert (changed.cost.calls or 0) - (quiet.cost.calls or 0) <= _CHANGED * _STREAMS
    assert differing_figures(place) == {}
    table.add(
        Case(
            name=f"{_CHANGED} of {count} campaigns changed", value=changed.cost.seconds,
            target=None, rows=count, cost=changed.cost,
        )
    )  # fmt: skip


def _calls_of_lists(campaigns: int) -> int:
    """Pages of campaigns, pages of reports, and one of audiences; pages repeat ten rows."""
    return 2 * ((campaigns - 10) // 990 + 1) + 1


def _send_campaigns(far_end: FarEnd, list_id: str, count: int) -> None:
    def send(line: Line, number: int) -> None:
        settings = {
            "subject_line": f"Προσφορά {number}", "title": f"Προσφορά {number}",
            "from_name": "Εταιρεία", "reply_to": "news@example.gr",
        }  # fmt: skip
        made = line.call(
            _post(
                "/campaigns",
                {"type": "regular", "recipients": {"list_id": list_id}, "settings": settings},
            )
        )
        path = f"/campaigns/{made['id']}"
        line.call(Request("PUT", f"{path}/content", json.dumps({"html": BODY}).encode()))
        line.call(_post(f"{path}/actions/send", {}))

    over_connections(far_end, range(count), send)


def _post(path: str, body: Any) -> Request:
    return Request("POST", path, json.dumps(body).encode())
