"""Tasks cleared in Airflow, in any order, of old runs and of the newest: nobody comes or goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from airflow_world import RUN_SECONDS
from end_to_end.conftest import members_of
from end_to_end.test_sync import MEMBER_WRITES
from local_installation.results import collection_results

if TYPE_CHECKING:
    from end_to_end.conftest import SyncRun, World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]

NEWSLETTER = "NEWSLETTER"


def clear(
    world: World, run: SyncRun, task_id: str, code: str | None = None, *, after: bool = False
) -> dict[tuple[str, str], str | None]:
    """Clear a task and wait for the run's end; states by (task id, collection code)."""
    where = {(task.task_id, task.label): task.map_index for task in run.tasks}
    world.airflow.clear(
        "sync_collections", run.run_id, task_id, map_index=where[task_id, code or ""], after=after
    )
    world.airflow.wait_for_run("sync_collections", run.run_id, seconds=RUN_SECONDS)
    tasks = world.airflow.task_instances("sync_collections", run.run_id)
    return {(task.task_id, task.label): task.state for task in tasks}


def result(world: World, run: SyncRun) -> tuple[str, str]:
    with psycopg.connect(world.services.warehouse) as warehouse:
        rows = collection_results(warehouse, run.run_id)
    return next((row.state, row.detail) for row in rows if row.collection_code == NEWSLETTER)


def test_clearing_any_task_in_any_order_harms_nobody(world: World) -> None:
    seen = sum(1 for _ in world.account.requests())
    before = {(task.task_id, task.label): task.state for task in world.fourth.tasks}

    # An old run's end, and its push: what it would push is not true any more.
    clear(world, world.first, "finish")
    states = clear(world, world.first, "sync_collection", NEWSLETTER)
    assert states["sync_collection", NEWSLETTER] == "failed"
    state, detail = result(world, world.first)
    assert state == "failed"
    assert "is outdated" in detail and "clear the task 'stage'" in detail
    # The newest run's push, its end, and then all of it again.
    assert clear(world, world.fourth, "sync_collection", NEWSLETTER) == before
    assert clear(world, world.fourth, "finish") == before
    assert clear(world, world.fourth, "stage", after=True) == before
    assert result(world, world.fourth) == ("succeeded", "")

    requests = [(row["method"], row["template"]) for row in world.account.requests()][seen:]
    assert ("GET", "/lists/{list_id}/members") in requests, "the check sees nothing"
    assert [row for row in requests if row in MEMBER_WRITES] == []
    for code, listed in world.fourth.members.items():
        list_id = world.fourth.results[code].list_id or ""
        assert members_of(world.account, code, list_id) == listed, code
