"""Indexes of the CRM contract: an existing table may have values that are too long for one."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql

from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.rows import read_value, read_values

#: Bytes of a text that an index of Postgres surely holds (its rows have at most 2,704).
LONGEST_INDEXED = 2_600

_NAMED = re.compile(r"create index if not exists (\w+)\s+on crm\.(\w+)\s+(.*)", re.DOTALL)
_COLUMNS = """
select attribute.attname
from pg_catalog.pg_attribute as attribute
where
    attribute.attrelid = to_regclass(%s)
    and attribute.attnum > 0
    and not attribute.attisdropped
order by attribute.attnum
"""


def create_index(connection: psycopg.Connection[Any], definition: str) -> None:
    """Create an index of the contract where it is missing.

    Args:
        connection: with the right to do so. Inside a transaction.
        definition: its ``create index if not exists``.

    Raises:
        ContractError: values are too long for it. It has their number, column by column.
    """
    try:
        with connection.transaction():
            connection.execute(definition.encode())
    except psycopg.errors.ProgramLimitExceeded:
        # Postgres quotes no value here.
        raise ContractError(_too_long(connection, definition)) from None


def _too_long(connection: psycopg.Connection[Any], definition: str) -> str:
    """Which index cannot be made, and how many values of which column are too long for it."""
    named = _NAMED.search(definition)
    if named is None:
        raise ValueError("an index of the contract without a name")
    index, table, columns = named.groups()
    counts = {
        column: read_value(
            connection,
            int,
            sql.SQL("select count(*) from crm.{} where octet_length({}::text) > %s").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [LONGEST_INDEXED],
        )
        for column in read_values(connection, str, _COLUMNS, [f"crm.{table}"])
        if re.search(rf"\b{column}\b", columns)
    }
    found = ", ".join(
        f"crm.{table}.{column} has {held} values of more than {LONGEST_INDEXED:,} bytes"
        for column, held in counts.items()
        if held
    )
    return (
        f"the index {index} of crm.{table} cannot be created: {found or 'a value is too long'}. "
        f"Shorten these values, and run the command again. Nothing was created"
    )
