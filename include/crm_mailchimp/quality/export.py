"""The quarantine as a table that a person can work through in a spreadsheet."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement

COLUMNS = (
    "collection_code",
    "contact_id",
    "reason_code",
    "detail",
    "explanation",
    "what_to_do",
    "first_seen_at",
    "last_seen_at",
    "resolved_at",
)
#: What makes Excel read a CSV file as UTF-8.
BOM = "\ufeff"

# Spreadsheets run a cell that begins so as a formula (OWASP, "CSV Injection"), the full-width forms
# included. Texts here come from the CRM and from Mailchimp.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class UnknownCodeError(PermanentError):
    """The warehouse knows no collection with this code."""


def require_known(warehouse: Connection[Any], collection_code: str) -> None:
    """Refuse a code that no run has staged.

    Raises:
        UnknownCodeError: the warehouse does not know the code; the text names the known ones.
    """
    codes = read_values(warehouse, str, statement("sync/known_codes"))
    if collection_code not in codes:
        known = ", ".join(codes) if codes else "no collection yet"
        raise UnknownCodeError(
            f"the warehouse knows no collection with the code {collection_code!r}. "
            f"It knows: {known}"
        )


def export_quarantine(
    warehouse: Connection[Any],
    target: TextIO,
    *,
    collection_code: str | None = None,
    with_resolved: bool = False,
    delimiter: str = ",",
) -> int:
    """Write the quarantine as CSV, row by row; memory does not grow with its size.

    Args:
        warehouse: read in one transaction.
        target: opened with ``newline=""``.
        collection_code: only this collection.
        with_resolved: closed rows, too.
        delimiter: spreadsheets in Greek expect ``;``.

    Returns:
        number of rows, without the heading.
    """
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    with warehouse.transaction(), warehouse.cursor(name="quarantine_export") as cursor:
        cursor.execute(
            statement("sync/export_quarantine"),
            {"collection_code": collection_code, "with_resolved": with_resolved},
        )
        for row in cursor:
            writer.writerow(_cells(row))
            count += 1
    return count


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A text file that only its owner can read, in place under its name only once it is whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def defuse(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _cells(row: Iterable[object]) -> Iterator[object]:
    for value in row:
        if isinstance(value, str):
            yield defuse(value)
        elif isinstance(value, datetime):
            yield value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        else:
            yield value
