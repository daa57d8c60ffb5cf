"""How many statements a process sends to Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import psycopg


@contextmanager
def noted_statements(sent: list[str]) -> Iterator[None]:
    """Note the kind of each statement that is sent in here, over whatever connection.

    Args:
        sent: is filled with ``execute``, ``executemany`` and ``copy``.
    """
    with ExitStack() as patched:
        for name in ("execute", "executemany", "copy"):
            patched.enter_context(patch.object(psycopg.Cursor, name, _noted(name, sent)))
        yield


def _noted(name: str, sent: list[str]) -> Any:
    original = getattr(psycopg.Cursor, name)

    def noted(cursor: Any, *arguments: Any, **named: Any) -> Any:
        sent.append(name)
        return original(cursor, *arguments, **named)

    return noted
