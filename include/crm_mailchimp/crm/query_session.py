"""The session that the queries of dynamic collections run in: its settings, and how it is given up.

Postgres looks for a cancellation only between its steps, and a step can be long. So a query that
goes on after its time is cancelled first. If that does not help, our side shuts the socket down:
nothing waits for the server any more. The server's process ends at its next step, because its
cancellation waits there, and ``client_connection_check_interval`` finds the closed socket.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from crm_mailchimp.sessions import open_session

log = logging.getLogger(__name__)

#: Settings that an ordinary login may set for itself, and what each one bounds. ``crm create
#: --query-login`` gives them to the login, and each query sets them again: an older login has none.
#: Source: PostgreSQL 15 and 18 manual, chapter 20 "Server Configuration" (context "user").
SESSION_SETTINGS = {
    "work_mem": "16MB",  # of one sort or hash; more goes to temporary files
    "hash_mem_multiplier": "1",
    "max_parallel_workers_per_gather": "0",  # each worker would take work_mem again
    "jit": "off",  # a compilation takes memory, and nothing interrupts it
    "join_collapse_limit": "8",  # planning takes exponential time
    "from_collapse_limit": "8",
    "geqo": "on",
    "geqo_threshold": "8",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10min",
}
#: Settings of the login alone. Only a superuser may set ``temp_file_limit``, or who got the right
#: with ``grant set on parameter``. It bounds the disk, and no session can lift it.
LOGIN_SETTINGS = {
    **SESSION_SETTINGS,
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "search_path": "crm",
    "client_connection_check_interval": "5s",
    "temp_file_limit": "4GB",
}

#: Seconds after which a query is cancelled from our side.
TIMEOUT_SECONDS = 300.0
#: Seconds that a cancelled query has to end before its connection is given up.
GRACE_SECONDS = 10.0
_CANCEL_SECONDS = 5.0


class QuerySession:
    """The low-right login's connection, opened again after it was given up.

    Args:
        connection: the first one. Its owner closes it.
        timeout_seconds: time of each query.
        grace_seconds: how long after that its connection is given up.
    """

    def __init__(
        self,
        connection: Connection[Any],
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.timeout_seconds, self.grace_seconds = timeout_seconds, grace_seconds
        self._first = self._connection = connection
        # A lost connection no longer knows them.
        self._parameters = make_conninfo(
            **{**connection.info.get_parameters(), "password": connection.info.password}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not self._first:
            self._connection.close()

    def connection(self) -> Connection[Any]:
        """A connection that works.

        Raises:
            psycopg.OperationalError: it cannot be opened again.
        """
        if self._connection.closed:
            self._connection = open_session(self._parameters, keep_limits=True)
        return self._connection


class Deadline:
    """What became of a query's time.

    Attributes:
        expired: the time is over.
        given_up: the server did not stop the query, and the connection is lost.
    """

    def __init__(self) -> None:
        self.expired = threading.Event()
        self.given_up = threading.Event()


def limit_session(connection: Connection[Any]) -> None:
    """Set what bounds memory, planning and waiting, for the running transaction."""
    for name, value in SESSION_SETTINGS.items():
        connection.execute(
            sql.SQL("set local {} = {}").format(sql.Identifier(name), sql.Literal(value))
        )


@contextmanager
def stopped_after(
    connection: Connection[Any],
    seconds: float,
    deadline: Deadline,
    *,
    grace_seconds: float = GRACE_SECONDS,
) -> Iterator[None]:
    """Cancel what the block runs after its time, and give the connection up if that does not help.

    Args:
        connection: what the block works with.
        seconds: the time.
        deadline: says afterwards what happened.
        grace_seconds: how long after the time the connection is given up.
    """
    finished = threading.Event()

    def watch() -> None:
        if finished.wait(seconds):
            return
        deadline.expired.set()
        try:
            connection.cancel_safe(timeout=_CANCEL_SECONDS)
        except psycopg.Error as error:
            log.warning("a query that ran too long was not cancelled: %s", type(error).__name__)
        if not finished.wait(grace_seconds):
            deadline.given_up.set()
            log.warning("a query that Postgres does not stop: its connection is given up")
            _shut_down(connection)

    watcher = threading.Thread(target=watch, daemon=True, name="query deadline")
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()  # a cancel under way must not hit what the connection does next


def _shut_down(connection: Connection[Any]) -> None:
    # The thread that waits for the server wakes up with a lost connection.
    with socket.socket(fileno=os.dup(connection.fileno())) as shared:
        shared.shutdown(socket.SHUT_RDWR)
