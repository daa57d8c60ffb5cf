"""Ids for what is no collection of the CRM, and has a row among the collections all the same.

Each kind has a range of its own, below the ids that a CRM gives its collections. An id is made of a
text, so it is the same after a loss of the warehouse.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class IdRange:
    """The ids of one kind.

    Attributes:
        first: the highest of them.
        count: how many there are; the others lie below.
    """

    first: int
    count: int

    def id_of(self, text: str) -> int:
        """The id that a text makes: always the same."""
        digest = hashlib.sha256(text.encode()).digest()
        return self.first - int.from_bytes(digest[:8], "big") % self.count

    def __contains__(self, made_up: int) -> bool:
        return self.first - self.count < made_up <= self.first


#: Audiences that several collections share.
SHARED_AUDIENCES = IdRange(-(2**62), 2**61)
#: Collections that are known by their tags alone, after a loss of the state.
UNKNOWN_COLLECTIONS = IdRange(-(2**61), 2**60)
#: Plans of collections that wait in an audience that they left.
WAITING_PLANS = IdRange(-(2**59), 2**58)
