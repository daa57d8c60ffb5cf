"""Rows of a database become records or values of a named type in one module, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The only module that fetches.
DOOR = ROOT / "include" / "crm_mailchimp" / "rows.py"
FILES = [
    path
    for folder in ("include/crm_mailchimp", "plugins", "dags")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
FETCHING = ("fetchone", "fetchmany", "fetchall")


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def untyped_reads(source: str) -> list[str]:
    """What reads rows without saying what they are, each with its line."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt | ast.expr) and (_fetches(node) or _walks_through(node))
    ]


def _fetches(node: ast.AST) -> bool:
    """Whether it takes rows from a cursor, or the means to shape them."""
    if isinstance(node, ast.Attribute):
        return node.attr in FETCHING
    if isinstance(node, ast.Import):
        return any(alias.name == "psycopg.rows" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        from_psycopg = node.module == "psycopg" and "rows" in {one.name for one in node.names}
        return node.module == "psycopg.rows" or from_psycopg
    return False


def _walks_through(node: ast.AST) -> bool:
    """Whether it takes the answer of an ``execute`` row by row."""
    taken: list[ast.expr] = []
    if isinstance(node, ast.For):
        taken = [node.iter]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        taken = [one.iter for one in node.generators]
    elif isinstance(node, ast.YieldFrom | ast.Starred):
        taken = [node.value]
    elif isinstance(node, ast.Call):
        taken = node.args
    return any(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr == "execute"
        for one in taken
    )


def test_only_one_module_fetches_rows() -> None:
    found = {label(path): untyped_reads(path.read_text("utf-8")) for path in FILES if path != DOOR}
    assert {path: reads for path, reads in found.items() if reads} == {}, "use crm_mailchimp.rows"


def test_that_module_fetches() -> None:
    assert untyped_reads(DOOR.read_text(encoding="utf-8"))
    assert len(FILES) > 100


@pytest.mark.parametrize(
    "source",
    [
        "row = connection.execute(query).fetchone()",
        "rows = cursor.fetchall()",
        "fetch = cursor.fetchmany",
        "from psycopg.rows import dict_row",
        "from psycopg import rows",
        "import psycopg.rows",
        "for a, b in connection.execute(query): print(a)",
        "found = {a for (a,) in connection.execute(query)}",
        "found = dict(connection.execute(query))",
        "found = [*connection.execute(query)]",
        "def walk():\n    yield from cursor.execute(query)",
    ],
)
def test_untyped_reads_are_found(source: str) -> None:
    assert untyped_reads(source)


@pytest.mark.parametrize(
    "source",
    [
        "changed = connection.execute(query).rowcount",
        "connection.execute(query)",
        "for row in read_rows(connection, Row, query): print(row)",
        "from psycopg import Connection, sql",
    ],
)
def test_typed_reads_and_writes_are_not(source: str) -> None:
    assert untyped_reads(source) == []
