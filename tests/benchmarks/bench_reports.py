"""Reports at size: a quiet account of 5,000 campaigns, one campaign of 200,000 recipients.

``make bench ARGS=tests/benchmarks/bench_reports.py`` prints calls, seconds and memory.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import campaigns_to_read, extract_campaign, extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from stats.simulated_account import SENT_AT, Account, Campaign

URLS = [f"https://example.gr/προσφορά/{number}?utm_campaign=χειμώνας" for number in range(20)]


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_three_of_five_thousand_campaigns_changed(warehouse: psycopg.Connection[Any]) -> None:
    campaigns = [
        Campaign(f"{number:010}", sent_at=SENT_AT - timedelta(hours=number))
        for number in range(5000)
    ]
    for number, campaign in enumerate(campaigns):
        campaign.send(1, first=number)
    account = Account(*campaigns)
    assert len(campaigns_to_read(warehouse, account)) == 5000
    # As if all had been read, which is not what is measured here.
    warehouse.execute(
        "insert into stats.stream_state (campaign_id, stream, gate)"
        " select campaign_id, stream, figures from stats.stream_gate"
    )
    warehouse.commit()

    account.requests.clear()
    began = time.monotonic()
    assert campaigns_to_read(warehouse, account) == []
    # A list of 5,000 is five pages of a thousand, and there are two lists.
    quiet = 5 * (account.requests["campaigns"] + account.requests["reports"])
    seconds = time.monotonic() - began
    print(f"\nquiet run: {quiet} calls, {seconds:.1f} s")
    assert quiet == 10
    assert seconds < 20

    for campaign in campaigns[10:13]:
        campaign.happens(campaign.recipients[0], "open", 60)
    account.requests.clear()
    began = time.monotonic()
    changed = campaigns_to_read(warehouse, account)
    extract_campaigns(warehouse, account, changed)
    lists = 5 * (account.requests.pop("campaigns") + account.requests.pop("reports"))
    calls = lists + account.requests.total()
    print(f"3 changed: {calls} calls, {time.monotonic() - began:.1f} s; {dict(account.requests)}")
    assert len(changed) == 3
    assert calls <= 10 + 3 * 6


class HugeCampaign(Account):
    """One campaign whose rows are made as they are asked for: nothing of it is held."""

    def __init__(self, members: int) -> None:
        campaign = Campaign("μεγάλη", sent_at=SENT_AT)
        campaign.emails_sent = members
        super().__init__(campaign)
        self.members = members
        self.days = 1

    def _events(self, number: int) -> Iterator[dict[str, Any]]:
        ip = f"10.0.0.{number % 250}"
        for turn in range(self.days):
            moment = SENT_AT + timedelta(seconds=number % 80_000, days=turn)
            yield {
                "action": "open",
                "timestamp": moment.isoformat(),
                "ip": ip,
            }
            yield {
                "action": "open",
                "timestamp": moment.isoformat(),
                "ip": ip,
            }
            yield {
                "action": "click",
                "timestamp": (moment + timedelta(seconds=5)).isoformat(),
                "url": URLS[number % 20],
                "ip": ip,
            }

    def rows(
        self, campaign_id: str, stream: str, *, since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        self.requests[stream] += 1
        for number in range(self.members):
            person = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
            row: dict[str, Any] = {"email_id": person, "list_id": "λίστα1"}
            if stream == "sent-to":
                yield {**row, "status": "sent"}
            elif stream == "email-activity":
                events = self._events(number)
                recent = since.isoformat() if since else ""
                yield {**row, "activity": [one for one in events if one["timestamp"] > recent]}
            elif stream == "open-details":
                opens = [
                    {"timestamp": one["timestamp"], "is_proxy_open": number % 2 == 0}
                    for one in self._events(number)
                    if one["action"] == "open"
                ]
                yield {**row, "opens": opens}
            elif stream == "click-details" and number < len(URLS):
                total = self.members // 20 * self.days
                yield {"id": f"l{number}", "url": URLS[number], "total_clicks": total}

    def link_members(self, campaign_id: str, link_id: str) -> Iterator[dict[str, Any]]:
        self.requests["link_members"] += 1
        for number in range(int(link_id[1:]), self.members, 20):
            person = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
            yield {"email_id": person, "clicks": self.days}

    def _report(self, campaign: Campaign) -> dict[str, Any]:
        newest = SENT_AT + timedelta(days=self.days - 1, seconds=80_004)
        return {
            **super()._report(campaign),
            "opens": {
                "opens_total": 2 * self.members * self.days,
                "unique_opens": self.members,
                "last_open": newest.isoformat(),
            },
            "clicks": {
                "clicks_total": self.members * self.days,
                "unique_clicks": self.members,
                "unique_subscriber_clicks": self.members,
                "last_click": newest.isoformat(),
            },
        }


def test_a_campaign_of_200_000_recipients_and_600_000_events(
    warehouse: psycopg.Connection[Any],
) -> None:
    account = HugeCampaign(200_000)
    campaigns_to_read(warehouse, account)
    small = HugeCampaign(2_000)  # imports and caches are warm before memory is measured
    small.of_id = {"μικρή": Campaign("μικρή", sent_at=SENT_AT, emails_sent=2_000)}
    campaigns_to_read(warehouse, small)
    extract_campaign(warehouse, small, "μικρή")
    before = peak_mb()

    began = time.monotonic()
    extract = extract_campaign(warehouse, account, "μεγάλη")
    print(f"\nfirst reading: {time.monotonic() - began:.0f} s, {extract.rows_read}")
    print(f"memory: {before:.0f} MB before, {peak_mb():.0f} MB at most")
    assert peak_mb() - before < 50
    row = warehouse.execute(
        "select count(*) from stats.campaign_activities where campaign_id = 'μεγάλη'"
    ).fetchone()
    assert row == (600_000,)
    warehouse.commit()

    account.days = 2
    began = time.monotonic()
    campaigns_to_read(warehouse, account)
    extract = extract_campaign(warehouse, account, "μεγάλη")
    print(f"a day later: {time.monotonic() - began:.0f} s, {extract.rows_read}")

    began = time.monotonic()
    refresh = refresh_marts(warehouse, time_zone="Europe/Athens")
    print(f"marts: {time.monotonic() - began:.0f} s, {refresh}")
    began = time.monotonic()
    assert refresh_marts(warehouse, time_zone="Europe/Athens").members == 0
    print(f"marts again: {time.monotonic() - began:.1f} s")
    differing = warehouse.execute(
        "select metric, ours, mailchimps from stats.reconciliation where difference <> 0"
    ).fetchall()
    assert differing == []
