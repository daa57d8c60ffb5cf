"""A tag goes from one member to another by hand, and the first person leaves before the next run.

The count of the tag shows nothing. The person does not get the tag again by joining again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import (
    NAME,
    UNGUARDED,
    by_hand,
    change,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, NIKOS, ZOI = "maria@example.gr", "nikos@example.gr", "zoi@example.gr"
READ = "GET /lists/{list_id}/segments/{segment_id}/members"


class Leaving:
    """Maria and Nikos are in NEWS. Zoi is in OFFERS alone, as all others are too."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.maria = world.contact(MARIA, self.news, self.offers)
        self.nikos = world.contact(NIKOS, self.news, self.offers)
        world.contact(ZOI, self.offers)
        sync_each(world, 2)
        assert tagged(world, "NEWS") == {MARIA, NIKOS}

    def swap(self) -> None:
        """Somebody takes the tag from Maria and gives it to Zoi."""
        by_hand(self.world, "NEWS", MARIA, "taken")
        by_hand(self.world, "NEWS", ZOI, "given")

    def details(self) -> str:
        """All that the runs of NEWS said."""
        (row,) = rows(
            self.world,
            "select coalesce(string_agg(detail, ' '), '') as words from sync.collection_run"
            " where collection_code = 'NEWS'",
        )
        return str(row["words"])

    def leave(self) -> None:
        self.world.leave(self.news, self.maria)

    def leave_all(self) -> None:
        self.world.leave(self.news, self.maria)
        self.world.leave(self.offers, self.maria)

    def be_switched_off(self) -> None:
        self.world.change_contact(self.maria, is_active=False)


@pytest.fixture
def leaving(sharing: World) -> Leaving:
    return Leaving(sharing)


def _join_again(leaving: Leaving) -> None:
    world = leaving.world
    world.change_contact(leaving.maria, is_active=True)
    for collection in (leaving.news, leaving.offers):
        world.leave(collection, leaving.maria)
        world.join(collection, leaving.maria)


@pytest.mark.parametrize("how", [Leaving.leave, Leaving.leave_all, Leaving.be_switched_off])
def test_who_leaves_then_does_not_come_back_with_the_tag(
    leaving: Leaving, how: Callable[[Leaving], None]
) -> None:
    leaving.swap()
    how(leaving)
    sync_each(leaving.world)
    assert "by hand from 1 member" in leaving.details()
    sync_each(leaving.world)
    assert tagged(leaving.world, "NEWS") == {NIKOS}, "Zoi is not in the collection"

    _join_again(leaving)
    given: set[str] = set()
    leaving.world.calls.reset(before=lambda _: given.update(tagged(leaving.world, "NEWS")))
    sync_each(leaving.world, 2)

    leaving.world.calls.reset()
    assert MARIA not in given, "not for a moment"
    assert tagged(leaving.world, "NEWS") == {NIKOS}
    assert quarantine(leaving.world)["NEWS", leaving.maria] == "suppressed_archived"
    assert MARIA in with_status(leaving.world, "subscribed"), "OFFERS wants her"

    by_hand(leaving.world, "NEWS", MARIA, "given")
    sync_each(leaving.world, 2)
    assert tagged(leaving.world, "NEWS") == {MARIA, NIKOS}
    assert ("NEWS", leaving.maria) not in quarantine(leaving.world)


def test_the_collection_is_switched_off_meanwhile(leaving: Leaving) -> None:
    """An inactive collection keeps its members. It goes on, and the person left before that."""
    leaving.swap()
    leaving.leave()
    change(leaving.world, "NEWS", is_active=False)
    sync_each(leaving.world)
    change(leaving.world, "NEWS", is_active=True)
    sync_each(leaving.world)
    leaving.world.join(leaving.news, leaving.maria)

    sync_each(leaving.world, 2)

    assert tagged(leaving.world, "NEWS") == {NIKOS}


def test_several_leave_and_one_of_them_was_taken_out(leaving: Leaving) -> None:
    world = leaving.world
    people = {
        name: world.contact(f"{name}@example.gr", leaving.news, leaving.offers)
        for name in ("eleni", "petros", "kostas")
    }
    sync_each(world, 2)
    leaving.swap()
    for contact in (*people.values(), leaving.maria):
        world.leave(leaving.news, contact)
    world.calls.reset()

    sync_each(world)

    assert world.calls.made.count(READ) == 1, "only because a member did not have the tag"
    for contact in (*people.values(), leaving.maria):
        world.join(leaving.news, contact)
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {NIKOS, *(f"{name}@example.gr" for name in people)}
    assert {contact for code, contact in quarantine(world) if code == "NEWS"} == {leaving.maria}


def test_leaving_reads_no_tag(leaving: Leaving) -> None:
    leaving.leave()
    leaving.world.calls.reset()

    sync_each(leaving.world)

    assert READ not in leaving.world.calls.made
    assert tagged(leaving.world, "NEWS") == {NIKOS}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("lost", range(1, 16))
def test_an_answer_is_lost(leaving: Leaving, lost: int, swapped: bool) -> None:
    """Without the hand of somebody the person comes back. With it, only by that hand."""
    if swapped:
        leaving.swap()
    leaving.leave()
    leaving.world.calls.reset(lost=lost)
    with suppress(ProviderError):
        leaving.world.sync(options=UNGUARDED)
    leaving.world.calls.reset()
    sync_each(leaving.world, 2)
    assert ("by hand from" in leaving.details()) == swapped

    _join_again(leaving)
    sync_each(leaving.world, 2)

    assert (MARIA in tagged(leaving.world, "NEWS")) != swapped
