"""Advisory locks of the warehouse: one name, one 64-bit key, one holder.

They belong to the session, so a crashed process frees what it held when its connection ends. A
pooler that shares sessions between clients would break that: ``sessions`` refuses it. A lock that
was lost by other means is noticed at its end at the latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from psycopg import Error, OperationalError
from psycopg.errors import DeadlockDetected
from psycopg.pq import TransactionStatus

from crm_mailchimp.errors import PassingError
from crm_mailchimp.rows import read_value
from crm_mailchimp.warehouse.single_statements import single_statements

if TYPE_CHECKING:
    from psycopg import Connection


class LockLostError(Exception):
    """The session that held a lock has ended, or was reset: somebody else may have had the lock."""


class AudienceBusyError(PassingError):
    """Two workers wait for each other's audience: this one gave up."""


@contextmanager
def named_lock(connection: Connection[Any], name: str) -> Iterator[None]:
    """Hold the session advisory lock called ``name``; waits as long as another session has it.

    The block commits what it writes: a session that waits goes on the moment the block ends.

    Args:
        connection: an open warehouse connection; outside a transaction it stays outside.
        name: what is locked, for example ``"audience:a1b2c3"``.
    """
    # The lock belongs to the session. A transaction that asked for it would only stay open
    # ("idle in transaction") while the lock is held.
    with single_statements(connection):
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
    try:
        yield
    except BaseException:
        _release_after_error(connection, name)
        raise
    _release(connection, name)


@contextmanager
def try_named_lock(connection: Connection[Any], name: str) -> Iterator[bool]:
    """Like :func:`named_lock` but without waiting: yields whether the lock was got."""
    with single_statements(connection):
        got = read_value(
            connection, bool, "select pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)
        )
    try:
        yield got
    except BaseException:
        if got:
            _release_after_error(connection, name)
        raise
    if got:
        _release(connection, name)


@contextmanager
def audience_lock(connection: Connection[Any], list_key: str) -> Iterator[None]:
    """One worker at a time for one audience: sync, pull-back, erasure and the send gate take it.

    Args:
        connection: an open warehouse connection.
        list_key: names the audience before and after it exists in Mailchimp; the collection's
            code.
    """
    with named_lock(connection, f"audience:{list_key}"):
        yield


@contextmanager
def second_audience_lock(connection: Connection[Any], list_key: str) -> Iterator[None]:
    """Like :func:`audience_lock`, for a worker that holds another audience already.

    Raises:
        AudienceBusyError: its holder waits for an audience that this worker holds. Postgres notices
            that after ``deadlock_timeout``. The transaction is rolled back.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(audience_lock(connection, list_key))
        except DeadlockDetected as error:
            connection.rollback()
            raise AudienceBusyError(
                f"the audience of {list_key} is in use by a task that waits for this one. Each "
                "of them takes a collection from the other's audience. The next attempt goes on"
            ) from error
        yield


@contextmanager
def try_audience_lock(connection: Connection[Any], list_key: str) -> Iterator[bool]:
    """Like :func:`audience_lock` but without waiting: yields whether the lock was got."""
    with try_named_lock(connection, f"audience:{list_key}") as got:
        yield got


def _release(connection: Connection[Any], name: str) -> None:
    try:
        if connection.info.transaction_status == TransactionStatus.INERROR:
            connection.rollback()  # a failed transaction would refuse the unlock too
        with single_statements(connection):
            was_held = read_value(
                connection, bool, "select pg_advisory_unlock(hashtextextended(%s, 0))", (name,)
            )
    except OperationalError:
        was_held = False
    if not was_held:
        raise LockLostError(
            "a lock of the warehouse (warehouse_db) was lost while it was needed: its session has "
            "ended or was reset. Run the task again. Look for a restart, a closed connection or a "
            "pooler in between"
        )


def _release_after_error(connection: Connection[Any], name: str) -> None:
    # The block's own error is the one to show.
    with suppress(LockLostError, Error):
        _release(connection, name)
