"""A tag goes from one member to another by hand, and the address changes: the count says nothing.

Nobody gets a tag at a new address who was taken out at the old one.
"""

from __future__ import annotations

import pytest

from sharing_world import (
    NAME,
    by_hand,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, MARIA_NEW = "maria@example.gr", "maria.nea@example.gr"
NIKOS, ZOI = "nikos@example.gr", "zoi@example.gr"
READ = "GET /lists/{list_id}/segments/{segment_id}/members"


class Readers:
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

    def reads(self, **staging: object) -> int:
        """How often a sync reads the members of a tag."""
        self.world.calls.reset()
        self.world.sync(**staging)  # type: ignore[arg-type]
        return self.world.calls.made.count(READ)


@pytest.fixture
def readers(sharing: World) -> Readers:
    return Readers(sharing)


def test_the_address_changes_in_the_crm(readers: Readers) -> None:
    readers.swap()
    readers.world.change_contact(readers.maria, email=MARIA_NEW)
    given: set[str] = set()
    readers.world.calls.reset(before=lambda _: given.update(tagged(readers.world, "NEWS")))

    readers.world.sync()
    readers.world.calls.reset()
    sync_each(readers.world, 2)

    assert MARIA_NEW not in given, "not for a moment"
    assert tagged(readers.world, "NEWS") == {NIKOS}
    assert quarantine(readers.world)["NEWS", readers.maria] == "suppressed_archived"
    assert "by hand from 1 member" in rows(
        readers.world,
        "select string_agg(detail, ' ') as words from sync.collection_run"
        " where collection_code = 'NEWS'",
    )[0]["words"]  # fmt: skip
    assert MARIA_NEW in with_status(readers.world, "subscribed"), "OFFERS wants her"


def test_the_contact_is_merged_into_another(readers: Readers) -> None:
    survivor = readers.world.contact(MARIA_NEW, readers.offers)
    sync_each(readers.world)
    readers.swap()
    readers.world.change_contact(readers.maria, merged_into_id=survivor, is_active=False)
    readers.world.join(readers.news, survivor)

    sync_each(readers.world, 2)

    assert tagged(readers.world, "NEWS") == {NIKOS}
    assert quarantine(readers.world)["NEWS", survivor] == "suppressed_archived"


@pytest.mark.parametrize("swapped", [True, False])
def test_one_of_two_contacts_of_the_address_moves(readers: Readers, swapped: bool) -> None:
    """Each of them had the tag by the address. So the refusal belongs to both."""
    petros = readers.world.contact(MARIA, readers.news, readers.offers)
    sync_each(readers.world)
    by_hand(readers.world, "NEWS", MARIA, "taken")
    if swapped:
        by_hand(readers.world, "NEWS", ZOI, "given")
    readers.world.change_contact(petros, email="petros@example.gr")

    sync_each(readers.world, 2)

    assert tagged(readers.world, "NEWS") == {NIKOS}
    held = {contact for code, contact in quarantine(readers.world) if code == "NEWS"}
    assert held == {readers.maria, petros}


def test_a_preview_reads_too_and_shows_nobody_who_was_taken_out(readers: Readers) -> None:
    readers.swap()
    readers.world.change_contact(readers.maria, email=MARIA_NEW)

    assert readers.reads(dry_run=True) == 2, "the tags of both collections"

    planned = rows(
        readers.world,
        "select plan.action from staging.plan as plan where plan.collection_id = %s"
        " and plan.contact_id = %s"
        " and plan.staging_id = (select max(staging_id) from staging.plan)",
        readers.news,
        readers.maria,
    )
    assert {row["action"] for row in planned} == {"quarantine"}


def test_a_tag_is_read_once_in_a_run_and_only_if_it_goes_to_a_changed_address(
    readers: Readers,
) -> None:
    assert readers.reads() == 0
    readers.world.contact("eleni@example.gr", readers.news)
    assert readers.reads() == 0, "a new contact had no tag before"
    readers.world.leave(readers.offers, readers.nikos)
    assert readers.reads() == 0
    readers.world.change_contact(readers.nikos, email="nikos.neos@example.gr")
    assert readers.reads() == 1, "OFFERS does not have him"
    assert readers.reads() == 0
    for one, email in ((readers.maria, MARIA_NEW), (readers.nikos, NIKOS)):
        readers.world.change_contact(one, email=email)
    assert readers.reads() == 2, "once for each tag"
    assert readers.reads() == 0
    readers.world.change_contact(readers.maria, email=MARIA)
    assert readers.reads(full_refresh=True) == 2, "a full listing reads every tag, and once"
    assert tagged(readers.world, "NEWS") == {MARIA, NIKOS, "eleni@example.gr"}


def test_if_it_cannot_be_read_nobody_gets_it_and_the_others_go_on(readers: Readers) -> None:
    readers.swap()
    readers.world.change_contact(readers.maria, email=MARIA_NEW)
    petros = readers.world.contact("petros@example.gr", readers.news, readers.offers)
    readers.world.regrant(readers.nikos, granted=False)
    (row,) = rows(readers.world, "select tag_id from sync.tag where collection_code = 'NEWS'")
    fault = {"kind": "500", "count": 1_000, "method": "GET",
             "path": f"/lists/*/segments/{row['tag_id']}/members"}  # fmt: skip
    readers.world.sandbox.control("POST", "faults", {"next": [fault]})
    try:
        sync_each(readers.world)
    finally:
        readers.world.sandbox.control("POST", "faults", {"clear": True})

    assert last_run(readers.world, "NEWS")["state"] == "failed"
    assert tagged(readers.world, "NEWS") == {ZOI}
    assert with_status(readers.world, "unsubscribed") == {NIKOS}
    assert tagged(readers.world, "OFFERS") >= {"petros@example.gr", ZOI}
    sync_each(readers.world, 2)
    assert tagged(readers.world, "NEWS") == {"petros@example.gr"}
    assert quarantine(readers.world)["NEWS", readers.maria] == "suppressed_archived"
    assert ("NEWS", petros) not in quarantine(readers.world)
