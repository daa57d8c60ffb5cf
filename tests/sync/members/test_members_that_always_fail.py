"""Mailchimp always fails for one member: the others are added, changed and removed all the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    ConnectionFault,
    GarbledAnswer,
    ServerError,
    TooManyRequests,
)
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.run_record import CollectionPostponedError
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World, subscriber_hash

OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
MEMBERS = "/lists/{list_id}/members"
FAULTS = (ServerError, TooManyRequests, ConnectionFault, GarbledAnswer)
PLAIN = MailchimpClient._attempt


def failing(
    patch: pytest.MonkeyPatch,
    concerns: Callable[[str, str, str], bool],
    fault: type[Any] = ServerError,
) -> list[str]:
    """Let every call fail that concerns something; returns these calls as they are made.

    Args:
        concerns: given the method, the path's template, and ids and body as text.
    """
    made: list[str] = []

    def attempt(
        self: MailchimpClient, method: str, path: str, ids: Any, query: Any, body: Any
    ) -> Any:
        if concerns(method, path, f"{dict(ids)} {body}"):
            made.append(f"{method} {path}")
            return fault(method=method, path=path, status=500)
        return PLAIN(self, method, path, ids, query, body)

    patch.setattr(MailchimpClient, "_attempt", attempt)
    return made


def people(world: World, count: int) -> dict[str, int]:
    news = world.collection()
    found = {
        f"p{number}@mail.gr": world.contact(f"p{number}@mail.gr", news) for number in range(count)
    }
    world.retry = Retry(attempts=2)
    return found


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("count", [3, 60])
def test_additions_beside_one_that_always_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: type[Any], count: int
) -> None:
    found = people(world, count)
    failing(monkeypatch, lambda method, _, what: method == "POST" and "'p1@mail.gr'" in what, fault)

    for added in (count - 1, 0):
        result = world.sync()["NEWS"]
        assert result.counts["added"] == added
        assert f"contacts {found['p1@mail.gr']}" in (result.detail or "")
        assert "@" not in (result.detail or "")
        assert set(world.remote()) == set(found) - {"p1@mail.gr"}

    monkeypatch.undo()
    result = world.sync()["NEWS"]
    assert (result.counts["added"], result.detail) == (1, None)
    assert set(world.remote()) == set(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_changes_beside_members_that_always_fail(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: type[Any]
) -> None:
    found = people(world, 12)
    world.sync()
    # p0 to p3 change, p4 to p7 withdraw, p8 to p10 leave; the second of each always fails.
    for number in range(4):
        world.change_contact(found[f"p{number}@mail.gr"], first_name="Ξένια")
        world.consent(found[f"p{number + 4}@mail.gr"], granted=False)
    for number in range(8, 11):
        world.leave(1, found[f"p{number}@mail.gr"])
    world.contact("new@mail.gr", 1)
    bad = [subscriber_hash(f"p{number}@mail.gr") for number in (1, 5, 9)]
    failing(
        monkeypatch,
        lambda method, _, what: method != "GET" and any(hash_ in what for hash_ in bad),
        fault,
    )

    result = world.sync(options=OPTIONS)["NEWS"]

    statuses = world.remote()
    expected = {f"p{number}@mail.gr": "subscribed" for number in (0, 1, 2, 3, 5, 11)}
    expected |= {f"p{number}@mail.gr": "unsubscribed" for number in (4, 6, 7)}
    expected |= {"p9@mail.gr": "subscribed", "new@mail.gr": "subscribed"}
    expected |= {f"p{number}@mail.gr": "archived" for number in (8, 10)}
    assert {address: expected.get(address) for address in statuses} == statuses
    names = [world.remote_fields(f"p{number}@mail.gr")["FNAME"] for number in range(4)]
    assert [name == "Ξένια" for name in names] == [True, False, True, True]
    assert result.state == "failed"
    # Airflow tries again what may heal.
    with pytest.raises(CollectionPostponedError):
        result.require_success()
    for number in (5, 9):
        assert str(found[f"p{number}@mail.gr"]) in (result.detail or "")
    assert "Mailchimp failed to remove 1 members" in (result.detail or "")
    assert "Mailchimp failed for" in (result.detail or "")
    assert "@" not in (result.detail or "")

    monkeypatch.undo()
    result = world.sync(options=OPTIONS)["NEWS"]
    assert (result.state, result.detail) == ("succeeded", None)
    assert world.remote_fields("p1@mail.gr")["FNAME"] == "Ξένια"
    assert world.remote()["p5@mail.gr"] == "unsubscribed"
    assert world.open_reasons() == {
        found[f"p{number}@mail.gr"]: "consent_withdrawn" for number in range(4, 8)
    }


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_former_member_that_nobody_can_look_up_holds_back_its_contact_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, is_deleted: bool
) -> None:
    """It may be deleted for good, which refuses the new address, too."""
    found = people(world, 4)
    world.sync()
    if is_deleted:
        with world.provider() as provider:
            provider.delete_member_permanently(world.list_id(), subscriber_hash("p0@mail.gr"))
    for number in range(3):
        world.change_contact(found[f"p{number}@mail.gr"], email=f"neo{number}@mail.gr")
    hash_ = subscriber_hash("p0@mail.gr")
    failing(
        monkeypatch,
        lambda method, _, what: method == "GET" and hash_ in what,
    )

    # The next run lists the audience in full. That shows a member that we archived meanwhile.
    for is_known in (False, True) if is_deleted else (False,):
        result = world.sync(options=OPTIONS)["NEWS"]
        assert "neo0@mail.gr" not in world.remote()
        assert {"neo1@mail.gr", "neo2@mail.gr", "p3@mail.gr"} <= set(world.remote())
        # By our own removal, Mailchimp says that the member is gone.
        assert is_known or f"contacts {found['p0@mail.gr']}" in (result.detail or "")

    monkeypatch.undo()
    world.sync(options=OPTIONS)
    assert ("neo0@mail.gr" in world.remote()) == (not is_deleted)


def test_a_former_audience_that_always_fails_stops_neither_the_own_nor_other_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = people(world, 4)
    world.sync()
    first = world.list_id()
    with world.provider() as provider:
        settings = replace(provider.audience(first).settings, name="Νέα λίστα")
        second = provider.create_audience(settings).list_id
    world.crm.execute(
        "update crm.contact_collection set provider_list_id = %s, updated_at = now()", (second,)
    )
    world.sync(["NEWS"], options=OPTIONS)
    world.consent(found["p0@mail.gr"], granted=False)
    world.contact("new@mail.gr", 1)
    failing(monkeypatch, lambda method, _, what: first in what)

    result = world.sync(["NEWS"], options=OPTIONS)["NEWS"]

    assert result.state == "failed"
    # Airflow tries again what may heal.
    with pytest.raises(CollectionPostponedError):
        result.require_success()
    assert world.list_id() == second
    # Who refused in the former audience is not known, so nobody is added. All else goes on.
    assert "new@mail.gr" not in world.remote()
    assert f"nobody is added: the former audience {first} could not be read" in str(result.detail)
    assert world.remote()["p0@mail.gr"] == "unsubscribed"

    monkeypatch.undo()
    assert world.sync(["NEWS"], options=OPTIONS)["NEWS"].state == "succeeded"
    assert "new@mail.gr" in world.remote()


@pytest.mark.parametrize("call", ["POST /batches", "GET /batches/{batch_id}"])
def test_batches_that_always_fail_hold_up_no_change(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    found = people(world, 12)
    world.sync()
    world.batching = Batching(above=4, polling=Polling(first=0.02, most=0.1, deadline=20))
    for number in range(8):
        world.change_contact(found[f"p{number}@mail.gr"], first_name="Ξένια")
    for number in range(8, 11):
        world.consent(found[f"p{number}@mail.gr"], granted=False)
    world.contact("new@mail.gr", 1)
    made = failing(
        monkeypatch, lambda method, path, _: f"{method} {path}" == call
    )  # fmt: skip

    for _ in range(2):
        assert world.sync(options=OPTIONS)["NEWS"].state == "succeeded"
    assert made
    names = [world.remote_fields(f"p{number}@mail.gr")["FNAME"] for number in range(8)]
    assert names == ["Ξένια"] * 8
    assert [world.remote()[f"p{number}@mail.gr"] for number in range(8, 11)] == ["unsubscribed"] * 3
    assert "new@mail.gr" in world.remote()


def test_an_old_batch_that_always_fails_holds_up_no_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(world, 3)
    world.sync()
    world.warehouse.execute(
        "insert into sync.open_batch (list_id, ticket) values (%s, 'abc/def')", (world.list_id(),)
    )
    failing(monkeypatch, lambda _, path, __: path.startswith("/batches"))
    world.contact("new@mail.gr", 1)

    assert world.sync()["NEWS"].state == "succeeded"

    assert "new@mail.gr" in world.remote()


def test_an_outage_ends_the_run_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = people(world, 45)
    world.sync()
    for contact_id in found.values():
        world.change_contact(contact_id, first_name="Ξένια")
    made = failing(monkeypatch, lambda method, path, _: method == "PATCH" or path == "/ping")
    with pytest.raises(ServerError):
        world.sync()
    assert made.count("PATCH /lists/{list_id}/members/{subscriber_hash}") == 2

    # Every change fails, and everything else is answered.
    made = failing(monkeypatch, lambda method, *_: method == "PATCH")
    with pytest.raises(ServerError):
        world.sync()
    assert len(made) == 2 * 10


@pytest.mark.parametrize("moves", [False, True], ids=["same address", "new address"])
@pytest.mark.parametrize("leaves", ["retire", "another audience"])
def test_a_refusal_in_an_audience_that_was_left_and_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch, leaves: str, moves: bool
) -> None:
    """She unsubscribed there before the collection left, and its listing fails."""
    found = people(world, 2)
    world.sync()
    first = world.list_id()
    world.act("p0@mail.gr", "unsubscribe")
    leave(world, leaves)
    if moves:
        world.change_contact(found["p0@mail.gr"], email="neo@mail.gr")
    failing(
        monkeypatch,
        lambda method, path, what: (method, path) == ("GET", MEMBERS) and first in what,
    )

    with suppress(ProviderError):
        world.sync(["NEWS"], options=OPTIONS)
    monkeypatch.undo()

    for _ in range(3):
        assert subscribed_elsewhere(world, first) <= {"p1@mail.gr"}
        world.sync(["NEWS"], options=OPTIONS)
    assert subscribed_elsewhere(world, first) == {"p1@mail.gr"}


@pytest.mark.parametrize("healthy", [1, 3])
@pytest.mark.parametrize("moves", [False, True], ids=["same address", "new address"])
@pytest.mark.parametrize("leaves", ["retire", "another audience"])
def test_a_deletion_that_nobody_could_look_up_before_the_audience_was_left(
    world: World, monkeypatch: pytest.MonkeyPatch, leaves: str, moves: bool, healthy: int
) -> None:
    """She was deleted for good, which is a refusal. The look by name failed for a while."""
    found = people(world, 2)
    world.sync()
    first = world.list_id()
    with world.provider() as provider:
        provider.delete_member_permanently(first, subscriber_hash("p0@mail.gr"))
    leave(world, leaves)
    if moves:
        world.change_contact(found["p0@mail.gr"], email="neo@mail.gr")
    hash_ = subscriber_hash("p0@mail.gr")
    failing(monkeypatch, lambda method, _, what: method == "GET" and hash_ in what)

    world.sync(["NEWS"], options=OPTIONS, full_refresh=True)
    monkeypatch.undo()

    for _ in range(healthy):
        assert subscribed_elsewhere(world, first) <= {"p1@mail.gr"}
        world.sync(["NEWS"], options=OPTIONS)
    world.sync(["NEWS"], options=OPTIONS, full_refresh=True)
    assert subscribed_elsewhere(world, first) == {"p1@mail.gr"}


def leave(world: World, how: str) -> None:
    """The collection leaves its audience for one of ours, or for another that people have made."""
    if how == "retire":
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            retire_by_code(warehouse, "NEWS")
        return
    with world.provider() as provider:
        settings = replace(provider.audience(world.list_id()).settings, name="Νέα λίστα")
        second = provider.create_audience(settings).list_id
    world.crm.execute(
        "update crm.contact_collection set provider_list_id = %s, updated_at = now()", (second,)
    )


def subscribed_elsewhere(world: World, first: str) -> set[str]:
    """Who is subscribed in any audience but the one that was left."""
    with world.provider() as provider:
        return {
            member.email_address
            for audience in provider.audiences()
            if audience.list_id != first
            for member in provider.members(audience.list_id)
            if member.status in ("subscribed", "pending")
        }


def test_a_removal_whose_answer_was_lost_leaves_no_rejection(world: World) -> None:
    """Mailchimp archived her, and answered nothing that could be read."""
    found = people(world, 3)
    world.sync()
    world.leave(1, found["p0@mail.gr"])
    world.calls.reset(before=lambda what: what.startswith("DELETE"))
    assert world.sync(options=OPTIONS)["NEWS"].state == "failed"
    assert world.remote()["p0@mail.gr"] == "archived"
    world.calls.reset()

    assert world.sync(options=OPTIONS)["NEWS"].detail is None

    rows = world.warehouse.execute("select contact_id from sync.rejection").fetchall()
    assert rows == []
