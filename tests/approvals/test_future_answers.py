"""Answers and alerts "in the future", given under a clock that was ahead, hold for nobody."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from crm_mailchimp.sync.decisions.approval import decide_removals, find_removal_request
from crm_mailchimp.sync.decisions.removal_guard import PlanNotApprovedError
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_late, alert_about_run
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World

AHEAD = "interval '40 days'"


def _blocked(world: World) -> int:
    """A collection that half of its people left; returns the number of its plan."""
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    for contact in contacts[:10]:
        world.leave(news, contact)
    assert world.sync()["NEWS"].state == "blocked"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse)
    assert request
    return request.plan_id


def _answer(world: World, plan_id: int, decision: str) -> None:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, plan_id, decision, decided_by="maria")  # type: ignore[arg-type]
    world.warehouse.execute(f"update sync.removal_request set decided_at = now() + {AHEAD}")


def test_an_approval_in_the_future_removes_nobody(world: World) -> None:
    plan_id = _blocked(world)
    _answer(world, plan_id, "approved")

    assert world.sync()["NEWS"].state == "blocked"
    with pytest.raises(PlanNotApprovedError, match="older than"):
        world.sync(options=SyncOptions(approved_plan=plan_id))

    assert list(world.remote().values()).count("subscribed") == 20


def test_a_rejection_in_the_future_silences_no_question(world: World) -> None:
    plan_id = _blocked(world)
    _answer(world, plan_id, "rejected")

    assert world.sync()["NEWS"].state == "blocked"

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse)
    assert request
    assert request.plan_id > plan_id


def test_an_alert_in_the_future_silences_no_alert(world: World) -> None:
    _blocked(world)
    sent: list[Message] = []

    def send(message: Message) -> bool:
        sent.append(message)
        return True

    row = world.warehouse.execute(
        "select max(staging_id) as staging_id from sync.staging_run"
    ).fetchone()
    assert row
    staging_id = row["staging_id"]

    def alert() -> int:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            alert_about_run(warehouse, staging_id, AlertTimes(), send)
        return len(sent)

    assert [alert(), alert()] == [1, 1]
    world.warehouse.execute(f"update sync.alert set sent_at = now() + {AHEAD}")
    assert alert() == 2


def test_a_success_in_the_future_is_late(world: World) -> None:
    news = world.collection(updated_at="2020-01-01T00:00:00Z")
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.warehouse.execute(f"update sync.collection_run set finished_at = now() + {AHEAD}")
    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        late = alert_about_late(
            warehouse, crm, AlertTimes(late_after=timedelta(hours=1)), lambda _: True
        )
    assert [trouble.collection_code for trouble in late] == ["NEWS"]
