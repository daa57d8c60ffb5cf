"""All collections of a shared audience have another audience now, and wait for it."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    act,
    audience_of,
    by_hand,
    change,
    last_run,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
OTHER = "Άλλο κοινό"


def fill(world: World) -> dict[str, int]:
    """Zoi and Eleni are in NEWS and OFFERS, Maria in NEWS alone, Kostas in OFFERS alone."""
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", campaign_type="OFFER", shared_audience=NAME)
    people = {
        MARIA: world.contact(MARIA, news, first_name="Μαρία"),
        ZOI: world.contact(ZOI, news, offers, first_name="Ζωή"),
        KOSTAS: world.contact(KOSTAS, offers, first_name="Κώστας"),
        ELENI: world.contact(ELENI, news, offers, first_name="Ελένη"),
    }
    for contact in people.values():
        world.consent(contact, category="offer")
    sync_each(world, 2)
    return people


def wait(world: World, to: str | None) -> None:
    """The plan has no room for the audiences where the collections are to go."""
    world.sandbox.control("POST", "limits", {"max_audiences": 1})
    for code in ("NEWS", "OFFERS"):
        change(world, code, shared_audience=to)
    sync_each(world, 2)
    assert last_run(world, "NEWS")["state"] != "succeeded"


def arrive(world: World) -> None:
    world.sandbox.control("POST", "limits", {"max_audiences": -1})
    sync_each(world, 3)


def of(world: World, code: str, to: str | None) -> set[str]:
    """Who gets the mails of a collection where it went."""
    if to is None:
        return with_status(world, "subscribed", code)
    with world.provider() as provider:
        list_id = audience_of(world, f"shared:{to}")
        addresses = {
            one.subscriber_hash: one.email_address
            for one in provider.members(list_id)
            if one.status == "subscribed"
        }
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
        carrying = provider.tag_members(list_id, tag.tag_id)
        return {addresses[one.subscriber_hash] for one in carrying if one.status == "subscribed"}


@pytest.mark.parametrize("to", [OTHER, None])
@pytest.mark.parametrize("seen", [True, False])
def test_a_withdrawal_counts_for_its_category_alone(
    sharing: World, to: str | None, seen: bool
) -> None:
    people = fill(sharing)
    wait(sharing, to)
    for email in (MARIA, ZOI, KOSTAS):
        sharing.regrant(people[email], category="offer", granted=False)
    if seen:
        sync_each(sharing, 2)
        assert with_status(sharing, "subscribed") == {MARIA, ZOI, ELENI}
        assert tagged(sharing, "OFFERS") == {ELENI}

    arrive(sharing)

    assert of(sharing, "NEWS", to) == {MARIA, ZOI, ELENI}
    assert of(sharing, "OFFERS", to) == {ELENI}


@pytest.mark.parametrize(
    ("to", "how"),
    [
        (OTHER, "unsubscribe"),
        (None, "archived"),
        (OTHER, "tag taken"),
        (None, "tag taken"),
        (OTHER, "withdrawn"),
    ],
)
def test_what_is_refused_meanwhile_holds(sharing: World, to: str | None, how: str) -> None:
    people = fill(sharing)
    wait(sharing, to)
    if how == "withdrawn":
        sharing.regrant(people[ZOI], granted=False)
        sharing.regrant(people[ZOI], category="offer", granted=False)
    elif how == "archived":
        sharing.archive_by_hand(ZOI, CODE)
    elif how == "tag taken":
        by_hand(sharing, "OFFERS", ZOI, "taken")
    else:
        act(sharing, ZOI, how)
    sync_each(sharing, 2)
    assert {MARIA, KOSTAS, ELENI} <= with_status(sharing, "subscribed")

    arrive(sharing)

    assert of(sharing, "NEWS", to) == {MARIA, ELENI} | ({ZOI} if how == "tag taken" else set())
    assert of(sharing, "OFFERS", to) == {KOSTAS, ELENI}


@pytest.mark.parametrize("comes_back", [False, True])
def test_who_leaves_a_collection_meanwhile_is_not_archived(
    sharing: World, comes_back: bool
) -> None:
    people = fill(sharing)
    wait(sharing, OTHER)
    sharing.crm.execute(
        "delete from crm.collection_member where contact_id = %s", (people[KOSTAS],)
    )
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    if comes_back:
        for code in ("NEWS", "OFFERS"):
            change(sharing, code, shared_audience=NAME)
        sync_each(sharing, 2)
        assert with_status(sharing, "subscribed") == {MARIA, ZOI, ELENI}
        assert tagged(sharing, "OFFERS") == {ZOI, ELENI}
        return
    arrive(sharing)
    assert of(sharing, "NEWS", OTHER) == {MARIA, ZOI, ELENI}
    assert of(sharing, "OFFERS", OTHER) == {ZOI, ELENI}
