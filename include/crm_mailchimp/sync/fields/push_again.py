"""All values of an audience's members, pushed once more."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def push_everybody_again(warehouse: Connection[Any], list_id: str) -> None:
    """Let the next plan push every member of an audience; the caller commits."""
    warehouse.execute("update sync.member set pushed_hash = null where list_id = %s", (list_id,))
