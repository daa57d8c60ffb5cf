"""A tag that somebody deletes, and perhaps makes again: nobody refused, and by hand is by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sharing_world import (
    CODE,
    NAME,
    audience_of,
    by_hand,
    last_run,
    quarantine,
    rows,
    share,
    tagged,
    with_status,
)
from sync_world import World, subscriber_hash

_FREE = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
MARIA, NIKOS, ZOE = "maria@example.gr", "nikos@example.gr", "zoe@example.gr"
TAG = "Συλλογή NEWS (NEWS)"


@pytest.fixture(params=["postgres", "debian_postgres"])
def both(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """A world on either server."""
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        share(world)
        yield world
        world.close()


def fill(world: World, *, alone: bool = False) -> None:
    """Maria and Nikos are in NEWS. Zoe is in OFFERS, or the audience's member by herself."""
    news = world.collection("NEWS", shared_audience=NAME)
    for one in (MARIA, NIKOS):
        world.contact(one, news)
    if not alone:
        world.contact(ZOE, world.collection("OFFERS", shared_audience=NAME))
    world.sync()
    if alone:
        world.act(ZOE, "subscribe", CODE)
    assert tagged(world, "NEWS") == {MARIA, NIKOS}


def delete(world: World) -> None:
    with world.provider() as provider:
        (tag,) = [one for one in provider.tags(audience_of(world)) if one.name == TAG]
        provider.client.lists.delete_segment(audience_of(world), str(tag.tag_id))


def make_by_hand(world: World, *emails: str) -> int:
    with world.provider() as provider:
        made = provider.create_tag(audience_of(world), TAG)
        for email in emails:
            assert provider.give_tag(audience_of(world), TAG, subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    return made.tag_id


def carry(world: World, tag_id: int) -> set[str]:
    with world.provider() as provider:
        return {one.subscriber_hash for one in provider.tag_members(audience_of(world), tag_id)}


@pytest.mark.parametrize(
    ("inside", "alone", "preview"),
    [
        ((), False, "between"),
        ((), True, "never"),
        ((MARIA,), False, "never"),
        ((MARIA,), True, "between"),
        ((ZOE,), False, "after"),
        ((ZOE,), True, "after"),
    ],
)
def test_a_tag_made_again_by_hand_is_not_ours_and_nobody_refused(
    shared: World, inside: tuple[str, ...], alone: bool, preview: str
) -> None:
    fill(shared, alone=alone)
    delete(shared)
    if preview == "between":
        shared.sync(dry_run=True)
    theirs = make_by_hand(shared, *inside)
    if preview == "after":
        shared.sync(dry_run=True)
        assert "would be blocked: tag_by_hand: " in last_run(shared, "NEWS")["detail"]

    for full in (False, True):
        results = shared.sync(options=_FREE, full_refresh=full)
        assert results[CODE].state == "succeeded"
        run = last_run(shared, "NEWS")
        assert run["state"] == "blocked"
        assert run["detail"].startswith("tag_by_hand: ") and repr(TAG) in run["detail"]
        assert carry(shared, theirs) == {subscriber_hash(one) for one in inside}
        assert with_status(shared, "subscribed") == {MARIA, NIKOS, ZOE}
    assert rows(shared, "select kind from sync.refusal") == []
    assert quarantine(shared) == {}

    with shared.provider() as provider:
        provider.rename_tag(audience_of(shared), theirs, "Της Ελένης")
    shared.sync(options=_FREE)
    assert last_run(shared, "NEWS")["state"] == "succeeded"
    assert tagged(shared, "NEWS") == {MARIA, NIKOS}
    assert carry(shared, theirs) == {subscriber_hash(one) for one in inside}


def test_on_both_servers_a_deleted_tag_is_made_again_for_the_same_members(both: World) -> None:
    """Who lost it by hand before, and who refused meanwhile, does not get it."""
    fill(both)
    eleni = both.contact("eleni@example.gr", 1)
    both.sync()
    by_hand(both, "NEWS", NIKOS, "taken")
    both.sync()
    assert set(quarantine(both).values()) == {"suppressed_archived"}
    (held,) = rows(both, "select detail from sync.quarantine where resolved_at is null")
    assert held["detail"] == "somebody took the collection's tag from the member in Mailchimp"
    assert "by hand from 1 member in Mailchimp" in last_run(both, "NEWS")["detail"]
    delete(both)
    both.sync(dry_run=True)
    both.regrant(eleni, granted=False)

    for _ in range(2):
        both.sync()

    assert last_run(both, "NEWS")["state"] == "succeeded"
    assert tagged(both, "NEWS") == {MARIA}
    assert with_status(both, "unsubscribed") == {"eleni@example.gr"}
    (row,) = rows(both, "select count(*) as n from sync.refusal where kind = 'tag_taken'")
    assert row["n"] == 1
    (row,) = rows(both, "select deleted_at from sync.tag where collection_code = 'NEWS'")
    assert row["deleted_at"] is None


@pytest.mark.parametrize("where", [None, "Άλλο"])
def test_a_collection_moves_after_its_tag_was_made_again_by_hand(
    shared: World, where: str | None
) -> None:
    """The last look at the audience takes the missing tag for no refusal either."""
    fill(shared)
    delete(shared)
    theirs = make_by_hand(shared, ZOE)
    shared.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = 'NEWS'", (where,)
    )

    for _ in range(2):
        shared.sync(options=_FREE)

    code = f"shared:{where}" if where else "NEWS"
    assert with_status(shared, "subscribed", code) == {MARIA, NIKOS}
    assert quarantine(shared) == {}
    assert carry(shared, theirs) == {subscriber_hash(ZOE)}
    assert tagged(shared, "OFFERS") == {ZOE}


def test_withdrawals_go_out_while_the_tag_is_somebody_elses(shared: World) -> None:
    fill(shared)
    delete(shared)
    make_by_hand(shared, MARIA)
    maria = shared.crm.execute(
        "select contact_id from crm.contact where email = %s", (MARIA,)
    ).fetchone()
    assert maria is not None
    shared.regrant(maria[0], granted=False)

    shared.sync()

    assert last_run(shared, "NEWS")["detail"].startswith("tag_by_hand: ")
    assert with_status(shared, "unsubscribed") == {MARIA}
    assert with_status(shared, "subscribed") == {NIKOS, ZOE}
