"""Which tables and views a statement names, for tools that draw where data comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Texts too, because one may look like a comment.
_NO_CODE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TABLE = r"\s+(?:only\s+)?((?:crm|mart|staging|stats|sync)\.[a-z_]+)\b"
_WRITTEN = re.compile(rf"\b(?:insert into|update|delete from|merge into|copy){_TABLE}")
#: A name before a bracket is a function, and one after a comma is a table only with an alias.
_READ = re.compile(rf"(?:(?<!delete )\b(?:from|join|using){_TABLE}(?!\s*\()|,{_TABLE}(?=\s+as\b))")


@dataclass(frozen=True)
class StatementTables:
    """Tables and views of one statement, each with its schema.

    Attributes:
        read: those that it reads.
        written: those that it inserts into, updates or deletes from.
    """

    read: frozenset[str]
    written: frozenset[str]


def tables_of(text: str) -> StatementTables:
    """Find the tables that a statement names itself.

    What a function or a trigger does is not seen. Neither are temporary tables, which have no
    schema here.

    Args:
        text: one statement of ``sql/``; its keywords are in lower case, as sqlfluff insists.
    """
    plain = " ".join(_NO_CODE.sub(" ", text).split())
    return StatementTables(
        read=frozenset(name for names in _READ.findall(plain) for name in names if name),
        written=frozenset(_WRITTEN.findall(plain)),
    )
