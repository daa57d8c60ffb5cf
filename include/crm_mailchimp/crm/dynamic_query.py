"""Running the queries of dynamic collections: untrusted texts, admitted and then kept small.

:mod:`~crm_mailchimp.crm.query_text` admits a text. The text then runs as a login that can only read
the contract (``python -m crm_mailchimp.crm create --query-login``). It runs in a read-only
transaction, as one prepared statement, with ``search_path`` set to ``pg_catalog`` alone. Its time
and its number of rows are limited. So a text that the check should have refused does no harm. A
query that Postgres cannot stop is given up (:mod:`~crm_mailchimp.crm.query_session`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel, sql

from crm_mailchimp.crm.query_allowed import ALLOWED_FUNCTIONS, QueryRefusedError
from crm_mailchimp.crm.query_session import (
    GRACE_SECONDS,
    TIMEOUT_SECONDS,
    Deadline,
    QuerySession,
    limit_session,
    stopped_after,
)
from crm_mailchimp.crm.query_text import attribute_names, check_query, without_values
from crm_mailchimp.database_errors import is_row_security
from crm_mailchimp.rows import find_value
from crm_mailchimp.statements import statement

__all__ = ["QueryFailedError", "QueryRefusedError", "check_query", "run_query"]

#: A dynamic collection of more rows than this is refused: it is a mistake, not a mailing list.
ROW_LIMIT = 5_000_000

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
    snapshot: str | None,
    row_limit: int = ROW_LIMIT,
    timeout_seconds: float = TIMEOUT_SECONDS,
    grace_seconds: float = GRACE_SECONDS,
) -> Iterator[int]:
    """Contact ids that an admitted query yields, in no order, repeats included.

    Args:
        connection: the low-right login's own connection, outside a transaction.
        query: what :func:`check_query` returned.
        snapshot: ``pg_export_snapshot()`` of the run's CRM transaction. None: the CRM as it is now.
        row_limit: more rows than this refuse the query.
        timeout_seconds: after this time we cancel the query from outside. The query itself could
            lift a timeout of its session.
        grace_seconds: how long after that the connection is given up. It is closed then.

    Raises:
        QueryRefusedError: the login has too many rights or too few, no ``contact_id`` column, or
            too many rows.
        QueryFailedError: Postgres could not run it, or it took too long.
    """
    deadline = Deadline()
    try:
        with (
            stopped_after(connection, timeout_seconds, deadline, grace_seconds=grace_seconds),
            member_query(connection, query, snapshot=snapshot),
        ):
            yield from _contact_ids(connection, query, row_limit, deadline)
    except psycopg.Error as error:
        if deadline.given_up.is_set():
            connection.close()
            raise QueryFailedError(
                f"it ran longer than {timeout_seconds:g} s and Postgres could not stop it, so its "
                "connection was given up. Write simpler expressions: the time goes into one of them"
            ) from None
        if deadline.expired.is_set():
            raise _too_long(timeout_seconds) from None
        raise failure(error, query, timeout_seconds) from None
    if deadline.expired.is_set():
        raise _too_long(timeout_seconds)


def open_again(session: QuerySession) -> Connection[Any]:
    """The session's connection, opened again if the last query lost it.

    Raises:
        QueryFailedError: it cannot be opened.
    """
    try:
        return session.connection()
    except psycopg.OperationalError:
        raise QueryFailedError(
            "the connection crm_query_db was lost and could not be opened again. Check its host, "
            "and how many sessions the login has"
        ) from None


@contextmanager
def member_query(
    connection: Connection[Any], query: str, *, snapshot: str | None
) -> Iterator[None]:
    """A read-only transaction with all limits, in which an admitted query may run.

    Args:
        connection: the low-right login's own connection, outside a transaction.
        query: what :func:`check_query` returned.
        snapshot: as :func:`run_query`.

    Raises:
        QueryRefusedError: the login has too many rights, or the query calls a function as a column.
        QueryFailedError: the snapshot is of another database.
    """
    connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    connection.set_read_only(True)
    with connection.transaction(force_rollback=True):
        if snapshot is not None:
            _join_snapshot(connection, snapshot)
        connection.execute("set local search_path = pg_catalog, pg_temp")
        connection.execute("set local standard_conforming_strings = on")
        connection.execute("set local row_security = off")
        limit_session(connection)
        _refuse_powerful_login(connection)
        _refuse_functions_as_columns(connection, query)
        yield


def failure(
    error: psycopg.Error, query: str, timeout_seconds: float = TIMEOUT_SECONDS
) -> QueryRefusedError | QueryFailedError:
    """What an error of Postgres means for a query, in words without data."""
    if is_row_security(error):
        return QueryFailedError(
            f"{error.diag.message_primary}. The login of crm_query_db would not see all rows. Put "
            "a view without a policy in place of the table. The view's owner must see all rows"
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return QueryRefusedError(
            "the query login has no right to what it reads. Bring its rights up to date with"
            " 'python -m crm_mailchimp.crm create --query-login NAME'"
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return QueryRefusedError("it tries to write")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return _too_long(timeout_seconds)
    return QueryFailedError(_explained(error, query))


def _contact_ids(
    connection: Connection[Any], query: str, row_limit: int, deadline: Deadline
) -> Iterator[int]:
    members = sql.SQL("(\n{}\n) as member_query").format(sql.SQL(query))
    with connection.cursor() as cursor:
        # Prepared: Postgres takes one statement only. Without rows it tells the columns.
        cursor.execute(sql.SQL("select * from {} limit 0").format(members), prepare=True)
        _check_columns(cursor)
    rows = 0
    with connection.cursor(name="member_query") as ids:
        ids.itersize = _FETCH_SIZE
        ids.execute(sql.SQL("select contact_id::bigint from {}").format(members))
        for (contact_id,) in ids:
            rows += 1
            if rows > row_limit:
                raise QueryRefusedError(f"it yields more than {row_limit} rows")
            # Between two fetches there is nothing to cancel.
            if deadline.expired.is_set():
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
    return QueryFailedError(
        f"it ran longer than {timeout_seconds:g} s. 'python -m crm_mailchimp.crm try-query' shows "
        "its plan"
    )


def _explained(error: psycopg.Error, query: str) -> str:
    if error.sqlstate is None:
        return "the connection crm_query_db was lost"
    if isinstance(
        error, (psycopg.errors.InvalidTextRepresentation, psycopg.errors.NumericValueOutOfRange)
    ):
        words = "a value cannot be read as the number, date or other type asked for"
    elif error.sqlstate.startswith("42"):
        # Postgres quotes data in many messages. Only those of syntax and names (class 42) are about
        # the text alone. The text may hold values in the wrong quotes.
        words = without_values(error.diag.message_primary or "", query)
    else:
        words = ""
    return f"{type(error).__name__} ({error.sqlstate})" + (f": {words}" if words else "")
