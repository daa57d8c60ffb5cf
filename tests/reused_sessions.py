"""Sessions of one test, used one after the other, as behind a pooler in session mode.

Every run opens sessions of its own, and a test has dozens of runs. A new session of Postgres reads
its catalogs first: that took a quarter of the suite's time. So a session that was closed is reset
and given out again. ``DISCARD ALL`` is what pgbouncer sends at this moment. Source: pgbouncer.org,
``server_reset_query``. What the product set in the new session is set again, in one round trip.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from crm_mailchimp.sessions import prepared

_TIMEOUT_SECONDS = 10
#: In other states a statement or a copy is under way, or the server has gone.
_AT_REST = frozenset({TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR})


class ReusedSessions:
    """Gives out sessions; each belongs to its taker until it is closed."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Reused]] = {}
        self._open = True

    def take(self, dsn: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A session as ``open_session`` gives it; ``close`` gives it back.

        Args:
            dsn: of the database.
            autocommit: each statement is a transaction of its own.
        """
        session = self._idle_session(dsn)
        if session is None:
            session = prepared(lambda: _Reused.connect(dsn, connect_timeout=_TIMEOUT_SECONDS))
            session.place = (self, dsn)
        session.autocommit = autocommit
        return session

    def close(self) -> None:
        """End the idle ones. The others end when they are closed."""
        self._open = False
        for sessions in self._idle.values():
            for session in sessions:
                session.end()
        self._idle.clear()

    def keep(self, session: _Reused, dsn: str) -> bool:
        """Take a clean session back; False: it has to end."""
        if self._open:
            self._idle.setdefault(dsn, []).append(session)
        return self._open

    def _idle_session(self, dsn: str) -> _Reused | None:
        while sessions := self._idle.get(dsn):
            session = sessions.pop()
            try:
                session.set_again()
            except psycopg.OperationalError:
                # The test ended the server's sessions, or the server.
                session.end()
                continue
            return session
        return None


class _Reused(psycopg.Connection[Any]):
    #: Where it was taken from. Before that, it is being prepared.
    place: tuple[ReusedSessions, str] | None = None
    #: What the product set meanwhile, a text for each round trip.
    settings: tuple[str, ...] = ()

    def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        if self.place is None:
            text = query if isinstance(query, str) else query.as_string(self)
            if text.startswith("set "):
                self.settings += (text,)
        return super().execute(query, *arguments, **options)

    def set_again(self) -> None:
        """After a reset: the settings of a prepared session."""
        self.autocommit = True
        super().execute("; ".join(self.settings).encode())
        self.autocommit = False

    def close(self) -> None:
        if self.place is None or self.info.transaction_status not in _AT_REST:
            self.end()
            return
        sessions, dsn = self.place
        try:
            self._forget_all()
        except psycopg.OperationalError:
            self.end()
            return
        if not sessions.keep(self, dsn):
            self.end()

    def end(self) -> None:
        """Close it for good."""
        super().close()

    def _forget_all(self) -> None:
        """Whatever the taker set, made or registered in this session."""
        self.rollback()
        self.autocommit = True
        self.execute("discard all")
        self._prepared.clear()
        self._notice_handlers.clear()
        self._notify_handlers.clear()
        self.autocommit = False
        self.isolation_level = self.read_only = self.deferrable = None
        self.row_factory, self.cursor_factory = tuple_row, psycopg.Cursor
