"""Runs side by side: none waits for another in a circle, and a snapshot waits for no reader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.sync.staging.stagings import drop_staging, open_staging
from sync_world import World

#: Parents of the tables of stagings.
STAGED = ("membership", "contact", "consent", "refusal", "merged", "verdict", "plan")


def deadlocks(world: World) -> int:
    """How many circles Postgres had to break in this database."""
    world.warehouse.execute("select pg_stat_clear_snapshot()")
    row = world.warehouse.execute(
        "select deadlocks from pg_stat_database where datname = current_database()"
    ).fetchone()
    assert row
    return int(row["deadlocks"])


@pytest.mark.parametrize("table", STAGED)
def test_a_snapshot_begins_while_others_read_and_plan(world: World, table: str) -> None:
    news = world.collection("ΝΕΑ")
    world.contact("maria@mail.gr", news)
    world.sync()
    parent = sql.Identifier("staging", table)
    with (
        psycopg.connect(world.warehouse_dsn) as planner,
        psycopg.connect(world.warehouse_dsn) as opener,
    ):
        planner.execute(sql.SQL("select count(*) from {}").format(parent))
        planner.execute(sql.SQL("delete from {} where staging_id = 1").format(parent))
        opener.execute("set lock_timeout = '2s'")
        now = datetime.now(UTC)
        staging_id = open_staging(
            opener,
            now,
            "δοκιμή",
            refusal_clock=now,
            dry_run=True,
            full_refresh=False,
            is_whole=True,
        )
        # And it goes on reading while the snapshot is made.
        planner.execute("set lock_timeout = '2s'")
        for other in STAGED:
            planner.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier("staging", other))
            )
        opener.commit()
        planner.commit()
    created = world.warehouse.execute(
        "select count(*) as tables from pg_class where relname = any(%s) and relispartition"
        " and relpersistence = 'u'",
        ([f"{name}_{staging_id}" for name in STAGED],),
    ).fetchone()
    assert created and created["tables"] == len(STAGED)


def test_old_snapshots_are_dropped_while_a_run_plans(world: World) -> None:
    """The run reads the parents in the other order."""
    news = world.collection("ΝΕΑ")
    world.contact("maria@mail.gr", news)
    world.sync()
    before = deadlocks(world)

    def drop() -> int:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            return drop_staging(warehouse, keep_days=-1, now=datetime.now(UTC))

    with ThreadPoolExecutor() as pool, psycopg.connect(world.warehouse_dsn) as planner:
        planner.execute("select count(*) from staging.verdict")
        dropped = pool.submit(drop)
        while _waiting(world) < 1:
            assert not dropped.done()
        for table in reversed(STAGED):
            planner.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier("staging", table))
            )
        planner.commit()
        assert dropped.result(timeout=60) == 1
    assert deadlocks(world) == before
    left = world.warehouse.execute(
        "select count(*) as tables from pg_class where relname like '%%\\_1' and relispartition"
    ).fetchone()
    assert left and left["tables"] == 0


def test_a_preview_plans_while_another_begins(world: World) -> None:
    """The first stops inside of its plan, then the second begins, then the first goes on."""
    news, offers = world.collection("ΝΕΑ"), world.collection("ΠΡΟΣΦΟΡΕΣ")
    merged, survivor, *_ = [
        world.contact(f"filos{number}@mail.gr", news, offers) for number in range(5)
    ]
    world.sync()
    world.consent(merged, granted=False)
    world.sync()
    world.change_contact(merged, merged_into_id=survivor)
    staging_id = world.stage(["ΝΕΑ"], dry_run=True)
    # As if the refusal had become known after the snapshot: the plan gives it to the survivor.
    forgotten = world.warehouse.execute(
        "delete from sync.refusal_contact where contact_id = %s", (survivor,)
    )
    assert forgotten.rowcount
    before = deadlocks(world)
    # The holder's transaction ends before the pool waits for its threads, also if the test fails.
    with ThreadPoolExecutor() as pool, psycopg.connect(world.warehouse_dsn) as holder:
        holder.execute("lock table sync.refusal_contact in share row exclusive mode")
        planned = pool.submit(world.push, staging_id, "ΝΕΑ")
        while _waiting(world) < 1:
            assert not planned.done()
        begun = pool.submit(world.stage, ["ΠΡΟΣΦΟΡΕΣ"], dry_run=True)
        while _waiting(world) < 2 and not begun.done():
            assert not planned.done()
        holder.commit()
        assert planned.result(timeout=60).state == "dry_run"
        assert begun.result(timeout=60) > staging_id
    assert deadlocks(world) == before
    attached = world.warehouse.execute(
        "select count(*) as refusals from sync.refusal_contact where contact_id = %s", (survivor,)
    ).fetchone()
    assert attached and attached["refusals"] == forgotten.rowcount


def _waiting(world: World) -> int:
    """How many sessions of this database wait for a lock."""
    row = world.warehouse.execute(
        "select count(distinct pid) as waiting from pg_locks where not granted"
        " and pid in (select pid from pg_stat_activity where datname = current_database())"
    ).fetchone()
    assert row
    return int(row["waiting"])


def _preview(world: World, codes: tuple[str, ...]) -> None:
    for result in world.sync(codes, dry_run=True).values():
        assert result.state == "dry_run", result.detail


def _sync(world: World, codes: tuple[str, ...]) -> None:
    for result in world.sync(codes).values():
        assert result.state == "succeeded", result.detail


@pytest.mark.parametrize("codes", [(("ΝΕΑ",), ("ΝΕΑ",)), (("ΝΕΑ",), ("ΠΡΟΣΦΟΡΕΣ",)), ((), ())])
@pytest.mark.parametrize("other", [_preview, _sync])
def test_two_runs_at_once_end_without_a_deadlock(
    world: World,
    other: Callable[[World, tuple[str, ...]], None],
    codes: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """Two previews, and a preview beside a sync: of one collection, of two, and of all."""
    collections = [world.collection("ΝΕΑ"), world.collection("ΠΡΟΣΦΟΡΕΣ")]
    contacts = [world.contact(f"filos{number}@mail.gr", *collections) for number in range(40)]
    world.sync()
    # Refusals of merged contacts, which each snapshot and each plan follows.
    for contact in contacts[:10]:
        world.consent(contact, granted=False)
    world.sync()
    for contact, survivor in zip(contacts[:10], contacts[10:20], strict=True):
        world.change_contact(contact, merged_into_id=survivor)
    before = deadlocks(world)
    begin = threading.Barrier(2)

    def repeat(run: Callable[[World, tuple[str, ...]], None], chosen: tuple[str, ...]) -> None:
        for _ in range(6):
            begin.wait(timeout=60)
            run(world, chosen)

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(repeat, _preview, codes[0]), pool.submit(repeat, other, codes[1])]
        for run in runs:
            run.result(timeout=300)
    assert deadlocks(world) == before
