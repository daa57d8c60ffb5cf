"""Disk of the warehouse for each contact: of a first staging, of one without changes, of the state.

``bench_marts.py`` has the bytes of an event and of a recipient.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.far_end import FarEnd
from benchmarks.one_collection import one_collection
from benchmarks.settings import Settings
from benchmarks.sizes import stored_bytes
from benchmarks.table import Case, Table


@pytest.mark.timeout(7200)
def test_bytes_of_a_contact(
    server: Any, far_end: FarEnd, settings: Settings, table: Table, tmp_path: Path
) -> None:
    far_end.forget()
    far_end.set_latency(min(settings.latencies_ms))

    def add(name: str, stored: int) -> None:
        assert stored > 0, name
        table.add(
            Case(
                name=f"bytes of a contact, {name}", value=stored / settings.contacts,
                target=None, unit="bytes",
            )
        )  # fmt: skip

    with one_collection(server, far_end, settings.contacts, tmp_path) as one:
        warehouse = one.place.warehouse
        empty = {name: stored_bytes(warehouse, f"^{name}[.]") for name in ("staging", "sync")}
        first = one.sync()
        assert first.push.result["added"] == settings.contacts
        staged = stored_bytes(warehouse, "^staging[.]") - empty["staging"]
        add("staging of a first sync", staged)
        unchanged = one.sync()
        assert unchanged.push.result["unchanged"] == settings.contacts
        add(
            "staging without changes",
            stored_bytes(warehouse, "^staging[.]") - empty["staging"] - staged,
        )
        add("state of the sync", stored_bytes(warehouse, "^sync[.]") - empty["sync"])
