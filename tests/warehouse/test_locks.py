"""Locks and connection slots, between real sessions and real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.warehouse.connection_slots import (
    SLOT_COUNT,
    NoFreeSlotError,
    SlotLostError,
    slot,
)
from crm_mailchimp.warehouse.locks import (
    AudienceBusyError,
    audience_lock,
    named_lock,
    second_audience_lock,
    try_named_lock,
)

Connect = Callable[[], psycopg.Connection[Any]]


@pytest.fixture
def connect(warehouse_db: str) -> Connect:
    return lambda: psycopg.connect(warehouse_db)


@pytest.fixture
def watcher(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db, autocommit=True) as connection:
        yield connection


def advisory_locks(watcher: psycopg.Connection[Any], *, granted: bool) -> int:
    row = watcher.execute(
        "select count(*) from pg_locks where locktype = 'advisory' and granted = %s"
        " and database = (select oid from pg_database where datname = current_database())",
        (granted,),
    ).fetchone()
    assert row
    return int(row[0])


def wait_for_freed_locks(watcher: psycopg.Connection[Any]) -> None:
    """A closed connection's session ends a moment after the client is gone."""
    deadline = datetime.now(tz=UTC) + timedelta(seconds=20)
    while advisory_locks(watcher, granted=True):
        assert datetime.now(tz=UTC) < deadline, "a lock was not freed"


def wait_for_waiters(watcher: psycopg.Connection[Any], count: int) -> None:
    deadline = datetime.now(tz=UTC) + timedelta(seconds=20)
    while advisory_locks(watcher, granted=False) < count:
        assert datetime.now(tz=UTC) < deadline, "nobody waits"


def test_a_second_session_waits_for_the_audience(connect: Connect, watcher: Any) -> None:
    order: list[str] = []

    def second() -> None:
        with connect() as connection, audience_lock(connection, "πελάτες"):
            order.append("second")

    with connect() as connection, audience_lock(connection, "πελάτες"):
        thread = threading.Thread(target=second)
        thread.start()
        wait_for_waiters(watcher, 1)
        with connect() as other, audience_lock(other, "άλλη"):
            order.append("another audience")
        order.append("first")
    thread.join(20)
    assert order == ["another audience", "first", "second"]
    assert advisory_locks(watcher, granted=True) == 0


def test_a_lock_is_freed_after_an_error_in_the_transaction(connect: Connect, watcher: Any) -> None:
    connection = connect()
    with pytest.raises(psycopg.errors.DivisionByZero), named_lock(connection, "κάτι"):
        connection.execute("select 1 / 0")
    assert advisory_locks(watcher, granted=True) == 0
    connection.close()


def test_the_holder_of_a_lock_is_not_left_inside_a_transaction(connect: Connect) -> None:
    with connect() as connection, named_lock(connection, "κάτι"):
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_of_two_that_wait_for_each_other_one_gives_up(connect: Connect) -> None:
    both_hold_one = threading.Barrier(2, timeout=30)
    ended: dict[str, str] = {}

    def work(first: str, second: str) -> None:
        with connect() as connection, audience_lock(connection, first):
            both_hold_one.wait()
            try:
                with second_audience_lock(connection, second):
                    ended[first] = "got it"
            except AudienceBusyError as error:
                ended[first] = str(error)
            # The first one is still held, and the session can be used.
            connection.execute("select 1")

    threads = [
        threading.Thread(target=work, args=pair) for pair in (("ΝΕΑ", "ΑΛΛΑ"), ("ΑΛΛΑ", "ΝΕΑ"))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    words = sorted(ended.values())
    assert words[0] == "got it"
    assert "waits for this one" in words[1]


def test_trying_does_not_wait(connect: Connect) -> None:
    with connect() as first, connect() as second, try_named_lock(first, "κάτι") as got:
        assert got
        with try_named_lock(second, "κάτι") as again:
            assert not again


def test_eight_slots_and_the_ninth_waits(connect: Connect, watcher: Any) -> None:
    got: list[int] = []
    with ExitStack() as held:
        numbers = {held.enter_context(slot(connect)) for _ in range(SLOT_COUNT)}
        assert numbers == set(range(8))
        with pytest.raises(NoFreeSlotError, match="all 8"), slot(connect, wait_seconds=0.2):
            pass

        def ninth() -> None:
            with slot(connect) as number:
                got.append(number)

        thread = threading.Thread(target=ninth)
        thread.start()
        wait_for_waiters(watcher, 1)
        assert got == []
    thread.join(20)
    assert len(got) == 1
    wait_for_freed_locks(watcher)


def test_each_account_has_eight_slots_of_its_own(connect: Connect, watcher: Any) -> None:
    with ExitStack() as held:
        for limit in (None, "ο πρώτος", "ο δεύτερος"):
            for _ in range(SLOT_COUNT):
                held.enter_context(slot(connect, limit=limit))
            with pytest.raises(NoFreeSlotError), slot(connect, wait_seconds=0.0, limit=limit):
                pass
        assert advisory_locks(watcher, granted=True) == 3 * SLOT_COUNT
    wait_for_freed_locks(watcher)


def test_a_slot_of_an_account_knows_itself(connect: Connect, watcher: Any) -> None:
    with slot(connect, limit="ο λογαριασμός") as held:
        held.require()
        assert not held.is_wanted()
        watcher.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
        )
        with pytest.raises(SlotLostError):
            held.require()


@pytest.mark.parametrize("has_queued", [False, True], ids=["taken at once", "waited for"])
def test_a_sign_of_life_never_frees_a_slot(
    connect: Connect, watcher: psycopg.Connection[Any], has_queued: bool
) -> None:
    got: list[int] = []

    def wait_for_one() -> None:
        with slot(connect) as number:
            got.append(number)

    with ExitStack() as all_held:
        before = ExitStack()
        held = before.enter_context(slot(connect))
        for _ in range(SLOT_COUNT - 1):
            all_held.enter_context(slot(connect))
        if has_queued:
            freeing = threading.Thread(
                target=lambda: (wait_for_waiters(watcher, 1), before.close())
            )
            freeing.start()
            held = all_held.enter_context(slot(connect))
            freeing.join(20)
        all_held.push(before)
        waiting = threading.Thread(target=wait_for_one)
        waiting.start()
        wait_for_waiters(watcher, 1)
        for _ in range(300):
            held.require()
        assert got == []
        assert advisory_locks(watcher, granted=True) == SLOT_COUNT
    waiting.join(20)
    assert len(got) == 1
    wait_for_freed_locks(watcher)


def test_the_default_account_keeps_the_names_of_its_locks(connect: Connect, watcher: Any) -> None:
    """Tasks of the version before run beside those of this one while it is installed."""
    with slot(connect) as number:
        (key,) = watcher.execute(
            "select classid::bigint << 32 | objid::bigint from pg_locks"
            " where locktype = 'advisory' and granted"
        ).fetchone()
        (name,) = watcher.execute(
            "select hashtextextended(%s, 0)", (f"mailchimp connection slot:{int(number)}",)
        ).fetchone()
    assert key == name


def test_a_killed_process_frees_its_slot(warehouse_db: str, connect: Connect) -> None:
    program = (
        "import psycopg, sys\n"
        "from crm_mailchimp.warehouse.connection_slots import slot\n"
        "with slot(lambda: psycopg.connect(sys.argv[1])) as number:\n"
        "    print(number, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with ExitStack() as held:
        process = subprocess.Popen(
            [sys.executable, "-c", program, warehouse_db],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout and process.stdin
        taken = int(process.stdout.readline())
        for _ in range(SLOT_COUNT - 1):
            held.enter_context(slot(connect))
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stdout.close()
        process.stdin.close()
        assert held.enter_context(slot(connect, wait_seconds=20)) == taken
