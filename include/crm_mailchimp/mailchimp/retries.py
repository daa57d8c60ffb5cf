"""How often and how patiently a request is sent again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: POSTs that end in the same state when sent twice. Everything else that creates or sends
#: something is never repeated blindly after a lost answer.
_REPEATABLE_POSTS = frozenset(
    {
        "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent",
        "/lists/{list_id}/members/{subscriber_hash}/tags",
        "/lists/{list_id}/segments/{segment_id}",
    }
)


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Exponential backoff with full jitter.

    ``attempts`` counts all sendings of one request, the first included. ``base`` and ``cap`` are
    seconds. ``deadline`` is the time in seconds after which no further attempt begins.
    """

    attempts: int = 6
    base: float = 1.0
    cap: float = 60.0
    deadline: float = 300.0

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after attempt number ``attempt`` (from 1).

        The server's ``Retry-After`` is the minimum. The jitter is added to it, so that clients that
        were turned away together do not come back together.
        """
        jitter = random.uniform(0, min(self.cap, self.base * 2 ** (attempt - 1)))  # noqa: S311
        return (retry_after or 0.0) + jitter


def repeatable(method: str, path: str, body: Mapping[str, Any] | None) -> bool:
    """Whether a request may be sent again although the first may have been carried out.

    A batch subscribe that leaves existing members alone may. Members that the lost call created
    come back as "already a list member", and their field CRMREF names their contact.
    """
    if method != "POST":
        return True
    if path == "/lists/{list_id}":
        return (body or {}).get("update_existing") is False
    return path in _REPEATABLE_POSTS
