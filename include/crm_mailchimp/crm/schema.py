"""The CRM contract in a database: its tables, and whether somebody's views keep it."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from crm_mailchimp.statements import statement

#: What the pipeline writes back; everything else of the contract it only reads.
WRITE_BACK_TABLES = frozenset({"provider_member_status", "provider_campaign"})


class ContractError(RuntimeError):
    """The database does not hold, or cannot be given, what the pipeline needs."""


def contract_columns() -> dict[str, list[str]]:
    """Tables of the contract with their columns, in order, as the DDL's comments list them."""
    columns: dict[str, list[str]] = {}
    for table, column in re.findall(
        r"^comment on column crm\.(\w+)\.(\w+)", statement("crm/create_contract"), re.MULTILINE
    ):
        columns.setdefault(table, []).append(column)
    return columns


def create_contract(connection: psycopg.Connection[Any]) -> bool:
    """Create the contract's schema, tables, comments and indexes where they are missing.

    Where a deployment maps its own CRM by views, nothing is created and the views are checked.

    Args:
        connection: of the CRM's database, with the right to create a schema. Committed here.

    Returns:
        True: the tables are there; False: the contract is made of views, and complete.

    Raises:
        ContractError: the views leave something of the contract out.
    """
    with connection.transaction():
        mapped = connection.execute(
            "select 1 from pg_class where relnamespace = to_regnamespace('crm') "
            "and relname = any(%s) and relkind in ('v', 'm', 'f') limit 1",
            [list(contract_columns())],
        ).fetchone()
        if mapped:
            _require_columns(connection)
            return False
        connection.execute("set local client_min_messages = warning")
        connection.execute(statement("crm/create_contract"))
        _require_columns(connection)
        return True


def _require_columns(connection: psycopg.Connection[Any]) -> None:
    present = set(
        connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'crm'"
        ).fetchall()
    )
    missing = [
        f"{table}.{column}"
        for table, columns in contract_columns().items()
        for column in columns
        if (table, column) not in present
    ]
    if missing:
        raise ContractError(f"schema crm lacks, or hides from this login: {', '.join(missing)}")
