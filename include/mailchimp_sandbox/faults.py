"""Trouble on purpose: what Mailchimp and the network between do to a client.

Mailchimp's documentation and public bug reports name the kinds. They are 429 from the throttle,
5xx, and the bare 403 with an HTML body under load (docs, "API limits"). They also are slow answers,
and connections dropped before or after the request was processed.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

KINDS = ("429", "500", "502", "503", "504", "403", "slow", "drop_before", "drop_after")

PROFILES: dict[str, dict[str, float]] = {
    "none": {},
    "throttled": {"429": 0.15},
    "errors": {"500": 0.05, "502": 0.03, "503": 0.05, "504": 0.02},
    "forbidden": {"403": 0.1},
    "slow": {"slow": 0.2},
    "drops": {"drop_before": 0.05, "drop_after": 0.05},
    "lost_answers": {"drop_after": 0.1},
    "flaky": {
        "429": 0.03,
        "500": 0.01,
        "502": 0.01,
        "503": 0.01,
        "504": 0.005,
        "403": 0.01,
        "slow": 0.02,
        "drop_before": 0.01,
        "drop_after": 0.01,
    },
}


@dataclass(frozen=True)
class Fault:
    """One fault; ``delay`` in seconds applies to 'slow'."""

    kind: str
    delay: float = 0.0


@dataclass
class _Ordered:
    kind: str
    left: int
    method: str = "*"
    path: str = "*"
    delay: float = 1.0


@dataclass
class Faults:
    """What the next requests suffer: first what was ordered, then the profile's odds."""

    profile: str = "none"
    seed: int = 1
    _ordered: deque[_Ordered] = field(default_factory=deque)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.use(self.profile, self.seed)

    def use(self, profile: str, seed: int) -> None:
        """Switch to a named profile, its random numbers started again from ``seed``.

        Raises:
            ValueError: for an unknown profile.
        """
        if profile not in PROFILES:
            raise ValueError(f"unknown fault profile; one of: {', '.join(PROFILES)}")
        self.profile = profile
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a simulation, not a secret

    def order(
        self, kind: str, *, count: int = 1, method: str = "*", path: str = "*", delay: float = 1.0
    ) -> None:
        """Let the next ``count`` requests that match fail.

        Args:
            path: a shell pattern over the path below ``/3.0``, such as ``/lists/*/members``.

        Raises:
            ValueError: for an unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault; one of: {', '.join(KINDS)}")
        self._ordered.append(_Ordered(kind, count, method, path, delay))

    def clear(self) -> None:
        """No profile, nothing ordered."""
        self._ordered.clear()
        self.use("none", self.seed)

    def ordered_left(self) -> int:
        """How many ordered faults have not struck yet."""
        return sum(ordered.left for ordered in self._ordered)

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault of this request, if any."""
        for ordered in self._ordered:
            if ordered.method in ("*", method) and fnmatchcase(path, ordered.path):
                ordered.left -= 1
                if ordered.left <= 0:
                    self._ordered.remove(ordered)
                return Fault(ordered.kind, ordered.delay)
        odds = PROFILES[self.profile]
        if not odds:
            return None
        dice = self._random.random()
        for kind, chance in odds.items():
            if dice < chance:
                return Fault(kind, 0.2 + self._random.random() * 1.3)
            dice -= chance
        return None


_TITLES = {
    "403": "Access Denied",
    "502": "502 Bad Gateway",
    "503": "503 Service Temporarily Unavailable",
    "504": "504 Gateway Time-out",
}


def html_page(kind: str) -> bytes:
    """HTML in place of JSON: the front answers, not the API."""
    title = _TITLES[kind]
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    ).encode()
