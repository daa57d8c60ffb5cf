"""What a BI tool may do: read ``stats`` and ``mart``, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMAS = ("stats", "mart")


class NoSuchLoginError(Exception):
    """The login to be given rights does not exist."""


def grant_reading(connection: Connection[Any], login: str) -> None:
    """Let an existing login read what BI reads, now and after later migrations; commits.

    Making the login and its password is left to whoever runs the server. Run by the login that
    migrates the warehouse: later tables are its own.

    Args:
        connection: the warehouse.
        login: name of the role; it gets no right on ``sync`` and ``staging``.

    Raises:
        NoSuchLoginError: there is no such role.
    """
    if not connection.execute("select 1 from pg_roles where rolname = %s", (login,)).fetchone():
        raise NoSuchLoginError(
            f"there is no login {login!r}: make it first, with CREATE ROLE … LOGIN PASSWORD …"
        )
    role = sql.Identifier(login)
    row = connection.execute(
        "select current_database(), has_database_privilege(%s, current_database(), 'CONNECT')",
        (login,),
    ).fetchone()
    if row and not row[1]:
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(sql.Identifier(row[0]), role)
        )
    for schema in map(sql.Identifier, SCHEMAS):
        for text in (
            "grant usage on schema {schema} to {role}",
            "grant select on all tables in schema {schema} to {role}",
            "alter default privileges in schema {schema} grant select on tables to {role}",
        ):
            connection.execute(sql.SQL(text).format(schema=schema, role=role))
    connection.commit()
