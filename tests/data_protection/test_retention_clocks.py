"""A clock that is ahead removes nothing early: what retention removes does not come back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection import present_time, retention
from crm_mailchimp.data_protection.present_time import ClocksDisagreeError, latest_possible
from crm_mailchimp.mailchimp.errors import AuthenticationError
from mailchimp_provider.tasks import erasure as tasks
from sync_world import World

HOURS = timedelta(hours=20)
YEARS = timedelta(days=1_200)
AGES = retention.Ages(events=30, ips=30, quarantine=30, proof=30, staging=30, logs=30)


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def _this_machine_is(patch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    patch.setattr(present_time, "_time_here", lambda: datetime.now(UTC) + ahead)


def _plant(warehouse: psycopg.Connection[Any], age: timedelta) -> None:
    """An event with its address, and a closed row of the quarantine, of an age."""
    warehouse.execute(
        "insert into stats.campaigns (campaign_id, list_id, type, status, created_at, sent_at)"
        " values ('νέα', 'λίστα', 'regular', 'sent', now() - %(age)s, now() - %(age)s)",
        {"age": age},
    )
    warehouse.execute("select stats.ensure_activity_month((now() - %s)::date)", (age,))
    warehouse.execute(
        "insert into stats.campaign_activities (campaign_id, subscriber_hash, action, occurred_at,"
        " ip, ordinal) values ('νέα', repeat('a', 32), 'open', now() - %(age)s, '85.72.1.1', 1)",
        {"age": age},
    )
    warehouse.execute(
        "insert into sync.quarantine (collection_code, contact_id, reason_code, first_seen_at,"
        " last_seen_at, resolved_at)"
        " values ('NEWS', 1, 'no_consent', now() - %(age)s, now() - %(age)s, now() - %(age)s)",
        {"age": age},
    )
    warehouse.commit()


def _left(warehouse: psycopg.Connection[Any]) -> tuple[int, int, int]:
    row = warehouse.execute(
        "select (select count(*) from stats.campaign_activities),"
        " (select count(*) from stats.campaign_activities where ip is not null),"
        " (select count(*) from sync.quarantine)"
    ).fetchone()
    warehouse.commit()
    assert row
    return row


def test_a_clock_that_is_years_ahead_removes_nothing(
    warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _plant(warehouse, timedelta(days=1))
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "task.log").write_text("αρχείο")
    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(logs / "task.log", (old, old))
    _this_machine_is(monkeypatch, YEARS)

    with pytest.raises(ClocksDisagreeError, match=r"this machine: .*, warehouse_db: "):
        retention.apply(warehouse, AGES, log_folder=logs)

    # Machine and warehouse are one computer: only Mailchimp knows better.
    _this_machine_is(monkeypatch, timedelta(0))
    with pytest.raises(ClocksDisagreeError, match="Mailchimp: "):
        retention.apply(warehouse, AGES, log_folder=logs, mailchimp_time=datetime.now(UTC) - YEARS)
    assert _left(warehouse) == (1, 1, 1)
    assert (logs / "task.log").exists()


@pytest.mark.parametrize("wrong", ["machine", "mailchimp"])
def test_clocks_that_differ_by_hours_remove_by_the_earlier_one(
    warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    # By the later clock all of it is older than 30 days.
    age = timedelta(days=30) - HOURS / 2
    _plant(warehouse, age)
    if wrong == "machine":
        _this_machine_is(monkeypatch, HOURS)
    there = datetime.now(UTC) - (HOURS if wrong == "mailchimp" else timedelta(0))
    retention.apply(warehouse, AGES, mailchimp_time=there)
    assert _left(warehouse) == (1, 1, 1)


def test_by_clocks_that_agree_what_is_old_goes(warehouse: psycopg.Connection[Any]) -> None:
    _plant(warehouse, timedelta(days=40))
    retention.apply(warehouse, AGES, mailchimp_time=datetime.now(UTC))
    assert _left(warehouse) == (0, 0, 0)


def test_without_an_answer_the_newest_time_of_mailchimp_is_a_limit(
    warehouse: psycopg.Connection[Any],
) -> None:
    """All our clocks are 3 years ahead, and Mailchimp cannot be asked."""
    _plant(warehouse, YEARS)
    latest = latest_possible(warehouse)
    assert latest is not None
    retention.apply(warehouse, retention.Ages(events=40, ips=40, quarantine=40), latest=latest)
    assert _left(warehouse) == (1, 1, 1)
    retention.apply(warehouse, AGES, latest=latest)
    assert _left(warehouse) == (0, 0, 0)


def test_mailchimp_says_the_time(world: World) -> None:
    with world.provider() as provider:
        there = provider.present_time()
    assert there is not None
    assert abs(there - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("answer", ["another time", "none"])
def test_the_task_asks_mailchimp_for_the_time(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Without an answer, the newest time that Mailchimp named is a limit."""
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        _plant(warehouse, YEARS)

    class Connections:
        def warehouse(self) -> psycopg.Connection[Any]:
            return psycopg.connect(world.warehouse_dsn)

        def accounts(self) -> Any:
            return Accounts.only(self)

        calls = 0

        def present_time(self) -> datetime:
            if answer == "none":
                raise AuthenticationError(method="GET", path="/ping", status=401)
            return datetime.now(UTC) - YEARS

    @contextmanager
    def opened() -> Iterator[Connections]:
        yield Connections()

    monkeypatch.setattr(tasks, "opened", opened)
    monkeypatch.setenv("KEEP_EVENTS_DAYS", "60")
    monkeypatch.setenv("KEEP_IPS_DAYS", "60")
    if answer == "none":
        removed = tasks.apply_retention({"dry_run": False})
        assert removed["events"] == removed["ips"] == 0
    else:
        with pytest.raises(AirflowFailException, match="the clocks disagree"):
            tasks.apply_retention({"dry_run": False})
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert _left(warehouse) == (1, 1, 1)
