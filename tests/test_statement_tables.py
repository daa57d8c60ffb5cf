"""The tables that a statement names: simple words find the same as a real parser of SQL."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import expressions

from crm_mailchimp.statement_tables import tables_of
from crm_mailchimp.statements import SQL_ROOT

OURS = {"crm", "mart", "staging", "stats", "sync"}
STATEMENTS = sorted(
    path
    for path in SQL_ROOT.rglob("*.sql")
    if path.relative_to(SQL_ROOT).parts[0] not in {"migrations", "views"}
)


def _parsed(text: str) -> tuple[set[str], set[str]] | None:
    """Tables read and written; None: the parser does not know the statement."""
    try:
        trees = sqlglot.parse(text.replace("%%", "%"), dialect="postgres")
    except sqlglot.errors.ParseError:
        return None
    read, written = set[str](), set[str]()
    for tree in trees:
        if tree is None or isinstance(tree, expressions.Alter | expressions.Comment):
            continue
        targets = []
        for kind in (expressions.Insert, expressions.Update, expressions.Delete):
            for found in tree.find_all(kind):
                target = found.this
                targets.append(target.this if isinstance(target, expressions.Schema) else target)
        for table in tree.find_all(expressions.Table):
            if table.db in OURS and isinstance(table.this, expressions.Identifier):
                is_target = any(table is one for one in targets)
                (written if is_target else read).add(f"{table.db}.{table.name}")
        if tree.find(expressions.Command):
            return None
    return read, written


def test_they_are_what_a_parser_finds() -> None:
    compared, wrong = 0, []
    for path in STATEMENTS:
        text = path.read_text(encoding="utf-8")
        expected = _parsed(text)
        if expected is None:
            continue
        compared += 1
        found = tables_of(text)
        if (set(found.read), set(found.written)) != expected:
            name = str(path.relative_to(SQL_ROOT))
            wrong.append((name, found.read ^ expected[0], found.written ^ expected[1]))
    assert not wrong
    assert compared > 0.8 * len(STATEMENTS)


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("select 1 -- from crm.contact", set(), set()),
        ("select 'from crm.contact', x from\n  sync.member", {"sync.member"}, set()),
        ("delete from sync.tag using stats.lists where true", {"stats.lists"}, {"sync.tag"}),
        ("update sync.tag set x = 1 from sync.tag as old", {"sync.tag"}, {"sync.tag"}),
        ("insert into pg_temp.landing select * from stats.know_list('x')", set(), set()),
    ],
)
def test_examples(text: str, read: set[str], written: set[str]) -> None:
    found = tables_of(text)
    assert (found.read, found.written) == (read, written)
