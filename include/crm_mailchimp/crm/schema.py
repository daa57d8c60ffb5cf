"""The CRM contract in a database: its tables, and whether somebody's views keep it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from crm_mailchimp.blank_signs import UNSEEN_SIGNS
from crm_mailchimp.crm.campaign_codes import read_campaign_codes
from crm_mailchimp.crm.consents import CONSENT_WORDS
from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.crm.contract_tables import Relation, create_tables, relations
from crm_mailchimp.crm.hidden_rows import RowSource, row_sources
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement

#: What the pipeline writes back; everything else of the contract it only reads.
WRITE_BACK_TABLES = frozenset({"provider_member_status", "provider_campaign"})


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


class Contract(NamedTuple):
    """The contract in a database.

    Attributes:
        is_mapped: somebody's views are part of it.
        created: names of the tables that were created just now.
    """

    is_mapped: bool
    created: list[str]


class ContractProblems(NamedTuple):
    """Why a CRM does not keep the contract.

    Attributes:
        tables: what is wrong with a table or view, by its name.
        hidden: what hides rows, each with what to do.
    """

    tables: dict[str, str]
    hidden: list[str]


class _OccupiedName(NamedTuple):
    """Something that is no table or view, and has the name of a contract's table."""

    name: str
    kind: str

    def __str__(self) -> str:
        return (
            f"crm.{self.name} is a {self.kind}, so no table or view can have this name. Rename it "
            f"(alter {self.kind} crm.{self.name} rename to …), or drop it"
        ).replace("a index", "an index")


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


def create_contract(
    connection: psycopg.Connection[Any],
    *,
    missing_tables: bool = False,
    with_write_back: bool = True,
) -> Contract:
    """Create the contract's schema, tables, comments and indexes where they are missing.

    Where a deployment maps its own CRM by views, its views and tables stay as they are, and are
    checked.

    Args:
        connection: of the CRM's database, with the right to create a schema. In an existing
            schema crm, the right to create tables is enough. Committed here.
        missing_tables: create what is missing entirely also beside somebody's views.
        with_write_back: create the tables that are only written to. Without it those that are
            there stay, and the others are not made.

    Returns:
        what was created. The contract is complete, except tables that nothing is read from
        (``missing_write_back``): beside views, or without write-back.

    Raises:
        ContractError: a table or view leaves out columns, or has other types. Or tables are
            missing beside views. Or something else has the name of a table. Or row-level security
            hides rows from this login or from a view's owner. Nothing was created.
        psycopg.Error: the login may not create it.
    """
    with connection.transaction():
        found = relations(connection)
        names = contract_columns()
        is_mapped = any(not found[name].is_table for name in names if name in found)
        left_out = frozenset[str]() if with_write_back else WRITE_BACK_TABLES
        missing = [name for name in names if name not in found and name not in left_out]
        _require_free_names(connection, missing)
        read = [name for name in missing if name not in WRITE_BACK_TABLES]
        _require_columns(connection, found, read if is_mapped and not missing_tables else [])
        if is_mapped and not missing_tables:
            return Contract(is_mapped, [])
        owned = [name for name in names if name in found and found[name].is_owned]
        connection.execute("set local client_min_messages = warning")
        create_tables(connection, missing if is_mapped else [*missing, *owned])
        _require_columns(connection, relations(connection), [])
        return Contract(is_mapped, missing)


def contract_problems(connection: psycopg.Connection[Any]) -> ContractProblems:
    """Why the contract is not kept; nothing is created.

    Args:
        connection: of the login that reads the contract.
    """
    found = relations(connection)
    problems = _problems(connection, found)
    missing = [
        name for name in contract_columns() if name not in found and name not in WRITE_BACK_TABLES
    ]
    absent = dict.fromkeys(missing, "not there: make it (python -m crm_mailchimp.crm create)")
    return ContractProblems({**absent, **problems.tables}, problems.hidden)


def missing_write_back(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables of the contract that are only written to, and not there."""
    return sorted(WRITE_BACK_TABLES - _present(connection).keys())


def unreadable_values(connection: psycopg.Connection[Any]) -> list[HeldValues]:
    """Values that break the contract, by column; only columns that have any."""
    rows = [
        *read_rows(connection, HeldValues, statement("crm/count_unreadable_people"), _WORDS),
        *read_rows(connection, HeldValues, statement("crm/count_unreadable_plans")),
        *_held_codes(connection),
    ]
    return [row for row in rows if row.held]


def _held_codes(connection: psycopg.Connection[Any]) -> list[HeldValues]:
    kinds = Counter(one.kind for one in read_campaign_codes(connection).values() if one.kind)
    effect = "these campaigns are not sent (unreadable_row)"
    return [HeldValues("campaign", "code", kind, effect, held) for kind, held in kinds.items()]


def possibly_hidden(connection: psycopg.Connection[Any]) -> list[RowSource]:
    """What may hide rows below the contract, and is not refused.

    These are tables whose policies depend on the login, and what nobody can see from here.
    """
    sources = row_sources(connection, list(contract_columns()))
    return [source for source in sources if source.is_login or source.is_doubtful]


def _present(connection: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """What this login may read in schema crm: relation → column → base type."""
    present: dict[str, dict[str, str]] = {}
    for row in read_rows(connection, _PresentColumn, statement("crm/present_columns")):
        present.setdefault(row.relname, {})[row.attname] = row.base_name
    return present


def _require_free_names(connection: psycopg.Connection[Any], tables: Sequence[str]) -> None:
    """Refuse a schema in which something else has the name of a table that is not there.

    Raises:
        ContractError: a line for each.
    """
    occupied = read_rows(
        connection, _OccupiedName, statement("crm/occupied_names"), {"tables": list(tables)}
    )
    if occupied:
        raise ContractError(
            "\n".join(["schema crm cannot hold the contract:", *map(str, occupied)])
        )


def _require_columns(
    connection: psycopg.Connection[Any], found: Mapping[str, Relation], needed: Sequence[str]
) -> None:
    """Refuse tables and views that leave columns out, or have other types.

    Args:
        found: what is in schema crm.
        needed: tables that are missing entirely, and that nobody is going to create.

    Raises:
        ContractError: a line for each table.
    """
    problems = _problems(connection, found)
    lines = [f"{table}: {words}" for table, words in problems.tables.items()]
    if needed:
        lines.append(
            f"not there: {', '.join(needed)}. To create these tables beside your views, add "
            "--missing-tables"
        )
    lines += problems.hidden
    if lines:
        raise ContractError("\n".join(["schema crm does not keep the contract:", *lines]))


def _problems(
    connection: psycopg.Connection[Any], found: Mapping[str, Relation]
) -> ContractProblems:
    present = _present(connection)
    tables: dict[str, str] = {}
    for table, columns in _contract_types().items():
        held = present.get(table, {})
        if table not in found or (table in WRITE_BACK_TABLES and not held):
            continue
        absent = [column for column in columns if column not in held]
        problems = [
            f"{column} is {held[column]}, must be {kind}: cast it"
            for column, kind in columns.items()
            if column in held and held[column] not in _FITTING[kind]
        ]
        if not held:
            problems = ["this login may read no column of it"]
        elif absent:
            problems.insert(0, f"missing, or hidden from this login: {', '.join(absent)}")
        if problems:
            tables[table] = "; ".join(problems)
    sources = row_sources(connection, list(_contract_types()))
    return ContractProblems(tables, [str(source) for source in sources if source.is_subject])
