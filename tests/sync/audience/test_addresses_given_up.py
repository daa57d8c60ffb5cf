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


def changed_in_news(world: World) -> tuple[int, int, int]:
    """Nikos changed the address in NEWS. GIFTS has another audience, and he is not in it."""
    nikos = has_changed(world, None, seen=True)
    gifts = world.collection("GIFTS")
    world.contact("zoi@galaxy.gr", gifts, first_name="Ζωή")
    sync(world)
    assert subscribed(world, "NEWS") == {NEW, "maria@galaxy.gr"}
    return nikos, 1, gifts


def another_record(world: World, how: str, nikos: int, *collections: int) -> int:
    """The CRM has Nikos as another contact; the contact id of that one."""
    if how == "merged":
        again = world.contact(OLD, *collections, first_name="Νίκος")
        world.change_contact(nikos, merged_into_id=again, is_active=False)
        return again
    delete_contact(world, nikos)
    return world.contact(OLD, *collections, first_name="Νίκος")


def noted(world: World) -> dict[tuple[str, int], str]:
    """The quarantine, without merged contacts: they are inactive."""
    return {
        held: reason for held, reason in quarantine(world).items() if reason != "inactive_contact"
    }


def delete_contact(world: World, contact_id: int) -> None:
    for table in ("collection_member", "consent", "contact"):
        world.crm.execute(f"delete from crm.{table} where contact_id = %s", (contact_id,))


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("how", ["merged", "loaded again"])
def test_it_follows_the_person_to_another_contact(sharing: World, how: str, preview: bool) -> None:
    nikos, news, gifts = changed_in_news(sharing)

    again = another_record(sharing, how, nikos, news, gifts)
    if preview:
        sharing.sync(options=_NO_GUARD, dry_run=True)
    sync(sharing, 3)

    assert subscribed(sharing, "NEWS") == {NEW, "maria@galaxy.gr"}
    assert subscribed(sharing, "GIFTS") == {"zoi@galaxy.gr"}
    assert OLD not in sharing.remote("NEWS")
    assert noted(sharing) == {
        ("NEWS", again): "address_changed",
        ("GIFTS", again): "address_given_up",
    }

    sharing.change_contact(again, email=NEW)
    sync(sharing)
    assert subscribed(sharing, "NEWS") == {NEW, "maria@galaxy.gr"}
    assert subscribed(sharing, "GIFTS") == {NEW, "zoi@galaxy.gr"}
    assert noted(sharing) == {}


def test_changed_and_merged_between_two_looks(sharing: World) -> None:
    nikos = has_changed(sharing, None, seen=False)
    again = another_record(sharing, "merged", nikos, 1)

    sync(sharing, 2)

    assert subscribed(sharing, "NEWS") == {NEW, "maria@galaxy.gr"}
    assert noted(sharing) == {("NEWS", again): "address_changed"}


def test_a_merge_that_the_crm_takes_back(sharing: World) -> None:
    """Νικολέτα shares the address, and gave nothing up."""
    nikos, _, gifts = changed_in_news(sharing)
    nikoleta = another_record(sharing, "merged", nikos, gifts)
    sync(sharing)
    assert noted(sharing) == {("GIFTS", nikoleta): "address_given_up"}

    sharing.change_contact(nikos, merged_into_id=None, is_active=True)
    sync(sharing, 2)

    assert subscribed(sharing, "GIFTS") == {OLD, "zoi@galaxy.gr"}
    assert subscribed(sharing, "NEWS") == {NEW, "maria@galaxy.gr"}
    assert noted(sharing) == {("NEWS", nikos): "address_changed"}


def test_who_was_there_beside_the_gone_contact_is_somebody_else(sharing: World) -> None:
    nikos, news, gifts = changed_in_news(sharing)
    nikoleta = sharing.contact(OLD, gifts, first_name="Νικολέτα")
    sync(sharing)
    delete_contact(sharing, nikos)
    sync(sharing)
    sharing.join(news, nikoleta)

    sync(sharing, 2)

    assert subscribed(sharing, "GIFTS") == {OLD, "zoi@galaxy.gr"}
    assert NEW not in subscribed(sharing, "NEWS")


@pytest.mark.parametrize("codes", [(), ("GIFTS",), ("NEWS",)])
def test_a_preview_ends_no_note(sharing: World, codes: tuple[str, ...]) -> None:
    """The CRM has a wrong address for a moment, and a preview sees it."""
    nikos, _, gifts = changed_in_news(sharing)
    sharing.join(gifts, nikos)
    sync(sharing)

    sharing.change_contact(nikos, email="nikos.tritos@galaxy.gr")
    sharing.sync(codes, options=_NO_GUARD, dry_run=True)
    sharing.change_contact(nikos, email=OLD)
    sync(sharing, 2)

    assert subscribed(sharing, "NEWS") == {NEW, "maria@galaxy.gr"}
    assert subscribed(sharing, "GIFTS") == {"zoi@galaxy.gr"}
    assert quarantine(sharing) == {
        ("NEWS", nikos): "address_changed",
        ("GIFTS", nikos): "address_given_up",
    }


@pytest.mark.parametrize(("before", "after"), MOVES)
def test_who_is_a_member_at_the_address_moves_along(
    sharing: World, before: str | None, after: str | None
) -> None:
    """The person changed the address in BOOKS alone. NEWS moves."""
    news = sharing.collection("NEWS", shared_audience=before)
    books = sharing.collection("BOOKS")
    nikos = sharing.contact(OLD, news, books, first_name="Νίκος")
    sharing.contact("maria@galaxy.gr", news, books, first_name="Μαρία")
    sync(sharing)
    sharing.act(OLD, "change_email", "BOOKS", new_email_address=NEW)
    sync(sharing, 2)

    code = move(sharing, after)
    sync(sharing, 3)

    assert subscribed(sharing, code) == {OLD, "maria@galaxy.gr"}
    assert subscribed(sharing, "BOOKS") == {NEW, "maria@galaxy.gr"}
    assert quarantine(sharing) == {("BOOKS", nikos): "address_changed"}


def test_the_chosen_address_bounces(sharing: World) -> None:
    """He mistyped it. Elsewhere the CRM's address is the only one that there is."""
    nikos, _, gifts = changed_in_news(sharing)
    sharing.bounce(NEW)
    sync(sharing)
    sharing.join(gifts, nikos)

    sync(sharing, 2)

    assert subscribed(sharing, "GIFTS") == {OLD, "zoi@galaxy.gr"}
    assert OLD not in subscribed(sharing, "NEWS")


@pytest.mark.parametrize("shared", [NAME, None])
def test_who_shares_the_address_is_not_held_back(sharing: World, shared: str | None) -> None:
    nikos = has_changed(sharing, None, seen=True)
    gifts = sharing.collection("GIFTS", shared_audience=shared)
    sharing.contact("zoi@galaxy.gr", gifts, first_name="Ζωή")
    sharing.join(gifts, nikos)
    sync(sharing)
    nikoleta = sharing.contact(OLD, gifts, first_name="Νικολέτα")
    code = "GIFTS" if shared is None else f"shared:{shared}"

    sync(sharing, 3)

    assert subscribed(sharing, code) == {OLD, "zoi@galaxy.gr"}
    held_back = {("NEWS", nikos): "address_changed", ("GIFTS", nikos): "address_given_up"}
    assert quarantine(sharing) == held_back

    # The member is hers: it does not become his when she leaves.
    sharing.leave(gifts, nikoleta)
    sync(sharing, 2)
    assert subscribed(sharing, code) == {"zoi@galaxy.gr"}
    assert quarantine(sharing) == held_back
