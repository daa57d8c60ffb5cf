"""The example analysis of the docs runs by the BI login, and says what is so."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.warehouse.bi_login import grant_reading
from listed_campaigns import campaigns_to_read
from stats.simulated_account import Account, Campaign

DOCUMENT = Path(__file__).parents[2] / "docs" / "stats.md"
SCRIPT = Path(__file__).parents[2] / "docs" / "example_analysis.py"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def bi_dsn(postgres: Any, warehouse_db: str) -> Iterator[str]:
    """Five campaigns, each read by one more of six people; as the BI login sees them."""
    # Of one month, so that none falls into another cohort.
    first = (NOW.replace(day=1, hour=8) - timedelta(days=40)).replace(day=1)
    account = Account()
    for number in range(5):
        one = Campaign(f"c{number}", sent_at=first + timedelta(days=number))
        one.send(6)
        for member in one.recipients[: number + 1]:
            one.happens(member, "open", 60)
            one.happens(member, "click", 3700, url="https://example.gr/νέα")
        one.happens(one.recipients[5], "open", 60, is_proxy=True)
        account.of_id[one.campaign_id] = one
    one.unsubscribes[one.recipients[5]] = (one.sent_at + timedelta(hours=1), "")
    name = f"bi_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(warehouse_db) as owner:
        extract_campaigns(owner, account, campaigns_to_read(owner, account))
        refresh_marts(owner, time_zone="Europe/Athens")
        owner.execute(f"create role {name} login password 'άνοιξε'")
        grant_reading(owner, name)
    yield psycopg.conninfo.make_conninfo(warehouse_db, user=name, password="άνοιξε")
    with psycopg.connect(warehouse_db) as owner:
        owner.execute(f"drop owned by {name}")
        owner.execute(f"drop role {name}")


def test_it_answers_every_question(bi_dsn: str) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--dsn", bi_dsn], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("\n\n") >= 12

    analysis = runpy.run_path(str(SCRIPT))
    with psycopg.connect(bi_dsn) as warehouse:
        frames = {
            name: analysis[name](warehouse)
            for name in (
                "segments_and_trend", "engagement_by_month", "cohorts", "best_times",
                "sending_times", "unusual_campaigns", "unsubscribes_by_frequency",
            )
        }  # fmt: skip
    segments = frames["segments_and_trend"]
    assert segments.to_numpy().sum() == 6
    assert segments.loc["left"].sum() == 1
    months = frames["engagement_by_month"]
    assert months[["contacts", "engaged", "mails", "mails_engaged", "rate"]].iloc[0].tolist() == [
        6, 5, 30, 15, 0.5,
    ]  # fmt: skip
    assert frames["cohorts"].iloc[0].tolist() == [0.5]
    assert frames["best_times"].iloc[0]["clicks_without_bots"] == 5
    assert list(frames["sending_times"]["campaigns"]) == [], "each weekday had one"
    # Rates come rounded to four digits.
    assert frames["unusual_campaigns"][
        "click_rate_difference_without_bots"
    ].tolist() == pytest.approx([2.5 / 6, 2 / 6], abs=2e-4)
    frequency = frames["unsubscribes_by_frequency"]
    assert frequency["mails"].tolist() == [6] * 5
    assert frequency["unsubscribes"].tolist() == [0, 0, 0, 0, 1]


def test_every_table_that_the_docs_name_is_there(warehouse_db: str) -> None:
    named = set(re.findall(r"`((?:mart|stats)\.\w+)`", DOCUMENT.read_text(encoding="utf-8")))
    assert len(named) > 30
    with psycopg.connect(warehouse_db) as warehouse:
        missing = warehouse.execute(
            "select name from unnest(%s::text[]) as name where to_regclass(name) is null",
            (sorted(named),),
        ).fetchall()
        views = warehouse.execute(
            "select 'mart.' || relname from pg_class where relnamespace = 'mart'::regnamespace"
            " and relkind = 'v' and relname not in ('campaign_hours')"
        ).fetchall()
    assert missing == []
    assert {name for (name,) in views} <= named, "a view that no reader hears of"
