"""When the progress of a batch is looked at."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Polling:
    """How a batch is waited for: seconds to the first look, at most between two, and in all."""

    first: float = 0.2
    most: float = 30.0
    deadline: float = 3600.0


class Pace:
    """When a batch is looked at first: shortly before it may be finished.

    One batch follows another, and most take as long for each operation as the one before.

    Args:
        polling: how to wait for a batch while nothing is known of the ones before.
    """

    #: Part of the time that the fastest batch took, until the first look at the next one.
    _PART = 0.9
    #: Longest wait for a first look, in seconds: the batches before may have waited for others.
    _LONGEST = 300.0

    def __init__(self, polling: Polling) -> None:
        self.polling = polling
        self._seconds_each = 0.0

    def first_look(self, operations: int) -> float:
        """Seconds from the start of a batch to the first look at it.

        Args:
            operations: of the batch.
        """
        expected = min(self._PART * self._seconds_each * operations, self._LONGEST)
        return max(shortened(self.polling.first), expected)

    def note(self, operations: int, seconds: float) -> None:
        """A batch was finished at most so many seconds after its start."""
        each = seconds / operations
        self._seconds_each = min(self._seconds_each or each, each)


def shortened(seconds: float) -> float:
    """Up to a quarter less, so that runs do not look all at once."""
    return seconds * random.uniform(0.75, 1.0)  # noqa: S311
