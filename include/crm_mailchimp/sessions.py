"""A database session as the code needs it, whatever the server, database, login or DSN sets.

Every connection of the pipeline passes through here once, right after it is opened. A pooler that
gives each transaction another session would lose these settings, and with them the locks. It is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, sql

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows, read_value

_TIMEOUT_SECONDS = 10
#: How often a pooler has to keep two sessions apart. Others use it meanwhile.
_LOOKS = 3

#: How values are written and read. Names and values are those of Postgres 18, chapter 19.
_MEANING: Mapping[str, str] = {
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_numeric": "C",
    "lc_time": "C",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "xmloption": "content",
    # A policy of row-level security must not hide a withdrawal: Postgres gives an error instead.
    "row_security": "off",
    # Compiling costs seconds in statements that take milliseconds.
    "jit": "off",
    "plan_cache_mode": "auto",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
#: A login that only reads may keep its own limits. A run of hours must not meet any.
_LIMITS: Mapping[str, str] = {
    "default_transaction_read_only": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "transaction_timeout": "0",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Servers of older versions do not have all of them. The view pg_settings would build all 400 rows.
_STATE = """
select
    pg_catalog.current_setting('search_path') as path,
    array(
        select wanted.name
        from pg_catalog.unnest(%(names)s::text[]) as wanted (name)
        where pg_catalog.current_setting(wanted.name, true) is not null
    ) as names
"""

_SCHEMA = re.compile(r'("(?:[^"]|"")*")|([^\s,"]+)')


class SharedSessionError(PermanentError):
    """A pooler gives each transaction another session of the server."""

    def __init__(self) -> None:
        super().__init__(
            "a pooler in transaction mode is between us and Postgres: locks and settings would be "
            "lost after each transaction. Connect to Postgres itself, or set the pooler to session "
            "mode (pgbouncer: pool_mode = session)"
        )


class _State(NamedTuple):
    """What a new session has: its search path, and the names of settings that it knows."""

    path: str
    names: list[str]


def prepare_session(connection: Connection[Any], *, keep_limits: bool = False) -> None:
    """Set what the code depends on, for the whole session.

    Three round trips: over a network, each costs more than all of these statements.

    Args:
        connection: new, outside a transaction; so it stays.
        keep_limits: the login's own limits of time, and its right to read only, stay.
    """
    wanted = dict(_MEANING) if keep_limits else {**_MEANING, **_LIMITS}
    with _each_by_itself(connection):
        # Before anything else is read: in another encoding Postgres may not be able to answer.
        encoding = "set client_encoding to 'UTF8'"
        connection.execute(encoding if keep_limits else f"set statement_timeout to 0; {encoding}")
        [state] = read_rows(connection, _State, _STATE, {"names": list(wanted)})
        # Postgres's own functions come before others of the same name. The search path that
        # functions of the CRM may need stays behind them.
        path = sql.SQL("set search_path to {}").format(
            sql.SQL(", ").join(map(sql.Literal, ["pg_catalog", *_schemas(state.path)]))
        )
        # SET, because the login for dynamic queries has no right to call set_config.
        settings = [
            sql.SQL("set {} to {}").format(sql.Identifier(name), sql.Literal(wanted[name]))
            for name in state.names
        ]
        connection.execute(sql.SQL("; ").join([path, *settings]))


@contextmanager
def _each_by_itself(connection: Connection[Any]) -> Iterator[None]:
    """Each statement is a transaction of its own, without the round trips of BEGIN and COMMIT.

    After an error the connection is of no use: its mode stays.
    """
    kept = connection.autocommit
    connection.autocommit = True
    yield
    connection.autocommit = kept


def _schemas(path: str) -> list[str]:
    """The schemas that a value of ``search_path`` names, as Postgres compares names.

    An empty name is legal in the value, and means no schema. SET does not accept it. Names without
    quotes may be any word, such as ``user`` or ``1a``. Source: PostgreSQL 15 and 18,
    ``SplitIdentifierString`` in src/backend/utils/adt/varlena.c.
    """
    names = [
        quoted[1:-1].replace('""', '"')
        if quoted
        else re.sub("[A-Z]+", lambda found: found[0].lower(), plain)
        for quoted, plain in _SCHEMA.findall(path)
    ]
    return [name for name in names if name]


def open_session(
    dsn: str, *, autocommit: bool = False, keep_limits: bool = False
) -> Connection[Any]:
    """A new connection to a database that is named on the command line.

    Args:
        dsn: ``postgresql://…`` or libpq keywords.
        autocommit: each statement is a transaction of its own.
        keep_limits: as for ``prepare_session``.

    Raises:
        SharedSessionError: a pooler gives each transaction another session.
        psycopg.Error: the database cannot be reached, or refuses.
    """
    connection = prepared(
        lambda: psycopg.connect(dsn, connect_timeout=_TIMEOUT_SECONDS), keep_limits=keep_limits
    )
    connection.autocommit = autocommit
    return connection


def prepared(
    connect: Callable[[], Connection[Any]], *, keep_limits: bool = False
) -> Connection[Any]:
    """A new connection whose session is ready; the caller closes it (``with`` does, and commits).

    Args:
        connect: opens a connection; asked twice where a pooler is in between.
        keep_limits: as for ``prepare_session``.

    Raises:
        SharedSessionError: a pooler gives each transaction another session.
        psycopg.Error: the database cannot be reached, or refuses.
    """
    connection = connect()
    try:
        # A pooler does not tell the process id of the server's own session.
        with _each_by_itself(connection):
            shared = connection.info.backend_pid != _session(connection)
        if shared:
            _require_own_session(connection, connect)
        prepare_session(connection, keep_limits=keep_limits)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_own_session(
    connection: Connection[Any], connect: Callable[[], Connection[Any]]
) -> None:
    """Refuse a pooler in which a second client gets the session of the first.

    Raises:
        SharedSessionError: it does.
    """
    with connect() as second:
        for _ in range(_LOOKS):
            ours = _session(connection)
            # Not committed yet: the pooler cannot give this session to anybody else.
            theirs = read_value(second, int, "select pg_catalog.pg_backend_pid()")
            if theirs == ours or _session(connection) != ours:
                raise SharedSessionError
            second.commit()


def _session(connection: Connection[Any]) -> int:
    """Process id of the server's session that serves the next transaction."""
    number = read_value(connection, int, "select pg_catalog.pg_backend_pid()")
    connection.commit()
    return number
