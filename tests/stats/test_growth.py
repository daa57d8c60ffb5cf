"""What the reading of reports makes Postgres visit grows with the recipients, and not steeper."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.rows import read_values
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.big_campaign import big_campaign, control
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 2_000, 20_000
DELETED = 30


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_reports_grow_with_the_recipients(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, few_events = _visits(server, mailchimp_sandbox, monkeypatch, FEW)
    many, many_events = _visits(server, mailchimp_sandbox, monkeypatch, MANY)
    steep = steep_statements(few, many, few_events, many_events)
    assert not steep, "\n".join(steep)


def _visits(
    server: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch, recipients: int
) -> tuple[dict[str, Visits], int]:
    """What happened, and the number of events in the end."""
    sandbox.control("POST", "reset")
    client = MailchimpClient(sandbox.key, host=sandbox.host)
    with (
        fresh_databases(server) as (_, warehouse_dsn),
        Mailchimp(client) as provider,
    ):
        found = {
            name: Visits(warehouse_dsn)
            for name in ("first reading", "marts", "four weeks later", "marts again")
        }
        count_nothing(warehouse_dsn, "stats", "mart", "sync")
        big_campaign(provider, sandbox, recipients)
        with psycopg.connect(warehouse_dsn) as warehouse:
            for reading, marts in (("first reading", "marts"), ("four weeks later", "marts again")):
                with found[reading].watching(monkeypatch):
                    extract_campaigns(warehouse, provider, campaigns_to_read(warehouse, provider))
                    extract_audiences(warehouse, provider)
                with found[marts].watching(monkeypatch):
                    refresh_marts(warehouse)
                rows = warehouse.execute(
                    "select count(*) from stats.campaign_recipients"
                ).fetchone()
                assert rows == (recipients,)
                warehouse.commit()
                control(sandbox, "POST", "clock/advance", {"days": 28})
                if reading == "first reading":
                    _delete_some(provider)
            [events] = read_values(warehouse, int, "select count(*) from stats.campaign_activities")
            gone = warehouse.execute(
                "select count(*) from stats.campaign_recipients where gone_at is not null"
            ).fetchone()
            assert gone == (DELETED,)
    return found, events


def _delete_some(provider: Mailchimp) -> None:
    """Some recipients are deleted for good: the next reading finds that they are missing."""
    list_id = next(provider.audiences()).list_id
    for member, _ in zip(provider.members(list_id), range(DELETED), strict=False):
        provider.delete_member_permanently(list_id, member.subscriber_hash)
