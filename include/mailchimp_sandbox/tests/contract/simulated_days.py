"""An account in which days have passed: a campaign went out, and people reacted to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from mailchimp_sandbox.tests.running import Running

MEMBERS = 1205  # more than one page holds
DAYS = 5


@dataclass(frozen=True)
class Past:
    """What the past days left: one audience, one campaign that its members got, one tag."""

    list_id: str
    campaign_id: str
    segment_id: int


def live_through(world: Running) -> Past:
    """Fill an account and let the days pass."""
    world.control("POST", "behaviour", unsubscribe=0.05, soft_bounce=0.02, hard_bounce=0.02)
    list_id = world.new_list("Πελάτες με παρελθόν")
    people = [f"melos{number}@otenet{number % 7}.gr" for number in range(MEMBERS)]
    world.subscribe(list_id, *people)
    segment = {"name": "Πιστοί", "static_segment": people[:20]}
    segment_id = world.call("POST", f"lists/{list_id}/segments", segment)["id"]
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(days=DAYS)
    return Past(list_id, campaign_id, segment_id)


def happened(world: Running, campaign_id: str) -> Counter[str]:
    """How often recipients of a campaign did what, by the sandbox's own ledger."""
    return Counter(event["action"] for event in world.events(campaign_id=campaign_id))


def actions(rows: list[dict[str, Any]]) -> Counter[str]:
    """How often each action occurs in rows of ``email-activity``."""
    return Counter(event["action"] for row in rows for event in row["activity"])
