"""From the sandbox's HTTP answers to ``stats`` and ``mart``, held against its ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats.extract import extract_campaign
from crm_mailchimp.stats.marts import refresh_marts
from listed_campaigns import campaigns_to_read
from stats.sandbox_world import happened, ledger, make_audience, read_all, send, stored


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


def test_stats_equal_the_ledger_day_by_day(
    warehouse: Any, provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    list_id, addresses = make_audience(provider, 400)
    campaigns = [send(provider, list_id, "Χειμερινές προσφορές ❄"), send(provider, list_id, "Νέα")]
    for days in (0.01, 1, 3, 30):
        mailchimp_sandbox.control("POST", "clock/advance", {"days": days})
        read_all(warehouse, provider)
    events = [event for one in campaigns for event in ledger(mailchimp_sandbox, one)]
    expected = happened(events)
    kinds = Counter(key[2] for key in expected.elements())
    assert kinds["open"] > 100 and kinds["click"] > 20 and kinds["bounce"] > 0, kinds
    assert max(expected.values()) == 1
    assert stored(warehouse) == expected

    # Nothing twice: again from the start, and with several clicks in one second.
    reader = next(e for e in events if e["action"] == "click" and e["campaign_id"] == campaigns[0])
    act = {
        "list_id": list_id,
        "campaign_id": campaigns[0],
        "email_address": reader["email_address"],
        "action": "click",
        "times": 3,
    }
    mailchimp_sandbox.control("POST", "act", act)
    for campaign_id in campaigns:
        extract_campaign(warehouse, provider, campaign_id, full=True)
    events = [event for one in campaigns for event in ledger(mailchimp_sandbox, one)]
    assert stored(warehouse) == happened(events)

    assert set(
        warehouse.execute(
            "select campaign_id, subscriber_hash, unsubscribed_at from stats.campaign_unsubscribes"
        ).fetchall()
    ) == {
        (e["campaign_id"], e["subscriber_hash"], datetime.fromisoformat(e["time"]))
        for e in events
        if e["action"] == "unsubscribe"
    }
    assert set(
        warehouse.execute(
            "select campaign_id, subscriber_hash from stats.campaign_recipients"
        ).fetchall()
    ) == {(e["campaign_id"], e["subscriber_hash"]) for e in events if e["action"] == "sent"}
    differing = warehouse.execute(
        "select campaign_id, metric, ours, mailchimps, explanation from stats.reconciliation"
        " where difference <> 0"
    ).fetchall()
    assert differing == []
    warehouse.commit()
    check_marts(warehouse, events, addresses)


def check_marts(
    warehouse: psycopg.Connection[Any], events: list[dict[str, Any]], addresses: list[str]
) -> None:
    """Marts after a refresh, counted independently from the ledger."""
    clicker = next(e for e in events if e["action"] == "click")
    known, list_id = clicker["subscriber_hash"], clicker["list_id"]
    warehouse.execute(
        "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)"
        " values (%s, %s, 4711, 'subscribed', 'created')",
        (list_id, known),
    )
    warehouse.commit()
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert refresh_marts(warehouse, time_zone="Europe/Athens").members == 0
    counted = {
        "campaigns_received": sum(
            e["action"] == "sent" and e["subscriber_hash"] == known for e in events
        ),
        "opens": sum(e["action"] == "open" and e["subscriber_hash"] == known for e in events),
        "clicks": sum(e["action"] == "click" and e["subscriber_hash"] == known for e in events),
    }
    row = warehouse.execute(
        "select campaigns_received, opens, clicks, subscriber_hash from mart.contact_engagement"
        " where contact_id = 4711"
    ).fetchone()
    assert row == (*counted.values(), None)
    assert warehouse.execute(
        "select count(*), sum(opens), sum(clicks) from mart.contact_engagement"
    ).fetchone() == (
        len(addresses),
        sum(e["action"] == "open" for e in events),
        sum(e["action"] == "click" for e in events),
    )
    for campaign_id, unique_opens, human, delivered in warehouse.execute(
        "select campaign_id, unique_opens, unique_opens_without_proxy, delivered"
        " from mart.campaign_performance"
    ).fetchall():
        mine = [e for e in events if e["campaign_id"] == campaign_id]
        opens = [e for e in mine if e["action"] == "open"]
        assert unique_opens == len({e["subscriber_hash"] for e in opens})
        assert human == len({e["subscriber_hash"] for e in opens if not e["is_proxy"]})
        actions = Counter(e["action"] for e in mine)
        assert delivered == actions["sent"] - actions["bounce"]
    clicks = [e for e in events if e["action"] == "click"]
    assert warehouse.execute("select sum(total_clicks) from mart.link_performance").fetchone() == (
        len(clicks),
    )
    athens = ZoneInfo("Europe/Athens")
    hours = Counter(
        (moment.isoweekday(), moment.hour)
        for moment in (datetime.fromisoformat(e["time"]).astimezone(athens) for e in clicks)
    )
    assert {
        (weekday, hour): count
        for weekday, hour, count in warehouse.execute(
            "select weekday, hour, clicks from mart.audience_hours where clicks > 0"
        ).fetchall()
    } == dict(hours)
    assert warehouse.execute(
        "select sum(delivered), count(distinct cohort_month) from mart.audience_cohorts"
    ).fetchone() == (
        sum(e["action"] == "sent" for e in events) - sum(e["action"] == "bounce" for e in events),
        1,
    )
    left = {e["subscriber_hash"] for e in events if e["action"] in ("unsubscribe", "abuse")}
    segments = dict(
        warehouse.execute(
            "select segment, count(*) from mart.contact_segments group by 1"
        ).fetchall()
    )
    assert segments["left"] == len(left)
    assert sum(segments.values()) == len(addresses)
    assert warehouse.execute(
        "select count(*), bool_and(campaigns_in_30_days_before between 1 and 2)"
        " from mart.unsubscribe_drivers"
    ).fetchone() == (sum(e["action"] == "unsubscribe" for e in events), True)
    refresh_marts(warehouse, time_zone="UTC")
    assert warehouse.execute("select sum(clicks) from mart.campaign_hours").fetchone() == (
        len(clicks),
    ), "hours of another time zone do not stay"
    warehouse.commit()


def test_deleted_members_and_two_extracts_at_once(
    warehouse: Any, warehouse_db: str, provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    list_id, addresses = make_audience(provider, 60)
    campaign_id = send(provider, list_id, "Προσφορά")
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 2})
    read_all(warehouse, provider)
    before = stored(warehouse)
    opener = next(key[1] for key in before if key[2] == "open")
    address = next(one for one in addresses if subscriber_hash(one) == opener)
    act = {"list_id": list_id, "campaign_id": campaign_id, "email_address": address}
    mailchimp_sandbox.control("POST", "act", {**act, "action": "open", "times": 3})
    assert provider.delete_member_permanently(list_id, opener)
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 20})

    def extract() -> None:
        with (
            psycopg.connect(warehouse_db) as connection,
            Mailchimp(
                MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)
            ) as another,
        ):
            campaigns_to_read(connection, another)
            extract_campaign(connection, another, campaign_id)

    threads = [threading.Thread(target=extract) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    expected = happened(ledger(mailchimp_sandbox, campaign_id))
    assert before <= stored(warehouse) <= expected
    lost = expected - stored(warehouse)
    assert {key[1] for key in lost} <= {opener}
    differing = warehouse.execute(
        "select metric, difference, explanation from stats.reconciliation where difference <> 0"
    ).fetchall()
    warehouse.commit()
    # The member opened before, so all their later opens are lost, and nothing else is.
    lost_opens = sum(key[2] == "open" for key in lost)
    assert lost_opens == 3
    assert ("opens_total", lost_opens, "deleted_members") in differing
    assert {explanation for _, _, explanation in differing} == {"deleted_members"}
