"""The one door to SQL files: the project's under ``sql/``, or a folder of its caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import LiteralString

_PACKAGED = Path(__file__).parent / "_sql"
_CHECKOUT = Path(__file__).parents[2] / "sql"

#: Folder that holds the statements: inside an installed wheel, or the checkout's ``sql/``.
SQL_ROOT = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


#: One set for each block of ``noted`` that runs now.
_noted: list[set[str]] = []


def statement(name: str, *, root: Path = SQL_ROOT) -> LiteralString:
    """Text of one SQL file, ready for ``cursor.execute``.

    Args:
        name: path below ``root`` without the suffix, for example ``"sync/plan_changes"``.
        root: folder of the statements.

    Raises:
        FileNotFoundError: there is no such file.
    """
    text = _read(name, root)
    if root == SQL_ROOT:
        for names in _noted:
            names.add(name)
    return text


@cache
def _read(name: str, root: Path) -> LiteralString:
    # The files ship with the code: they are as literal as a string in this module would be.
    return (root / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def noted() -> Iterator[set[str]]:
    """Note which statements are used in the block, by all threads of the process.

    Returns:
        names as ``statement`` takes them. The set grows until the block ends.
    """
    names: set[str] = set()
    _noted.append(names)
    try:
        yield names
    finally:
        _noted.remove(names)
