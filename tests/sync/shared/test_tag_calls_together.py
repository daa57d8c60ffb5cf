"""Who loses a collection's tag and who gets it may share a call to Mailchimp."""

from __future__ import annotations

import pytest

from sharing_world import CODE, NAME, UNGUARDED, by_hand, rows, sync_each, tagged, with_status
from sync_world import World

MARIA, ZOI, KOSTAS, NEA = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "nea"))
CHANGE_TAG = "POST /lists/{list_id}/segments/{segment_id}"
READ = "GET /lists/{list_id}/segments/{segment_id}/members"


class Together:
    """Maria and Zoi are in NEWS and OFFERS, Kostas in OFFERS alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.maria = world.contact(MARIA, self.news, self.offers)
        world.contact(ZOI, self.news, self.offers)
        world.contact(KOSTAS, self.offers)
        sync_each(world, 2)
        assert tagged(world, "NEWS") == {MARIA, ZOI}

    def sync(self) -> list[str]:
        """One run; the calls that it makes for tags."""
        assert self.world.sync(options=UNGUARDED)[CODE].state == "succeeded"
        return [call for call in self.world.calls.made if "/segments/" in call]


@pytest.fixture
def together(sharing: World) -> Together:
    return Together(sharing)


def test_one_call_takes_the_tag_and_gives_it(together: Together) -> None:
    world = together.world
    world.leave(together.news, together.maria)
    world.contact(NEA, together.news)
    world.calls.reset()

    assert together.sync() == [CHANGE_TAG]

    assert tagged(world, "NEWS") == {ZOI, NEA}
    assert tagged(world, "OFFERS") == {MARIA, ZOI, KOSTAS}


def test_what_is_due_goes_before(together: Together) -> None:
    world = together.world
    world.leave(together.news, together.maria)
    by_hand(world, "NEWS", KOSTAS, "given")
    world.contact(NEA, together.news)
    taken: list[set[str]] = []

    def look(call: str) -> None:
        if call == CHANGE_TAG:
            taken.append(tagged(world, "NEWS"))

    world.calls.reset(before=look)
    together.sync()

    assert taken == [{MARIA, ZOI, KOSTAS}, {MARIA, ZOI}]
    assert tagged(world, "NEWS") == {ZOI, NEA}


def test_who_is_archived_loses_the_tag_with_what_is_due(together: Together) -> None:
    world = together.world
    by_hand(world, "NEWS", KOSTAS, "given")
    for collection_id in (together.news, together.offers):
        world.leave(collection_id, together.maria)
    subscribed: list[set[str]] = []

    def look(call: str) -> None:
        if call == CHANGE_TAG:
            subscribed.append(with_status(world, "subscribed"))

    world.calls.reset(before=look)

    assert together.sync().count(CHANGE_TAG) == 2, "a call for each tag"

    assert all(MARIA in one for one in subscribed), "Mailchimp keeps the tags of archived members"
    assert with_status(world, "archived") == {MARIA}
    assert tagged(world, "NEWS") == {ZOI}
    assert tagged(world, "OFFERS") == {ZOI, KOSTAS}


def test_a_listing_that_is_late_makes_no_refusal(together: Together) -> None:
    """The tag was moved by hand, so the run reads it. The listing does not show who just got it."""
    world = together.world
    by_hand(world, "NEWS", MARIA, "taken")
    by_hand(world, "NEWS", KOSTAS, "given")
    world.leave(together.news, together.maria)
    world.contact(NEA, together.news)
    late: list[str] = []

    def hide(call: str) -> None:
        if call == READ:
            late.append(call)
            by_hand(world, "NEWS", NEA, "taken")

    world.calls.reset(before=hide)
    together.sync()
    world.calls.reset()
    assert late
    by_hand(world, "NEWS", NEA, "given")

    assert refused(world) == {together.maria}
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {ZOI, NEA}
    assert refused(world) == {together.maria}


def refused(world: World) -> set[int]:
    found = rows(
        world,
        "select belongs.contact_id from sync.refusal as refusal"
        " inner join sync.refusal_contact as belongs using (refusal_id)"
        " where refusal.kind = 'tag_taken' and refusal.ended_at is null",
    )
    return {row["contact_id"] for row in found}
