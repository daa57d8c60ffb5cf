"""How far each incremental extract has come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def read_watermark(connection: Connection[Any], name: str) -> datetime | None:
    """The moment up to which the extract ``name`` has read, or None before its first run."""
    row = connection.execute("select value from sync.watermark where name = %s", (name,)).fetchone()
    return row[0] if row else None


def advance_watermark(connection: Connection[Any], name: str, value: datetime) -> None:
    """Move a watermark forward; an older ``value`` than the stored one changes nothing.

    The caller commits, together with what it read.
    """
    if value.tzinfo is None:
        raise ValueError(f"watermark {name}: the time needs a time zone")
    connection.execute(
        """
        insert into sync.watermark as kept (name, value) values (%s, %s)
        on conflict (name) do update set value = excluded.value, updated_at = now()
        where kept.value < excluded.value
        """,
        (name, value),
    )
