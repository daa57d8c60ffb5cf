"""The staged verdicts of random CRMs equal the oracle's, row by row, to the microsecond.

Each CRM with collections of its own, dynamic, inactive and untyped ones among them;
``test_plans.py`` takes 10,000 CRMs on to the plan.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.sync.staging.stage import stage
from local_installation.postgres import Server
from oracle import CLOCK, Crm, load, verdicts, worlds

LOGIN = "oracle_query"
Outcome = tuple[str | None, str | None, int | None]


@pytest.fixture
def crm_query_db(postgres: Server, crm_db: str) -> Iterator[str]:
    database = str(psycopg.conninfo.conninfo_to_dict(crm_db)["dbname"])
    with psycopg.connect(crm_db, autocommit=True) as admin:
        create_query_login(admin, LOGIN, "κωδικός")
        yield postgres.dsn(database, user=LOGIN, password="κωδικός")
        admin.execute(f"drop owned by {LOGIN}")
        admin.execute(f"drop role {LOGIN}")


@pytest.mark.parametrize(
    ("seeds", "count"),
    [
        pytest.param(range(1, 2), 400, id="400 CRMs"),
        pytest.param(range(2, 4), 1000, id="2,000 CRMs", marks=pytest.mark.slow),
    ],
)
def test_verdicts(
    crm_db: str, crm_query_db: str, warehouse_db: str, seeds: range, count: int
) -> None:
    for seed in seeds:
        made = worlds(seed, CLOCK, range(count))
        expected: dict[tuple[str, int], Outcome] = {
            (one.collection_code, one.contact_id): (one.reason, one.address_key, one.winner)
            for world in made
            for rows in verdicts(world, CLOCK).values()
            for one in rows
        }
        with psycopg.connect(crm_db) as crm:
            load(crm, sum(made, Crm()))
        assert _staged(crm_db, crm_query_db, warehouse_db, f"run {seed}") == expected


def _staged(
    crm_db: str, crm_query_db: str, warehouse_db: str, run_id: str
) -> dict[tuple[str, int], Outcome]:
    with (
        psycopg.connect(crm_db) as crm,
        psycopg.connect(crm_query_db) as crm_query,
        psycopg.connect(warehouse_db) as warehouse,
    ):
        staging_id = stage(warehouse, crm, crm_query, run_id=run_id, clock=CLOCK)
        rows = warehouse.execute(
            "select collection_code, contact_id, reason_code, address_key, detail "
            "from staging.verdict inner join sync.staged_collection "
            "using (staging_id, collection_id) where staging_id = %s",
            [staging_id],
        ).fetchall()
    return {
        (code, contact_id): (
            reason,
            key,
            int(detail.split()[1]) if reason == "duplicate_email" else None,
        )
        for code, contact_id, reason, key, detail in rows
    }
