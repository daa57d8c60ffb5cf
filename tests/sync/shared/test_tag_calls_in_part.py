"""Mailchimp carries out a call for many tags in part: some members changed right before it.

Each gets what is right for that person, and nobody stops the others.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sharing_world import (
    CODE,
    NAME,
    audience_of,
    by_hand,
    last_run,
    quarantine,
    sync_each,
    tagged,
)
from sync_world import World, subscriber_hash

CHANGE_TAG = "POST /lists/{list_id}/segments/{segment_id}"
PLAIN, SECOND = "apli@example.gr", "deyteri@example.gr"
NEW_ADDRESS = "nea@example.gr"


def _unsubscribe(world: World, email: str) -> None:
    world.act(email, "unsubscribe", CODE)


def _ask(world: World, email: str) -> None:
    with world.provider() as provider:
        provider.client.lists.update_list_member(
            audience_of(world), subscriber_hash(email), {"status": "pending"}
        )


def _delete(world: World, email: str) -> None:
    with world.provider() as provider:
        provider.client.lists.delete_list_member_permanent(
            audience_of(world), subscriber_hash(email)
        )


def _change(world: World, email: str) -> None:
    world.act(email, "change_email", CODE, new_email_address=NEW_ADDRESS)


def _give(world: World, email: str) -> None:
    by_hand(world, "NEWS", email, "given")


def _take(world: World, email: str) -> None:
    by_hand(world, "NEWS", email, "taken")


ACTS: dict[str, Callable[[World, str], None]] = {
    "anna@example.gr": _unsubscribe,
    "vasw@example.gr": lambda world, email: world.archive_by_hand(email, CODE),
    "gianna@example.gr": lambda world, email: world.bounce(email, CODE),
    "dora@example.gr": _ask,
    "eleni@example.gr": _delete,
    "zoi@example.gr": _change,
}
BECOMES = {
    "anna@example.gr": "unsubscribed",
    "vasw@example.gr": "archived",
    "gianna@example.gr": "cleaned",
    "dora@example.gr": "pending",
    "eleni@example.gr": None,
}
BY_HAND = "ifigeneia@example.gr"


class Parts:
    """Nine persons are in OFFERS, of another category. All acts come before a call for NEWS."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
        self.people: dict[str, int] = {}
        for email in (PLAIN, SECOND, BY_HAND, *ACTS):
            self.people[email] = world.contact(email, self.offers)
            world.consent(self.people[email], category="offer")
        world.contact("monimi@example.gr", self.news)
        sync_each(world, 2)

    def sync_in_part(self, at_hand: Callable[[World, str], None], fails: str | None) -> None:
        """All acts happen before the first call; calls for one member may fail."""
        done: list[str] = []

        def before(request: str) -> None:
            if request != CHANGE_TAG or done:
                return
            done.append(request)
            for email, act in ACTS.items():
                act(self.world, email)
            at_hand(self.world, BY_HAND)
            if fails:
                fault = {"kind": "500", "count": 1_000, "method": fails, "path": "/lists/*/*/*/*"}
                self.world.sandbox.control("POST", "faults", {"next": [fault]})

        self.world.calls.reset(before=before)
        sync_each(self.world)
        assert done
        self.world.calls.reset()
        self.world.sandbox.control("POST", "faults", {"clear": True})

    def statuses(self) -> dict[str, str | None]:
        shown = self.world.remote(CODE)
        return {email: shown.get(email) for email in BECOMES}

    def writes_of_a_run(self) -> list[str]:
        before = len(self.world.write_requests())
        sync_each(self.world)
        return self.world.write_requests()[before:]


@pytest.fixture
def parts(sharing: World) -> Parts:
    return Parts(sharing)


@pytest.mark.parametrize("fails", [None, "POST"])
def test_given_in_part(parts: Parts, fails: str | None) -> None:
    world = parts.world
    for contact in parts.people.values():
        world.join(parts.news, contact)

    parts.sync_in_part(_give, fails)

    assert {PLAIN, SECOND, BY_HAND} <= tagged(world, "NEWS"), "nobody stops them"
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {PLAIN, SECOND, BY_HAND, NEW_ADDRESS, "monimi@example.gr"}
    assert parts.statuses() == BECOMES
    assert parts.writes_of_a_run() == []
    assert last_run(world, "NEWS")["state"] == "succeeded"


@pytest.mark.parametrize("fails", [None, "DELETE"])
def test_taken_in_part(parts: Parts, fails: str | None) -> None:
    world = parts.world
    for contact in parts.people.values():
        world.join(parts.news, contact)
    sync_each(world, 2)
    for contact in parts.people.values():
        world.leave(parts.news, contact)

    parts.sync_in_part(_take, fails)

    assert not {PLAIN, SECOND} & tagged(world, "NEWS"), "nobody stops them"
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {"monimi@example.gr"}
    assert parts.statuses() == BECOMES
    assert parts.writes_of_a_run() == []
    assert last_run(world, "NEWS")["state"] == "succeeded"

    for contact in parts.people.values():
        world.join(parts.news, contact)
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {PLAIN, SECOND, NEW_ADDRESS, "monimi@example.gr"}
    assert parts.statuses() == BECOMES
    assert ("NEWS", parts.people[BY_HAND]) in quarantine(world)
