"""COPY in and out: rows move between servers and into tables as a stream, memory flat."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar, cast

import psycopg
from psycopg import Connection, sql
from psycopg.abc import Buffer

from crm_mailchimp.database_errors import quotes_no_row

P = TypeVar("P")
# Both ends name the encoding: the two servers' own client encodings may differ, and the blocks
# pass through untouched.
_OUT = sql.SQL("copy (\n{query}\n) to stdout (format text, encoding 'UTF8')")
_IN = sql.SQL("copy {table} ({columns}) from stdin (format text, encoding 'UTF8')")


def copy_query(
    source: Connection[Any],
    query: str | sql.Composable,
    target: Connection[Any],
    table: str,
    columns: Sequence[str],
    parameters: Mapping[str, Any] | Sequence[Any] | None = None,
) -> int:
    """Pipe a query's rows from one connection straight into a table of another.

    Args:
        source: where the query runs, in whatever transaction and snapshot it has.
        query: one SELECT (or VALUES, or DML with RETURNING), with ``%s`` or ``%(name)s``
            placeholders if ``parameters`` are given.
        target: where the table is; the caller commits.
        table: ``"schema.table"`` or the name of a temporary table.
        columns: the target's columns, in the order in which the query yields them.
        parameters: values for the placeholders; quoted on the client, as COPY takes none.

    Returns:
        number of rows copied.

    Raises:
        psycopg.Error: either side failed; the target keeps nothing of this COPY. Postgres's words
            are left out where they may quote a row. An error of the source's tables, columns and
            rights keeps them: they name the relation.
    """
    _send_iso_dates(source)
    bound = _bind(source, query, parameters)
    of_source: list[psycopg.Error] = []
    with (
        _without_data(f"COPY into {table}", keeps=lambda error: error in of_source),
        closing(
            _read(_blocks(source, _OUT.format(query=sql.SQL(bound))), table, of_source)
        ) as blocks,
        target.cursor() as writer,
    ):
        with writer.copy(_in(table, columns)) as sink:
            for block in blocks:
                sink.write(block)
        return writer.rowcount


def _blocks(source: Connection[Any], query: sql.Composed) -> Iterator[Buffer]:
    with source.cursor() as reader, reader.copy(query) as blocks:
        yield from blocks


def _read(parts: Iterable[P], table: str, errors: list[psycopg.Error]) -> Generator[P]:
    """What a source yields; its own errors also go into ``errors``."""
    try:
        with _without_data(f"reading for COPY into {table}", keeps=quotes_no_row):
            yield from parts
    except psycopg.Error as error:
        errors.append(error)
        raise


def copy_rows(
    connection: Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Write rows into a table by COPY as they come; the caller commits.

    Args:
        connection: where the table is.
        table: ``"schema.table"`` or the name of a temporary table.
        columns: the columns, in the order of each row's values.
        rows: the values; consumed once, never held.

    Returns:
        number of rows written.

    Raises:
        psycopg.Error: a value does not fit, or the rows cannot be read; as for :func:`copy_query`.
    """
    of_source: list[psycopg.Error] = []
    with (
        _without_data(f"COPY into {table}", keeps=lambda error: error in of_source),
        connection.cursor() as cursor,
    ):
        with cursor.copy(_in(table, columns)) as sink:
            for row in _read(rows, table, of_source):
                sink.write_row(row)
        return cursor.rowcount


@contextmanager
def _without_data(
    action: str, *, keeps: Callable[[psycopg.Error], bool] = lambda _: False
) -> Iterator[None]:
    """Postgres's complaints about a row quote it (value, key, line): people's data, in a log.

    Args:
        action: what failed, for people.
        keeps: whether an error stays as it is.
    """
    try:
        yield
    except psycopg.DatabaseError as error:
        if error.diag.sqlstate is None or keeps(error):
            raise  # not about a row, such as a broken connection
        known = {
            "SQLSTATE": error.diag.sqlstate,
            "table": error.diag.table_name,
            "column": error.diag.column_name,
            "constraint": error.diag.constraint_name,
        }
        where = ", ".join(f"{name} {value}" for name, value in known.items() if value)
        bare = type(error)(f"{action}: {type(error).__name__} ({where})")
        for note in (*getattr(error, "__notes__", ()), action):
            bare.add_note(note)
        raise bare from None


def table_identifier(table: str) -> sql.Identifier:
    """``"schema.table"`` as a quoted identifier."""
    return sql.Identifier(*table.split("."))


def _in(table: str, columns: Sequence[str]) -> sql.Composed:
    return _IN.format(
        table=table_identifier(table), columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _bind(
    source: Connection[Any],
    query: str | sql.Composable,
    parameters: Mapping[str, Any] | Sequence[Any] | None,
) -> Any:
    text = query.as_string(source) if isinstance(query, sql.Composable) else query
    text = text.strip().rstrip(";")
    if parameters is None:
        return text
    return psycopg.ClientCursor(source).mogrify(cast("Any", text), parameters)


def _send_iso_dates(source: Connection[Any]) -> None:
    # Text of dates is unambiguous only in ISO style; a CRM server may be set to another.
    if not (source.info.parameter_status("DateStyle") or "ISO").startswith("ISO"):
        source.execute("select set_config('datestyle', 'ISO, YMD', false)")
