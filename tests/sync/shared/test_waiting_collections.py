"""A collection that left a shared audience: what a later failure and other refusals mean for it."""

from __future__ import annotations

from crm_mailchimp.data_protection import retention
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sharing_world import (
    CODE,
    NAME,
    change,
    last_run,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))


def fill(world: World) -> dict[str, int]:
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    return {
        MARIA: world.contact(MARIA, news, first_name="Μαρία"),
        ZOI: world.contact(ZOI, news, offers, first_name="Ζωή"),
        KOSTAS: world.contact(KOSTAS, offers, first_name="Κώστας"),
        ELENI: world.contact(ELENI, news, first_name="Ελένη"),
    }


def waits(world: World) -> bool:
    return "no run has succeeded there yet" in (last_run(world, CODE)["detail"] or "")


def test_a_later_failure_elsewhere_keeps_nobody_again(shared: World) -> None:
    contacts = fill(shared)
    sync_each(shared)
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared, 2)
    assert with_status(shared, "archived") == {MARIA, ELENI}
    with shared.provider() as provider:
        ids = {"list_id": shared.list_id("NEWS")}
        provider.client.call("DELETE", "/lists/{list_id}", ids=ids)

    shared.crm.execute(
        "delete from crm.collection_member where contact_id = %s", (contacts[KOSTAS],)
    )
    sync_each(shared)

    assert last_run(shared, "NEWS")["state"] != "succeeded"
    assert not waits(shared)
    assert KOSTAS in with_status(shared, "archived")


def test_a_refusal_of_another_category_is_none_of_theirs(shared: World) -> None:
    """Their tag counts, though the collection left it: its category alone unsubscribes them."""
    contacts = fill(shared)
    change(shared, "NEWS", campaign_type="OFFER")
    for email in (MARIA, ZOI, ELENI):
        shared.consent(contacts[email], category="offer")
    sync_each(shared)
    assert tagged(shared, "NEWS") == {MARIA, ZOI, ELENI}
    shared.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared)
    assert waits(shared)

    shared.regrant(contacts[MARIA], granted=False)
    shared.regrant(contacts[ZOI], granted=False)
    shared.regrant(contacts[ELENI], category="offer", granted=False)
    sync_each(shared, 2)

    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert with_status(shared, "unsubscribed") == {ELENI}


def test_the_guard_of_the_audience_asks_when_they_leave_at_last(shared: World) -> None:
    """Once the collection arrived, many leave the shared audience: a person decides."""
    fill(shared)
    (news,) = shared.crm.execute(
        "select collection_id from crm.contact_collection where code = 'NEWS'"
    ).fetchone() or (None,)
    for number in range(60):
        shared.contact(f"pelatis{number}@galaxy.gr", news, first_name="Πέτρος")
    sync_each(shared)
    change(shared, "NEWS", shared_audience=None)

    sync_each(shared, 2, SyncOptions())

    assert last_run(shared, "NEWS")["state"] == "succeeded"
    assert last_run(shared, CODE)["state"] == "blocked"
    assert last_run(shared, CODE)["detail"].startswith("removal_guard")
    assert with_status(shared, "archived") == set()


def remembered(world: World) -> int:
    found = rows(
        world,
        "select from sync.tag_member inner join sync.tag using (list_id, collection_id)"
        " where tag.left_at is not null",
    )
    return len(found)


def two_years_later(world: World) -> None:
    """The rules of age see everything as two years older."""
    for table, columns in (
        ("tag", ("left_at", "arrived_at")),
        ("tag_member", ("tagged_at",)),
        ("collection_run", ("started_at", "finished_at")),
    ):
        for column in columns:
            world.warehouse.execute(
                f"update sync.{table} set {column} = {column} - interval '2 years'"
            )
    with world.connect(world.warehouse_dsn) as warehouse:
        retention.apply(warehouse, retention.Ages())


def test_who_waits_longer_than_the_records_stay_is_not_archived(shared: World) -> None:
    fill(shared)
    sync_each(shared)
    shared.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared, 2)
    two_years_later(shared)
    assert rows(shared, "select from sync.collection_run") == [], "their age is over"

    sync_each(shared)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
    assert remembered(shared) == 3

    # Arrived at last: what nobody needs any more has an age again.
    shared.sandbox.control("POST", "limits", {"max_audiences": 10})
    sync_each(shared, 2)
    assert with_status(shared, "archived") == {MARIA, ELENI}
    assert remembered(shared) == 3
    two_years_later(shared)
    assert remembered(shared) == 0

    # The run that arrived is forgotten, too, and nobody waits again.
    sync_each(shared)
    assert not waits(shared)
    assert with_status(shared, "subscribed") == {ZOI, KOSTAS}


def test_one_that_comes_back_and_leaves_again_waits_again(shared: World) -> None:
    fill(shared)
    sync_each(shared)
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared, 2)
    change(shared, "NEWS", shared_audience=NAME)
    sync_each(shared, 2)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    shared.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(shared, "NEWS", shared_audience="Άλλο")
    sync_each(shared, 2)
    assert last_run(shared, "NEWS")["state"] != "succeeded"
    assert waits(shared)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
