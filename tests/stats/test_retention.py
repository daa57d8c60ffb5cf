"""Old events and IP addresses go, what was counted stays; figures nobody can explain stop a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from crm_mailchimp.data_protection.retention import Ages, apply, ips_kept_since
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.extract import extract_campaign, extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.stats.reconciliation import UnexplainedFiguresError, require_explained
from listed_campaigns import campaigns_to_read
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


KEPT = [
    "select array_agg((campaign_id, subscriber_hash, opens, proxy_opens, clicks, links_clicked,"
    " hard_bounces, first_open_at, last_open_at, first_human_open_at, last_human_open_at,"
    " first_click_at, last_click_at)::text order by campaign_id, subscriber_hash)"
    " from stats.recipient_engagement",
    "select array_agg((to_jsonb(kept) - 'refreshed_at')::text order by kept.campaign_id)"
    " from mart.campaign_engagement as kept",
    "select array_agg(kept::text order by kept::text) from mart.contact_engagement as kept",
    "select array_agg(kept::text order by kept::text) from mart.contact_months as kept",
    "select array_agg(kept::text order by kept::text) from mart.campaign_days as kept",
    "select array_agg(kept::text order by kept::text) from mart.audience_hours as kept",
    "select array_agg(kept::text order by kept::text) from mart.audience_cohorts as kept",
]
DIFFERING = "select count(*) from stats.reconciliation where difference <> 0"


def counts(warehouse: Any) -> list[Any]:
    return [row(warehouse, query) for query in KEPT]


def read(warehouse: Any, account: Account) -> list[str]:
    chosen = campaigns_to_read(warehouse, account)
    extract_campaigns(warehouse, account, chosen)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    return chosen


def test_events_go_and_every_count_stays(warehouse: Any) -> None:
    account = two_campaigns()
    read(warehouse, account)
    before = counts(warehouse)
    assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 4
    assert row(warehouse, "select count(*), min(campaign_id) from stats.campaign_activities") == (
        4,
        "νέα",
    )
    months = row(
        warehouse,
        "select array_agg(inhrelid::regclass::text) from pg_inherits"
        " where inhparent = 'stats.campaign_activities'::regclass",
    )
    assert months == ([f"stats.campaign_activities_{SENT_AT:%Y_%m}"],), "old months are dropped"

    # Reading from the start brings nothing back, and nothing is counted twice.
    extract_campaign(warehouse, account, "παλιά", full=True)
    assert row(warehouse, "select count(*) from stats.campaign_activities") == (4,)
    assert row(warehouse, DIFFERING) == (0,)
    for rebuild in (False, True):
        refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=rebuild)
        assert counts(warehouse) == before
    assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 0
    assert counts(warehouse) == before
    days = "select sum(opens), sum(clicks) from mart.campaign_days"
    refresh_marts(warehouse, time_zone="America/New_York")
    assert row(warehouse, days) == (4, 4), "days of any time zone stay"


def test_an_old_campaign_that_is_still_read_is_counted_as_ever(warehouse: Any) -> None:
    account = two_campaigns()
    old = account.of_id["παλιά"]
    read(warehouse, account)
    apply(warehouse, Ages(events=OLD_DAYS))
    # One clicks the same link again, one opens for the first time.
    old.happens(old.recipients[0], "click", 86_400 * 380, url="https://example.gr/νέα")
    old.happens(old.recipients[2], "open", 86_400 * 390, is_proxy=True)
    assert read(warehouse, account) == ["παλιά"]
    assert row(
        warehouse,
        "select sum(opens), sum(proxy_opens), sum(clicks), sum(links_clicked), min(first_open_at)"
        " from stats.recipient_engagement where campaign_id = 'παλιά'",
    ) == (3, 1, 3, 2, old.sent_at + timedelta(seconds=60))
    assert row(warehouse, DIFFERING) == (0,)
    assert read(warehouse, account) == []
    before = counts(warehouse)
    assert apply(warehouse, Ages(events=1))["events"] == 6
    refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=True)
    assert counts(warehouse) == before
    assert row(warehouse, "select count(*) from stats.campaign_activities") == (0,)


def test_events_that_come_late_among_removed_ones_are_counted_once(warehouse: Any) -> None:
    account = two_campaigns()
    old = account.of_id["παλιά"]
    read(warehouse, account)
    apply(warehouse, Ages(events=OLD_DAYS))
    again, first = old.recipients[0], old.recipients[2]
    old.happens(again, "open", 61)
    old.happens(again, "click", 62, url="https://example.gr/άλλη")
    old.happens(first, "click", 40, url="https://example.gr/νέα")
    for _ in range(3):
        read(warehouse, account)
        extract_campaign(warehouse, account, "παλιά", full=True)
    assert row(
        warehouse,
        "select array_agg((opens, clicks, links_clicked)::text order by opens, clicks)"
        " from stats.recipient_engagement where campaign_id = 'παλιά'",
    ) == (["(0,1,1)", "(1,1,1)", "(2,2,2)"],)
    assert row(warehouse, "select count(*) from stats.campaign_activities") == (4,)
    assert row(warehouse, DIFFERING) == (0,)


def test_who_read_late_among_removed_events_has_read(warehouse: Any) -> None:
    """All that was known of them was a proxy's open; theirs comes when its day is gone."""
    account = Account(Campaign("παλιά", sent_at=SENT_AT - timedelta(days=400)))
    old = account.of_id["παλιά"]
    old.send(1)
    old.happens(old.recipients[0], "open", 60, is_proxy=True)
    read(warehouse, account)
    apply(warehouse, Ages(events=OLD_DAYS))
    read(warehouse, account)
    segment = "select segment from mart.contact_segments"
    assert row(warehouse, segment) == ("never_opened",)
    late = old.happens(old.recipients[0], "open", 7200)
    read(warehouse, account)
    assert row(
        warehouse,
        "select campaigns_opened_without_proxy, last_open_without_proxy_at"
        " from mart.contact_engagement",
    ) == (1, late.at)
    assert row(warehouse, segment) == ("dormant",)


def test_counts_are_kept_of_events_that_no_mart_has_seen(warehouse: Any) -> None:
    account = two_campaigns()
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    apply(warehouse, Ages(events=OLD_DAYS))
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert row(warehouse, "select sum(opens), sum(clicks) from mart.campaign_days") == (4, 4)


def test_campaigns_without_a_time_of_sending(warehouse: Any) -> None:
    account = two_campaigns()
    report, listed = account._report, account.campaigns
    account._report = lambda one: {**report(one), "send_time": ""}  # type: ignore[method-assign]
    account.campaigns = (  # type: ignore[method-assign]
        lambda **period: ({**one, "send_time": ""} for one in listed(**period))
    )
    read(warehouse, account)
    assert row(warehouse, "select count(sent_at) from stats.campaigns") == (0,)
    until = SENT_AT - timedelta(days=300)
    assert campaigns_to_read(
        warehouse, account, since=until - timedelta(days=300), until=until
    ) == ["παλιά"]
    before = counts(warehouse)
    assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 4
    refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=True)
    assert counts(warehouse) == before


def test_a_month_that_is_being_read_is_emptied_and_dropped_later(
    warehouse: Any, warehouse_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_LONGEST_WAIT", "200ms")
    account = two_campaigns()
    read(warehouse, account)
    before = counts(warehouse)
    partitions = (
        "select count(*) from pg_inherits where inhparent = 'stats.campaign_activities'::regclass"
    )
    with psycopg.connect(warehouse_db) as dashboard:
        dashboard.execute("select count(*) from stats.campaign_activities")
        assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 4
        assert row(warehouse, partitions) == (2,)
    assert row(warehouse, "select count(*) from stats.campaign_activities") == (4,)
    assert apply(warehouse, Ages(events=OLD_DAYS))["events"] == 0
    assert row(warehouse, partitions) == (1,)
    assert counts(warehouse) == before


def test_retention_and_a_load_at_once_count_every_event_once(
    warehouse: Any, warehouse_db: str
) -> None:
    """The load has landed the old events when retention removes them, and loads after it."""
    account = two_campaigns()
    read(warehouse, account)
    before = counts(warehouse)
    with psycopg.connect(warehouse_db) as loader:

        def meanwhile(stream: str) -> None:
            if stream == "activity":
                account.during = lambda _: None
                apply(warehouse, Ages(events=OLD_DAYS))

        account.during = meanwhile
        extract_campaign(loader, account, "παλιά", full=True)
        # A load whose statements come while retention is under way waits, and then knows of it.
        until = SENT_AT + timedelta(days=1)
        period = {"since": SENT_AT, "until": until}
        assert retention._keep_counts(warehouse, period) == 4
        warehouse.execute(statement("sync/delete_events"), period)
        load = threading.Thread(target=lambda: extract_campaign(loader, account, "νέα", full=True))
        load.start()
        wait_for_lock(warehouse_db, loader)
        warehouse.commit()
        load.join(30)
        assert not load.is_alive()
        assert row(warehouse, "select count(*) from stats.campaign_activities") == (0,)
        # The other way round: what a load has under way is waited for.
        loader.execute("lock table stats.campaign_activities in row exclusive mode")
        expiry = threading.Thread(target=lambda: apply(warehouse, Ages(events=1)))
        expiry.start()
        wait_for_lock(warehouse_db, warehouse)
        loader.commit()
        expiry.join(30)
        assert not expiry.is_alive()
    refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=True)
    assert counts(warehouse) == before


def wait_for_lock(dsn: str, waiting: psycopg.Connection[Any]) -> None:
    """Until another session's statement waits for a lock."""
    with psycopg.connect(dsn, autocommit=True) as observer:
        for _ in range(600):
            found = observer.execute(
                "select 1 from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
                (waiting.info.backend_pid,),
            ).fetchone()
            if found:
                return
            observer.execute("select pg_sleep(0.05)")
    raise AssertionError("it does not wait for any lock")


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
    warehouse.execute(
        "update stats.reconciliation set unexplained_since = unexplained_since + interval '90 days'"
    )
    warehouse.commit()
    with pytest.raises(UnexplainedFiguresError, match="νέα"):
        require_explained(warehouse)
    warehouse.commit()
    extract_campaign(warehouse, account, "νέα", full=True)
    with pytest.raises(UnexplainedFiguresError):
        require_explained(warehouse)
    warehouse.commit()
    hidden.listed = True
    extract_campaign(warehouse, account, "νέα", full=True)
    require_explained(warehouse)
