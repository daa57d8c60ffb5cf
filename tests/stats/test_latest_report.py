"""``stats.latest_report`` shows each column of the snapshots, in their order."""

from __future__ import annotations

import psycopg


def test_it_has_every_column(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as warehouse:
        view, table = (
            warehouse.execute(
                "select array_agg(attname order by attnum) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                (name,),
            ).fetchone()
            for name in ("stats.latest_report", "stats.report_snapshots")
        )
    assert view == table
