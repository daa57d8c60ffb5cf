"""What no retry heals, in a real scheduler: tried once, and one line in the task's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from end_to_end.planted import QUOTING_COLLECTION

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]


def failures(world: World) -> list[tuple[Path, dict[str, Any]]]:
    """The lines of all task logs that say that a task failed, with their files."""
    found = []
    for path in world.installation.home.rglob("attempt=*.log"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if '"Task failed with exception' in line:
                found.append((path, json.loads(line)))
    return found


def test_what_no_retry_heals_is_tried_once(world: World) -> None:
    failed = [task for task in world.first.tasks if task.state == "failed"]
    assert {task.task_id for task in failed} >= {"sync_collection", "finish"}
    assert [(task.task_id, task.label) for task in failed if task.try_number != 1] == []
    assert {task.label for task in failed} >= {"BROKEN_QUERY", QUOTING_COLLECTION}


def test_the_log_says_it_in_one_line_without_frames(world: World) -> None:
    said = failures(world)
    assert len(said) >= 4
    for path, line in said:
        assert "error_detail" not in line, path
        assert "frames" not in json.dumps(line), path
    events = [str(line["event"]) for _, line in said]
    assert any("collection BROKEN_QUERY failed: query_failed" in event for event in events)
    assert all(event.startswith("Task failed with exception: ") for event in events)
    for path in world.installation.home.rglob("attempt=*.log"):
        assert "Traceback (most recent call last)" not in path.read_text(encoding="utf-8"), path
