"""Rows as records and values: built whole, of the type that was asked for, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.rows import (
    UnexpectedAnswerError,
    find_value,
    read_row,
    read_rows,
    read_value,
    read_values,
    stream_rows,
)

NUMBERS = "select n from generate_series(1, 5) as n order by n"


class Pair(NamedTuple):
    number: int
    word: str | None


@dataclass(frozen=True)
class Number:
    n: int


@pytest.fixture
def connection(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def test_rows_are_records(connection: psycopg.Connection[Any]) -> None:
    pairs = "select * from (values (1, 'α'), (2, null)) as given (number, word)"
    assert read_rows(connection, Pair, pairs) == [Pair(1, "α"), Pair(2, None)]
    assert read_row(connection, Pair, pairs) == Pair(1, "α")
    assert read_row(connection, Pair, f"{pairs} where number > %s", (2,)) is None
    assert read_rows(connection, Number, sql.SQL(NUMBERS))[-1] == Number(5)


@pytest.mark.parametrize(
    "query", ["select 1 as number", "select 1 as number, 'α' as word, 2 as third"]
)
def test_a_row_is_built_whole_or_not_at_all(
    connection: psycopg.Connection[Any], query: str
) -> None:
    with pytest.raises(TypeError):
        read_rows(connection, Pair, query)
    with pytest.raises(TypeError):
        read_row(connection, Pair, query)


def test_rows_come_one_after_the_other(connection: psycopg.Connection[Any]) -> None:
    rows = stream_rows(connection, Number, NUMBERS, name="numbers", batch=2)
    assert next(rows) == Number(1)
    assert read_value(connection, int, "select 7") == 7, "others may ask meanwhile"
    assert [row.n for row in rows] == [2, 3, 4, 5]


def test_values_have_the_type_that_was_asked_for(connection: psycopg.Connection[Any]) -> None:
    assert read_values(connection, int, NUMBERS) == [1, 2, 3, 4, 5]
    assert read_values(connection, int, f"{NUMBERS} limit 0") == []
    assert read_value(connection, bool, "select false") is False
    assert read_value(connection, dict, "select '{\"a\": 1}'::jsonb") == {"a": 1}
    assert find_value(connection, str, "select %(word)s::text", {"word": "α"}) == "α"
    assert find_value(connection, str, "select null::text") is None
    assert find_value(connection, str, "select 'α' where false") is None


@pytest.mark.parametrize("read", [read_values, find_value, read_value])
@pytest.mark.parametrize(
    "query", ["select 'secret'", "select 1.5", "select 1, 2", "select 1, null"]
)
def test_other_types_and_columns_are_refused_without_their_values(
    connection: psycopg.Connection[Any], read: Any, query: str
) -> None:
    with pytest.raises(UnexpectedAnswerError, match="instead of") as refused:
        read(connection, int, query)
    assert "secret" not in str(refused.value)


def test_what_must_be_there_is_missed(connection: psycopg.Connection[Any]) -> None:
    for query in ("select null::integer", "select 1 where false"):
        with pytest.raises(UnexpectedAnswerError, match="gave no int"):
            read_value(connection, int, query)
    with pytest.raises(UnexpectedAnswerError, match="NoneType"):
        read_values(connection, int, "select null::integer")
