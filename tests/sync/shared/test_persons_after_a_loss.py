"""After a loss of the state: persons that go on as another contact, or wait for a confirmation."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.audience.ownership import take_over
from sharing_world import (
    NAME,
    UNGUARDED,
    audience_of,
    change,
    last_run,
    quarantine,
    sync_each,
)
from sync.shared.movers import MARIA, NIKOS, OTHER, PETROS, ZOI, Movers, blocked
from sync_world import World

NEW = "zoi.nea@galaxy.gr"


@pytest.mark.parametrize("is_blocked", [False, True])
def test_who_was_merged_before_stays(sharing: World, is_blocked: bool) -> None:
    """The sync archived the address of the merged contact. That is no refusal of the other one."""
    news = sharing.collection("NEWS")
    people = {one: sharing.contact(one, news) for one in (MARIA, NIKOS, PETROS, ZOI)}
    for one in (ZOI, MARIA):
        other = sharing.contact(one.replace("@", ".nea@"), news)
        sync_each(sharing)
        if one == MARIA:
            # She refused before she was merged.
            sharing.archive_by_hand(MARIA)
            sync_each(sharing)
        sharing.change_contact(people[one], merged_into_id=other, is_active=False)
    sync_each(sharing, 2)
    before = sharing.remote()
    assert {one for one in before if before[one] == "subscribed"} == {NIKOS, PETROS, NEW}
    sharing.forget_ledger()
    if is_blocked:
        mend = blocked(sharing, "NEWS")
        sync_each(sharing)
        mend()

    sync_each(sharing, 2)
    sharing.sync(full_refresh=True, options=UNGUARDED)

    assert sharing.remote() == before


@pytest.mark.parametrize("to", [None, OTHER])
def test_who_was_merged_after_the_move_stays(sharing: World, to: str | None) -> None:
    moved = Movers(sharing, NAME, to, "NEWS")
    other = sharing.contact(NEW, moved.ids["NEWS"])
    sharing.change_contact(moved.people[ZOI], merged_into_id=other, is_active=False)
    sync_each(sharing, 2)
    before = moved.of("NEWS")
    assert before == {NIKOS, PETROS, NEW}
    sharing.forget_ledger()

    sync_each(sharing, 3)

    assert moved.of("NEWS") == before


def test_who_is_asked_to_confirm_is_still_asked(sharing: World) -> None:
    sharing.crm.execute(
        "alter table crm.contact_collection add column confirm_new_members boolean default false"
    )
    moved = Movers(sharing, NAME, OTHER, "NEWS", arrive=False)
    change(sharing, "NEWS", confirm_new_members=True)
    moved.move()
    sharing.act(PETROS, "confirm", moved.code_of("NEWS"))
    sync_each(sharing)
    place = audience_of(sharing, moved.code_of("NEWS"))
    before = moved.in_audience(place)
    assert before == {NIKOS: "pending", ZOI: "pending", PETROS: "subscribed"}
    sharing.forget_ledger()

    sync_each(sharing, 3)

    assert moved.in_audience(place) == before
    sharing.act(ZOI, "confirm", moved.code_of("NEWS"))
    sync_each(sharing)
    assert moved.of("NEWS") == {ZOI, PETROS}


def test_the_mark_of_the_own_audience_before_was_changed(sharing: World) -> None:
    """Nothing says whose it is, and Maria refused there. The other collection goes on."""
    moved = Movers(sharing, None, NAME, "NEWS", arrive=False)
    before = audience_of(sharing, "NEWS")
    moved.move()
    people = moved.of("NEWS")
    with sharing.provider() as provider:
        fields = provider.client.lists.get_list_merge_fields(before)["merge_fields"]
        (field,) = [one for one in fields if one["tag"] == "CRMREF"]
        provider.client.lists.update_list_merge_field(before, field["merge_id"], {"name": "Κωδ."})
    sharing.forget_ledger()
    sync_each(sharing, 2)

    assert last_run(sharing, "NEWS")["detail"].startswith("foreign_installation: ")
    assert last_run(sharing, "OFFERS")["state"] == "succeeded"
    assert moved.of("NEWS") == people
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        assert take_over(warehouse, "NEWS") == before
    sync_each(sharing, 2)
    assert moved.of("NEWS") == people
    assert quarantine(sharing) == {("NEWS", moved.people[MARIA]): "suppressed_unsubscribed"}
