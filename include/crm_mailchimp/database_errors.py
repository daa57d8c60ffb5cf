"""Database errors that may be shown: Postgres quotes rows in its messages, and rows are people."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from crm_mailchimp.errors import PassingError, PermanentError

# Classes whose message never quotes a row: connection, authorisation, resources, operator
# intervention, system; syntax and names.
_SAFE_CLASSES = ("08", "28", "3D", "42", "53", "55", "57", "58")
# Classes of errors that stay until a person acts. They are about rights, logins and databases, or
# about wrong tables, columns and types. Source: PostgreSQL 18 manual, appendix A.
_ABOUT_TABLES = ("0L", "0P", "28", "3D", "3F", "42", "44")
_CORRECT_RIGHTS = "check the login's rights"
_CORRECT_CRM = "the tables or views of schema crm (python -m crm_mailchimp.crm create)"
_CORRECT_WAREHOUSE = "the warehouse's migrations (python -m crm_mailchimp.warehouse migrate)"
# Likewise about values: Postgres does not support them, cannot read them, or meets a limit.
_ABOUT_VALUES = ("0A", "21", "22", "2F", "38", "39", "54")
_CORRECT_VALUES = (
    "a value or a view cannot be used as it is. Values of the CRM that break the contract: "
    "python -m crm_mailchimp.crm create counts them. The server's log has the statement"
)
_SHOW_ALL_ROWS = (
    "row-level security would hide rows from this login, and a hidden row may be a withdrawal. "
    "Give the login BYPASSRLS (alter role … bypassrls), or put a view without a policy in place "
    "of the table. The view's owner must see all rows"
)
# The server's function that refuses. Its name is the same in every language of the messages.
# Source: PostgreSQL 15 and 18, src/backend/utils/misc/rls.c.
_REFUSES_TO_FILTER = "check_enable_rls"
# While a connection is opened, psycopg gives the server's words and no SQLSTATE. Words in another
# language than English (the server's lc_messages) count as a fault that may heal.
_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), advice)
    for words, advice in (
        (
            r"authentication failed|no password supplied|no pg_hba\.conf entry"
            r"|role .* (does not exist|is not permitted to log in)|certificate authentication",
            "correct the login and the password of the connection, or the server's pg_hba.conf",
        ),
        (
            r"database .* does not exist|permission denied for database",
            "correct the name of the database in the connection, or the login's rights",
        ),
        (
            r"does not support SSL|certificate verify failed|root certificate|server certificate"
            r"|private key file|certificate file",
            "correct sslmode and the certificates of the connection, or the server's TLS",
        ),
        (
            r"invalid (connection option|integer value|port number|sslmode|channel_binding)",
            "correct the options of the connection",
        ),
    )
)
_NO_SUCH_HOST = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
_RESOLVER_SAYS = re.compile(r"failed to resolve host .*\[Errno (-?\d+)\]")


class DatabaseError(PassingError):
    """A database error without the data it is about."""


class SettledDatabaseError(DatabaseError, PermanentError):
    """A database error that trying again does not heal."""


@contextmanager
def without_data() -> Iterator[None]:
    """Turn a ``psycopg.Error`` into one whose text holds no values of rows.

    Raises:
        DatabaseError: instead of the ``psycopg.Error`` of the block.
        SettledDatabaseError: likewise, when a person has to mend something first.
    """
    try:
        yield
    except psycopg.Error as error:
        advice = _advice(error)
        if advice is not None:
            raise SettledDatabaseError(f"{describe(error)}: {advice}") from None
        raise DatabaseError(
            f"{describe(error)}. It may heal: the task is tried again. If it stays, look at the"
            " server and the network"
        ) from None


def _advice(error: psycopg.Error) -> str | None:
    """What a person has to do; None where the error may heal by itself."""
    if is_row_security(error):
        return _SHOW_ALL_ROWS
    if error.sqlstate is not None:
        if error.sqlstate.startswith(_ABOUT_TABLES):
            return _correct_tables(error)
        return _CORRECT_VALUES if error.sqlstate.startswith(_ABOUT_VALUES) else None
    text = str(error)
    resolver = _RESOLVER_SAYS.search(text)
    if resolver is not None and int(resolver[1]) in _NO_SUCH_HOST:
        return "correct the host of the connection"
    if isinstance(error, psycopg.ProgrammingError):
        return "correct the options of the connection"
    return next((advice for words, advice in _REFUSED if words.search(text)), None)


def _correct_tables(error: psycopg.Error) -> str:
    place = " ".join(getattr(error, "__notes__", ()))
    if "connection crm_" in place:
        return f"{_CORRECT_RIGHTS}. Check {_CORRECT_CRM}"
    if "connection warehouse_" in place:
        return f"{_CORRECT_RIGHTS}. Check {_CORRECT_WAREHOUSE}"
    return f"{_CORRECT_RIGHTS}. Check {_CORRECT_CRM}, or {_CORRECT_WAREHOUSE}"


def is_row_security(error: psycopg.Error) -> bool:
    """Whether Postgres refused a statement because a policy would hide rows from the login."""
    return (
        isinstance(error, psycopg.errors.InsufficientPrivilege)
        and error.diag.source_function == _REFUSES_TO_FILTER
    )


def quotes_no_row(error: psycopg.Error) -> bool:
    """Whether an error of a statement that only reads is about no row, and so quotes none.

    It is about relations, columns, rights or the server. Its words name these.
    """
    return error.sqlstate is not None and error.sqlstate.startswith(_SAFE_CLASSES)


def describe(error: psycopg.Error) -> str:
    """What went wrong: kind, SQLSTATE, connection, table and constraint.

    The server's message follows only where it is safe.
    """
    parts = [f"{type(error).__name__} ({error.sqlstate or 'no connection'})"]
    parts.extend(getattr(error, "__notes__", ()))
    diagnosis = error.diag
    if diagnosis.table_name:
        parts.append(f"table {diagnosis.schema_name}.{diagnosis.table_name}")
    if diagnosis.constraint_name:
        parts.append(f"constraint {diagnosis.constraint_name}")
    if error.sqlstate is None and _quotes_connection(error):
        parts.append("the connection cannot be read: check its host, port, login and options")
    elif error.sqlstate is None:
        # The client's own words: no server, a lost connection, wrong host. They name no rows.
        parts.append(str(error).strip().splitlines()[0] if str(error).strip() else "lost")
    elif quotes_no_row(error) and diagnosis.message_primary:
        parts.append(diagnosis.message_primary)
    return ", ".join(parts)


def _quotes_connection(error: psycopg.Error) -> bool:
    # Before libpq asks a server, it quotes what it cannot read. A password may be in that.
    return isinstance(error, psycopg.ProgrammingError) or "connection option" in str(error)
