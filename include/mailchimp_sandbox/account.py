"""The account: its state, clock and ledger in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from mailchimp_sandbox.clock import Clock
from mailchimp_sandbox.lag import ListingLag
from mailchimp_sandbox.ledger import Ledger
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.state import Account, Audience, Campaign

#: In which the account shows and schedules; the API itself speaks UTC.
TIME_ZONE = "Europe/Athens"

_CONTACT = {
    "company": "Ελαιώνες Αιγαίου Α.Ε.",
    "addr1": "Ερμού 12",
    "addr2": "",
    "city": "Αθήνα",
    "state": "Αττική",
    "zip": "10563",
    "country": "GR",
}


class Sandbox:
    """One simulated account while it runs."""

    def __init__(self, seed: int = 1, clock: Clock | None = None, name: str = "") -> None:
        self.clock = clock or Clock()
        self.ledger = Ledger()
        self.account = Account(
            seed=seed, name=name, created_at=self.clock.now(), contact=dict(_CONTACT)
        )
        self.pages: dict[Any, tuple[int, list[Any]]] = {}
        self.next_due = 0
        self.hold_batches = False
        self.lag = ListingLag()

    @property
    def now(self) -> int:
        """Simulated time in seconds since the epoch."""
        return self.clock.now()

    def reset(self) -> None:
        """Forget everything but the seed and the clock."""
        self.ledger = Ledger()
        self.account = Account(
            seed=self.account.seed,
            name=self.account.name,
            created_at=self.now,
            contact=dict(_CONTACT),
        )
        self.pages.clear()
        self.next_due = 0
        self.hold_batches = False
        self.lag = ListingLag()

    def next_number(self) -> int:
        """1, 2, 3, ... over the whole account."""
        self.account.counter += 1
        return self.account.counter

    def new_id(self, kind: str, length: int = 10) -> str:
        """An identifier that is the same in every run with this seed and order of calls.

        Mailchimp's are unique over all accounts; so those of two names differ.
        """
        text = f"{self.account.seed}{self.account.name}:{kind}:{self.next_number()}"
        return hashlib.sha256(text.encode()).hexdigest()[:length]

    def audience(self, list_id: str) -> Audience:
        """The list, or a 404."""
        found = self.account.audiences.get(list_id)
        if found is None:
            raise not_found()
        return found

    def campaign(self, campaign_id: str) -> Campaign:
        """The campaign, or a 404."""
        found = self.account.campaigns.get(campaign_id)
        if found is None:
            raise not_found()
        return found

    def cached(self, key: Any, version: int, build: Callable[[], list[Any]]) -> list[Any]:
        """Rows of a filtered or sorted collection, computed once per version of its source.

        So a walk over many pages filters and sorts once.
        """
        held = self.pages.get(key)
        if held is not None and held[0] == version:
            return held[1]
        if len(self.pages) >= 64:
            self.pages.pop(next(iter(self.pages)))
        rows = build()
        self.pages[key] = (version, rows)
        return rows
