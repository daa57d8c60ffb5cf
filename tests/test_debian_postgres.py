"""Debian's server, a stock one, differs from the embedded server where it matters."""

from __future__ import annotations

from typing import Any

import psycopg


def test_it_compiles_expressions_and_the_embedded_one_does_not(
    debian_postgres: Any, postgres: Any
) -> None:
    with psycopg.connect(debian_postgres.dsn()) as debian, psycopg.connect(postgres.dsn()) as ours:
        # Whether JIT is there and switched on.
        assert debian.execute("select pg_jit_available()").fetchone() == (True,)
        assert ours.execute("select pg_jit_available()").fetchone() == (False,)
