"""Memory does not grow with the contacts: the sync of many against that of a tenth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.far_end import FarEnd
from benchmarks.one_collection import one_collection
from benchmarks.settings import Settings
from benchmarks.table import Case, Measured, Table, at_most, at_most_more
from benchmarks.task import together


@pytest.mark.timeout(7200)
def test_memory(
    server: Any, far_end: FarEnd, settings: Settings, table: Table, tmp_path: Path
) -> None:
    few = max(1, settings.contacts // 10)
    tenth, _ = _most_memory(server, far_end, few, tmp_path)
    whole, idle = _most_memory(server, far_end, settings.contacts, tmp_path)
    for target, name, compared in (
        (at_most(1.1), f"memory at {few} contacts", tenth),
        (at_most_more(150), "idle task", idle),
    ):
        assert whole.peak_mib and compared.peak_mib
        table.add(
            Case(
                name=f"memory at {settings.contacts} contacts",
                value=whole.peak_mib,
                unit="MiB",
                target=target,
                against=name,
                against_value=compared.peak_mib,
                cost=whole,
            )
        )


def _most_memory(
    server: Any, far_end: FarEnd, contacts: int, folder: Path
) -> tuple[Measured, Measured]:
    """What the tasks of a first sync and of an update of all took, and a task that does nothing."""
    with one_collection(server, far_end, contacts, folder) as one:
        idle = one.idle()
        added = one.sync()
        one.rename("Ελένη", contacts)
        updated = one.sync()
        assert added.push.result["added"] == updated.push.result["updated"] == contacts
        return together((added.without_check, updated.without_check)), idle.cost
