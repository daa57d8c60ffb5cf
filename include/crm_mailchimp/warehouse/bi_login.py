"""What a BI tool may do: read ``stats`` and ``mart``, and nothing else.

It does not read all columns. Fields that the API has added since are kept before anybody has looked
at them. They may be about a person: no BI login reads those columns. Nor does it read who accepted
a difference, nor the queues and steps of the counting. Views of ``mart`` show the result. Rights
are given column by column. So a table made later is closed until :func:`renew_reading`, which every
migration runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row, read_rows, read_value, read_values
from crm_mailchimp.statements import statement

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMAS = ("stats", "mart")


class NoSuchLoginError(Exception):
    """The login to be given rights does not exist."""


class PowerfulLoginError(PermanentError):
    """The login may read people's data, whatever it is given here."""


class _Access(NamedTuple):
    """This database, and whether a login may connect to it."""

    database: str
    may_connect: bool


class Readable(NamedTuple):
    """A table or view, and the columns that a login may read; None: all of them."""

    schema_name: str
    relation_name: str
    columns: list[str] | None


def grant_reading(connection: Connection[Any], login: str) -> None:
    """Let an existing login read what BI reads, now and after later migrations; commits.

    The administrator of the server makes the login and its password. Call this with the login that
    migrates the warehouse: it owns the tables. A superuser also owns Postgres's functions for
    making large objects. Then it takes the right to call them from everybody. Postgres allows them
    by default, and a login that should only read could fill the disk.

    Args:
        connection: the warehouse.
        login: name of the role; it gets no right on ``sync`` and ``staging``.

    Raises:
        NoSuchLoginError: there is no such role.
        PowerfulLoginError: the role is a superuser, or may read ``sync`` or ``staging``. Nothing
            was given to it.
    """
    if not _exists(connection, login):
        raise NoSuchLoginError(
            f"there is no login {login!r}: make it first, with CREATE ROLE … LOGIN PASSWORD …"
        )
    if read_value(connection, bool, statement("stats/reads_people"), {"login": login}):
        raise PowerfulLoginError(
            f"the login {login!r} may read people's data in sync or staging. It is a superuser, "
            "or has such a right itself, or by another role. A BI tool needs a login without that "
            "right. Nothing was given to it"
        )
    role = sql.Identifier(login)
    with connection.transaction():
        access = read_row(
            connection,
            _Access,
            "select current_database() as database,"
            " has_database_privilege(%s, current_database(), 'CONNECT') as may_connect",
            (login,),
        )
        if access and not access.may_connect:
            connection.execute(
                sql.SQL("grant connect on database {} to {}").format(
                    sql.Identifier(access.database), role
                )
            )
        _grant_columns(connection, role)
        for function in read_values(connection, str, statement("stats/large_object_functions")):
            connection.execute(
                sql.SQL("revoke execute on function {} from public").format(sql.SQL(function))
            )
        connection.execute(
            "insert into stats.bi_login (login) values (%s) on conflict do nothing", (login,)
        )
    connection.commit()


def readable_columns(connection: Connection[Any]) -> list[Readable]:
    """What a BI login may read of each table and view; queues and steps of the counting are absent.

    Args:
        connection: the warehouse.
    """
    return read_rows(
        connection, Readable, statement("stats/readable_columns"), {"schemas": list(SCHEMAS)}
    )


def renew_reading(connection: Connection[Any]) -> None:
    """Give every login that :func:`grant_reading` knows its rights on what is there now.

    Args:
        connection: the warehouse, as the login that migrates it; the caller commits.
    """
    if read_value(connection, bool, "select to_regclass('stats.bi_login') is not null"):
        for login in read_values(connection, str, "select login from stats.bi_login"):
            if _exists(connection, login):
                _grant_columns(connection, sql.Identifier(login))


def _exists(connection: Connection[Any], login: str) -> bool:
    query = "select exists (select from pg_roles where rolname = %s)"
    return read_value(connection, bool, query, (login,))


def _grant_columns(connection: Connection[Any], role: sql.Identifier) -> None:
    for schema in map(sql.Identifier, SCHEMAS):
        for text in (
            "revoke all on all tables in schema {schema} from {role}",
            "grant usage on schema {schema} to {role}",
        ):
            connection.execute(sql.SQL(text).format(schema=schema, role=role))
    for one in readable_columns(connection):
        connection.execute(
            sql.SQL("grant select{columns} on {relation} to {role}").format(
                columns=sql.SQL(" ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, one.columns))
                )
                if one.columns
                else sql.SQL(""),
                relation=sql.Identifier(one.schema_name, one.relation_name),
                role=role,
            )
        )
