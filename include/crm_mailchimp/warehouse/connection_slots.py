"""The account-wide limit on simultaneous Mailchimp connections.

Mailchimp allows 10 connections at a time for an account and answers 429 beyond that
(https://mailchimp.com/developer/marketing/docs/fundamentals/, "Throttling"). Everything that
talks to it (tasks, triggers, commands, the UI page) first takes one of 8 slots here. Two are left
for other users of the key. Each account has 8 of its own.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import psycopg

from crm_mailchimp.errors import PassingError
from crm_mailchimp.rows import read_value

#: Slots of one account: two below Mailchimp's limit.
SLOT_COUNT = 8

# A lock on a 64-bit key shows its upper and lower half in pg_locks. The locks of the default
# account have a name, those of another account a number alone.
_KEY = "coalesce(%(number)s::bigint, hashtextextended(%(name)s, 0))"

# A session holds its slot twice. So the slot is never free while it is let go once and taken again.
_TAKE = f"""
select case when pg_try_advisory_lock({_KEY}) then pg_try_advisory_lock({_KEY}) else false end
"""

# A look into pg_locks would read the locks of all sessions, and this is asked before each call.
_IS_HELD = f"""
select case when pg_advisory_unlock({_KEY}) then pg_try_advisory_lock({_KEY}) else false end
"""

_IS_WANTED = f"""
select exists (
    select from pg_catalog.pg_locks as wanted
    where
        wanted.locktype = 'advisory'
        and not wanted.granted
        and wanted.objsubid = 1
        and (wanted.classid::bigint << 32 | wanted.objid::bigint) = {_KEY}
)
"""

#: How long to queue for one particular slot before looking at the others again.
_QUEUE_FOR_MS = 2_000


class SlotLostError(PassingError):
    """The session that held a connection slot has ended; another process may hold the slot now."""


class HeldSlot(int):
    """The number of a slot that is held: it can be asked whether it still is."""

    _connection: psycopg.Connection[Any]
    _limit: str | None

    def __new__(
        cls, number: int, connection: psycopg.Connection[Any], limit: str | None = None
    ) -> Self:
        held = super().__new__(cls, number)
        held._connection, held._limit = connection, limit
        return held

    def require(self) -> None:
        """Ask the session for a sign of life; costs one round trip to the warehouse.

        Raises:
            SlotLostError: the session has ended, by whatever cause.
        """
        try:
            is_held = read_value(self._connection, bool, _IS_HELD, _lock(self, self._limit))
        except psycopg.Error:
            is_held = False
        if not is_held:
            raise SlotLostError(
                f"Mailchimp connection slot {int(self)} is lost: its session in the warehouse "
                "(warehouse_db) has ended. Nothing more is sent. Look for a restart, a closed "
                "connection or a timeout of the warehouse"
            )

    def is_wanted(self) -> bool:
        """Whether somebody waits for this very slot; costs one round trip to the warehouse."""
        try:
            return read_value(self._connection, bool, _IS_WANTED, _lock(self, self._limit))
        except psycopg.Error:
            return True  # it is lost: nobody may use it any more


class NoFreeSlotError(PassingError):
    """Every connection slot stayed taken for as long as the caller would wait."""


@contextmanager
def slot(
    connect: Callable[[], psycopg.Connection[Any]],
    *,
    wait_seconds: float = 3600.0,
    limit: str | None = None,
) -> Iterator[HeldSlot]:
    """Hold one of the account's connection slots for as long as the block runs.

    The slot is a session advisory lock on a warehouse connection of its own. So it is free again
    when the block, the process or the machine ends.

    Args:
        connect: opens a new warehouse connection, which this function closes.
        wait_seconds: how long to wait for a free slot.
        limit: what identifies the account. Accounts with the same text share their slots. It may
            be a secret's digest: it never leaves this process. None: the default account.

    Yields:
        the slot's number, 0 to 7.

    Raises:
        NoFreeSlotError: no slot came free in time.
    """
    connection = connect()
    try:
        connection.rollback()
        connection.autocommit = True
        number = _take(connection, limit, time.monotonic() + wait_seconds, wait_seconds)
        yield HeldSlot(number, connection, limit)
    finally:
        connection.close()


@contextmanager
def spare_slot(
    connect: Callable[[], psycopg.Connection[Any]], *, limit: str | None = None
) -> Iterator[HeldSlot]:
    """Hold a slot that is free now, for work that can also go on without it.

    Args:
        connect, limit: as for ``slot``.

    Raises:
        NoFreeSlotError: none is free, or the warehouse has no room for one more session.
    """
    with ExitStack() as opening:
        try:
            held = opening.enter_context(slot(connect, wait_seconds=0.0, limit=limit))
        except psycopg.OperationalError:
            raise NoFreeSlotError("the warehouse gives no further session now") from None
        yield held


def _take(
    connection: psycopg.Connection[Any], limit: str | None, deadline: float, wait_seconds: float
) -> int:
    # Processes begin at different slots, so that they queue evenly when all are taken.
    order = [(os.getpid() + step) % SLOT_COUNT for step in range(SLOT_COUNT)]
    turn = 0
    while True:
        for number in order:
            if read_value(connection, bool, _TAKE, _lock(number, limit)):
                return number
        remaining_ms = int((deadline - time.monotonic()) * 1000)
        if remaining_ms <= 0:
            raise NoFreeSlotError(
                f"all {SLOT_COUNT} Mailchimp connection slots stayed taken for "
                f"{wait_seconds:.0f} s: other tasks still use Mailchimp. Try again "
                "later, or find the holders in pg_locks of the warehouse"
            )
        number = order[turn % SLOT_COUNT]
        turn += 1
        if _queue_for(connection, _lock(number, limit), min(_QUEUE_FOR_MS, remaining_ms)):
            return number


def _queue_for(
    connection: psycopg.Connection[Any], lock: Mapping[str, object], milliseconds: int
) -> bool:
    """Wait in Postgres's own lock queue for one slot; False when the time is over."""
    connection.execute("select set_config('lock_timeout', %s, false)", (f"{milliseconds}ms",))
    try:
        connection.execute(f"select pg_advisory_lock({_KEY})", lock)
    except psycopg.errors.LockNotAvailable:
        return False
    return read_value(connection, bool, f"select pg_try_advisory_lock({_KEY})", lock)


def _lock(number: int, limit: str | None) -> dict[str, object]:
    """Parameters of ``_KEY``. The server never sees ``limit``, only 64 bits of its hash."""
    if limit is None:
        return {"number": None, "name": f"mailchimp connection slot:{number:d}"}
    digest = hashlib.sha256(f"mailchimp connection slot:{limit}:{number:d}".encode()).digest()
    return {"number": int.from_bytes(digest[:8], "big", signed=True), "name": ""}
