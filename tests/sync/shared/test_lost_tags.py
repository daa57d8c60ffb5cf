"""After a loss of the state, the tags of a shared audience are found again, all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    audience_of,
    change,
    last_run,
    quarantine,
    rows,
    tagged,
    with_status,
)  # fmt: skip
from sync_world import World

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"
VIP = "Καλοί πελάτες (Αθήνα)"


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def news(sharing: World) -> int:
    """Maria is in the audience by the collection NEWS alone, and Zoi by both."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news, first_name="Μαρία")
    sharing.contact(ZOI, news, offers, first_name="Ζωή")
    for number in range(3):
        sharing.contact(f"pelatis{number}@galaxy.gr", offers)
    sync(sharing)
    return news


def sync(world: World, times: int = 1) -> None:
    for _ in range(times):
        with suppress(ProviderError):
            world.sync(options=UNGUARDED)


def delete_collection(world: World, collection_id: int) -> None:
    for table in ("collection_member", "contact_collection"):
        world.crm.execute(f"delete from crm.{table} where collection_id = %s", (collection_id,))


def tags(world: World) -> dict[str, int]:
    with world.provider() as provider:
        return {one.name: one.tag_id for one in provider.tags(audience_of(world))}


def carriers(world: World, tag_id: int) -> int:
    with world.provider() as provider:
        return len(list(provider.tag_members(audience_of(world), tag_id)))


def ended(world: World, *codes: str) -> dict[str, str]:
    return {code: last_run(world, code)["state"] for code in codes}


@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("how", ["inactive", "without a provider", "deleted"])
def test_members_of_a_collection_that_is_away_stay(
    sharing: World, news: int, how: str, renamed: bool
) -> None:
    before = tags(sharing)
    if renamed:
        change(sharing, "NEWS", description="Τα νέα μας")
    if how == "inactive":
        change(sharing, "NEWS", is_active=False)
    elif how == "without a provider":
        change(sharing, "NEWS", external_provider=None)
    else:
        delete_collection(sharing, news)
    sync(sharing)
    assert MARIA in with_status(sharing, "subscribed")
    sharing.forget_ledger()

    sync(sharing, 2)

    assert MARIA in with_status(sharing, "subscribed")
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert ended(sharing, "OFFERS", CODE) == {"OFFERS": "succeeded", CODE: "succeeded"}
    detail = last_run(sharing, CODE)["detail"] or ""
    assert ("nobody knows the collection" in detail) == (how == "deleted"), detail

    # It comes back, and goes on with its tag.
    if how == "deleted":
        news = sharing.collection(
            "NEWS", shared_audience=NAME, description="Τα νέα μας" if renamed else "Συλλογή NEWS"
        )
        for (contact,) in sharing.crm.execute(
            "select contact_id from crm.contact where email = any(%s)", ([MARIA, ZOI],)
        ):
            sharing.join(news, contact)
    change(sharing, "NEWS", is_active=True, external_provider="mailchimp")
    sync(sharing, 2)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert ended(sharing, "NEWS", "OFFERS", CODE) == dict.fromkeys(
        ("NEWS", "OFFERS", CODE), "succeeded"
    )
    assert sorted(tags(sharing).values()) == sorted(before.values()), "one tag a collection"
    assert ("Τα νέα μας (NEWS)" in tags(sharing)) == renamed
    assert quarantine(sharing) == {}


@pytest.mark.parametrize("broken", [False, True])
def test_a_new_description_finds_the_tag(sharing: World, news: int, broken: bool) -> None:
    before = tags(sharing)
    (campaign_type,) = sharing.crm.execute(
        "select campaign_type from crm.contact_collection where code = 'NEWS'"
    ).fetchone()
    change(sharing, "NEWS", description="Τα νέα μας")
    if broken:
        change(sharing, "NEWS", campaign_type=None)
    sharing.forget_ledger()

    sync(sharing, 2)

    assert with_status(sharing, "subscribed") >= {MARIA, ZOI}
    assert sorted(tags(sharing).values()) == sorted(before.values())
    if broken:
        change(sharing, "NEWS", campaign_type=campaign_type)
        sync(sharing)
    assert before["Συλλογή NEWS (NEWS)"] == tags(sharing)["Τα νέα μας (NEWS)"]
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}


def test_if_several_tags_may_be_its_own_a_person_says_which(sharing: World, news: int) -> None:
    with sharing.provider() as provider:
        provider.create_tag(audience_of(sharing), "Άλλα νέα (NEWS)")
    before = tags(sharing)
    change(sharing, "NEWS", description="Τα νέα μας")
    sharing.forget_ledger()

    sync(sharing, 2)

    assert tags(sharing) == before
    assert with_status(sharing, "subscribed") >= {MARIA, ZOI}
    assert carriers(sharing, before["Συλλογή NEWS (NEWS)"]) == 2
    assert last_run(sharing, "NEWS")["state"] == "blocked"
    detail = last_run(sharing, "NEWS")["detail"]
    assert detail.startswith("tag_by_hand: ") and "'Άλλα νέα (NEWS)'" in detail

    with sharing.provider() as provider:
        provider.client.lists.delete_segment(
            audience_of(sharing), str(before.pop("Άλλα νέα (NEWS)"))
        )
    sync(sharing, 2)
    assert ended(sharing, "NEWS", "OFFERS") == {"NEWS": "succeeded", "OFFERS": "succeeded"}
    assert tags(sharing)["Τα νέα μας (NEWS)"] == before["Συλλογή NEWS (NEWS)"]
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}


def test_who_withdrew_is_unsubscribed_by_a_collection_that_is_away(
    sharing: World, news: int
) -> None:
    ((maria,),) = sharing.crm.execute(
        "select contact_id from crm.contact where email = %s", (MARIA,)
    ).fetchall()
    change(sharing, "NEWS", is_active=False)
    sharing.forget_ledger()
    sync(sharing)
    assert MARIA in with_status(sharing, "subscribed")

    sharing.regrant(maria, granted=False)
    sync(sharing)

    assert MARIA in with_status(sharing, "unsubscribed")
    assert tagged(sharing, "NEWS") == {ZOI}


def test_a_tag_that_looks_like_ours_is_left_alone(sharing: World, news: int) -> None:
    """Somebody made it by hand. Its name ends as ours do."""
    with sharing.provider() as provider:
        list_id = audience_of(sharing)
        tag = provider.create_tag(list_id, VIP)
        (maria,) = [one for one in provider.members(list_id) if one.email_address == MARIA]
        assert provider.give_tag(list_id, VIP, maria.subscriber_hash)
    sharing.forget_ledger()
    sync(sharing)
    ((contact,),) = sharing.crm.execute(
        "select contact_id from crm.contact where email = %s", (MARIA,)
    ).fetchall()

    # After the loss nobody knows whose it is: its member stays. A refusal goes out all the same.
    sharing.leave(news, contact)
    sync(sharing, 2)
    assert MARIA in with_status(sharing, "subscribed")
    assert repr(VIP) in last_run(sharing, CODE)["detail"]
    with sharing.provider() as provider:
        assert [one.subscriber_hash for one in provider.tag_members(list_id, tag.tag_id)] == [
            maria.subscriber_hash
        ]
        provider.client.lists.delete_segment(list_id, str(tag.tag_id))

    sync(sharing)
    assert MARIA in with_status(sharing, "archived")
    sync(sharing)
    assert last_run(sharing, CODE)["detail"] is None


def test_without_a_loss_nobody_asks_whose_a_tag_is(sharing: World, news: int) -> None:
    with sharing.provider() as provider:
        provider.create_tag(audience_of(sharing), VIP)
    sync(sharing)
    assert VIP not in [one["name"] for one in rows(sharing, "select name from sync.tag")]


def test_a_run_that_dies_on_the_way_begins_again(sharing: World, news: int) -> None:
    change(sharing, "NEWS", is_active=False)
    died = 0
    for number in itertools.count(1):
        sharing.forget_ledger()
        calls = itertools.count(1)

        def kill(what: str, number: int = number, calls: Iterator[int] = calls) -> None:
            if next(calls) == number:
                raise KilledError(what)

        sharing.calls.reset(before=kill)
        try:
            sharing.sync(options=UNGUARDED)
        except KilledError:
            died += 1
        else:
            break
        finally:
            sharing.calls.reset()
        sync(sharing)
        assert with_status(sharing, "subscribed") >= {MARIA, ZOI}, number
        assert tagged(sharing, "NEWS") == {MARIA, ZOI}, number
        assert ended(sharing, "OFFERS") == {"OFFERS": "succeeded"}, number
    assert died > 5


def test_the_opt_outs_of_one_that_moved_hold_where_it_is_now(sharing: World, news: int) -> None:
    """The shared audience is synced first, and has the tag of a collection that is elsewhere."""
    act(sharing, ZOI, "unsubscribe")
    sharing.forget_ledger()
    change(sharing, "NEWS", shared_audience=None)

    sharing.sync(["OFFERS"], options=UNGUARDED)
    sharing.sync(["NEWS"], options=UNGUARDED)
    sync(sharing, 2)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA}
    assert ZOI in with_status(sharing, "unsubscribed")


def test_one_that_is_away_and_had_two_audiences(sharing: World, news: int) -> None:
    """Its tag stays in the audience that it left."""
    gifts = sharing.collection("GIFTS", shared_audience="Άλλο")
    sharing.contact("nikos@galaxy.gr", gifts)
    change(sharing, "NEWS", shared_audience="Άλλο")
    sync(sharing, 2)
    assert with_status(sharing, "subscribed", "shared:Άλλο") == {MARIA, ZOI, "nikos@galaxy.gr"}
    change(sharing, "NEWS", is_active=False)
    sharing.forget_ledger()

    sync(sharing, 2)

    assert with_status(sharing, "subscribed", "shared:Άλλο") == {MARIA, ZOI, "nikos@galaxy.gr"}
    assert ended(sharing, "OFFERS", "GIFTS") == {"OFFERS": "succeeded", "GIFTS": "succeeded"}


def test_a_tag_that_has_its_spare_name_is_found(sharing: World, news: int) -> None:
    """A run died between making the tag and naming it; then the state was lost."""
    before = tags(sharing)
    with sharing.provider() as provider:
        provider.rename_tag(audience_of(sharing), before["Συλλογή NEWS (NEWS)"], "NEWS #0a1b2c3d")
    sharing.forget_ledger()

    sync(sharing, 2)

    assert tags(sharing) == before
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert ended(sharing, "NEWS", "OFFERS") == {"NEWS": "succeeded", "OFFERS": "succeeded"}


def test_a_tag_is_that_of_one_collection_though_long_codes_look_alike(sharing: World) -> None:
    """Mailchimp's names are shorter than these codes."""
    first, second = (
        sharing.collection(f"{'Κ' * 99}{end}", shared_audience=NAME, description="Ίδια")
        for end in "ΑΒ"
    )
    sharing.contact(MARIA, first, first_name="Μαρία")
    sharing.contact(ZOI, second, first_name="Ζωή")
    sync(sharing)
    sharing.forget_ledger()

    sync(sharing, 2)

    ids = [one["tag_id"] for one in rows(sharing, "select tag_id from sync.tag") if one["tag_id"]]
    assert len(ids) == len(set(ids)) > 0
