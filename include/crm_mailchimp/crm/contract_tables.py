"""The DDL of the CRM contract, table by table: some may be there as somebody's views or tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import psycopg

from crm_mailchimp.crm.contract_indexes import create_index
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement

_TARGET = re.compile(
    r"^(?:create table if not exists crm|comment on (?:table|column) crm"
    r"|create index if not exists \w+\s+on crm)\.(\w+)",
    re.MULTILINE,
)
_REFERENCE = re.compile(r" references crm\.(\w+) \((\w+)\)")


class Relation(NamedTuple):
    """A table or view in schema crm.

    Attributes:
        is_owned: this login has the rights of its owner.
    """

    relname: str
    is_table: bool
    is_owned: bool


class _Referable(NamedTuple):
    """A column that a foreign key may refer to."""

    relname: str
    attname: str
    base_name: str


def relations(connection: psycopg.Connection[Any]) -> dict[str, Relation]:
    """What is in schema crm, also what this login may not read."""
    rows = read_rows(connection, Relation, statement("crm/contract_relations"))
    return {row.relname: row for row in rows}


def create_tables(connection: psycopg.Connection[Any], tables: Collection[str]) -> None:
    """Create tables of the contract, with comments and indexes, where they are missing.

    A foreign key stays only where the column that it refers to can have one: views cannot.

    Args:
        connection: with the right to create a schema, or to create tables in an existing schema
            crm. Inside a transaction.
        tables: names of tables. Nothing is done to others.

    Raises:
        ContractError: an existing table has values that are too long for an index.
    """
    if read_value(connection, bool, "select to_regnamespace('crm') is null"):
        for text in _texts(None):
            connection.execute(text)
    # Tables that the DDL creates first may be referred to by the next ones.
    for text in _texts(tables):
        if _REFERENCE.search(text):
            referable = set(read_rows(connection, _Referable, statement("crm/referable_columns")))
            connection.execute(_with_possible_keys(text, referable))
        elif "create index " in text:
            create_index(connection, text)
        else:
            connection.execute(text)


def _texts(tables: Collection[str] | None) -> Iterator[str]:
    """Statements about these tables, in their order; with None those about no table."""
    for text in re.split(r";$", statement("crm/create_contract"), flags=re.MULTILINE):
        target = _TARGET.search(text)
        if text.strip() and (target is None if tables is None else target and target[1] in tables):
            yield text


def _with_possible_keys(text: str, referable: Collection[_Referable]) -> str:
    lines = []
    for line in text.split("\n"):
        key = _REFERENCE.search(line)
        kind = "int8" if " bigint " in line else "text"
        possible = key is None or _Referable(key[1], key[2], kind) in referable
        lines.append(line if possible else _REFERENCE.sub("", line))
    return "\n".join(lines)
