"""Lists of a report that lag behind its totals.

Mailchimp's help, "Statistics in Campaign Reports": "open stats can take between 15-30 minutes to
update". Bounces "can take longer to update when there is heavy traffic". It is undocumented whether
totals or lists come first. Here totals come first and lists later, each event in its own time: that
is harder for a reader. Off unless the control API switches it on.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from mailchimp_sandbox.state import Campaign, Recipient

#: The lists, by the last part of their path.
LISTS = (
    "sent-to",
    "email-activity",
    "open-details",
    "click-details",
    "unsubscribed",
    "abuse-reports",
)


@dataclass
class ListingLag:
    """Longest lag of each list, seconds.

    The lag of an event follows from its identity. So events come into a list in any order, and
    then stay there.
    """

    seconds: dict[str, int] = field(default_factory=dict)

    def is_listed(self, endpoint: str, identity: str, at: int, now: int) -> bool:
        """Whether a list already holds what happened ``at``."""
        most = self.seconds.get(endpoint, 0)
        if not most:
            return True
        return at + zlib.crc32(f"{endpoint}:{identity}".encode()) % (most + 1) <= now

    def events(
        self, endpoint: str, campaign: Campaign, recipient: Recipient, now: int
    ) -> list[list[object]]:
        """A recipient's events that a list already holds, in order of time."""
        if not self.seconds.get(endpoint):
            return recipient.events
        return [
            event
            for number, event in enumerate(recipient.events)
            if self.is_listed(
                endpoint, f"{campaign.campaign_id}:{recipient.hash}:{number}", event[0], now
            )
        ]

    def version(self, endpoint: str, now: int) -> str:
        """What rows of a list held in memory hang on besides the campaign's own version."""
        return f"@{now}" if self.seconds.get(endpoint) else ""
