"""What the login of each database may do: too much, or too little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.crm.query_login import rights_beyond_reading
from crm_mailchimp.crm.schema import WRITE_BACK_TABLES, contract_columns
from crm_mailchimp.readiness.finding import Verdict
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.settings import WriteBackSettings
from crm_mailchimp.statements import statement

_LOGINS = "docs/crm_contract.md#logins"
#: Tables that a setting or a DAG lets the login of the CRM write.
_WRITTEN = {*WRITE_BACK_TABLES, "external_provider"}
_MOST_NAMES = 5


class LoginRights(NamedTuple):
    """What a login may do beyond tables; the columns of ``login_rights.sql``."""

    login: str
    is_superuser: bool
    creates_roles: bool
    creates_databases: bool
    replicates: bool
    sees_all_rows: bool
    owns_database: bool
    makes_temporary_tables: bool
    exports_snapshots: bool


class _Relation(NamedTuple):
    """A table or view, and what the login may do with it."""

    relname: str
    full_name: str
    may_read: bool
    is_table: bool
    may_insert: bool
    may_update: bool
    may_delete: bool
    is_owner: bool

    @property
    def may_write(self) -> bool:
        return self.may_insert or self.may_update or self.may_delete


def login_rights(database: Connection[Any]) -> LoginRights:
    """What the login of a connection may do beyond tables."""
    (rights,) = read_rows(database, LoginRights, statement("readiness/login_rights"))
    return rights


def crm_login(crm: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """The login of ``crm_db``: it reads the contract, and writes what is switched on.

    Args:
        crm: to ``crm_db``.
    """
    rights = login_rights(crm)
    relations = _contract(crm)
    powers = _powers(rights)
    unwanted = [one.full_name for one in relations if one.may_write and one.relname not in _WRITTEN]
    if powers:
        yield "to do", _too_powerful("crm_db", powers)
    if unwanted and not rights.is_superuser:
        yield (
            "to do",
            f"the login of crm_db may write {_names(unwanted)}, and only has to read: give it a"
            f" login of its own ({_LOGINS})",
        )
    closed = [one.full_name for one in relations if not one.may_read]
    closed = [name for name in closed if name.removeprefix("crm.") not in WRITE_BACK_TABLES]
    if closed:
        yield (
            "to do",
            f"the login of crm_db may not read {_names(closed)}: grant usage on schema crm, and"
            " select on these",
        )
    if not rights.exports_snapshots:
        yield (
            "to do",
            "the login of crm_db may not call pg_export_snapshot, which each run needs (logins"
            " made after crm create --query-login may not). As a superuser in its database:"
            " grant execute on function pg_export_snapshot() to that login",
        )
    is_enough = not closed and rights.exports_snapshots
    if is_enough and not powers and not unwanted:
        yield "fine", "the login of crm_db reads the contract, and has no right too many"


def write_back_rights(crm: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """Whether the login of ``crm_db`` may write what the settings switch on.

    Args:
        crm: to ``crm_db``.

    Raises:
        SettingError: a setting of the write-back cannot be obeyed.
    """
    settings = WriteBackSettings.read()
    wanted = {
        "provider_member_status": ("WRITE_BACK_MEMBERS", settings.write_back_members),
        "provider_campaign": ("WRITE_BACK_CAMPAIGNS", settings.write_back_campaigns),
    }
    found = {one.relname: one for one in _contract(crm)}
    may_stream = login_rights(crm).makes_temporary_tables
    for table, (setting, is_on) in wanted.items():
        if not is_on:
            yield "fine", f"write-back to crm.{table} is off ({setting})"
        elif table not in found:
            yield (
                "to do",
                f"{setting} is true, and crm.{table} is not there: make it (python -m"
                " crm_mailchimp.crm create --missing-tables), or switch the setting off",
            )
        elif missing := _missing(found[table]):
            yield (
                "to do",
                f"{setting} is true, and the login of crm_db has no right to write: grant"
                f" {', '.join(missing)} on crm.{table}",
            )
        elif table == "provider_member_status" and not may_stream:
            yield (
                "to do",
                f"{setting} is true, and the login of crm_db may make no temporary tables: grant"
                " temporary on its database",
            )
        else:
            yield "fine", f"the login of crm_db may write crm.{table} ({setting})"


def query_login(query: Connection[Any], *, login_of_crm: str) -> Iterator[tuple[Verdict, str]]:
    """The login of ``crm_query_db``: it reads the contract, and nothing else.

    Args:
        query: to ``crm_query_db``.
        login_of_crm: the login of ``crm_db``.
    """
    rights = login_rights(query)
    powers = [*_powers(rights), *(["BYPASSRLS"] if rights.sees_all_rows else [])]
    remedy = (
        "python -m crm_mailchimp.crm create --query-login makes one, as a superuser or as the"
        f" owner of the database with CREATEROLE ({_LOGINS})"
    )
    relations = _contract(query)
    written = [one.full_name for one in relations if one.may_write]
    closed = [one.full_name for one in relations if not one.may_read]
    closed = [name for name in closed if name.removeprefix("crm.") not in WRITE_BACK_TABLES]
    if rights.login == login_of_crm:
        yield "to do", f"crm_query_db has the same login as crm_db: give it its own; {remedy}"
    if powers:
        yield "to do", f"{_too_powerful('crm_query_db', powers)}; {remedy}"
    elif written:
        yield "to do", f"the login of crm_query_db may write {_names(written)}; {remedy}"
    if closed:
        yield "to do", f"the login of crm_query_db may not read {_names(closed)}; {remedy}"
    still_open = [] if powers else rights_beyond_reading(query, rights.login)
    if still_open:
        yield (
            "to do",
            f"the login of crm_query_db has {len(still_open)} rights beyond reading the contract"
            f" ({_names(still_open)}). Let a superuser run this again: python -m"
            " crm_mailchimp.crm create --query-login",
        )
    if not (rights.login == login_of_crm or powers or written or closed or still_open):
        yield "fine", "the login of crm_query_db reads the contract, and nothing else"


def can_make_query_login(crm: Connection[Any]) -> str:
    """Who can run ``crm create --query-login``, in a sentence.

    Args:
        crm: to ``crm_db``.
    """
    rights = login_rights(crm)
    if rights.is_superuser or (rights.creates_roles and rights.owns_database):
        return "The login of crm_db could run it, and should not be so powerful"
    return (
        "The login of crm_db cannot run it: it needs a superuser, or CREATEROLE and the owner of"
        " the database"
    )


def warehouse_login(warehouse: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """The login of ``warehouse_db``: it owns the warehouse, and nothing else.

    Args:
        warehouse: to ``warehouse_db``.
    """
    rights = login_rights(warehouse)
    powers = _powers(rights, with_database=False)
    if powers:
        yield "to do", _too_powerful("warehouse_db", powers)
    relations = read_rows(
        warehouse,
        _Relation,
        statement("readiness/relation_rights"),
        {"schemas": ["staging", "sync", "stats", "mart", "migration"]},
    )
    closed = [
        one.full_name for one in relations if not one.may_read or (one.is_table and _missing(one))
    ]
    if closed:
        yield (
            "to do",
            f"the login of warehouse_db may not read and write {_names(closed)}. Use the login"
            " that ran the migrations, or make it the owner (alter … owner to)",
        )
    may_create = read_value(warehouse, bool, "select has_schema_privilege('staging', 'create')")
    others = [one.full_name for one in relations if one.full_name.startswith("staging.")
              and not one.is_owner]  # fmt: skip
    if not may_create or others:
        yield (
            "to do",
            "the login of warehouse_db may not make stagings. It has to own schema staging and its"
            " tables: use the login that ran the migrations",
        )
    if not powers and not closed and may_create and not others:
        yield "fine", "the login of warehouse_db owns the warehouse, and has no right too many"


def _contract(crm: Connection[Any]) -> list[_Relation]:
    relations = read_rows(
        crm, _Relation, statement("readiness/relation_rights"), {"schemas": ["crm"]}
    )
    return [one for one in relations if one.relname in contract_columns()]


def _missing(relation: _Relation) -> list[str]:
    rights = {
        "select": relation.may_read,
        "insert": relation.may_insert,
        "update": relation.may_update,
        "delete": relation.may_delete,
    }
    return [name for name, is_held in rights.items() if not is_held]


def _powers(rights: LoginRights, *, with_database: bool = True) -> list[str]:
    if rights.is_superuser:
        return ["superuser"]
    powers = {
        "CREATEROLE": rights.creates_roles,
        "CREATEDB": rights.creates_databases,
        "REPLICATION": rights.replicates,
        "owner of the database": with_database and rights.owns_database,
    }
    return [name for name, is_held in powers.items() if is_held]


def _too_powerful(connection_id: str, powers: Sequence[str]) -> str:
    return (
        f"the login of {connection_id} is too powerful ({', '.join(powers)}): use a login without"
        " that"
    )


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
