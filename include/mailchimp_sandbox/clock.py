"""Simulated time: the machine's time plus an offset that only grows.

An account may begin in the past. Then the offset is negative until time has caught up.

Mailchimp stamps whole seconds (``2015-10-21T15:41:36+00:00``); state holds integers.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache

DAY = 86_400

_TIME = re.compile(
    r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$",
    re.ASCII,
)


class Clock:
    """Seconds since the epoch, as the simulated account sees them."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self._floor = 0

    def now(self) -> int:
        """Current simulated time. Never runs backwards, even when the machine's clock does."""
        self._floor = max(self._floor, int(time.time()) + self.offset)
        return self._floor

    @property
    def behind(self) -> int:
        """Seconds by which simulated time is behind the machine's; 0 if it is not behind."""
        return max(0, -self.offset)

    def advance(self, seconds: int) -> None:
        """Move ``seconds`` (not negative) into the future."""
        if seconds < 0:
            raise ValueError("simulated time only moves forward")
        self.offset += seconds


@lru_cache(maxsize=1 << 16)
def iso(moment: int | None) -> str:
    """Mailchimp's form of a time; the empty string means "never" (seen in real answers:
    ``completed_at``, ``last_open``, ``send_time``)."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


@lru_cache(maxsize=1 << 12)
def day(moment: int) -> str:
    """``YYYY-MM-DD`` of a time."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=1 << 12)
def month(moment: int) -> str:
    """``YYYY-MM`` of a time."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m")


def has_zone(text: str) -> bool:
    """Whether a time that ``parse`` reads names its zone."""
    found = _TIME.match(text)
    return found is not None and found[3] is not None


def parse(text: str) -> int:
    """Read an ISO 8601 time, a ``YYYY-MM-DD HH:MM:SS`` or a date, down to the second.

    Fractions of a second are cut off. State holds whole seconds, so comparing with ``>`` and ``<=``
    gives the same result. No zone means UTC.

    Raises:
        ValueError: for anything else.
    """
    found = _TIME.match(text)
    if found is None:
        raise ValueError("not a time")
    date, clock_time, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z") else zone
    return int(datetime.fromisoformat(f"{date}T{clock_time or '00:00:00'}{offset}").timestamp())
