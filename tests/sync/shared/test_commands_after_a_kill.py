"""A run of a shared audience is killed, and then a person runs a command."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from sharing_world import (
    CODE,
    UNGUARDED,
    act,
    audience_of,
    by_hand,
    fill_two,
    last_run,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI, NEA = (
    f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni", "nea")
)


class Killed(BaseException):
    """The worker's process ends: nothing is written any more."""


def kill(world: World, call: int) -> bool:
    """Run the audience up to a request that Mailchimp acts on; returns whether it came to it."""
    staging_id = world.stage()
    calls = []

    def count(what: str) -> bool:
        calls.append(what)
        if len(calls) > call:
            raise Killed
        return len(calls) == call

    world.calls.reset(before=count)
    try:
        world.push(staging_id, CODE, options=UNGUARDED)
    except Killed:
        return True
    finally:
        world.calls.reset()
    return False


def change_much(world: World) -> None:
    ids = fill_two(world)
    sync_each(world)
    act(world, ELENI, "unsubscribe")
    by_hand(world, "NEWS", ZOI, "taken")
    world.regrant(ids[MARIA], granted=False)
    world.leave(2, ids[KOSTAS])
    world.contact(NEA, 1, 2)


def decide(world: World, how: str) -> None:
    with world.connect(world.warehouse_dsn) as warehouse:
        if how == "retire":
            retire_by_code(warehouse, CODE)
        else:
            {"same": continue_as_same, "new": begin_as_new}[how](warehouse, "NEWS")


@pytest.mark.parametrize("call", [6, 12])
@pytest.mark.parametrize("command", ["same", "new", "retire"])
def test_a_command_after_a_killed_run(shared: World, command: str, call: int) -> None:
    """And the next run is killed, too."""
    change_much(shared)
    left = audience_of(shared)
    assert kill(shared, call)
    if command != "retire":
        for table in ("contact_collection", "collection_member"):
            shared.crm.execute(
                f"update crm.{table} set collection_id = 900 where collection_id = 1"
            )
        kill(shared, call - 2)
        sync_each(shared)
        assert "collection_replaced" in str(last_run(shared, "NEWS")["detail"])
    decide(shared, command)
    kill(shared, call + 1)
    sync_each(shared, 3)
    for code in ("NEWS", "OFFERS", CODE):
        assert last_run(shared, code)["state"] == "succeeded", last_run(shared, code)
    assert tagged(shared, "NEWS") == {NEA}
    assert tagged(shared, "OFFERS") == {ZOI, NEA}
    assert with_status(shared, "subscribed") == {ZOI, NEA}
    with shared.provider() as provider:
        people = {
            one.email_address: one.status
            for status in (None, "archived")
            for one in provider.members(left, status=status)
        }
    assert people[MARIA] == people[ELENI] == "unsubscribed"
    assert people[ZOI] == "subscribed"
    assert command == "retire" or people[KOSTAS] == "archived"
