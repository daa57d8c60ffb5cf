"""Calls side by side: one account, several clients, each in a connection slot of its own.

The caller's thread makes the work and reads the answers. Only the calls themselves run in other
threads. So the caller's database connections stay in one thread.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from crm_mailchimp.errors import PassingError

log = logging.getLogger(__name__)

#: Calls in flight at most: all slots of an account but the one of the caller's own client.
MOST_LANES = 7
#: Seconds until a free slot is looked for again, after none was free.
_LOOK_AGAIN = 5.0
#: Seconds after which a client without work is given back.
_IDLE_SECONDS = 2.0
#: Seconds after which a wait for an answer is interrupted, to give such clients back.
_GIVE_BACK_SECONDS = 0.5


class Lane(Protocol):
    """A client that may have to be given back."""

    def is_wanted(self) -> bool:
        """Whether somebody else waits for this client's connection slot."""
        ...


L = TypeVar("L", bound=Lane)
W = TypeVar("W")
A = TypeVar("A")


@dataclass
class _Open(Generic[L]):
    """An open client; ``idle_since`` is when its last call ended, by the clock."""

    lane: L
    stack: ExitStack
    idle_since: float


class Lanes(Generic[L]):
    """Further clients, opened as they are needed, and given back when they are not.

    Args:
        another: opens one more client without waiting for it. A ``PassingError`` says that none is
            free; then the work goes on with those that are open.
        own: the caller's client; used when no other is open. Then calls go one after the other.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        another: Callable[[], AbstractContextManager[L]] | None,
        own: L,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._another, self._own, self._clock = another, own, clock
        self._open: list[_Open[L]] = []
        #: Those of them without a call, the one that has waited longest first.
        self._idle: list[_Open[L]] = []
        self._none_free_until = float("-inf")

    def each(self, work: Iterable[W], call: Callable[[L, W], A]) -> Iterator[tuple[W, A]]:
        """Make a call for each piece of work; answers come in the order in which they end.

        A piece is taken from ``work`` when a client is free, and is sent at once. So what was
        looked up for it is fresh. Only the first piece is taken before a client is opened.

        Args:
            work: made in this thread.
            call: runs in another thread, with a client that no other thread uses meanwhile.

        Raises:
            Exception: what ``call`` raised first, after the answers of all calls that were in
                flight. No call begins after an error.
        """
        flying: dict[Future[A], tuple[W, _Open[L]]] = {}
        failures: list[Exception] = []
        try:
            with ThreadPoolExecutor(MOST_LANES, thread_name_prefix="mailchimp") as threads:
                pieces = iter(work)
                taken = list(islice(pieces, 1))
                while taken:
                    (piece,) = taken
                    # Answers that came meanwhile are read afterwards: to read them may take long.
                    if any(future.done() and future.exception() for future in flying):
                        break
                    lane = self._free_lane()
                    if lane is not None:
                        flying[threads.submit(call, lane.lane, piece)] = piece, lane
                    else:
                        yield piece, call(self._own, piece)
                    yield from self._await_free_lane(flying, failures)
                    taken = [] if failures else list(islice(pieces, 1))
                while flying:
                    yield from self._ended(flying, failures, at_least_one=True)
        finally:
            self._close_all()
        if failures:
            raise failures[0]

    def in_order(
        self, work: Iterable[W], call: Callable[[L, W], A], *, most: int = MOST_LANES
    ) -> Generator[tuple[W, A]]:
        """Make a call for each piece of work; answers come in the order of the work.

        Calls run ahead of the answer that is being read. So memory holds few answers, however slow
        the reader is. A call whose client lost its connection slot is made by the caller's client.

        Args:
            work: made in this thread.
            call: as for ``each``; it only reads.
            most: calls that run ahead, at most; never more than ``MOST_LANES``.

        Raises:
            Exception: what ``call`` raised for the next piece. The answers after it are lost.
        """
        flying: dict[Future[A], tuple[W, _Open[L]]] = {}
        ahead: deque[tuple[W, Future[A]]] = deque()
        pieces = iter(work)
        taken = list(islice(pieces, 1))
        try:
            with ThreadPoolExecutor(MOST_LANES, thread_name_prefix="mailchimp") as threads:
                while taken or ahead:
                    self._settle(flying, wait_for=None)
                    while taken and len(ahead) < min(most, MOST_LANES):
                        lane = self._free_lane()
                        if lane is None:
                            break
                        future = threads.submit(call, lane.lane, taken[0])
                        flying[future] = taken[0], lane
                        ahead.append((taken[0], future))
                        taken = list(islice(pieces, 1))
                    if ahead:
                        piece, future = ahead.popleft()
                        self._settle(flying, wait_for=future)
                        yield piece, self._answer(future, call, piece)
                    else:
                        (piece,) = taken
                        yield piece, call(self._own, piece)
                        taken = list(islice(pieces, 1))
        finally:
            self._close_all()

    def _await_free_lane(
        self, flying: dict[Future[A], tuple[W, _Open[L]]], failures: list[Exception]
    ) -> Iterator[tuple[W, A]]:
        """The answers that end until a client is free: a further one, or the caller's."""
        yield from self._ended(flying, failures, at_least_one=False)
        while flying and not self._idle and not failures:
            lane = self._opened(self._clock())
            if lane is not None:
                self._idle.append(lane)
            else:
                yield from self._ended(flying, failures, at_least_one=True)

    def _free_lane(self) -> _Open[L] | None:
        now = self._clock()
        if not self._idle:
            return self._opened(now)
        # The one that was used last is enough where there is little work.
        lane = self._idle.pop()
        self._give_back(now)
        return lane

    def _give_back(self, now: float) -> None:
        """Close clients that have had no work for long."""
        while self._idle and now - self._idle[0].idle_since > _IDLE_SECONDS:
            self._close(self._idle.pop(0))

    def _opened(self, now: float) -> _Open[L] | None:
        if self._another is None or len(self._open) >= MOST_LANES or now < self._none_free_until:
            return None
        with ExitStack() as opening:
            try:
                lane = opening.enter_context(self._another())
            except PassingError as error:
                log.info("no further connection to Mailchimp: %s", type(error).__name__)
                # To look may have taken long, and is not done again right after that.
                self._none_free_until = self._clock() + _LOOK_AGAIN
                return None
            self._open.append(_Open(lane, opening.pop_all(), now))
        return self._open[-1]

    def _ended(
        self,
        flying: dict[Future[A], tuple[W, _Open[L]]],
        failures: list[Exception],
        *,
        at_least_one: bool,
    ) -> Iterator[tuple[W, A]]:
        done, _ = wait(flying, timeout=0)
        while at_least_one and not done:
            done, _ = wait(flying, timeout=_GIVE_BACK_SECONDS, return_when=FIRST_COMPLETED)
            self._give_back(self._clock())
        for future in done:
            piece, lane = flying.pop(future)
            self._put_back(lane)
            error = future.exception()
            if isinstance(error, Exception):
                failures.append(error)
            else:
                yield piece, future.result()

    def _answer(self, future: Future[A], call: Callable[[L, W], A], piece: W) -> A:
        try:
            return future.result()
        except PassingError as error:
            log.info("a page is asked for again: %s", type(error).__name__)
            return call(self._own, piece)

    def _settle(
        self, flying: dict[Future[A], tuple[W, _Open[L]]], *, wait_for: Future[A] | None
    ) -> None:
        """Put the clients of all calls that have ended back, once this one has ended."""
        while wait_for is not None and not wait_for.done():
            wait([wait_for], timeout=_GIVE_BACK_SECONDS)
            self._give_back(self._clock())
        done, _ = wait(flying, timeout=0)
        for future in done:
            _, lane = flying.pop(future)
            self._put_back(lane)

    def _put_back(self, lane: _Open[L]) -> None:
        lane.idle_since = self._clock()
        if lane.lane.is_wanted():
            self._close(lane)
        else:
            self._idle.append(lane)

    def _close(self, lane: _Open[L]) -> None:
        self._open.remove(lane)
        lane.stack.close()

    def _close_all(self) -> None:
        while self._open:
            self._open.pop().stack.close()
