"""The login under which the untrusted texts of dynamic collections run.

The parser refuses what it does not know. This login is the second wall: its rights alone stop every
write, lock, file, program, role change and other schema. Postgres lets every session do some things
that rights cannot stop. Other means limit these:

* ``SET`` of the session's own settings. So ``default_transaction_read_only`` and the timeouts alone
  protect nothing. The caller has its own timeout, and the login has no right to write. Only
  ``temp_file_limit`` cannot be lifted by the session.
* CPU and memory of one query: the settings of ``query_session``, the caller's timeout, row limit,
  and the connection limit.
* ``LISTEN`` and ``NOTIFY`` as statements (the parser lets only SELECT through).
* Reading the system catalogs: names of tables, roles and settings, not their content.
* PUBLIC loses rights here, so logins made later do not have them: grant them by name.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg import sql

from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.crm.query_session import LOGIN_SETTINGS
from crm_mailchimp.crm.schema import contract_columns, missing_write_back
from crm_mailchimp.rows import find_value, read_value, read_values
from crm_mailchimp.statements import statement

_CONNECTION_LIMIT = 10
#: Functions of Postgres that everybody may call by default. They write, lock, wait, signal, change
#: settings or run a text as a query. Source: PostgreSQL 18 manual, chapter 9 "Functions and
#: Operators", and 33.4 "Server-Side Functions" (large objects).
_DANGEROUS_FUNCTIONS = (
    "^(lo_.*|loread|lowrite|pg_(try_)?advisory_.*|pg_sleep.*|pg_notify|pg_logical_emit_message"
    "|set_config|pg_(cancel|terminate)_backend|pg_export_snapshot|ts_stat|ts_rewrite"
    "|(query|table|cursor|schema|database)_to_xml.*)$"
)

_WITHOUT_LIMIT = (
    "no {0}: this login or this server does not take the setting. A superuser can give the right: "
    "grant set on parameter {0} to the login that runs this command"
)


def create_query_login(connection: psycopg.Connection[Any], login: str, password: str) -> list[str]:
    """Create the login, or give an existing one its password and exactly these rights.

    Args:
        connection: of the CRM's database, as a superuser or as the owner of the database with
            CREATEROLE. Committed here.
        login: its name.
        password: its password; only its SCRAM verifier goes to the server.

    Returns:
        what the login may still do beyond reading the contract, each in a few words. It is empty
        when a superuser ran this and the login has no rights in other databases.

    Raises:
        ContractError: no password, or the name belongs to a login with other duties.
        psycopg.Error: the database refuses.
    """
    if not password:
        raise ContractError(f"no password for {login}: set CRM_QUERY_PASSWORD")
    with connection.transaction():
        _refuse_other_duties(connection, login)
        connection.execute("set local client_min_messages = error")
        _set_role(connection, login, password)
        connection.execute(
            "select set_config('crm_setup.login', %s, true), "
            "set_config('crm_setup.functions', %s, true), "
            "set_config('crm_setup.tables', %s, true), "
            "set_config('crm_setup.settings', %s, true), set_config('crm_setup.refused', '', true)",
            [
                login,
                _DANGEROUS_FUNCTIONS,
                " ".join(_tables(connection)),
                json.dumps(LOGIN_SETTINGS),
            ],
        )
        connection.execute(statement("crm/create_query_login_rights"))
        refused = read_value(connection, str, "select current_setting('crm_setup.refused')")
        still_open = rights_beyond_reading(connection, login)
    return [*still_open, *(_WITHOUT_LIMIT.format(name) for name in refused.split())]


def rights_beyond_reading(connection: psycopg.Connection[Any], login: str) -> list[str]:
    """What a login may do in the database beyond reading the contract, each in a few words.

    Args:
        connection: of the CRM's database; any login may ask.
        login: its name.
    """
    return read_values(
        connection,
        str,
        statement("crm/query_login_open"),
        {"login": login, "functions": _DANGEROUS_FUNCTIONS},
    )


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    missing = missing_write_back(connection)
    return [table for table in contract_columns() if table not in missing]


def _refuse_other_duties(connection: psycopg.Connection[Any], login: str) -> None:
    has_other_duties = find_value(
        connection,
        bool,
        "select rolsuper or rolreplication or rolbypassrls or rolname in (session_user, "
        "current_user) or exists (select from pg_shdepend where refobjid = pg_roles.oid "
        "and refclassid = 'pg_authid'::regclass and deptype = 'o') "
        "from pg_roles where rolname = %s",
        [login],
    )
    if has_other_duties:
        raise ContractError(
            f"the login {login} is powerful, owns something, or is the one in use. "
            "Dynamic queries need a login of their own: choose another name"
        )


def _set_role(connection: psycopg.Connection[Any], login: str, password: str) -> None:
    query = "select rolcreatedb or rolcreaterole from pg_roles where rolname = %s"
    makes_others = find_value(connection, bool, query, [login])
    # Who has not an attribute may not even take it away (Postgres 16 and later).
    takes_away = "nocreatedb nocreaterole" if makes_others else ""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("{} role {} login noinherit {} connection limit {} password {}").format(
            sql.SQL("create" if makes_others is None else "alter"),
            sql.Identifier(login),
            sql.SQL(takes_away),
            sql.Literal(_CONNECTION_LIMIT),
            sql.Literal(verifier),
        )
    )
