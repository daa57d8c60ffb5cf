"""Two readers of reports meet the first event of a month at the same time."""

from __future__ import annotations

import threading
import time

import psycopg

_MONTH = "select stats.ensure_activity_month('2031-03-01')"
_WAITS = """
select count(*) from pg_locks where locktype = 'advisory' and not granted and pid = %s
"""


def test_the_second_one_finds_the_partition_of_the_first(warehouse_db: str) -> None:
    with (
        psycopg.connect(warehouse_db) as first,
        psycopg.connect(warehouse_db) as second,
        psycopg.connect(warehouse_db, autocommit=True) as watching,
    ):
        first.execute(_MONTH)
        errors: list[Exception] = []

        def make() -> None:
            try:
                second.execute(_MONTH)
            except psycopg.Error as error:
                errors.append(error)

        reader = threading.Thread(target=make)
        reader.start()
        ends = time.monotonic() + 60
        while watching.execute(_WAITS, [second.info.backend_pid]).fetchone() != (1,):
            assert reader.is_alive()
            assert time.monotonic() < ends
        first.commit()
        reader.join(60)
        assert errors == []
        assert not reader.is_alive()
        second.commit()
        parts = watching.execute(
            "select count(*) from pg_inherits"
            " where inhparent = 'stats.campaign_activities'::regclass"
            " and inhrelid = 'stats.campaign_activities_2031_03'::regclass"
        ).fetchone()
        assert parts == (1,)
