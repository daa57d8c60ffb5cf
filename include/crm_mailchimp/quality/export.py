"""The quarantine as a table that a person can work through in a spreadsheet."""

from __future__ import annotations

import csv
import os
import re
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
# A file that is read with another separator than its own is cut inside of its cells, too. A space
# as separator leaves the sign alone in its cell where another space follows.
_INNER_STARTS = re.compile(
    r"""([,;|:\t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]["' ]*|[ ]["']*(?=\S\S))(?=[=+\-@＝＋－＠])"""
)


class UnknownCodeError(PermanentError):
    """The warehouse knows no collection, or no reason, with this code."""


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


def require_known_reason(warehouse: Connection[Any], reason_code: str) -> None:
    """Refuse a reason that holds nobody back.

    Raises:
        UnknownCodeError: there is no such reason; the text names those that there are.
    """
    codes = read_values(
        warehouse, str, "select reason_code from sync.reason order by position, reason_code"
    )
    if reason_code not in codes:
        raise UnknownCodeError(
            f"there is no reason with the code {reason_code!r}. The reasons are: {', '.join(codes)}"
        )


def export_quarantine(
    warehouse: Connection[Any],
    target: TextIO,
    *,
    collection_code: str | None = None,
    reason_code: str | None = None,
    with_resolved: bool = False,
    delimiter: str = ",",
) -> int:
    """Write the quarantine as CSV, row by row; memory does not grow with its size.

    Args:
        warehouse: read in one transaction.
        target: opened with ``newline=""``.
        collection_code: only this collection.
        reason_code: only contacts that are held back for this reason.
        with_resolved: closed rows, too.
        delimiter: spreadsheets in Greek expect ``;``.

    Returns:
        number of rows, without the heading.
    """
    writer = SheetWriter(target, delimiter=delimiter)
    writer.write(COLUMNS)
    count = 0
    with warehouse.transaction(), warehouse.cursor(name="quarantine_export") as cursor:
        cursor.execute(
            statement("sync/export_quarantine"),
            {
                "collection_code": collection_code,
                "reason_code": reason_code,
                "with_resolved": with_resolved,
            },
        )
        for row in cursor:
            writer.write(row)
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


class SheetWriter:
    """Writes CSV that a spreadsheet may open with any separator: no cell of it runs.

    Each cell is in quotes, and ``defuse`` looks at each text. Times are written in UTC.

    Args:
        target: opened with ``newline=""``.
        delimiter: spreadsheets in Greek expect ``;``.
    """

    def __init__(self, target: TextIO, *, delimiter: str) -> None:
        self._writer = csv.writer(
            target, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL
        )

    def write(self, row: Iterable[object]) -> None:
        """Write one row."""
        self._writer.writerow([_cell(value) for value in row])


def defuse(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would begin to run it as a formula."""
    inside = _INNER_STARTS.sub(r"\1'", text)
    return f"'{inside}" if inside.lstrip("\"' ").startswith(_FORMULA_STARTS) else inside


def _cell(value: object) -> object:
    if isinstance(value, str):
        return defuse(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return value
