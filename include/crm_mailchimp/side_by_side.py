"""The part of the provider seam that carries out several pieces of work at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, Self, TypeVar

W = TypeVar("W")
A = TypeVar("A")


class SideBySide(Protocol):
    """An account that permits several clients at a time."""

    def side_by_side(
        self, work: Iterable[W], call: Callable[[Self, W], A]
    ) -> Generator[tuple[W, A]]:
        """Carry a call out for each piece of work, as many at a time as the account permits now.

        Results come in the order in which the calls end.

        Args:
            work: made in this thread; a piece is taken right before its call.
            call: runs in any thread, with a client that no other thread uses meanwhile.

        Raises:
            Exception: what a call raised first, after the results of all calls that were in flight.
                No call begins after an error.
        """
        ...
