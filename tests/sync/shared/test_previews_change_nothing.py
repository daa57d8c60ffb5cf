"""A preview shows what a run would do. It leaves the state and Mailchimp as they were."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    by_hand,
    change,
    last_run,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, NIKOS = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "nikos"))
NEW, THIRD = "nikos.neos@galaxy.gr", "nikos.tritos@galaxy.gr"
OTHER = "Άλλο κοινό"

#: The record of a run, and what it read of the CRM: every staging writes it.
RECORDS = {"staging_run", "staged_collection", "staging_invariant", "collection_run"}
#: When an audience was read, and up to which change: a look at Mailchimp moves it on.
LOOKS = {"pulled_through", "fully_listed_at", "looked_at", "remote_name"}


def state(world: World) -> dict[str, list[Any]]:
    """Every row of ``sync``, but for the records of runs."""
    tables = rows(world, "select tablename as name from pg_tables where schemaname = 'sync'")
    names = sorted({str(row["name"]) for row in tables} - RECORDS)
    assert {"refusal", "audience", "changed_address", "quarantine", "tag_member"} < set(names)
    return {
        name: rows(
            world,
            f"select to_jsonb(one) - %s::text[] as row from sync.{name} as one order by 1",
            sorted(LOOKS),
        )
        for name in names
    }


def preview(world: World) -> dict[str, str]:
    """Preview every collection; gives how each ended."""
    staging_id = world.stage(dry_run=True)
    ended = {}
    with world.connect(world.warehouse_dsn) as warehouse:
        codes = codes_to_sync(warehouse, staging_id)
    for code in codes:
        with suppress(ProviderError):
            ended[code] = world.push(staging_id, code, options=UNGUARDED).state
    return ended


class Place:
    """NEWS has an audience of its own, OFFERS and BOOKS share one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection("NEWS")
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.books = world.collection("BOOKS", shared_audience=NAME)
        self.maria = world.contact(MARIA, self.news, self.offers)
        self.zoi = world.contact(ZOI, self.news, self.books)
        self.kostas = world.contact(KOSTAS, self.offers)
        self.nikos = world.contact(NIKOS, self.news, self.offers)
        sync_each(world, 2)
        self.own = world.list_id("NEWS")

    def made_by_hand(self) -> str:
        with self.world.provider() as provider:
            (settings,) = [one.settings for one in provider.audiences() if one.list_id == self.own]
            return str(provider.create_audience(settings).list_id)

    def has_note(self) -> None:
        """Nikos changed his address in the form of NEWS, and a run saw it."""
        self.world.act(NIKOS, "change_email", "NEWS", new_email_address=NEW)
        sync_each(self.world)
        notes = rows(self.world, "select * from sync.changed_address where ended_at is null")
        assert [row["contact_id"] for row in notes] == [self.nikos]


def _to_shared(place: Place) -> None:
    change(place.world, "NEWS", shared_audience=NAME)


def _own_becomes_shared(place: Place) -> None:
    change(place.world, "NEWS", shared_audience=OTHER, provider_list_id=place.own)


def _to_own(place: Place) -> None:
    change(place.world, "OFFERS", shared_audience=None)


def _to_another_shared(place: Place) -> None:
    change(place.world, "OFFERS", shared_audience=OTHER)


def _all_to_another(place: Place) -> None:
    for code in ("OFFERS", "BOOKS"):
        change(place.world, code, shared_audience=OTHER)


def _named(place: Place) -> None:
    change(place.world, "NEWS", provider_list_id=place.made_by_hand())


def _named_with_a_refusal(place: Place) -> None:
    made = place.made_by_hand()
    world = place.world
    for action in ("subscribe", "unsubscribe"):
        details = {"list_id": made, "email_address": ZOI, "action": action}
        world.sandbox.control("POST", "clock/advance", {"seconds": 2})
        world.sandbox.control("POST", "act", details)
    change(world, "NEWS", provider_list_id=made)


def _shared_named(place: Place) -> None:
    change(place.world, "OFFERS", provider_list_id=place.made_by_hand())


def _merged(place: Place) -> None:
    place.has_note()
    again = place.world.contact(NIKOS, place.news, place.offers)
    place.world.change_contact(place.nikos, merged_into_id=again, is_active=False)


def _third_address(place: Place) -> None:
    place.has_note()
    place.world.change_contact(place.nikos, email=THIRD)


def _same_address(place: Place) -> None:
    place.has_note()
    place.world.change_contact(place.nikos, email=NEW)


def _left(place: Place) -> None:
    place.world.leave(place.news, place.zoi)
    place.world.leave(place.offers, place.kostas)


def _withdrawn(place: Place) -> None:
    place.world.regrant(place.maria, granted=False)


def _tag_taken(place: Place) -> None:
    by_hand(place.world, "OFFERS", MARIA, "taken")
    sync_each(place.world)
    assert MARIA not in tagged(place.world, "OFFERS")


def _tag_taken_and_address_changed(place: Place) -> None:
    """Maria chose another address since, and OFFERS is to leave the shared audience."""
    _tag_taken(place)
    place.world.act(MARIA, "change_email", CODE, new_email_address="maria.nea@galaxy.gr")
    sync_each(place.world)
    _to_own(place)


def _another_category(place: Place) -> None:
    change(place.world, "OFFERS", campaign_type="OFFER")
    change(place.world, "NEWS", campaign_type="FREE")


def _inactive(place: Place) -> None:
    change(place.world, "OFFERS", is_active=False)
    change(place.world, "NEWS", is_active=False)


HISTORIES = [
    _to_shared, _own_becomes_shared, _to_own, _to_another_shared, _all_to_another, _named,
    _named_with_a_refusal, _shared_named, _merged, _third_address, _same_address, _left,
    _withdrawn, _tag_taken, _tag_taken_and_address_changed, _another_category, _inactive,
]  # fmt: skip
#: Their preview reads members of an audience that no run has read.
READS_ANOTHER = {_named, _named_with_a_refusal, _shared_named}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda one: one.__name__.strip("_"))
def test_the_state_stays(sharing: World, history: Callable[[Place], None]) -> None:
    place = Place(sharing)
    history(place)
    if history in READS_ANOTHER:
        preview(sharing)  # what it saw there stays known
    # Contacts are looked up while they are staged: who holds which address.
    sharing.stage(dry_run=True)
    before, writes = state(sharing), sharing.write_requests()

    ended = preview(sharing)

    assert ended and set(ended.values()) <= {"dry_run", "succeeded"}, ended
    assert sharing.write_requests() == writes
    after = state(sharing)
    assert {name for name in before if before[name] != after[name]} == set()
    assert before == after


@pytest.mark.parametrize(
    "history", [_merged, _third_address, _same_address], ids=lambda one: one.__name__.strip("_")
)
def test_the_preview_shows_what_a_run_does_about_notes(
    sharing: World, history: Callable[[Place], None]
) -> None:
    history(Place(sharing))
    preview(sharing)
    planned = rows(
        sharing,
        "select staged.collection_code as code,"
        " count(*) filter (where plan.action in ('add', 'tag')) as added,"
        " count(*) filter (where plan.action in ('archive', 'unsubscribe', 'untag')) as removed"
        " from staging.plan as plan"
        " inner join sync.staged_collection as staged using (staging_id, collection_id)"
        " where plan.staging_id = (select max(staging_id) from sync.staging_run)"
        " group by staged.collection_code order by staged.collection_code",
    )
    assert len(planned) == 4

    sync_each(sharing)

    for row in planned:
        ran = last_run(sharing, row["code"])
        assert row["added"] == ran["added"], row["code"]
        # A member that is archived loses its tags without a call.
        if row["code"] in ("NEWS", CODE):
            assert row["removed"] == ran["removed"], row["code"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_link_that_was_only_previewed_moves_nobody(sharing: World, times: int) -> None:
    """Somebody names a wrong audience, looks at the preview, and takes the entry back."""
    place = Place(sharing)
    made = place.made_by_hand()
    change(sharing, "NEWS", provider_list_id=made)
    for _ in range(times):
        assert preview(sharing)["NEWS"] == "dry_run"
    assert "add 3" in last_run(sharing, "NEWS")["detail"]
    change(sharing, "NEWS", provider_list_id=None)
    sharing.contact("eleni@galaxy.gr", place.news)

    sync_each(sharing, 2)

    assert sharing.list_id("NEWS") == place.own
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ZOI, NIKOS, "eleni@galaxy.gr"}
    with sharing.provider() as provider:
        assert list(provider.members(made)) == []
    assert rows(sharing, "select * from sync.former_audience") == []


def test_a_new_collection_keeps_no_link_of_a_preview(sharing: World) -> None:
    place = Place(sharing)
    made = place.made_by_hand()
    gifts = sharing.collection("GIFTS", provider_list_id=made)
    sharing.contact(MARIA, gifts)
    assert preview(sharing)["GIFTS"] == "dry_run"
    change(sharing, "GIFTS", provider_list_id=None)

    sync_each(sharing)

    assert sharing.list_id("GIFTS") != made
    with sharing.provider() as provider:
        assert list(provider.members(made)) == []


def test_the_preview_of_an_own_audience_that_becomes_shared_shows_the_plan(
    sharing: World,
) -> None:
    place = Place(sharing)
    change(sharing, "NEWS", shared_audience=OTHER, provider_list_id=place.own)
    change(sharing, "BOOKS", shared_audience=OTHER)
    sharing.contact("eleni@galaxy.gr", place.books)
    code = f"shared:{OTHER}"

    ended = preview(sharing)

    assert ended[code] == "dry_run"
    assert last_run(sharing, code)["detail"].startswith("plan: add 1, "), last_run(sharing, code)
    assert "tag 3" in last_run(sharing, "NEWS")["detail"]
    assert "tag 2" in last_run(sharing, "BOOKS")["detail"]
    sync_each(sharing)
    assert audience_of(sharing, code) == place.own
    assert with_status(sharing, "subscribed", code) == {MARIA, ZOI, NIKOS, "eleni@galaxy.gr"}


def test_refusals_of_an_audience_that_was_only_previewed_hold_for_nobody(sharing: World) -> None:
    """Zoi opted out of an audience that NEWS never used. She wants NEWS as before."""
    place = Place(sharing)
    _named_with_a_refusal(place)
    preview(sharing)
    assert "suppressed_unsubscribed" in last_run(sharing, "NEWS")["detail"]
    change(sharing, "NEWS", provider_list_id=None)

    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ZOI, NIKOS}


def test_a_run_after_the_preview_minds_the_same_refusals(sharing: World) -> None:
    place = Place(sharing)
    _named_with_a_refusal(place)
    preview(sharing)

    sync_each(sharing, 2)

    assert sharing.list_id("NEWS") != place.own
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, NIKOS}
    assert with_status(sharing, "unsubscribed", "NEWS") == {ZOI}
    # Also where the collection goes then.
    change(sharing, "NEWS", provider_list_id=place.made_by_hand())
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, NIKOS}
    assert CODE in {row["collection_code"] for row in rows(sharing, "select * from sync.audience")}
