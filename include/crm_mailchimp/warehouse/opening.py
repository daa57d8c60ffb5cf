"""Is a database the warehouse of this code? Every task, page and command asks before its work.

A connection that leads elsewhere looks like a lost table otherwise, and the advice would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection

from crm_mailchimp.database_kind import CRM_WORDS, database_kind
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.definitions import read_definitions
from crm_mailchimp.warehouse.migrations import BOOKKEEPING_SCHEMA, migration_files

_MIGRATE = "run python -m crm_mailchimp.warehouse migrate"
_RECORDS = f"""
select count(*)::int
from pg_catalog.pg_class as relation
inner join pg_catalog.pg_namespace as folder on relation.relnamespace = folder.oid
where folder.nspname = '{BOOKKEEPING_SCHEMA}'
    and relation.relname in ('applied_file', 'applied_definition')
"""
_APPLIED = f"""
select 'file' as kind, file_name as name, '' as checksum from {BOOKKEEPING_SCHEMA}.applied_file
union all
select 'definition', identity, checksum from {BOOKKEEPING_SCHEMA}.applied_definition
"""
# What a table, column, function or schema that is not there gives.
_MISSING = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


class NoWarehouseError(PermanentError):
    """The database was never migrated: the wrong one, or a new one.

    Args:
        place: where it is, without a password.
        is_crm: it is the CRM's database.
    """

    def __init__(self, place: str, *, is_crm: bool) -> None:
        super().__init__(
            f"{place}: {CRM_WORDS}. Correct the connection. If both shall be in one database, "
            f"{_MIGRATE} with --beside-crm"
            if is_crm
            else f"{place} leads to a database that is no warehouse: it has none of the warehouse's"
            f" migrations. Correct the connection. If the database is the right one, {_MIGRATE}"
        )


class OldWarehouseError(PermanentError):
    """The warehouse is behind the code."""

    def __init__(self, place: str, missing: str) -> None:
        super().__init__(
            f"{place} leads to a warehouse that is older than this code ({missing}): {_MIGRATE}"
        )


class DamagedWarehouseError(PermanentError):
    """A table, column or function that the migrations made is gone."""

    def __init__(self, place: str, server_words: str) -> None:
        super().__init__(
            f"{place}: the warehouse has all migrations, but not everything that they made"
            f" ({server_words}). Restore the warehouse from a backup"
        )


class _Applied(NamedTuple):
    """A migration or an object that the database has."""

    kind: str
    name: str
    checksum: str


def require_current(warehouse: Connection[Any]) -> None:
    """Refuse a database that is no warehouse, or one that is behind this code; commits.

    A warehouse with migrations that this code does not know is accepted. During an upgrade, old
    processes may still go on.

    Args:
        warehouse: outside a transaction.

    Raises:
        NoWarehouseError: it has no migrations of ours.
        OldWarehouseError: migrations are missing. Or views and functions are not those of this
            code, although the migrations are.
    """
    place = place_of(warehouse)
    require_warehouse(warehouse)
    applied = read_rows(warehouse, _Applied, _APPLIED)
    warehouse.commit()
    files, definitions = _ours()
    present = {row.name for row in applied if row.kind == "file"}
    if not present:
        raise _no_warehouse(warehouse, place)
    missing = sorted(files - present)
    if missing:
        raise OldWarehouseError(
            place, f"{len(missing)} migrations are missing, from {missing[0]} on"
        )
    recorded = {row.name: row.checksum for row in applied if row.kind == "definition"}
    if present == files and recorded != definitions:
        raise OldWarehouseError(place, "its views and functions are others")


def require_warehouse(database: Connection[Any]) -> None:
    """Refuse a database that never was a warehouse; commits. Any login may ask, a BI login too.

    Args:
        database: outside a transaction.

    Raises:
        NoWarehouseError: it has no migrations of ours.
        OldWarehouseError: its migrations are from before the record of views.
    """
    place = place_of(database)
    records = read_value(database, int, _RECORDS)
    database.commit()
    if records == 0:
        raise _no_warehouse(database, place)
    if records == 1:
        raise OldWarehouseError(place, "it has no record of its views")


def _no_warehouse(database: Connection[Any], place: str) -> NoWarehouseError:
    is_crm = database_kind(database).is_crm
    database.commit()
    return NoWarehouseError(place, is_crm=is_crm)


@cache
def _ours() -> tuple[frozenset[str], dict[str, str]]:
    """The names of this code's migrations; and its views and functions with their checksums."""
    files = frozenset(file.name for file in migration_files())
    return files, {known.identity: known.checksum for known in read_definitions()}


@contextmanager
def opened_warehouse(dsn: str, *, read_only: bool = False) -> Iterator[Connection[Any]]:
    """A connection to the warehouse; at the end of the block it commits and closes.

    Args:
        dsn: as a person wrote it.
        read_only: nothing may be written.

    Raises:
        UnreadableDsnError: the text is no DSN.
        NoWarehouseError: see ``require_current``.
        OldWarehouseError: likewise.
        DamagedWarehouseError: the block missed something that the migrations made.
        psycopg.Error: the database cannot be reached, or refuses.
    """
    with open_session(readable_dsn(dsn)) as warehouse:
        place = place_of(warehouse)
        require_current(warehouse)
        warehouse.read_only = read_only
        try:
            yield warehouse
        except _MISSING as error:
            raise DamagedWarehouseError(place, str(error.diag.message_primary)) from None
