"""Rows of a database as records: each statement's answer gets its type here, and nowhere else.

A row is built whole or not at all. A column that the record does not have is an error, and so is a
column that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, LiteralString, TypeVar

from psycopg import Connection, sql
from psycopg.rows import BaseRowFactory, RowMaker, class_row, tuple_row

R = TypeVar("R")
V = TypeVar("V")

#: One statement: a text of ours, or one that is put together with names of tables.
Query = LiteralString | sql.SQL | sql.Composed
#: Values for the placeholders of a statement, by name or in order.
Parameters = Mapping[str, object] | Sequence[object]


class UnexpectedAnswerError(RuntimeError):
    """A statement gave another number of rows or columns, or another type, than was asked for."""


def read_rows(
    connection: Connection[Any],
    record: type[R],
    query: Query,
    parameters: Parameters | None = None,
) -> list[R]:
    """All rows of a query.

    Args:
        connection: where it runs, in whatever transaction it has.
        record: a dataclass or named tuple whose fields are the query's columns.
        query: one statement.
        parameters: values for its placeholders.
    """
    with connection.cursor(row_factory=_factory(record)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def read_row(
    connection: Connection[Any],
    record: type[R],
    query: Query,
    parameters: Parameters | None = None,
) -> R | None:
    """The first row of a query; None where it has none. Arguments as for ``read_rows``."""
    with connection.cursor(row_factory=class_row(record)) as cursor:
        return cursor.execute(query, parameters).fetchone()


def stream_rows(
    connection: Connection[Any],
    record: type[R],
    query: Query,
    parameters: Parameters | None = None,
    *,
    name: str,
    batch: int = 100,
) -> Iterator[R]:
    """All rows of a query, one after the other; memory does not grow with their number.

    Args:
        connection: in a transaction, which the caller ends after the last row.
        record: as for ``read_rows``.
        query: one statement that only reads.
        parameters: values for its placeholders.
        name: of the cursor, unique in the transaction.
        batch: rows to fetch at once.
    """
    with connection.cursor(name, row_factory=class_row(record)) as cursor:
        cursor.itersize = batch
        cursor.execute(query, parameters)
        yield from cursor


def read_values(
    connection: Connection[Any],
    kind: type[V],
    query: Query,
    parameters: Parameters | None = None,
) -> list[V]:
    """The only column of a query, row by row.

    Args:
        connection: where it runs, in whatever transaction it has.
        kind: the Python type of each value.
        query: one statement with one column that is never null.
        parameters: values for its placeholders.

    Raises:
        UnexpectedAnswerError: a value has another type, or the query has several columns.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(query, parameters).fetchall()
    return [_only(row, kind) for row in rows]


def find_value(
    connection: Connection[Any],
    kind: type[V],
    query: Query,
    parameters: Parameters | None = None,
) -> V | None:
    """The only column of the first row; None: there is no row, or the value is null.

    Arguments and errors as for ``read_values``.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query, parameters).fetchone()
    return None if row is None or row == (None,) else _only(row, kind)


def read_value(
    connection: Connection[Any],
    kind: type[V],
    query: Query,
    parameters: Parameters | None = None,
) -> V:
    """The only column of the first row, where a query always has a row and a value.

    Arguments as for ``read_values``.

    Raises:
        UnexpectedAnswerError: there is no row, or the value is null or has another type.
    """
    value = find_value(connection, kind, query, parameters)
    if value is None:
        raise UnexpectedAnswerError(
            f"a statement gave no {kind.__name__}, where the database always has one"
        )
    return value


def _factory(record: type[R]) -> BaseRowFactory[R]:
    """As ``class_row``. Named tuples are built from the values alone, which is much faster."""
    by_name = class_row(record)
    make = getattr(record, "_make", None)
    fields = getattr(record, "_fields", ())

    def rows_of(cursor: Any) -> RowMaker[R]:
        columns = tuple(column.name for column in cursor.description or ())
        if make is None or columns != fields:
            return by_name(cursor)
        return make  # type: ignore[no-any-return]  # a class method of named tuples

    return rows_of


def _only(row: tuple[Any, ...], kind: type[V]) -> V:
    """The value of a row with one column. The message never shows the value."""
    if len(row) != 1:
        raise UnexpectedAnswerError(f"a statement gave {len(row)} columns instead of one")
    value = row[0]
    if not isinstance(value, kind):
        raise UnexpectedAnswerError(
            f"a statement gave a {type(value).__name__} instead of a {kind.__name__}"
        )
    return value
