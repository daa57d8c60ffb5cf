"""25 collections in 8 processes against one after the other; then with nothing changed.

The processes are those of an executor with 8 slots.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.far_end import FarEnd
from benchmarks.many_collections import COLLECTIONS, many_collections
from benchmarks.settings import Settings
from benchmarks.table import Case, Table, at_least_as_fast, timed
from benchmarks.task import Done

_PROCESSES = 8


@pytest.mark.timeout(3600)
def test_many_collections(server: Any, far_end: FarEnd, settings: Settings, table: Table) -> None:
    latency = max(settings.latencies_ms)
    far_end.set_latency(latency)
    suffix = f", {latency} ms" if far_end.is_sandbox else ""
    with many_collections(server, far_end, settings.members) as world:
        tasks, in_turn = world.sync(processes=1)
        added = _total(tasks, "added")
    far_end.forget()
    with many_collections(server, far_end, settings.members) as world:
        tasks, at_once = world.sync(processes=_PROCESSES)
        assert _total(tasks, "added") == added > 0
        table.add(
            timed(
                f"{COLLECTIONS} collections, {_PROCESSES} processes{suffix}",
                at_once,
                "one after the other",
                in_turn,
                at_least_as_fast(4),
                rows=added,
            )
        )
        tasks, again = world.sync(processes=_PROCESSES)
        assert _total(tasks, "added") == _total(tasks, "updated") == _total(tasks, "removed") == 0
        assert again.writes == 0, "nothing changed, so nothing may be written"
        table.add(
            Case(
                name=f"nothing changed in {COLLECTIONS} collections{suffix}",
                value=again.seconds,
                target=None,
                rows=_total(tasks, "staged"),
                cost=again,
            )
        )


def _total(tasks: list[Done], name: str) -> int:
    return sum(task.result[name] for task in tasks)
