"""Old events and IP addresses go, what was counted stays; figures nobody can explain stop a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import campaigns_to_read, extract_campaign, extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.stats.reconciliation import UnexplainedFiguresError, require_explained
from crm_mailchimp.sync.retention import Ages, apply, ips_kept_since
from stats.simulated_account import SENT_AT, Account, Campaign


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def row(warehouse: psycopg.Connection[Any], query: str) -> Any:
    found = warehouse.execute(query).fetchone()  # type: ignore[arg-type]
    warehouse.commit()
    return found


#: Between the two campaigns, whenever this runs.
OLD_DAYS = (datetime.now(tz=UTC) - SENT_AT).days + 200


def two_campaigns() -> Account:
    old = Campaign("παλιά", sent_at=SENT_AT - timedelta(days=400))
    new = Campaign("νέα", sent_at=SENT_AT)
    for campaign in (old, new):
        campaign.send(3)
        for member in campaign.recipients[:2]:
            campaign.happens(member, "open", 60, ip="85.72.1.1")
            campaign.happens(member, "click", 90, url="https://example.gr/νέα", ip="85.72.1.1")
    return Account(old, new)


MARTS = [
    "select count(*), sum(opens), sum(clicks) from mart.contact_engagement",
    "select array_agg((campaign_id, openers, clicks)::text order by campaign_id)"
    " from mart.campaign_engagement",
    "select sum(opens), sum(clicks) from mart.audience_hours",
    "select sum(delivered), sum(openers) from mart.audience_cohorts",
]


def test_events_go_and_every_count_stays(warehouse: Any) -> None:
    account = two_campaigns()
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    refresh_marts(warehouse)
    before = [row(warehouse, mart) for mart in MARTS]
    assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 4
    assert row(warehouse, "select count(*), min(campaign_id) from stats.campaign_activities") == (
        4,
        "νέα",
    )

    # Neither a late open nor a reading from the start brings the events back, or spoils a count.
    account.of_id["παλιά"].happens(account.of_id["παλιά"].recipients[2], "open", 10**7)
    campaigns_to_read(warehouse, account)
    extract_campaign(warehouse, account, "παλιά", full=True)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert row(warehouse, "select count(*) from stats.campaign_activities") == (4,)
    assert [row(warehouse, mart) for mart in MARTS] == before
    assert row(
        warehouse,
        "select difference, explanation from stats.reconciliation"
        " where campaign_id = 'παλιά' and metric = 'opens_total'",
    ) == (1, "events_expired")


def test_ips_go_and_do_not_come_back(warehouse: Any) -> None:
    account = two_campaigns()
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    ages = Ages(ips=OLD_DAYS, events=None)
    assert apply(warehouse, ages)["ips"] == 4
    cutoff = ips_kept_since(ages)
    for campaign_id in account.of_id:
        extract_campaign(warehouse, account, campaign_id, full=True, ips_since=cutoff)
    assert row(
        warehouse,
        "select count(ip), count(*), min(occurred_at) filter (where ip is not null)"
        " from stats.campaign_activities",
    ) == (4, 8, SENT_AT + timedelta(seconds=60))


def test_a_difference_nobody_explains_for_a_day_stops_the_run(warehouse: Any) -> None:
    account = two_campaigns()
    campaign = account.of_id["νέα"]
    hidden = campaign.happens(campaign.recipients[2], "open", 70, listed=False)
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    require_explained(warehouse)
    warehouse.execute(
        "update stats.reconciliation set unexplained_since = unexplained_since - interval '2 days'"
    )
    warehouse.commit()
    with pytest.raises(UnexplainedFiguresError, match="νέα: opens_total 2, Mailchimp says 3"):
        require_explained(warehouse)
    warehouse.commit()
    extract_campaign(warehouse, account, "νέα", full=True)
    with pytest.raises(UnexplainedFiguresError):
        require_explained(warehouse)
    warehouse.commit()
    hidden.listed = True
    extract_campaign(warehouse, account, "νέα", full=True)
    require_explained(warehouse)
