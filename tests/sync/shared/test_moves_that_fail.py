"""A collection leaves a shared audience, and the place where it goes cannot take its people yet.

They stay in the shared audience until a run of the collection has succeeded elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from crm_mailchimp.errors import ProviderError
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    change,
    fill_two,
    last_run,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
OTHER = "Άλλο"


def allow(world: World, audiences: int) -> None:
    world.sandbox.control("POST", "limits", {"max_audiences": audiences})


def left_at(world: World) -> list[Any]:
    found = rows(
        world,
        "select tag.left_at from sync.tag inner join sync.audience using (list_id)"
        " where tag.collection_code = 'NEWS' and audience.collection_code = %s",
        CODE,
    )
    return [row["left_at"] for row in found]


def waits(world: World) -> bool:
    run = last_run(world, CODE)
    assert run["state"] == "succeeded", run
    return "no run has succeeded there yet" in (run["detail"] or "")


def test_who_moves_to_an_audience_that_cannot_be_made_stays(sharing: World) -> None:
    world = sharing
    contacts = fill_two(world)
    sync_each(world)
    allow(world, 1)
    change(world, "NEWS", shared_audience=None)

    for _ in range(2):
        sync_each(world)
    assert last_run(world, "NEWS")["state"] == "blocked"
    # The collection's own run left the tag before it found out.
    assert None not in left_at(world)
    assert waits(world)
    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    # A withdrawal goes out. Who is in another collection, too, loses the tag alone.
    world.regrant(contacts[MARIA], granted=False)
    sync_each(world)
    assert with_status(world, "unsubscribed") == {MARIA}
    assert with_status(world, "subscribed") == {ZOI, KOSTAS, ELENI}

    allow(world, 10)
    for _ in range(2):
        sync_each(world)
    assert with_status(world, "subscribed", "NEWS") == {ZOI, ELENI}
    assert with_status(world, "subscribed") == {ZOI, KOSTAS}
    assert with_status(world, "archived") == {ELENI}
    assert not waits(world)


def test_a_wrong_audience_of_the_crm(shared: World) -> None:
    fill_two(shared)
    sync_each(shared)
    change(shared, "NEWS", shared_audience=None, provider_list_id="0000000000")

    for _ in range(2):
        sync_each(shared)

    assert last_run(shared, "NEWS")["state"] not in ("succeeded", "dry_run")
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
    assert waits(shared)


def test_a_provider_of_another_kind(shared: World) -> None:
    """The collection's own run leaves nothing: it makes no call."""
    contacts = fill_two(shared)
    sync_each(shared)
    shared.crm.execute(
        "alter table crm.external_provider add column if not exists kind text;"
        "insert into crm.external_provider (code, connection_id, email_type_option, kind)"
        " values ('other', 'x', false, 'brevo')"
    )
    change(shared, "NEWS", external_provider="other")
    for _ in range(2):
        sync_each(shared)
    assert left_at(shared) == [None]
    assert waits(shared)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    shared.regrant(contacts[MARIA], granted=False)
    shared.regrant(contacts[ZOI], granted=False)
    sync_each(shared)
    assert with_status(shared, "unsubscribed") == {MARIA, ZOI}
    assert tagged(shared, "NEWS") == {ELENI}

    change(shared, "NEWS", external_provider="mailchimp")
    sync_each(shared)
    assert tagged(shared, "NEWS") == {ELENI}
    assert with_status(shared, "subscribed") == {KOSTAS, ELENI}


def test_to_another_shared_audience_that_cannot_be_made(shared: World) -> None:
    fill_two(shared)
    sync_each(shared)
    allow(shared, 1)
    change(shared, "NEWS", shared_audience=OTHER)
    for _ in range(2):
        sync_each(shared)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
    assert waits(shared)

    allow(shared, 10)
    for _ in range(2):
        sync_each(shared)
    assert with_status(shared, "subscribed", f"shared:{OTHER}") == {MARIA, ZOI, ELENI}
    assert with_status(shared, "archived") == {MARIA, ELENI}


def test_the_plan_of_its_own_run_stays_as_it_is(shared: World) -> None:
    """The shared audience plans the tag while the collection's own run may go on."""
    fill_two(shared)
    sync_each(shared)
    allow(shared, 1)
    change(shared, "NEWS", shared_audience=None)
    staging_id = shared.stage()
    with suppress(ProviderError):
        shared.push(staging_id, "NEWS", options=UNGUARDED)
    before = _plan(shared, staging_id)
    assert len(before) == 3

    assert shared.push(staging_id, CODE, options=UNGUARDED).state == "succeeded"

    assert waits(shared)
    assert _plan(shared, staging_id) == before


def test_back_before_it_went_anywhere(shared: World) -> None:
    fill_two(shared)
    sync_each(shared)
    allow(shared, 1)
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared)
    change(shared, "NEWS", shared_audience=NAME)

    sync_each(shared)

    assert left_at(shared) == [None]
    assert not waits(shared)
    assert tagged(shared, "NEWS") == {MARIA, ZOI, ELENI}
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}


def test_another_collection_with_its_code_has_not_moved(shared: World) -> None:
    """Codes are swapped: the success of the other collection is not its own."""
    fill_two(shared)
    shared.collection("GIFTS")
    sync_each(shared)
    allow(shared, 1)
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared)
    for old, new in (("NEWS", "x"), ("GIFTS", "NEWS"), ("x", "GIFTS")):
        shared.crm.execute(
            "update crm.contact_collection set code = %s where code = %s", (new, old)
        )

    for _ in range(2):
        sync_each(shared)

    assert waits(shared)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}


def _plan(world: World, staging_id: int) -> list[dict[str, Any]]:
    return rows(
        world,
        "select plan.action, plan.subscriber_hash from staging.plan as plan"
        " inner join sync.staged_collection as collection using (staging_id, collection_id)"
        " where staging_id = %s and collection.collection_code = 'NEWS' order by 2",
        staging_id,
    )
