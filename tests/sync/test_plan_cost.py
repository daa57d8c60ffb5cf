"""Planning follows the size of an audience, and not its square."""

from __future__ import annotations

import re

import psycopg

from crm_mailchimp.statements import statement
from sync_world import World

PEOPLE = 3_000


def test_a_plan_over_an_audience_that_was_just_filled(world: World) -> None:
    """Counted in rows that Postgres compared in vain: nested loops over everybody make millions."""
    news = world.collection()
    world.contact("first@mail.gr", news)
    world.sync()
    world.crm.execute(
        "insert into crm.contact (contact_id, email, is_active, updated_at)"
        " select n, 'p' || n || '@mail.gr', true, '2020-01-01'"
        " from generate_series(1000, 1000 + %(people)s) as n",
        {"people": PEOPLE},
    )
    world.crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select contact_id, contact_id, 'email', 'newsletter',"
        " contact_id % 5 <> 0, '2020-01-01', '2020-01-01' from crm.contact where contact_id >= 1000"
    )
    world.crm.execute(
        "insert into crm.collection_member (collection_id, contact_id, added_at)"
        f" select {news}, contact_id, '2020-01-01' from crm.contact where contact_id >= 1000"
    )
    assert world.sync()["NEWS"].state == "succeeded"
    staging_id = world.stage()

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        told = warehouse.execute(
            "explain (analyze, timing off) " + statement("sync/plan_changes"),
            {
                "staging_id": staging_id,
                "collection_id": news,
                "gdpr_category": "newsletter",
                "list_id": world.list_id(),
                "full_refresh": False,
            },
        ).fetchall()
        warehouse.rollback()
    in_vain = [
        int(found[1]) for (line,) in told if (found := re.search(r"Removed by.*: (\d+)", line))
    ]
    assert sum(in_vain) < 10 * PEOPLE, "\n".join(line for (line,) in told)
