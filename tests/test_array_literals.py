"""Long arrays as one text: Postgres reads back what was written."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mailchimp import array_literals

_SETTINGS = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def connection(request: pytest.FixtureRequest) -> Any:
    server = request.getfixturevalue(request.param)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as opened:
        yield opened


def read(connection: Any, literal: str, kind: str) -> list[Any]:
    row = connection.execute(f"select %s::{kind}[]", (literal,)).fetchone()
    assert row
    return list(row[0])


def test_what_was_written_is_read_back(connection: Any) -> None:
    @_SETTINGS
    @given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
    def integers(values: list[int]) -> None:
        assert read(connection, array_literals.integers(values), "bigint") == values

    @_SETTINGS
    @given(st.lists(st.text("0123456789abcdef", min_size=1), max_size=9))
    def hashes(values: list[str]) -> None:
        assert read(connection, array_literals.hashes(values), "text") == values

    @_SETTINGS
    @given(st.lists(st.binary(max_size=40), max_size=9))
    def digests(values: list[bytes]) -> None:
        assert read(connection, array_literals.digests(values), "bytea") == values

    integers()
    hashes()
    digests()


@pytest.mark.parametrize("other", ["", "a,b", "ABC", "g", '"', "\\", "{}", "α", "a b", "a\n"])
def test_another_text_than_a_hash_is_refused(other: str) -> None:
    with pytest.raises(ValueError, match="hex digits"):
        array_literals.hashes(["00ff", other])
