"""What each statement makes Postgres visit: blocks and rows, as its own plan counts them.

Each statement is explained in a savepoint that is rolled back, and then carried out. So the plan is
that of the statement itself, with its parameters and with the statistics of the moment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

_PLANNED = re.compile(r"(\s*--[^\n]*\n)*\s*(with|select|insert|update|delete)\b", re.IGNORECASE)
#: Locks of a session would be taken twice, and no savepoint exports a snapshot. The server's own
#: tables are not ours.
_PASSED_OVER = re.compile(
    r"advisory|pg_locks|pg_catalog|pg_class|information_schema|pg_export_snapshot"
)

#: Ten times as many rows make ten times as many visits, or up to twice that: an index may have one
#: more level, and Postgres may choose another plan. The square would be a hundred times as many.
STEEPEST = 2.0
#: Visits for each row. Looking it up by its key costs some; a page that reads all rows costs more.
SMALL = 10


class Visits:
    """Blocks and rows by statement, while it watches.

    Args:
        dsn: of the database whose statements count.
    """

    def __init__(self, dsn: str) -> None:
        self._database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
        self.blocks: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """In here all statements of this process are counted, over whatever connection."""
        real = psycopg.Cursor.execute
        visits = self

        def explained(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
            text = str(query)
            is_ours = cursor.connection.info.dbname == visits._database
            if is_ours and _PLANNED.match(text) and not _PASSED_OVER.search(text):
                visits._explain(real, cursor.connection, text, params)
            return real(cursor, query, params, **options)

        with monkeypatch.context() as patched:
            patched.setattr(psycopg.Cursor, "execute", explained)
            # The same statements, each answered before the next one is sent.
            patched.setattr(psycopg.Connection, "pipeline", nullcontext)
            yield

    def _explain(
        self, real: Any, connection: psycopg.Connection[Any], text: str, params: Any
    ) -> None:
        within = connection.info.transaction_status == TransactionStatus.INTRANS
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        if connection.autocommit and not within:
            real(cursor, "begin")
        real(cursor, "savepoint explained")
        real(cursor, f"explain (analyze, buffers, timing off, format json) {text}", params)
        ((explained,),) = cursor.fetchall()
        real(cursor, "rollback to savepoint explained")
        real(cursor, "release savepoint explained")
        if not within:
            real(cursor, "rollback")
        plan = explained[0]["Plan"]
        self.blocks[text] += sum(
            plan[f"{kind} {how} Blocks"] for kind in ("Shared", "Local") for how in ("Hit", "Read")
        )
        self.rows[text] += _rows(plan)


def _rows(node: dict[str, Any]) -> int:
    """Rows that all nodes gave or dropped. Postgres gives the average of a node's loops."""
    own = node["Actual Rows"] + sum(
        rows for key, rows in node.items() if key.startswith("Rows Removed by")
    )
    return int(own * node["Actual Loops"]) + sum(map(_rows, node.get("Plans", ())))


def steep_statements(
    few: Mapping[str, Visits], many: Mapping[str, Visits], few_rows: int, many_rows: int
) -> list[str]:
    """Statements whose visits grow by much more than the rows do, by what happened.

    Args:
        few: what happened, with few rows; ``many`` has the same names.
        few_rows: contacts or recipients of it.
    """
    assert set(few) == set(many)
    most = STEEPEST * many_rows / few_rows
    return [
        f"{act}: {kind} {before} → {after}: {' '.join(text.split())[:100]}"
        for act in few
        for kind in ("blocks", "rows")
        for text, after in getattr(many[act], kind).items()
        if after > SMALL * many_rows
        and after > most * max(1, before := getattr(few[act], kind)[text])
    ]


def count_nothing(dsn: str, *schemas: str) -> None:
    """Postgres has counted the tables while they were empty, and does so no more by itself."""
    with psycopg.connect(dsn) as connection:
        connection.execute("analyze")
        for schema, table in connection.execute(
            "select nspname, relname from pg_class inner join pg_namespace on"
            " pg_namespace.oid = relnamespace where nspname = any(%s) and relkind = 'r'",
            (list(schemas),),
        ).fetchall():
            connection.execute(f'alter table {schema}."{table}" set (autovacuum_enabled = false)')
