"""Database errors that may be shown: Postgres quotes rows in its messages, and rows are people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from crm_mailchimp.errors import PermanentError

# Classes whose message never quotes a row: connection, authorisation, resources, operator
# intervention, system; syntax and names.
_SAFE_CLASSES = ("08", "28", "3D", "42", "53", "55", "57", "58")
# Errors that stay until a person acts. They are about rights, logins and databases, or about wrong
# tables, columns and types.
_SETTLED = ("28", "3D", "3F", "42501", "42601", "42703", "42804", "42883", "42P01")


class DatabaseError(Exception):
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
        if (error.sqlstate or "").startswith(_SETTLED):
            raise SettledDatabaseError(
                f"{describe(error)}: check the login's rights. Check the tables or views of "
                "schema crm (python -m crm_mailchimp.crm create), or the warehouse's migrations"
            ) from None
        raise DatabaseError(describe(error)) from None


def describe(error: psycopg.Error) -> str:
    """What went wrong: kind, SQLSTATE, table and constraint; the message only where it is safe."""
    parts = [f"{type(error).__name__} ({error.sqlstate or 'no connection'})"]
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
    elif error.sqlstate.startswith(_SAFE_CLASSES) and diagnosis.message_primary:
        parts.append(diagnosis.message_primary)
    return ", ".join(parts)


def _quotes_connection(error: psycopg.Error) -> bool:
    # Before libpq asks a server, it quotes what it cannot read. A password may be in that.
    return isinstance(error, psycopg.ProgrammingError) or "connection option" in str(error)
