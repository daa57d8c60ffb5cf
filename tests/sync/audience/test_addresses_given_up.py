"""An address that its person gave up in Mailchimp is not added in another audience, either."""

from __future__ import annotations

from typing import Any

import pytest

from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sharing_world import NAME, quarantine, share, tagged
from sync_world import World

OLD, NEW = "nikos@galaxy.gr", "nikos.neos@galaxy.gr"
_NO_GUARD = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
#: Where the collection is before, and where it goes: None is an audience of its own.
MOVES = [(NAME, None), (None, NAME), (NAME, "Άλλο"), (None, "another of its own")]


@pytest.fixture(params=["postgres", "debian_postgres"])
def sharing(request: Any, mailchimp_sandbox: Any):
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        share(world)
        yield world
        world.close()


def sync(world: World, times: int = 1) -> None:
    for _ in range(times):
        ended = world.sync(options=_NO_GUARD)
        assert {one.state for one in ended.values()} == {"succeeded"}, ended


def code_of(name: str | None) -> str:
    return "NEWS" if name is None else f"shared:{name}"


def subscribed(world: World, code: str) -> set[str]:
    return {at for at, status in world.remote(code).items() if status == "subscribed"}


def move(world: World, to: str | None) -> str:
    """Give the collection another audience; the code of that one."""
    if to == "another of its own":
        with world.provider() as provider:
            (settings,) = (
                one.settings for one in provider.audiences() if one.list_id == world.list_id("NEWS")
            )
            made = provider.create_audience(settings)
        change(world, "NEWS", provider_list_id=made.list_id)
        return "NEWS"
    change(world, "NEWS", shared_audience=to)
    return code_of(to)


def change(world: World, code: str, **columns: object) -> None:
    for name, value in columns.items():
        world.crm.execute(
            f"update crm.contact_collection set {name} = %s where code = %s", (value, code)
        )


def has_changed(world: World, before: str | None, *, seen: bool) -> int:
    """Nikos is in a collection, and changed his address in its audience."""
    news = world.collection("NEWS", shared_audience=before)
    nikos = world.contact(OLD, news, first_name="Νίκος")
    world.contact("maria@galaxy.gr", news, first_name="Μαρία")
    sync(world)
    world.act(OLD, "change_email", code_of(before), new_email_address=NEW)
    if seen:
        sync(world)
    return nikos


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(("before", "after"), MOVES)
def test_it_is_not_added_where_the_collection_goes(
    sharing: World, before: str | None, after: str | None, seen: bool
) -> None:
    nikos = has_changed(sharing, before, seen=seen)

    code = move(sharing, after)
    sync(sharing, 3)

    assert subscribed(sharing, code) == {"maria@galaxy.gr"}
    assert OLD not in sharing.remote(code)
    assert quarantine(sharing) == {("NEWS", nikos): "address_given_up"}

    # The CRM learns the address that he chose.
    sharing.change_contact(nikos, email=NEW)
    sync(sharing)
    assert subscribed(sharing, code) == {"maria@galaxy.gr", NEW}
    assert quarantine(sharing) == {}


def test_a_third_address_in_the_crm_is_an_ordinary_change(sharing: World) -> None:
    nikos = has_changed(sharing, NAME, seen=True)
    code = move(sharing, None)
    sync(sharing)

    sharing.change_contact(nikos, email="nikos.tritos@galaxy.gr")
    sync(sharing)

    assert subscribed(sharing, code) == {"maria@galaxy.gr", "nikos.tritos@galaxy.gr"}


def test_another_collection_does_not_add_it_either(sharing: World) -> None:
    nikos = has_changed(sharing, None, seen=True)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    gifts = sharing.collection("GIFTS")
    for collection in (offers, gifts):
        sharing.join(collection, nikos)
        sharing.contact(f"zoi{collection}@galaxy.gr", collection)

    sync(sharing, 2)

    assert subscribed(sharing, f"shared:{NAME}") == {f"zoi{offers}@galaxy.gr"}
    assert subscribed(sharing, "GIFTS") == {f"zoi{gifts}@galaxy.gr"}
    assert subscribed(sharing, "NEWS") == {"maria@galaxy.gr", NEW}
    assert quarantine(sharing) == {
        ("NEWS", nikos): "address_changed",
        ("OFFERS", nikos): "address_given_up",
        ("GIFTS", nikos): "address_given_up",
    }


def test_where_the_person_is_a_member_at_the_address_already_it_stays(sharing: World) -> None:
    """Each audience has a form of its own: the person changed the address in one of them."""
    news = sharing.collection("NEWS")
    gifts = sharing.collection("GIFTS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    nikos = sharing.contact(OLD, news, gifts, first_name="Νίκος")
    sync(sharing)

    sharing.act(OLD, "change_email", "NEWS", new_email_address=NEW)
    sync(sharing)
    sharing.join(offers, nikos)
    sync(sharing, 2)

    assert subscribed(sharing, f"shared:{NAME}") == {OLD}
    assert tagged(sharing, "GIFTS") == tagged(sharing, "OFFERS") == {OLD}


def test_somebody_else_who_has_the_address_is_added(sharing: World) -> None:
    has_changed(sharing, None, seen=True)
    gifts = sharing.collection("GIFTS")
    sharing.contact(OLD, gifts, first_name="Νικολέτα")

    sync(sharing)

    assert subscribed(sharing, "GIFTS") == {OLD}


def test_the_person_goes_back_to_the_address(sharing: World) -> None:
    nikos = has_changed(sharing, NAME, seen=True)
    offers = sharing.collection("OFFERS")
    sharing.join(offers, nikos)
    sharing.contact("zoi@galaxy.gr", offers, first_name="Ζωή")
    sync(sharing)
    assert subscribed(sharing, "OFFERS") == {"zoi@galaxy.gr"}

    sharing.act(NEW, "change_email", f"shared:{NAME}", new_email_address=OLD)
    sync(sharing, 2)

    assert subscribed(sharing, "OFFERS") == {OLD, "zoi@galaxy.gr"}
    assert quarantine(sharing) == {}


def test_archived_by_us_and_given_up_elsewhere_it_does_not_come_back(sharing: World) -> None:
    news, gifts = sharing.collection("NEWS"), sharing.collection("GIFTS")
    nikos = sharing.contact(OLD, news, gifts, first_name="Νίκος")
    sharing.contact("zoi@galaxy.gr", gifts, first_name="Ζωή")
    sync(sharing)
    sharing.leave(gifts, nikos)
    sync(sharing)
    assert sharing.remote("GIFTS")[OLD] == "archived"

    sharing.act(OLD, "change_email", "NEWS", new_email_address=NEW)
    sync(sharing)
    sharing.join(gifts, nikos)
    sync(sharing, 2)

    assert sharing.remote("GIFTS")[OLD] == "archived"
    assert quarantine(sharing)["GIFTS", nikos] == "address_given_up"
