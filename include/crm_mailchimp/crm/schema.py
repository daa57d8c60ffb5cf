"""The CRM contract in a database: its tables, and whether somebody's views keep it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from crm_mailchimp.blank_signs import UNSEEN_SIGNS
from crm_mailchimp.crm.consents import CONSENT_WORDS
from crm_mailchimp.crm.hidden_rows import GuardedTable, guarded_tables
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement

#: What the pipeline writes back; everything else of the contract it only reads.
WRITE_BACK_TABLES = frozenset({"provider_member_status", "provider_campaign"})


#: Bytes of a text that an index of Postgres surely holds (its rows have at most 2,704).
LONGEST_INDEXED = 2_600


class ContractError(RuntimeError):
    """The database does not hold, or cannot be given, what the pipeline needs."""


class HeldValues(NamedTuple):
    """Values of a column that break the contract, and what becomes of their rows.

    Attributes:
        problem: what the values are, never a value itself.
        held: how many rows have one.
    """

    table_name: str
    column_name: str
    problem: str
    effect: str
    held: int

    def __str__(self) -> str:
        return (
            f"crm.{self.table_name}.{self.column_name}: {self.held} rows ({self.problem}); "
            f"{self.effect}"
        )


class _PresentColumn(NamedTuple):
    """A column of a relation in schema crm, and its base type."""

    relname: str
    attname: str
    base_name: str


#: Types of the contract, each with those that serve as well: types may be widened, not changed.
_FITTING = {
    "text": {"text", "varchar", "citext"},
    "text[]": {"_text", "_varchar"},
    "bigint": {"int8", "int4", "int2", "numeric"},
    "boolean": {"bool"},
    "date": {"date"},
    "timestamptz": {"timestamptz"},
}
_WORDS = {**CONSENT_WORDS, "unseen": UNSEEN_SIGNS}
_TYPE_NAMES = "|".join(re.escape(name) for name in sorted(_FITTING, key=len, reverse=True))


def contract_columns() -> dict[str, list[str]]:
    """Tables of the contract with their columns, in order."""
    return {table: list(columns) for table, columns in _contract_types().items()}


def _contract_types() -> dict[str, dict[str, str]]:
    """Tables of the contract: column → type, as the DDL makes them."""
    return {
        table: dict(re.findall(r"^    (\w+) (" + _TYPE_NAMES + r")(?= |,|$)", body, re.MULTILINE))
        for table, body in re.findall(
            r"^create table if not exists crm\.(\w+) \(\n(.*?)^\);",
            statement("crm/create_contract"),
            re.MULTILINE | re.DOTALL,
        )
    }


def create_contract(connection: psycopg.Connection[Any]) -> bool:
    """Create the contract's schema, tables, comments and indexes where they are missing.

    Where a deployment maps its own CRM by views, nothing is created and the views are checked.

    Args:
        connection: of the CRM's database, with the right to create a schema. Committed here.

    Returns:
        True: the tables exist. False: the contract is made of views. It is complete except tables
        that nothing is read from (``missing_write_back``).

    Raises:
        ContractError: the views leave something of the contract out, or give it another type. Or
            row-level security hides rows from this login or from a view's owner.
    """
    with connection.transaction():
        mapped = read_value(
            connection,
            bool,
            "select exists (select from pg_class where relnamespace = to_regnamespace('crm') "
            "and relname = any(%s) and relkind in ('v', 'm', 'f'))",
            [list(contract_columns())],
        )
        if mapped:
            _require_contract(connection)
            return False
        connection.execute("set local client_min_messages = warning")
        tables, *indexes = re.split(r"^(?=create index )", _definitions(), flags=re.MULTILINE)
        connection.execute(tables.encode())
        for index in indexes:
            _create_index(connection, index)
        _require_contract(connection)
        return True


def _definitions() -> str:
    return statement("crm/create_contract")


def _create_index(connection: psycopg.Connection[Any], definition: str) -> None:
    try:
        with connection.transaction():
            connection.execute(definition.encode())
    except psycopg.errors.ProgramLimitExceeded:
        # An existing table may have values that no index can hold. Postgres quotes none.
        raise ContractError(_too_long(connection, definition)) from None


def _too_long(connection: psycopg.Connection[Any], definition: str) -> str:
    """Which index cannot be made, and how many values of which column are too long for it."""
    named = re.match(r"create index if not exists (\w+)\s+on crm\.(\w+)\s+(.*)", definition, re.S)
    if named is None:
        raise ValueError("an index of the contract without a name")
    index, table, columns = named.groups()
    counts = {
        column: read_value(
            connection,
            int,
            sql.SQL("select count(*) from crm.{} where octet_length({}) > %s").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [LONGEST_INDEXED],
        )
        for column, kind in _contract_types()[table].items()
        if kind == "text" and re.search(rf"\b{column}\b", columns)
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


def missing_write_back(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables of the contract that are only written to, and not there."""
    return sorted(WRITE_BACK_TABLES - _present(connection).keys())


def unreadable_values(connection: psycopg.Connection[Any]) -> list[HeldValues]:
    """Values that break the contract, by column; only columns that have any."""
    rows = [
        *read_rows(connection, HeldValues, statement("crm/count_unreadable_people"), _WORDS),
        *read_rows(connection, HeldValues, statement("crm/count_unreadable_plans")),
    ]
    return [row for row in rows if row.held]


def guarded_by_login(connection: psycopg.Connection[Any]) -> list[GuardedTable]:
    """Tables with row-level security that other logins than this one may not see whole."""
    tables = guarded_tables(connection, list(contract_columns()))
    return [table for table in tables if table.is_login]


def _present(connection: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """What this login may read in schema crm: relation → column → base type."""
    present: dict[str, dict[str, str]] = {}
    for row in read_rows(connection, _PresentColumn, statement("crm/present_columns")):
        present.setdefault(row.relname, {})[row.attname] = row.base_name
    return present


def _require_contract(connection: psycopg.Connection[Any]) -> None:
    present = _present(connection)
    missing, unfitting = [], []
    for table, columns in _contract_types().items():
        if table in WRITE_BACK_TABLES and table not in present:
            continue
        found = present.get(table, {})
        missing += [f"{table}.{column}" for column in columns if column not in found]
        unfitting += [
            f"{table}.{column} is {found[column]}, must be {kind}"
            for column, kind in columns.items()
            if column in found and found[column] not in _FITTING[kind]
        ]
    problems = []
    if missing:
        problems.append(f"missing in schema crm, or hidden from this login: {', '.join(missing)}")
    if unfitting:
        problems.append(
            f"schema crm has other types: {'; '.join(unfitting)}: cast them in the view"
        )
    problems += [
        str(table)
        for table in guarded_tables(connection, list(_contract_types()))
        if table.is_subject
    ]
    if problems:
        raise ContractError(". ".join(problems))
