"""The warehouse for a command: a DSN that leads elsewhere is answered in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_value
from crm_mailchimp.sessions import open_session

_IS_WAREHOUSE = """
select exists (
    select from pg_catalog.pg_class as relation
    inner join pg_catalog.pg_namespace as folder on relation.relnamespace = folder.oid
    where folder.nspname = 'migration' and relation.relname = 'applied_file'
)
"""
# What a table, column, function or schema that is not there gives.
_MISSING = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


class NoWarehouseError(PermanentError):
    """The database is no warehouse, or an old one."""

    def __init__(self) -> None:
        super().__init__(
            "this database is no warehouse, or an old one: run "
            "python -m crm_mailchimp.warehouse migrate"
        )


@contextmanager
def opened_warehouse(dsn: str, *, read_only: bool = False) -> Iterator[Connection[Any]]:
    """A connection to the warehouse; at the end of the block it commits and closes.

    Args:
        dsn: as a person wrote it.
        read_only: nothing may be written.

    Raises:
        UnreadableDsnError: the text is no DSN.
        NoWarehouseError: the database has no migrations of ours, or the block misses a table of
            the newest ones.
        psycopg.Error: the database cannot be reached, or refuses.
    """
    try:
        with open_session(readable_dsn(dsn)) as warehouse:
            warehouse.read_only = read_only
            is_warehouse = read_value(warehouse, bool, _IS_WAREHOUSE)
            warehouse.rollback()
            if not is_warehouse:
                raise NoWarehouseError
            yield warehouse
    except _MISSING:
        raise NoWarehouseError from None
