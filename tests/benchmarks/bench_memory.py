"""Memory does not grow with the contacts: the sync of many against that of a tenth.

The two also show how many statements each further page of 500 costs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.far_end import FarEnd
from benchmarks.one_collection import one_collection
from benchmarks.settings import Settings
from benchmarks.table import Case, Measured, Table, Target, at_most, at_most_alone, at_most_more
from benchmarks.task import together
from benchmarks.wire import PAGE

#: MiB above a task that does nothing.
_MORE = 150
_STATEMENTS = 12


@pytest.mark.timeout(7200)
def test_memory_and_statements(
    server: Any, far_end: FarEnd, settings: Settings, table: Table, tmp_path: Path
) -> None:
    many, few = settings.contacts, max(1, settings.contacts // 10)
    idle, *tenth = _costs(server, far_end, few, tmp_path)
    _, *whole = _costs(server, far_end, many, tmp_path)
    most, little = together(whole), together(tenth)

    def compare_memory(against: str, compared: Measured, target: Target) -> None:
        table.add(
            Case(
                name=f"memory at {many:,} contacts", value=most.peak_mib or 0, unit="MiB",
                target=target, against=against, against_value=compared.peak_mib, cost=most,
            )
        )  # fmt: skip

    compare_memory(f"memory at {few:,} contacts", little, at_most(1.1))
    compare_memory("a task that does nothing", idle, at_most_more(_MORE))
    further = max(1, -(-many // PAGE) - -(-few // PAGE))
    for name, larger, smaller in zip(("added", "updated"), whole, tenth, strict=True):
        more = (larger.statements or 0) - (smaller.statements or 0)
        table.add(
            Case(
                name=f"statements for a further page of {PAGE} {name} members",
                value=more / further, unit="statements", target=at_most_alone(_STATEMENTS),
            )
        )  # fmt: skip


def _costs(
    server: Any, far_end: FarEnd, contacts: int, folder: Path
) -> tuple[Measured, Measured, Measured]:
    """A task that does nothing, a first sync, and one in which everybody changed."""
    with one_collection(server, far_end, contacts, folder) as one:
        idle = one.idle()
        added = one.sync()
        one.pull()
        one.rename("Ελένη", contacts)
        updated = one.sync()
        assert added.push.result["added"] == updated.push.result["updated"] == contacts
        return idle.cost, added.without_check, updated.without_check
