"""A made-up CRM of any size, with every defect a real one has, the same for the same seed."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql

from crm_mailchimp.crm.contract_tables import relations
from crm_mailchimp.crm.schema import contract_columns, create_contract, missing_write_back
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement

_STEPS = (
    "sample_begin",
    "sample_contacts",
    "sample_fields",
    "sample_consents",
    "sample_collections",
)
_MOST_CONTACTS = 100_000_000


class SampleError(RuntimeError):
    """The sample cannot be made here; the message says why."""


def create_sample(
    connection: psycopg.Connection[Any], *, contacts: int, seed: int
) -> dict[str, int]:
    """Fill an empty contract, all or nothing, inside the database.

    Rows depend on ``contacts`` and ``seed`` alone, not on the clock: past times lie before 2026,
    future ones after 2090. Contract tables that hold rows are never mixed with: that is an error.

    Args:
        connection: of the CRM's database, whose contract tables exist. Those for write-back may be
            missing, and stay so. Committed here.
        contacts: how many contacts.
        seed: any whole number of 32 bits.

    Returns:
        rows by table.

    Raises:
        SampleError: a table holds rows, is missing, is a view or somebody else's, or a number is
            out of range.
        psycopg.Error: the database is read-only, and the like.
    """
    if not 1 <= contacts <= _MOST_CONTACTS:
        raise SampleError(f"--contacts must lie between 1 and {_MOST_CONTACTS:,}")
    if not -(2**31) <= seed < 2**31:
        raise SampleError("--seed must be a whole number of 32 bits")
    with connection.transaction():
        left_out = missing_write_back(connection)
        tables = [name for name in contract_columns() if name not in left_out]
        _require_own_tables(connection, tables)
        # Two at once would both find the tables empty.
        connection.execute("lock table crm.contact in share row exclusive mode")
        filled = [table for table, rows in _count(connection, tables, limit=1).items() if rows]
        if filled:
            raise SampleError(
                f"the contract holds rows already ({', '.join(filled)}): the sample goes into an "
                "empty one only"
            )
        connection.execute(
            "select set_config('crm_sample.seed', %s, true), "
            "set_config('crm_sample.contacts', %s, true), "
            # A day has 24 hours, and a date reads the same, wherever this runs.
            "set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true)",
            [str(seed), str(contacts)],
        )
        # Filled first and sorted once: adding millions of rows to each index takes longer.
        for index in _indexes():
            connection.execute(
                sql.SQL("drop index if exists {}").format(sql.Identifier("crm", index))
            )
        for step in _STEPS:
            connection.execute(statement(f"crm/{step}"))
        create_contract(connection, with_write_back=False)
        connection.execute("drop function pg_temp.draw(bigint, int, int)")
        for table in tables:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier("crm", table)))
        return _count(connection, tables)


def _require_own_tables(connection: psycopg.Connection[Any], tables: list[str]) -> None:
    """Refuse a database where the contract is not made of tables of this login."""
    found = relations(connection)
    if missing := [name for name in tables if name not in found]:
        place = f"in database {connection.info.dbname}"
        raise SampleError(
            f"schema crm {place} has no table {', '.join(missing)}. Create the contract first "
            "(python -m crm_mailchimp.crm create --dsn …), or write another database in --dsn"
        )
    if views := [name for name in tables if not found[name].is_table]:
        raise SampleError(
            f"schema crm has views ({', '.join(views)}): the sample goes into tables only. Write "
            "an empty database in --dsn, and create the contract there"
        )
    if foreign := [name for name in tables if not found[name].is_owned]:
        raise SampleError(
            f"the login {connection.info.user} does not own {', '.join(foreign)} in schema crm: "
            "write the login that owns the tables in --dsn"
        )


def _indexes() -> list[str]:
    """Indexes that the contract's DDL creates by name, as it will again."""
    return re.findall(
        r"^create index if not exists (\w+)", statement("crm/create_contract"), re.MULTILINE
    )


def _count(
    connection: psycopg.Connection[Any], tables: list[str], limit: int | None = None
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table in tables:
        counts[table] = read_value(
            connection,
            int,
            sql.SQL("select count(*) from (select from {} limit {}) as rows").format(
                sql.Identifier("crm", table), sql.Literal(limit)
            ),
        )
    return counts
