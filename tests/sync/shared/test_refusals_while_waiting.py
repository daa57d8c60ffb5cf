"""A collection waits for its new audience. What its people refuse meanwhile holds."""

from __future__ import annotations

from contextlib import suppress

import pytest

from campaign_world import CampaignWorld
from sharing_world import (
    CODE,
    NAME,
    act,
    by_hand,
    last_run,
    rows,
    share,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"
OTHER = "Άλλο κοινό"


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    share(campaigning)
    return campaigning


def fill(world: World) -> dict[str, int]:
    """Zoi and Maria are in the audience by NEWS; Kostas, and Maria too, by OFFERS."""
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    ids = {
        "NEWS": news,
        ZOI: world.contact(ZOI, news, first_name="Ζωή"),
        MARIA: world.contact(MARIA, news, offers, first_name="Μαρία"),
        KOSTAS: world.contact(KOSTAS, offers, first_name="Κώστας"),
    }
    sync_each(world)
    return ids


def move(world: World, name: str | None, *, audiences: int) -> None:
    """Give NEWS another audience, under a plan of so many audiences; -1: of any number."""
    world.sandbox.control("POST", "limits", {"max_audiences": audiences})
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = 'NEWS'", (name,)
    )


def put_away(world: World, how: str) -> None:
    """NEWS is not synced in the audience any more."""
    if how == "waits":
        move(world, None, audiences=1)
        return
    column = {"inactive": "is_active = false", "without a provider": "external_provider = null"}
    world.crm.execute(f"update crm.contact_collection set {column[how]} where code = 'NEWS'")


def refuse(world: World, how: str, email: str) -> None:
    if how == "unsubscribes":
        act(world, email, "unsubscribe")
    elif how == "complains":
        act(world, email, "complain")
    elif how == "archived by hand":
        world.archive_by_hand(email, CODE)
    else:
        by_hand(world, "NEWS", email, "taken")


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("name", [None, OTHER])
@pytest.mark.parametrize("how", ["unsubscribes", "archived by hand", "tag taken"])
def test_it_holds_where_the_collection_goes(
    world: CampaignWorld, name: str | None, how: str, seen: bool
) -> None:
    fill(world)
    move(world, name, audiences=1)
    sync_each(world, 2)
    assert last_run(world, "NEWS")["state"] != "succeeded"
    refuse(world, how, MARIA if how == "tag taken" else ZOI)
    if seen:
        sync_each(world, 2)

    move(world, name, audiences=-1)
    sync_each(world, 2)

    code = "NEWS" if name is None else f"shared:{name}"
    stays = ZOI if how == "tag taken" else MARIA
    assert with_status(world, "subscribed", code) == {stays}


def test_it_holds_at_another_address(world: CampaignWorld) -> None:
    ids = fill(world)
    move(world, None, audiences=1)
    sync_each(world, 2)
    act(world, ZOI, "unsubscribe")
    sync_each(world)
    world.change_contact(ids[ZOI], email="zoi.nea@galaxy.gr")

    move(world, None, audiences=-1)
    sync_each(world, 2)

    assert with_status(world, "subscribed", "NEWS") == {MARIA}


def test_it_holds_between_two_attempts_of_one_move(world: CampaignWorld) -> None:
    """Mailchimp fails to make the new audience once: the next run has to look again."""
    fill(world)
    world.retry = type(world.retry)(attempts=1)

    def fail(what: str) -> None:
        if what == "POST /lists":
            world.sandbox.control("POST", "faults", {"next": [{"kind": "503", "count": 1}]})

    world.calls.reset(before=fail)
    move(world, None, audiences=-1)
    sync_each(world)
    world.calls.reset()
    assert last_run(world, "NEWS")["state"] == "failed"
    act(world, ZOI, "unsubscribe")

    sync_each(world, 2)

    assert with_status(world, "subscribed", "NEWS") == {MARIA}


def test_what_is_refused_after_the_arrival_is_about_the_others(world: CampaignWorld) -> None:
    """NEWS has its own audience by then, with an own link to unsubscribe."""
    fill(world)
    move(world, None, audiences=-1)
    sync_each(world, 3)
    assert with_status(world, "subscribed", "NEWS") == {MARIA, ZOI}
    (row,) = rows(world, "select left_at, arrived_at from sync.tag where collection_code = 'NEWS'")
    assert row["left_at"] <= row["arrived_at"]
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    act(world, MARIA, "unsubscribe")

    sync_each(world, 2)

    assert with_status(world, "subscribed", "NEWS") == {MARIA, ZOI}


@pytest.mark.parametrize("how", ["synced", "inactive", "without a provider", "waits"])
def test_a_withdrawal_of_who_has_no_tag_goes_out(world: CampaignWorld, how: str) -> None:
    """Eleni is asked to confirm, and somebody took Zoi's tag. Then the collection is away."""
    world.crm.execute("alter table crm.contact_collection add column confirm_new_members boolean")
    ids = fill(world)
    world.crm.execute(
        "update crm.contact_collection set confirm_new_members = true where code = 'NEWS'"
    )
    eleni = world.contact("eleni@galaxy.gr", ids["NEWS"], first_name="Ελένη")
    sync_each(world)
    by_hand(world, "NEWS", ZOI, "taken")
    sync_each(world)
    if how != "synced":
        put_away(world, how)
        sync_each(world)

    # A category that no collection of the audience has says nothing about them.
    for contact in (eleni, ids[ZOI]):
        world.regrant(contact, category="offer", granted=False)
    sync_each(world)
    assert with_status(world, "pending") == {"eleni@galaxy.gr"}
    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}
    for contact in (eleni, ids[ZOI]):
        world.regrant(contact, granted=False)
    sync_each(world)

    assert with_status(world, "subscribed") == {MARIA, KOSTAS}
    assert with_status(world, "pending") == set()
    assert with_status(world, "unsubscribed") == {"eleni@galaxy.gr", ZOI}


@pytest.mark.parametrize("how", ["inactive", "without a provider", "waits"])
def test_who_is_asked_stays_pending_while_the_collection_is_away(
    world: CampaignWorld, how: str
) -> None:
    world.crm.execute("alter table crm.contact_collection add column confirm_new_members boolean")
    ids = fill(world)
    world.crm.execute(
        "update crm.contact_collection set confirm_new_members = true where code = 'NEWS'"
    )
    world.contact("eleni@galaxy.gr", ids["NEWS"], first_name="Ελένη")
    sync_each(world)
    by_hand(world, "NEWS", ZOI, "taken")
    sync_each(world)
    assert with_status(world, "pending") == {"eleni@galaxy.gr"}
    put_away(world, how)

    sync_each(world, 2)

    assert with_status(world, "pending") == {"eleni@galaxy.gr"}
    # She can get her tag again by hand.
    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}


@pytest.mark.parametrize("how", ["fails", "dies"])
def test_a_removal_of_ours_that_failed_hides_no_later_act_by_hand(
    world: CampaignWorld, how: str
) -> None:
    ids = fill(world)
    world.leave(ids["NEWS"], ids[MARIA])
    world.retry = type(world.retry)(attempts=1)

    def break_down(what: str) -> None:
        if what.startswith("POST") and "/segments/" in what:
            if how == "dies":
                raise KeyboardInterrupt
            world.sandbox.control("POST", "faults", {"next": [{"kind": "503", "count": 1}]})

    world.calls.reset(before=break_down)
    with suppress(KeyboardInterrupt):
        sync_each(world)
    world.calls.reset()
    world.sandbox.control("POST", "faults", {"clear": True})
    world.join(ids["NEWS"], ids[MARIA])
    sync_each(world, 2)
    assert tagged(world, "NEWS") == {MARIA, ZOI}

    by_hand(world, "NEWS", MARIA, "taken")
    sync_each(world, 2)

    assert tagged(world, "NEWS") == {ZOI}
    # No run after that reads the members of the tag for nothing.
    world.calls.reset()
    sync_each(world)
    assert [one for one in world.calls.made if "/segments/" in one] == []
