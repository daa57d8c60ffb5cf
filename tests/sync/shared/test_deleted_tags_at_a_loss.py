"""Somebody deletes the tag of a collection that has moved, and then the state is lost."""

from __future__ import annotations

import pytest

from sharing_world import NAME, audience_of, change, quarantine, sync_each, with_status
from sync.shared.movers import MARIA, NIKOS, PETROS, ZOI, Movers
from sync_world import World

ELENI = "eleni@galaxy.gr"
#: One audience is run before the first one, the other after it.
ELSEWHERE = ["Άλλο κοινό", "Δεύτερο κοινό"]


def delete_tag(world: World, code: str, collection: str = "NEWS") -> None:
    with world.provider() as provider:
        list_id = audience_of(world, code)
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({collection})")]
        provider.client.lists.delete_segment(list_id, str(tag.tag_id))


def give(world: World, code: str, *emails: str) -> None:
    """Somebody gives the tag of NEWS in Mailchimp."""
    with world.provider() as provider:
        list_id = audience_of(world, code)
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith("(NEWS)")]
        for one in provider.members(list_id):
            if one.email_address in emails:
                provider.give_tag(list_id, tag.name, one.subscriber_hash)


def test_one_elsewhere_is_run_first(sharing: World) -> None:
    """What the names are for: the order of the runs is the order of the ids."""
    for name in (*ELSEWHERE, NAME):
        sharing.collection(f"IN {name}", shared_audience=name)
    sync_each(sharing)
    ids = [
        (row["collection_id"], row["collection_code"])
        for row in sharing.warehouse.execute(
            "select collection_id, collection_code from sync.staged_collection"
            " where is_shared_audience order by collection_id"
        ).fetchall()
    ]
    codes = [code for _, code in ids]
    assert sorted(map(codes.index, (f"shared:{ELSEWHERE[0]}", f"shared:{ELSEWHERE[1]}"))) == [0, 2]


@pytest.mark.parametrize(
    ("first", "to", "archived_by_hand"),
    [
        (NAME, ELSEWHERE[0], True),
        (NAME, ELSEWHERE[1], False),
        (NAME, ELSEWHERE[1], True),
        (None, ELSEWHERE[0], True),
        (None, ELSEWHERE[1], False),
    ],
)
def test_nobody_leaves_and_who_refused_gets_no_tag(
    sharing: World, first: str | None, to: str, archived_by_hand: bool
) -> None:
    """Eleni is in the present audience by another collection, and left the first one by hand."""
    movers = Movers(sharing, first, to, "NEWS", arrive=False)
    more = sharing.collection("MORE", shared_audience=to)
    eleni = sharing.contact(ELENI, more)
    if archived_by_hand:
        sharing.join(movers.ids["NEWS"], eleni)
        sync_each(sharing, 2)
        sharing.archive_by_hand(ELENI, "NEWS" if first is None else f"shared:{first}")
        sync_each(sharing)
    movers.move()
    before = movers.of("NEWS")
    assert before == {ZOI, PETROS, NIKOS}
    code = f"shared:{to}"
    delete_tag(sharing, code)
    sharing.forget_ledger()

    sync_each(sharing, 3)

    everybody = {*before, ELENI}
    assert with_status(sharing, "subscribed", code) == everybody
    assert MARIA not in movers.in_audience(audience_of(sharing, code))
    assert movers.of("NEWS") == (before if first is None else {NIKOS})
    movers.assert_quiet()

    give(sharing, code, *before)
    sync_each(sharing, 2)
    assert movers.of("NEWS") == before
    assert with_status(sharing, "subscribed", code) == everybody
    movers.assert_quiet()


@pytest.mark.parametrize("to", ELSEWHERE[:1])
def test_who_refuses_since_leaves(sharing: World, to: str) -> None:
    movers = Movers(sharing, NAME, to, "NEWS")
    sharing.collection("MORE", shared_audience=to)
    code = f"shared:{to}"
    delete_tag(sharing, code)
    sharing.forget_ledger()
    sync_each(sharing, 2)

    sharing.regrant(movers.people[ZOI], granted=False)
    sharing.leave(movers.ids["NEWS"], movers.people[PETROS])
    sync_each(sharing, 2)
    # Petros lost his tag by hand, as far as anybody knows: he stays until he refuses.
    assert with_status(sharing, "subscribed", code) <= {PETROS, NIKOS}
    assert ZOI in with_status(sharing, "unsubscribed", code)
    assert movers.of("NEWS") == {NIKOS}


@pytest.mark.parametrize("to", ELSEWHERE)
def test_the_tag_is_there_to_be_given_if_nobody_gets_it(sharing: World, to: str) -> None:
    movers = Movers(sharing, NAME, to, "NEWS", arrive=False)
    sharing.collection("MORE", shared_audience=to)
    sharing.leave(movers.ids["NEWS"], movers.people[NIKOS])
    sync_each(sharing)
    movers.move()
    code = f"shared:{to}"
    delete_tag(sharing, code)
    sharing.forget_ledger()

    sync_each(sharing, 2)

    assert movers.of("NEWS") == set()
    assert with_status(sharing, "subscribed", code) == {ZOI, PETROS}
    movers.assert_quiet()
    give(sharing, code, ZOI)
    sync_each(sharing, 2)
    assert movers.of("NEWS") == {ZOI}
    assert quarantine(sharing)["NEWS", movers.people[PETROS]] == "suppressed_archived"

    # The collection goes on: who is held back is held back there.
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing, 3)
    assert with_status(sharing, "subscribed", "NEWS") == {ZOI}


@pytest.mark.parametrize(
    ("to", "is_alone"), [(ELSEWHERE[0], True), (ELSEWHERE[0], False), (ELSEWHERE[1], False)]
)
def test_who_is_asked_to_confirm_may_still_confirm(sharing: World, to: str, is_alone: bool) -> None:
    """Nobody has confirmed before the loss, so nobody has the tag."""
    sharing.crm.execute(
        "alter table crm.contact_collection add column confirm_new_members boolean default false"
    )
    movers = Movers(sharing, NAME, to, "NEWS", arrive=False)
    if not is_alone:
        sharing.contact(ELENI, sharing.collection("MORE", shared_audience=to))
        sync_each(sharing)
    change(sharing, "NEWS", confirm_new_members=True)
    movers.move()
    code = f"shared:{to}"
    asked = {ZOI, PETROS, NIKOS}
    assert with_status(sharing, "pending", code) == asked
    sharing.forget_ledger()

    sync_each(sharing, 3)

    assert with_status(sharing, "pending", code) == asked
    movers.assert_quiet()
    for email in (ZOI, NIKOS):
        sharing.act(email, "confirm", code)
    sync_each(sharing, 3)
    assert with_status(sharing, "pending", code) == {PETROS}
    assert {ZOI, NIKOS} <= with_status(sharing, "subscribed", code)
    # If another collection may have asked Zoi, somebody has to give her the tag.
    assert movers.of("NEWS") == ({ZOI, NIKOS} if is_alone else {NIKOS})
    movers.assert_quiet()


@pytest.mark.parametrize("to", ELSEWHERE)
def test_a_collection_that_only_moves_waits_for_nobody(sharing: World, to: str) -> None:
    """It was not there before the loss: its people get its tag as ever, also those of others."""
    movers = Movers(sharing, NAME, to, "NEWS", arrive=False)
    more = sharing.collection("MORE", shared_audience=to)
    sharing.join(more, movers.people[ZOI])
    sync_each(sharing)
    change(sharing, "NEWS", shared_audience=to)
    sharing.forget_ledger()

    sync_each(sharing, 3)

    assert movers.of("NEWS") == {ZOI, PETROS, NIKOS}


@pytest.mark.parametrize("to", ELSEWHERE)
def test_who_has_the_tag_of_another_collection_may_get_it_back(sharing: World, to: str) -> None:
    """Zoi is in two collections that moved. The tag of one of them is deleted."""
    movers = Movers(sharing, NAME, to, "NEWS", "MORE", arrive=False)
    sharing.leave(movers.ids["MORE"], movers.people[PETROS])
    sync_each(sharing)
    movers.move()
    code = f"shared:{to}"
    delete_tag(sharing, code)
    sharing.forget_ledger()

    sync_each(sharing, 3)
    assert with_status(sharing, "subscribed", code) == {ZOI, PETROS, NIKOS}
    assert movers.everybody() == {"NEWS": {NIKOS}, "MORE": {ZOI, NIKOS}}

    give(sharing, code, ZOI, PETROS)
    sync_each(sharing, 2)
    assert movers.everybody() == {"NEWS": {ZOI, PETROS, NIKOS}, "MORE": {ZOI, NIKOS}}
    movers.assert_quiet()
