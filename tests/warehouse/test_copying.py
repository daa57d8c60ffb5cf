"""COPY between servers: every character as it was, memory flat."""

from __future__ import annotations

import resource
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.database_errors import describe
from crm_mailchimp.warehouse.copying import copy_query, copy_rows

AWKWARD = [
    "Ελένη\tΠαπαδοπούλου",
    "νέα\nγραμμή",
    "back\\slash",
    "\\N",
    "",
    "it's 100 %",
    "ΐΰ☀𝟘",
    "\r",
]


@pytest.fixture
def ends(crm_db: str, warehouse_db: str) -> Iterator[tuple[Any, Any]]:
    with psycopg.connect(crm_db) as source, psycopg.connect(warehouse_db) as target:
        yield source, target


def test_values_arrive_as_they_were(ends: tuple[Any, Any]) -> None:
    source, target = ends
    columns = ["id", "name", "at", "day", "amount", "tags"]
    ddl = "(id bigint, name text, at timestamptz, day date, amount numeric, tags text[])"
    source.execute(f"create table origin {ddl}")
    target.execute(f"create table public.copy {ddl}")
    moment = datetime(2026, 10, 25, 3, 30, tzinfo=UTC)
    rows = [
        (number, name, moment, date(2024, 2, 29), Decimal("1.10"), [name, None])
        for number, name in enumerate([*AWKWARD, None])
    ]
    assert copy_rows(source, "origin", columns, rows) == len(rows)
    source.execute("set datestyle = 'SQL, MDY'")
    source.execute("set client_encoding = 'UTF8'")
    assert copy_query(
        source, "select * from origin order by id", target, "public.copy", columns
    ) == len(rows)
    assert target.execute("select * from copy order by id").fetchall() == rows


def test_a_source_in_another_encoding(ends: tuple[Any, Any]) -> None:
    source, target = ends
    source.execute("set client_encoding = 'ISO_8859_7'")
    target.execute("create table copy (name text)")
    copy_query(source, "select U&'\\0395\\03BB\\03AD\\03BD\\03B7'", target, "copy", ["name"])
    assert target.execute("select name from copy").fetchall() == [("Ελένη",)]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("select %s::text, '100 %%'", ["'); drop table copy; --"]),
        ("select %(name)s::text, '100 %%' -- σχόλιο", {"name": "'); drop table copy; --"}),
        (sql.SQL("select {}, '100 %'").format(sql.Literal("'); drop table copy; --")), None),
        ("select '''); drop table copy; --', '100 %';", None),
    ],
)
def test_parameters_are_values_and_nothing_else(
    ends: tuple[Any, Any], query: Any, parameters: Any
) -> None:
    source, target = ends
    target.execute("create table copy (name text, discount text)")
    assert copy_query(source, query, target, "copy", ["name", "discount"], parameters) == 1
    assert target.execute("select * from copy").fetchall() == [("'); drop table copy; --", "100 %")]


@pytest.mark.parametrize("query", ["select 1 / (5 - g) from generate_series(1, 10) g", "select"])
def test_a_failure_on_either_side_leaves_nothing(ends: tuple[Any, Any], query: str) -> None:
    source, target = ends
    target.execute("create table copy (n integer not null)")
    target.commit()
    with pytest.raises(psycopg.Error):
        copy_query(source, query, target, "copy", ["n"])
    source.rollback()
    target.rollback()
    assert target.execute("select count(*) from copy").fetchone() == (0,)


def test_errors_quote_no_data(ends: tuple[Any, Any]) -> None:
    source, target = ends
    target.execute("create table copy (n integer primary key)")
    target.commit()
    query = "select 'nikos@example.gr'"
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as wrong_type:
        copy_query(source, query, target, "copy", ["n"])
    source.rollback()
    target.rollback()
    with pytest.raises(psycopg.errors.UniqueViolation, match="constraint copy_pkey") as twice:
        copy_rows(target, "copy", ["n"], [(4700 + 11,)] * 2)
    target.rollback()
    for caught in (wrong_type, twice):
        trace = "".join(traceback.format_exception(caught.value))
        assert "nikos" not in trace
        assert "4711" not in trace
        assert "COPY into copy" in trace


def test_an_error_of_the_source_names_its_relation(ends: tuple[Any, Any]) -> None:
    source, target = ends
    target.execute("create table copy (n integer not null)")
    target.commit()
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        copy_query(source, "select 1 from crm.συναίνεση", target, "copy", ["n"])
    assert "crm.συναίνεση" in describe(caught.value)
    source.rollback()
    target.rollback()
    rows = (row for query in ["select 1 from crm.συναίνεση"] for row in source.execute(query))
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        copy_rows(target, "copy", ["n"], rows)
    assert "crm.συναίνεση" in describe(caught.value)
    source.rollback()
    target.rollback()
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        copy_query(source, "select 1", target, "nowhere", ["n"])
    assert "COPY into nowhere" in describe(caught.value)


def test_memory_stays_flat(ends: tuple[Any, Any]) -> None:
    source, target = ends
    target.execute("create unlogged table copy (n bigint, text text)")
    query = "select g, repeat('Ελλάδα', 30) from generate_series(1, %s) g"
    copy_query(source, query, target, "copy", ["n", "text"], [1000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert copy_query(source, query, target, "copy", ["n", "text"], [400_000]) == 400_000
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 20, "150 MB went through"
