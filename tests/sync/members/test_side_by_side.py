"""Additions side by side: each in a slot of the account, recorded once, given back when asked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.errors import PermissionDenied
from crm_mailchimp.mailchimp.lanes import MOST_LANES
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sync.members import push
from crm_mailchimp.warehouse.connection_slots import (
    SLOT_COUNT,
    NoFreeSlotError,
    slot,
    spare_slot,
)
from sync.members.test_statements_per_page import fill
from sync_world import WatchedClient, World

PATIENCE = 60.0
PEOPLE = 4_000


class Counting(WatchedClient):
    """Counts the calls of additions that are in flight, over all clients of a world.

    No such call goes out before ``wanted`` of them are in flight.
    """

    turn = threading.Condition()
    flying = most = sent = wanted = 0

    def _attempt(self, method: str, path: str, *arguments: Any) -> Any:
        adds = (method, path) == ("POST", "/lists/{list_id}")
        with Counting.turn:
            Counting.flying += adds
            Counting.sent += adds
            Counting.most = max(Counting.most, Counting.flying)
            Counting.turn.notify_all()
            if adds:
                Counting.turn.wait_for(lambda: Counting.most >= Counting.wanted, PATIENCE)
        try:
            return super()._attempt(method, path, *arguments)
        finally:
            with Counting.turn:
                Counting.flying -= adds


def side_by_side(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: Any = Mailchimp, *, wanted: int = 0
) -> None:
    """Give a world's syncs further clients, each in a real slot.

    Args:
        wanted: so many calls are in flight before the first one goes out.
    """
    Counting.flying = Counting.most = Counting.sent = 0
    Counting.wanted = wanted

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(world.warehouse_dsn)

    def client(held: Any) -> WatchedClient:
        return Counting(
            world.sandbox.key, calls=world.calls, host=world.sandbox.host, retry=world.retry,
            slot=held,
        )  # fmt: skip

    @contextmanager
    def provider() -> Iterator[Mailchimp]:
        with kind(
            client(lambda: slot(connect, wait_seconds=PATIENCE)),
            another=lambda: kind(client(lambda: spare_slot(connect))),
        ) as opened:
            yield opened

    monkeypatch.setattr(world, "provider", provider)


def state(world: World) -> list[tuple[Any, ...]]:
    rows = world.warehouse.execute(
        "select status, origin, count(*) as members, count(distinct contact_id) as contacts"
        " from sync.member group by 1, 2 order by 1, 2"
    ).fetchall()
    return [tuple(row.values()) for row in rows]


def test_calls_are_in_flight_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.collection()
    fill(world, 1, PEOPLE + 1)
    side_by_side(world, monkeypatch, wanted=MOST_LANES)
    result = world.sync()["NEWS"]

    assert (result.state, result.counts["added"]) == ("succeeded", PEOPLE)
    assert state(world) == [("subscribed", "created", PEOPLE, PEOPLE)]
    assert len(world.remote()) == PEOPLE
    assert Counting.most == MOST_LANES
    made = world.calls.made
    assert sum(what == "POST /lists/{list_id}" for what in made) == PEOPLE / 500


def test_one_refused_call_loses_none_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collection()
    fill(world, 1, PEOPLE + 1)
    calls = itertools.count(1)

    class Refusing(Mailchimp):
        def add_members(self, list_id: str, members: Any) -> Any:
            if next(calls) == 3:
                raise PermissionDenied(
                    method="POST", path="/lists/{list_id}", status=403,
                    title="User action not permitted", detail="contact limit reached",
                )  # fmt: skip
            return super().add_members(list_id, members)

    side_by_side(world, monkeypatch, Refusing)
    refused = world.sync()["NEWS"]

    assert refused.state == "blocked"
    assert (refused.detail or "").startswith("contact_limit: ")
    added = len(world.remote())
    assert 0 < added < PEOPLE
    assert state(world) == [("subscribed", "created", added, added)]

    side_by_side(world, monkeypatch)
    assert world.sync()["NEWS"].counts["added"] == PEOPLE - added
    assert state(world) == [("subscribed", "created", PEOPLE, PEOPLE)]


def test_who_withdraws_during_the_first_call_is_not_in_a_later_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several calls share a look at the CRM. A look that is too old is made again."""
    monkeypatch.setattr(push, "LOOK_SECONDS", 0.0)
    world.collection()
    fill(world, 1, 1_601)

    def withdraw(what: str) -> None:
        if what == "POST /lists/{list_id}":
            world.crm.execute(
                "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
                " effective_at, recorded_at) select 100000 + contact_id, contact_id, 'email',"
                " 'newsletter', false, now(), now() from crm.contact on conflict do nothing"
            )

    world.calls.reset(before=withdraw)
    assert world.sync()["NEWS"].counts["added"] == 500
    assert len(world.remote()) == 500


def test_a_task_that_waits_for_a_slot_gets_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push that uses all slots lets others in; without any to spare it goes on by itself."""
    world.collection()
    fill(world, 1, PEOPLE + 1)
    side_by_side(world, monkeypatch, wanted=MOST_LANES)
    got = threading.Event()
    waiting: list[threading.Thread] = []

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(world.warehouse_dsn)

    def wait_for_one() -> None:
        with slot(connect, wait_seconds=PATIENCE):
            got.set()

    in_time: list[bool] = []

    def begin(what: str) -> None:
        if what != "POST /lists/{list_id}":
            return
        if not waiting:
            # All lanes are in flight, and one slot is the push's own: none is free.
            with pytest.raises(NoFreeSlotError), spare_slot(connect):
                pass
            waiting.append(threading.Thread(target=wait_for_one))
            waiting[0].start()
        elif Counting.sent == PEOPLE / 500:
            # The last call: the push is not over before the other has a slot.
            in_time.append(got.wait(PATIENCE))

    world.calls.reset(before=begin)
    try:
        result = world.sync()["NEWS"]
    finally:
        for thread in waiting:
            thread.join(PATIENCE)
    assert in_time and all(in_time)
    assert result.counts["added"] == PEOPLE


def test_with_all_slots_taken_one_call_follows_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collection()
    fill(world, 1, 1_501)
    side_by_side(world, monkeypatch)

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(world.warehouse_dsn)

    held = [slot(connect) for _ in range(SLOT_COUNT - 1)]
    for one in held:
        one.__enter__()
    try:
        assert world.sync()["NEWS"].counts["added"] == 1_500
    finally:
        for one in held:
            one.__exit__(None, None, None)
    assert Counting.most == 1
