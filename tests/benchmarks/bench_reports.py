"""Reports at size, over HTTP: 5,000 campaigns of which 3 changed, and one with 600,000 events.

``make bench ARGS=tests/benchmarks/bench_reports.py`` prints calls as the sandbox counted them,
seconds, memory, and how many times longer it takes than a bare loop over the same pages that
throws the rows away. Filling the sandbox takes several minutes and is not measured.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.extract import (
    campaigns_to_read,
    extract_campaign,
    extract_campaigns,
)
from stats.big_campaign import QUIET, big_campaign, control
from stats.sandbox_world import make_audience, send

CAMPAIGNS = 5_000
RECIPIENTS = 200_000
STREAMS = (
    "recipients",
    "activity",
    "proxy_opens",
    "unsubscribes",
    "domains",
    "locations",
)

pytestmark = pytest.mark.timeout(3_600)


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    client = MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)
    with Mailchimp(client) as opened:
        yield opened


def calls_since(sandbox: Any, after: int) -> Counter[str]:
    """API requests by path template, as the sandbox's ledger has them."""
    answer = control(sandbox, "GET", f"ledger/requests?after={after}&count=100000")
    return Counter(row["template"] for row in answer["requests"])


def last_call(sandbox: Any) -> int:
    last: int = control(sandbox, "GET", "ledger/requests?count=1")["last"]
    return last


@dataclass
class Table:
    """What was measured, a line each."""

    sandbox: Any
    lines: list[str] = field(default_factory=list)

    def measure(self, name: str, work: Callable[[], Any]) -> tuple[Any, Counter[str], float]:
        after, began = last_call(self.sandbox), time.monotonic()
        result = work()
        seconds = time.monotonic() - began
        calls = calls_since(self.sandbox, after)
        self.lines.append(f"{name:<34}{calls.total():>8} calls{seconds:>9.1f} s{peak():>7.0f} MB")
        return result, calls, seconds

    def add(self, line: str) -> None:
        self.lines.append(line)

    def show(self) -> None:
        print("\n" + "\n".join(self.lines))


def peak() -> float:
    """Most memory this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(warehouse: psycopg.Connection[Any], provider: Mailchimp) -> list[str]:
    """What a run of ``extract_reports`` does, in one process."""
    chosen = campaigns_to_read(warehouse, provider)
    extract_campaigns(warehouse, provider, chosen)
    extract_audiences(warehouse, provider)
    return chosen


def consume(rows: Iterator[Any]) -> int:
    return sum(1 for _ in rows)


def differing(warehouse: psycopg.Connection[Any]) -> dict[str | None, int]:
    """How many figures differ, by explanation. The sandbox's people go on reading meanwhile."""
    found = warehouse.execute(
        "select explanation, count(*) from stats.reconciliation where difference <> 0 group by 1"
    ).fetchall()
    warehouse.commit()
    return dict(found)


def test_three_of_five_thousand_campaigns_changed(
    warehouse: psycopg.Connection[Any], provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    control(mailchimp_sandbox, "POST", "behaviour", QUIET)
    list_id, addresses = make_audience(provider, 2)
    campaigns = [send(provider, list_id, f"Προσφορά {number}") for number in range(CAMPAIGNS)]
    control(mailchimp_sandbox, "POST", "clock/advance", {"hours": 1})
    table = Table(mailchimp_sandbox)

    chosen, _, _ = table.measure("first reading", lambda: run(warehouse, provider))
    assert len(chosen) == CAMPAIGNS

    chosen, quiet, seconds = table.measure("quiet run", lambda: run(warehouse, provider))
    assert chosen == []
    # Pages of campaigns, pages of reports, and the audiences.
    assert quiet.total() <= 2 * (CAMPAIGNS // 990 + 1) + 1, quiet
    _, bare_calls, bare = table.measure(
        "bare loop over the three lists",
        lambda: (
            consume(provider.campaigns())
            + consume(provider.reports())
            + consume(provider.audience_figures())
        ),
    )
    assert bare_calls == quiet
    table.add(f"quiet run / bare loop: {seconds / bare:.2f}")

    for campaign_id in campaigns[10:13]:
        act = {"list_id": list_id, "campaign_id": campaign_id, "email_address": addresses[0]}
        control(mailchimp_sandbox, "POST", "act", {**act, "action": "open"})
    chosen, changed, _ = table.measure("3 changed", lambda: run(warehouse, provider))
    table.add(f"  of these for the 3: {dict(changed - quiet)}")
    table.show()
    assert sorted(chosen) == sorted(campaigns[10:13])
    assert (changed - quiet).total() <= 3 * 6
    assert differing(warehouse) == {}


def bare_loop(provider: Mailchimp, campaign_id: str) -> int:
    """The pages of a first reading, their rows thrown away."""
    provider.report(campaign_id)
    count = sum(consume(provider.rows(campaign_id, stream)) for stream in STREAMS)
    for link in provider.rows(campaign_id, "links"):
        count += consume(provider.link_members(campaign_id, link["id"]))
    return count


def test_a_campaign_of_200_000_recipients_and_600_000_events(
    warehouse: psycopg.Connection[Any], provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    # Imports and caches are warm before memory is measured.
    small = big_campaign(provider, mailchimp_sandbox, 2_000)
    big = big_campaign(provider, mailchimp_sandbox, RECIPIENTS)
    campaigns_to_read(warehouse, provider)
    extract_campaign(warehouse, provider, small)
    table = Table(mailchimp_sandbox)
    table.add(f"before: {peak():.0f} MB")
    before = peak()

    _, calls, seconds = table.measure(
        "first reading", lambda: extract_campaign(warehouse, provider, big)
    )
    assert set(differing(warehouse)) <= {"changed_while_reading"}
    counted = warehouse.execute(
        "select count(*) from stats.campaign_activities where campaign_id = %s", (big,)
    ).fetchone()
    warehouse.commit()
    assert counted
    table.add(f"  {RECIPIENTS} recipients, {counted[0]} events")
    _, bare_calls, bare = table.measure("bare loop", lambda: bare_loop(provider, big))
    assert bare_calls == calls
    table.add(f"first reading / bare loop: {seconds / bare:.2f}")

    control(mailchimp_sandbox, "POST", "clock/advance", {"days": 28})
    campaigns_to_read(warehouse, provider)
    extract, later, _ = table.measure(
        "four weeks later", lambda: extract_campaign(warehouse, provider, big)
    )
    table.add(f"  {extract.rows_read}")
    counted = warehouse.execute(
        "select count(*) from stats.campaign_activities where campaign_id = %s", (big,)
    ).fetchone()
    warehouse.commit()
    assert counted
    table.add(f"  {counted[0]} events")
    table.add(f"  calls of the first reading: {dict(calls)}")
    table.show()
    assert peak() - before < 60, "memory grows with the campaign"
    assert differing(warehouse) == {}
    assert counted[0] > 600_000
    assert (
        later["/reports/{campaign_id}/email-activity"]
        <= calls["/reports/{campaign_id}/email-activity"]
    )
