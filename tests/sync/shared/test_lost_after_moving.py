"""A collection moved to another audience, and the state is lost after that.

The sync archived members in the audience before. Nobody in the present audience is removed for
that, and nobody is added there who refused before the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.provider import NewMember
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    by_hand,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    with_status,
)
from stats.sandbox_world import SETTINGS
from sync_world import World

MARIA, NIKOS, ZOI, PETROS = (f"{name}@galaxy.gr" for name in ("maria", "nikos", "zoi", "petros"))
ELENI = "eleni@galaxy.gr"
OTHER = "Άλλο κοινό"


class KilledError(Exception):
    """The run dies."""


class Moved:
    """NEWS moved, and arrived. Then Maria and Nikos left it. Zoi is in NEWS alone."""

    def __init__(self, world: World, goes_to: str | None) -> None:
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.code = "NEWS" if goes_to is None else f"shared:{goes_to}"
        self.people = [world.contact(one, self.news, self.offers) for one in (MARIA, NIKOS)]
        self.zoi = world.contact(ZOI, self.news)
        sync_each(world, 2)
        change(world, "NEWS", shared_audience=goes_to)
        sync_each(world, 3)
        for one in self.people:
            world.leave(self.news, one)
        # She joined after the move, so she never had the tag in the first audience.
        world.contact(ELENI, self.news, self.offers)
        sync_each(world, 2)
        assert with_status(world, "archived") == {ZOI}
        assert with_status(world, "subscribed", self.code) == {ZOI, ELENI}

    def assert_all_stay(self) -> None:
        assert with_status(self.world, "subscribed", self.code) == {ZOI, ELENI}
        assert with_status(self.world, "unsubscribed", self.code) == set()
        assert with_status(self.world, "subscribed") == {MARIA, NIKOS, ELENI}


@pytest.fixture(params=[None, OTHER])
def moved(sharing: World, request: pytest.FixtureRequest) -> Moved:
    return Moved(sharing, request.param)


def test_more_left_the_collection_than_are_in_its_audience(moved: Moved) -> None:
    moved.world.forget_ledger()
    sync_each(moved.world, 3)

    moved.assert_all_stay()
    assert not [key for key in quarantine(moved.world) if key[0] == "NEWS"]


def test_the_shared_audience_has_its_run_first(moved: Moved) -> None:
    moved.world.forget_ledger()
    moved.world.push(moved.world.stage(), CODE, options=UNGUARDED)
    sync_each(moved.world, 3)

    moved.assert_all_stay()


@pytest.mark.parametrize("at", range(3, 24, 4))
def test_the_first_run_dies_after_the_loss(moved: Moved, at: int) -> None:
    moved.world.forget_ledger()
    calls: list[str] = []

    def die(what: str) -> None:
        calls.append(what)
        if len(calls) >= at:
            raise KilledError(what)

    moved.world.calls.reset(before=die)
    with suppress(KilledError):
        moved.world.push(moved.world.stage(), moved.code, options=UNGUARDED)
    moved.world.calls.reset()
    sync_each(moved.world, 3)

    moved.assert_all_stay()


def test_the_first_run_dies_and_the_shared_audience_is_listed(
    moved: Moved,
) -> None:
    moved.world.forget_ledger()
    moved.world.contact(PETROS, moved.news)
    moved.world.calls.reset(before=_die_before_writing)
    with pytest.raises(KilledError):
        moved.world.push(moved.world.stage(), moved.code, options=UNGUARDED)
    moved.world.calls.reset()
    moved.world.push(moved.world.stage(), CODE, options=UNGUARDED)
    sync_each(moved.world, 2)

    assert with_status(moved.world, "subscribed", moved.code) == {ZOI, ELENI, PETROS}


def test_the_collection_is_broken_after_the_first_run(moved: Moved) -> None:
    """Only what is due goes out then. Nothing is due."""
    moved.world.forget_ledger()
    with suppress(ProviderError):
        moved.world.push(moved.world.stage(), moved.code, options=UNGUARDED)
    moved.world.push(moved.world.stage(), CODE, options=UNGUARDED)
    change(moved.world, "NEWS", campaign_type=None)
    sync_each(moved.world, 2)

    moved.assert_all_stay()


def test_a_preview_first(moved: Moved) -> None:
    moved.world.forget_ledger()
    moved.world.sync(dry_run=True)
    sync_each(moved.world, 3)

    moved.assert_all_stay()


def test_a_collection_that_shares_the_first_audience_again_starts_over(moved: Moved) -> None:
    """A later move is one without a loss. Then an archive in the audience before counts."""
    found = "select from sync.tag where found_through is not null"
    moved.world.forget_ledger()
    sync_each(moved.world, 3)
    assert len(rows(moved.world, found)) == 1

    change(moved.world, "NEWS", shared_audience=NAME)
    sync_each(moved.world, 2)

    assert rows(moved.world, found) == []


def test_who_opts_out_in_the_present_audience_is_out(moved: Moved) -> None:
    moved.world.act(ZOI, "unsubscribe", moved.code)
    moved.world.forget_ledger()
    sync_each(moved.world, 3)

    assert with_status(moved.world, "subscribed", moved.code) == {ELENI}
    assert quarantine(moved.world)["NEWS", moved.zoi] == "suppressed_unsubscribed"


@pytest.mark.parametrize("goes_to", [None, OTHER])
def test_who_lost_the_tag_before_the_collection_arrived_is_not_added(
    sharing: World, goes_to: str | None
) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    sync_each(sharing, 2)
    by_hand(sharing, "NEWS", MARIA, "taken")
    change(sharing, "NEWS", shared_audience=goes_to)
    sync_each(sharing, 3)
    code = "NEWS" if goes_to is None else f"shared:{goes_to}"
    assert with_status(sharing, "subscribed", code) == {NIKOS, ZOI}

    sharing.forget_ledger()
    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", code) == {NIKOS, ZOI}
    assert quarantine(sharing)["NEWS", maria] == "suppressed_archived"


@pytest.mark.parametrize("to", ["shared", "own"])
def test_who_left_before_the_move_and_came_back_after_it_stays(sharing: World, to: str) -> None:
    """Maria is archived in the former own audience, and subscribed in the present one."""
    news = sharing.collection("NEWS")
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news)
    zoi = sharing.contact(ZOI, news)
    sharing.contact(NIKOS, news, offers)
    sync_each(sharing, 2)
    sharing.leave(news, maria)
    sync_each(sharing, 2)
    sharing.archive_by_hand(ZOI, "NEWS")
    sync_each(sharing)
    assert with_status(sharing, "archived", "NEWS") == {MARIA, ZOI}
    if to == "shared":
        change(sharing, "NEWS", shared_audience=NAME)
    else:
        change(sharing, "NEWS", provider_list_id=_made_by_hand(sharing, 0))
    code = CODE if to == "shared" else "NEWS"
    sync_each(sharing, 2)
    sharing.join(news, maria)
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed", code) == {MARIA, NIKOS}

    sharing.forget_ledger()
    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", code) == {MARIA, NIKOS}
    assert quarantine(sharing) == {("NEWS", zoi): "suppressed_archived"}
    marked = rows(sharing, "select from sync.former_audience where found_through is not null")
    assert marked == [], "it is decided"


@pytest.mark.parametrize("guests", [0, 6])
def test_who_was_archived_by_hand_before_a_move_is_not_added(sharing: World, guests: int) -> None:
    """The audience that the collection goes to may have more members than the tag."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    petros = sharing.contact(PETROS, news)
    sync_each(sharing, 2)
    own = _made_by_hand(sharing, guests)
    limits = {"max_contacts": guests + 4, "over_limit": "refuse"}
    sharing.sandbox.control("POST", "limits", limits)
    change(sharing, "NEWS", shared_audience=None, provider_list_id=own)
    sync_each(sharing)
    assert last_run(sharing, "NEWS")["detail"].startswith("contact_limit: ")
    sharing.archive_by_hand(PETROS, CODE)
    by_hand(sharing, "NEWS", MARIA, "taken")

    sharing.forget_ledger()
    sync_each(sharing, 2)
    sharing.sandbox.control("POST", "limits", {"max_contacts": -1})
    sync_each(sharing, 3)

    added = with_status(sharing, "subscribed", "NEWS")
    assert {NIKOS, ZOI} <= added
    assert not {MARIA, PETROS} & added
    assert quarantine(sharing)["NEWS", maria] == "suppressed_archived"
    assert quarantine(sharing)["NEWS", petros] == "suppressed_archived"


def test_what_is_refused_after_the_loss_counts_while_the_collection_waits(sharing: World) -> None:
    """A part of its people are in the present audience already."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    sharing.collection("OFFERS", shared_audience=NAME)
    zoi = sharing.contact(ZOI, news)
    for one in (MARIA, NIKOS):
        sharing.contact(one, news)
    sync_each(sharing, 2)
    limits = {"max_contacts": 4, "over_limit": "refuse"}
    sharing.sandbox.control("POST", "limits", limits)
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing)
    sharing.sandbox.control("POST", "limits", {"max_contacts": -1})
    sharing.calls.reset(before=_die_after("POST /lists/{list_id}"))
    with suppress(KilledError):
        sync_each(sharing)
    sharing.calls.reset()
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, NIKOS, ZOI}
    sharing.sandbox.control("POST", "limits", limits)
    sharing.forget_ledger()
    sharing.contact(PETROS, news)
    sync_each(sharing)
    assert last_run(sharing, "NEWS")["detail"].startswith("contact_limit: ")
    sharing.archive_by_hand(ZOI, CODE)
    sync_each(sharing)

    assert ZOI not in with_status(sharing, "subscribed", "NEWS")
    assert quarantine(sharing)["NEWS", zoi] == "suppressed_archived"
    assert rows(sharing, "select from sync.tag where arrived_at is not null") == []


def _made_by_hand(world: World, guests: int) -> str:
    with world.provider() as provider:
        list_id = provider.create_audience(SETTINGS).list_id
        new = [
            NewMember(email_address=f"guest{n}@galaxy.gr", status="subscribed", merge_fields={})
            for n in range(guests)
        ]
        if new:
            provider.add_members(list_id, new)
    return list_id


def _die_before_writing(call: str) -> None:
    if not call.startswith("GET "):
        raise KilledError(call)


def _die_after(what: str) -> Callable[[str], None]:
    seen: list[str] = []

    def die(call: str) -> None:
        if seen:
            raise KilledError(call)
        if call == what:
            seen.append(call)

    return die
