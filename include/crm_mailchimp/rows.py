"""Rows of a database as records: each statement's answer gets its type here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, TypeVar

from psycopg import Connection
from psycopg.rows import class_row

R = TypeVar("R")

#: Values for the placeholders of a statement, by name or in order.
Parameters = Mapping[str, object] | Sequence[object]


def read_rows(
    connection: Connection[Any],
    record: type[R],
    query: LiteralString,
    parameters: Parameters | None = None,
) -> list[R]:
    """All rows of a query.

    Args:
        connection: where it runs, in whatever transaction it has.
        record: a dataclass or named tuple whose fields are the query's columns.
        query: one statement.
        parameters: values for its placeholders.
    """
    with connection.cursor(row_factory=class_row(record)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def read_row(
    connection: Connection[Any],
    record: type[R],
    query: LiteralString,
    parameters: Parameters | None = None,
) -> R | None:
    """The first row of a query; None where it has none. Arguments as for ``read_rows``."""
    with connection.cursor(row_factory=class_row(record)) as cursor:
        return cursor.execute(query, parameters).fetchone()
