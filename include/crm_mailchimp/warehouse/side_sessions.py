"""Sessions of the warehouse for work side by side: each is used by one thread at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, closing
from queue import Empty, LifoQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


class SideSessions:
    """The caller's session and further ones, opened as they are needed; closed with the block.

    Args:
        own: the caller's session, which stays open.
        connect: opens one more session.
    """

    def __init__(self, own: Connection[Any], connect: Callable[[], Connection[Any]]) -> None:
        self._idle: LifoQueue[Connection[Any]] = LifoQueue()
        self._idle.put(own)
        self._connect = connect
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()

    def take(self) -> Connection[Any]:
        """A session that nobody uses, for the caller alone until it is given back.

        Where the warehouse has no room for one more, it waits until another thread gives one back.

        Raises:
            psycopg.Error: a new session cannot be used.
        """
        from psycopg import OperationalError  # noqa: PLC0415 - the caller has loaded it

        try:
            return self._idle.get_nowait()
        except Empty:
            pass
        try:
            session = self._opened.enter_context(closing(self._connect()))
        except OperationalError:
            log.info("the warehouse gives no further session now")
            return self._idle.get()
        return session

    def give_back(self, session: Connection[Any]) -> None:
        """Somebody else may use it; from any thread."""
        self._idle.put(session)
