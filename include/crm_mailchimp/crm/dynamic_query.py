"""Running the queries of dynamic collections: untrusted texts, admitted and then kept small.

:mod:`~crm_mailchimp.crm.query_text` admits a text. The text then runs as a login that can only read
the contract (``python -m crm_mailchimp.crm create --query-login``). It runs in a read-only
transaction, as one prepared statement, with ``search_path`` set to ``pg_catalog`` alone. Its time
and its number of rows are limited. So a text that the check should have refused does no harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel, sql

from crm_mailchimp.crm.query_text import (
    ALLOWED_FUNCTIONS,
    QueryRefusedError,
    attribute_names,
    check_query,
    without_addresses,
)
from crm_mailchimp.rows import find_value
from crm_mailchimp.statements import statement

__all__ = ["QueryFailedError", "QueryRefusedError", "check_query", "run_query"]

log = logging.getLogger(__name__)

#: A dynamic collection of more rows than this is refused: it is a mistake, not a mailing list.
ROW_LIMIT = 5_000_000
#: Seconds after which the query is cancelled from our side.
TIMEOUT_SECONDS = 300.0

_FETCH_SIZE = 10_000
# Types of a contact id: whole numbers, and texts that hold one. Others would be rounded to the id
# of somebody else.
_ID_TYPES = frozenset({"int2", "int4", "int8", "text", "varchar", "bpchar"})


class QueryFailedError(Exception):
    """The query was admitted and Postgres could not run it."""


def run_query(
    connection: Connection[Any],
    query: str,
    *,
    snapshot: str,
    row_limit: int = ROW_LIMIT,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Iterator[int]:
    """Contact ids that an admitted query yields, in no order, repeats included.

    Args:
        connection: the low-right login's own connection, outside a transaction.
        query: what :func:`check_query` returned.
        snapshot: ``pg_export_snapshot()`` of the run's CRM transaction.
        row_limit: more rows than this refuse the query.
        timeout_seconds: after this time we cancel the query from outside. The query itself could
            lift a timeout of its session.

    Raises:
        QueryRefusedError: the login has too many rights or too few, no ``contact_id`` column, or
            too many rows.
        QueryFailedError: Postgres could not run it, or it took too long.
    """
    expired = threading.Event()
    try:
        connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        connection.set_read_only(True)
        with connection.transaction(force_rollback=True):
            _join_snapshot(connection, snapshot)
            connection.execute("set local search_path = pg_catalog, pg_temp")
            connection.execute("set local standard_conforming_strings = on")
            _refuse_powerful_login(connection)
            _refuse_functions_as_columns(connection, query)
            with _cancelled_after(connection, timeout_seconds, expired):
                yield from _contact_ids(connection, query, row_limit, expired)
    except psycopg.errors.InsufficientPrivilege:
        raise QueryRefusedError("the query login has no right to what it reads") from None
    except psycopg.errors.ReadOnlySqlTransaction:
        raise QueryRefusedError("it tries to write") from None
    except psycopg.errors.QueryCanceled:
        raise _too_long(timeout_seconds) from None
    except psycopg.Error as error:
        raise QueryFailedError(_explained(error)) from None
    if expired.is_set():
        raise _too_long(timeout_seconds)


def _contact_ids(
    connection: Connection[Any], query: str, row_limit: int, expired: threading.Event
) -> Iterator[int]:
    member_query = sql.SQL("(\n{}\n) as member_query").format(sql.SQL(query))
    with connection.cursor() as cursor:
        # Prepared: Postgres takes one statement only. Without rows it tells the columns.
        cursor.execute(sql.SQL("select * from {} limit 0").format(member_query), prepare=True)
        _check_columns(cursor)
    rows = 0
    with connection.cursor(name="member_query") as ids:
        ids.itersize = _FETCH_SIZE
        ids.execute(sql.SQL("select contact_id::bigint from {}").format(member_query))
        for (contact_id,) in ids:
            rows += 1
            if rows > row_limit:
                raise QueryRefusedError(f"it yields more than {row_limit} rows")
            # Between two fetches there is nothing to cancel.
            if expired.is_set():
                return
            if contact_id is not None:
                yield contact_id


def _check_columns(cursor: psycopg.Cursor[Any]) -> None:
    columns = [column for column in cursor.description or () if column.name == "contact_id"]
    if not columns:
        raise QueryRefusedError("it must yield a column contact_id")
    if len(columns) > 1:
        raise QueryRefusedError(
            f"it yields {len(columns)} columns contact_id: name the one that is meant, alone"
        )
    kind = psycopg.postgres.types.get(columns[0].type_code)
    # An array type is found under its element's name.
    name = kind.name if kind and kind.oid == columns[0].type_code else "another type"
    if name not in _ID_TYPES:
        raise QueryRefusedError(
            f"its column contact_id must be a whole number (bigint), not {name}"
        )


def _join_snapshot(connection: Connection[Any], snapshot: str) -> None:
    try:
        connection.execute(sql.SQL("set transaction snapshot {}").format(snapshot))
    except (
        psycopg.errors.InvalidParameterValue,
        psycopg.errors.UndefinedObject,
        psycopg.errors.FeatureNotSupported,
    ):
        raise QueryFailedError(
            "crm_query_db does not know the run's snapshot. It must be the same database as "
            "crm_db, and no read replica"
        ) from None


def _refuse_powerful_login(connection: Connection[Any]) -> None:
    # Fails closed: a login that Postgres does not know counts as powerful.
    if find_value(connection, bool, statement("crm/query_login_is_powerful")) is not False:
        raise QueryRefusedError(
            "the login of crm_query_db may do more than read; make one with"
            " 'python -m crm_mailchimp.crm create --query-login NAME'"
        )


def _refuse_functions_as_columns(connection: Connection[Any], query: str) -> None:
    try:
        names = attribute_names(query) - ALLOWED_FUNCTIONS
    except QueryRefusedError:
        return  # never admitted: it is here to show that the login's rights stop it
    function = find_value(
        connection, str, statement("crm/functions_as_columns"), {"names": sorted(names)}
    )
    if function is not None:
        raise QueryRefusedError(
            f"function {function!r} is not allowed, even when it is written like a column. If you "
            "mean a column of the query, give it another name"
        )


def _too_long(timeout_seconds: float) -> QueryFailedError:
    return QueryFailedError(f"it ran longer than {timeout_seconds:g} s")


def _explained(error: psycopg.Error) -> str:
    if error.sqlstate is None:
        return "the connection crm_query_db was lost"
    if isinstance(
        error, (psycopg.errors.InvalidTextRepresentation, psycopg.errors.NumericValueOutOfRange)
    ):
        words = "a value cannot be read as the number, date or other type asked for"
    elif error.sqlstate.startswith("42"):
        # Postgres quotes data in many messages. Only those of syntax and names (class 42) are about
        # the text alone. The text may hold an address in the wrong quotes.
        words = without_addresses(error.diag.message_primary or "")
    else:
        words = ""
    return f"{type(error).__name__} ({error.sqlstate})" + (f": {words}" if words else "")


@contextmanager
def _cancelled_after(
    connection: Connection[Any], seconds: float, expired: threading.Event
) -> Iterator[None]:
    def cancel() -> None:
        expired.set()
        try:
            connection.cancel_safe()
        except psycopg.Error as error:
            log.warning("a query that ran too long was not cancelled: %s", type(error).__name__)

    timer = threading.Timer(seconds, cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # a cancel under way must not hit what the connection does next
