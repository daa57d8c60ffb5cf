"""The facts and dimensions of mart that BI tools join: complete, and each by the documented key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.simulated_account import SENT_AT, Account, Campaign, subscriber_hash

LINK = "https://example.gr/προσφορά?utm_source=newsletter"


@pytest.fixture(params=["postgres", "debian_postgres"])
def warehouse(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    server = request.getfixturevalue(request.param)
    with fresh_databases(server) as (_, dsn), psycopg.connect(dsn) as connection:
        yield connection


def rows(warehouse: psycopg.Connection[Any], query: str, *values: Any) -> list[Any]:
    return warehouse.execute(query.encode(), values or None).fetchall()


def filled(warehouse: psycopg.Connection[Any]) -> None:
    """Three campaigns: to all of one audience, to its tag, and a mail of an automation."""
    whole, tagged, welcome = (Campaign(f"καμπάνια{number}") for number in (1, 2, 3))
    tagged.list_id = welcome.list_id = whole.list_id
    for campaign, members in ((whole, 4), (tagged, 2), (welcome, 1)):
        campaign.send(members)
    whole.happens(whole.recipients[0], "open", 60)
    whole.happens(whole.recipients[0], "click", 90, url=LINK)
    whole.happens(whole.recipients[1], "open", 30, is_proxy=True)
    tagged.happens(tagged.recipients[0], "open", 10)
    whole.unsubscribes[whole.recipients[2]] = (SENT_AT + timedelta(hours=1), "Πάρα πολλά")
    whole.complaints[1] = whole.recipients[3]
    account = Account(whole, tagged, welcome)
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    # As the sync and Mailchimp's list of campaigns leave it.
    for statement in (
        "insert into sync.audience (collection_id, collection_code, provider, list_id)"
        " values (-1, 'shared: ΟΛΟΙ', 'mailchimp', 'λίστα1')",
        "insert into sync.known_collection (collection_id, collection_code)"
        " values (7, 'ΝΕΑ'), (8, 'ΠΑΛΙΑ')",
        "insert into sync.tag (list_id, collection_id, collection_code, shared_id, tag_id, name)"
        " values ('λίστα1', 7, 'ΝΕΑ', -1, 42, 'Νέα (ΝΕΑ)')",
        "insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)"
        " select 'λίστα1', 7, subscriber_hash, 100 + row_number() over ()"
        " from stats.campaign_recipients where campaign_id = 'καμπάνια2'",
        "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)"
        " select list_id, subscriber_hash, contact_id, 'subscribed', 'created'"
        " from sync.tag_member",
        "update stats.campaigns set segment_id = 42 where campaign_id = 'καμπάνια2'",
        "update stats.campaigns set type = 'automation', parent_campaign_id = 'ροή1',"
        " title = 'Καλώς ήρθατε' where campaign_id = 'καμπάνια3'",
    ):
        warehouse.execute(statement.encode())
    warehouse.commit()
    refresh_marts(warehouse)


def test_each_fact_has_its_rows_and_its_keys(warehouse: psycopg.Connection[Any]) -> None:
    filled(warehouse)
    facts = {
        "campaign_recipients": 7,
        "campaign_opens": 3,
        "campaign_clicks": 1,
        "campaign_unsubscribes": 1,
        "campaign_complaints": 1,
        "unsubscribe_drivers": 1,
        "member_performance": 4,
    }
    for fact, count in facts.items():
        for dimension, key in (
            ("contacts", "(contact_key)"),
            ("members", "(list_id, subscriber_hash)"),
            ("lists", "(list_id)"),
            ("campaigns", "(campaign_id)"),
        ):
            if fact == "member_performance" and dimension == "campaigns":
                continue
            query = f"select count(*) from mart.{fact} inner join mart.{dimension} using {key}"
            assert rows(warehouse, query) == [(count,)], (fact, dimension)
    for fact in ("campaign_opens", "campaign_clicks", "campaign_unsubscribes"):
        query = f"select count(*) from mart.{fact} inner join mart.dates using (day)"
        assert rows(warehouse, query) == [(facts[fact],)], fact
    assert rows(
        warehouse,
        "select link.url from mart.campaign_clicks inner join mart.links as link using (url_key)",
    ) == [(LINK,)]
    assert rows(
        warehouse, "select reason from mart.campaign_unsubscribes where reason is not null"
    ) == [("Πάρα πολλά",)]
    assert rows(
        warehouse,
        "select count(*) filter (where is_proxy_open), count(*) from mart.campaign_opens",
    ) == [(1, 3)]


def test_segments_automations_and_collections(warehouse: psycopg.Connection[Any]) -> None:
    filled(warehouse)
    assert rows(
        warehouse,
        "select campaign_id, collection_code, segment_id, automation_id"
        " from mart.campaigns order by campaign_id",
    ) == [
        ("καμπάνια1", None, None, None),
        ("καμπάνια2", "ΝΕΑ", 42, None),
        ("καμπάνια3", None, None, "ροή1"),
    ]
    assert rows(
        warehouse,
        "select name, segment_type, collection_code, members, campaigns, emails_sent, unique_opens"
        " from mart.segments inner join mart.segment_performance using (list_id, segment_id)",
    ) == [("Νέα (ΝΕΑ)", "tag", "ΝΕΑ", 2, 1, 2, 1)]
    assert rows(
        warehouse,
        "select automation_id, title, emails, emails_sent"
        " from mart.automations inner join mart.automation_performance using (automation_id)",
    ) == [("ροή1", "Καλώς ήρθατε", 1, 1)]
    assert rows(
        warehouse,
        "select campaigns, emails_sent, unique_opens, unique_opens_without_proxy, unique_clicks,"
        " unsubscribes, abuse_reports, open_rate from mart.list_performance",
    ) == [(3, 7, 3, 2, 1, 1, 1, Decimal("0.4286"))]
    assert rows(
        warehouse,
        "select collection_code, list_id, shares_audience, segment_id from mart.collections"
        " order by collection_code",
    ) == [("ΝΕΑ", "λίστα1", True, 42), ("ΠΑΛΙΑ", None, False, None)]
    [member] = rows(
        warehouse,
        "select campaigns_received, campaigns_opened_without_proxy, opens, clicks"
        " from mart.member_performance where subscriber_hash = %s",
        subscriber_hash(0),
    )
    assert member == (3, 2, 2, 1)


def test_a_segment_by_hand_keeps_its_words(warehouse: psycopg.Connection[Any]) -> None:
    filled(warehouse)
    warehouse.execute(
        "update stats.campaigns set segment_id = 43, segment_text = 'Πόλη είναι Πάτρα'"
        " where campaign_id = 'καμπάνια1'"
    )
    assert rows(
        warehouse,
        "select name, segment_type, collection_code, members from mart.segments"
        " where segment_id = 43",
    ) == [("Πόλη είναι Πάτρα", "segment", None, None)]


def test_the_state_of_the_sync_is_there_without_people(warehouse: psycopg.Connection[Any]) -> None:
    filled(warehouse)
    for statement in (
        "insert into sync.collection_run (run_id, collection_code, started_at, state, detail,"
        " staged) values ('r1', 'ΝΕΑ', now(), 'blocked', 'removal_guard: 5 of 9 members', 9),"
        " ('r2', 'ΝΕΑ', now(), 'succeeded', 'a remark', 9)",
        "insert into sync.quarantine (collection_code, contact_id, reason_code, first_seen_at,"
        " last_seen_at, resolved_at) values"
        " ('ΝΕΑ', 1, 'no_consent', '2026-11-02 10:00Z', '2026-11-02', null),"
        " ('ΝΕΑ', 2, 'no_consent', '2026-11-02 11:00Z', '2026-11-05', '2026-11-05 09:00Z'),"
        " ('ΝΕΑ', 3, 'missing_email', '2026-11-03 11:00Z', '2026-11-05', null)",
        "insert into sync.refusal (kind, list_id, address_digest, known_from, refused_at,"
        " ended_at, ended_by) values"
        " ('complaint', 'λίστα1', 'a', 'member', '2026-10-05', null, null),"
        " ('complaint', 'λίστα1', 'b', 'member', '2026-10-07', now(), 'signed_up')",
    ):
        warehouse.execute(statement.encode())
    assert rows(
        warehouse, "select state, reason_code, staged from mart.collection_runs order by run_id"
    ) == [("blocked", "removal_guard", 9), ("succeeded", None, 9)]
    assert rows(
        warehouse,
        "select reason_code, day::text, opened, closed, open_at_end from mart.quarantine_days"
        " order by reason_code desc, day",
    ) == [
        ("no_consent", "2026-11-02", 2, 0, 2),
        ("no_consent", "2026-11-05", 0, 1, 1),
        ("missing_email", "2026-11-03", 1, 0, 1),
    ]
    assert rows(
        warehouse, "select kind, month::text, refusals, ended from mart.refusal_months"
    ) == [("complaint", "2026-10-01", 2, 1)]
    assert rows(
        warehouse, "select count(*) > 0, count(*) = count(explanation) from mart.reconciliation"
    ) == [(True, False)]
