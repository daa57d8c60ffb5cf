"""No page and no dashboard scans the events; docs/performance.md lists how each reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from stats.event_history import Group, fill
from stats.event_plans import Question, page_statements, questions, read_events, written_table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
#: About 200,000 events.
GROUP = Group(people=4_000, audiences=10, campaigns=800, months=5, mailed=0.6)
EVENTS = ("`mart.campaign_activities`", "`mart.campaign_opens`", "`mart.campaign_clicks`")


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def warehouse(server: Any) -> Iterator[psycopg.Connection[Any]]:
    with fresh_databases(server) as (_, dsn):
        fill(dsn, GROUP, "a")
        with psycopg.connect(dsn) as owner:
            refresh_marts(owner)
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("vacuum analyze")
            yield owner


def test_no_page_and_no_dashboard_scans_the_events(warehouse: psycopg.Connection[Any]) -> None:
    events = warehouse.execute("select count(*) from stats.campaign_activities").fetchone()
    assert events
    assert events[0] > 180_000
    found = {question: read_events(warehouse, question) for question in questions(warehouse)}
    asked = {question.source for question in found}
    assert {f"page: `sql/{name}.sql`" for name in page_statements()} < asked
    assert set(EVENTS) < asked
    for source in EVENTS:
        ways = {question.words: way for question, way in found.items() if question.source == source}
        assert ways == {
            "all rows": "all of them",
            "of a campaign": "index by campaign_id",
            "of an audience": "all of them",
            "of a contact": "index by subscriber_hash",
            "of a member": "index by subscriber_hash",
            "of a day": "index by occurred_at",
            "of a month": "the months of the period",
            "of an audience on a day": "index by occurred_at",
        }, source
    others = {question: way for question, way in found.items() if question.source not in EVENTS}
    assert {question.source: way for question, way in others.items() if way} == {}
    assert documented_rows() == written_table(found).splitlines()


def documented_rows() -> list[str]:
    """The lines of the table in the document, so that a difference names its row."""
    table = DOCUMENT.read_text(encoding="utf-8").split("\n\n| asked of |")[1].split("\n\n")[0]
    return f"| asked of |{table}".splitlines()


def test_a_scan_is_found(warehouse: psycopg.Connection[Any]) -> None:
    counted = Question("", "", "select count(*) from stats.campaign_activities where ip = ''", {})
    assert read_events(warehouse, counted) == "all of them"
