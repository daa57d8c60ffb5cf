"""The answer of any call gets lost and the task dies of it: nobody is lost, nothing is misread.

Mailchimp acted, we do not know it. The rerun has to end where a run without trouble ends, and to
know its own removals from what people did themselves.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.errors import BatchUnfinished, MailchimpError
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World

OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
PROMPT = Polling(first=0.02, most=0.1, deadline=20)
#: All changes go through /batches, as more than 50 do.
BATCHED = Batching(above=0, polling=PROMPT)
POLL = "GET /batches/{batch_id}"


class Steps:
    """Numbers the calls of a run so that one number is one call in every run.

    How often a batch is asked for depends on the machine: the questions about one batch count
    once, and the first of them is the one whose answer is lost.
    """

    def __init__(self, lost: int) -> None:
        self.made: list[str] = []
        self._lost = lost

    def begin(self, what: str) -> bool:
        if what == POLL and self.made[-1:] == [POLL]:
            return False
        self.made.append(what)
        return len(self.made) == self._lost


class Scene:
    """A collection in which everything is to happen at once; each with addresses of its own."""

    def __init__(self, world: World, code: str) -> None:
        self.world, self.code = world, code
        self.news = world.collection(code)
        self.people = [world.contact(self.address(f"p{n}"), self.news) for n in range(10)]
        self.sync()
        world.leave(self.news, self.people[0])
        world.consent(self.people[1], granted=False)
        self.sync()
        world.join(self.news, self.people[0])  # is revived
        world.regrant(self.people[1])  # is asked to confirm
        for person in self.people[2:4]:
            world.consent(person, granted=False)
        for person in self.people[4:6]:
            world.leave(self.news, person)
        world.change_contact(self.people[6], first_name="Ξένια")
        world.change_contact(self.people[7], email=self.address("q7"))
        world.contact(self.address("new"), self.news)

    def address(self, name: str) -> str:
        return f"{name}@{self.code.lower()}.gr"

    def name(self, address: str) -> str:
        return address.removesuffix(self.address(""))

    def sync(self) -> None:
        self.world.sync([self.code], options=OPTIONS)

    def run(self, batching: Batching | None, lost: int = 0) -> None:
        """A sync that loses an answer, and its rerun; then everybody comes back."""
        world = self.world
        world.batching = batching
        staging_id = world.stage([self.code])
        world.retry = Retry(attempts=1)
        steps = Steps(lost)
        world.calls.reset(before=steps.begin)
        try:
            world.push(staging_id, self.code, options=OPTIONS)
        except MailchimpError:
            pass
        finally:
            world.retry, world.batching = Retry(), None
        self.calls = steps.made
        world.calls.reset()
        if lost % 2:
            world.push(staging_id, self.code, options=OPTIONS)
        else:
            self.sync()
        self.between = self.ledger()
        for person in self.people[4:6]:
            world.join(self.news, person)
        for person in self.people[2:4]:
            world.regrant(person)
        self.sync()

    def ledger(self) -> dict[str, tuple[Any, ...]]:
        rows = self.world.warehouse.execute(
            "select email, status, cause, cause_detail, opted_out, origin, intended_action"
            " from sync.member inner join unnest(%s::text[]) as address (email)"
            " on subscriber_hash = md5(email) where list_id = %s",
            (list(self.world.remote(self.code)), self.world.list_id(self.code)),
        ).fetchall()
        return {self.name(row["email"]): tuple(list(row.values())[1:]) for row in rows}

    def remote(self) -> dict[str, str]:
        return {
            self.name(address): status for address, status in self.world.remote(self.code).items()
        }


@pytest.mark.parametrize("batching", [None, BATCHED], ids=["singly", "in batches"])
def test_the_answer_of_each_call_in_turn(world: World, batching: Batching | None) -> None:
    expected = Scene(world, "REF")
    expected.run(batching)
    assert expected.remote() == {
        "p0": "subscribed", "p1": "pending", "p2": "pending", "p3": "pending",
        "p4": "subscribed", "p5": "subscribed", "p6": "subscribed", "p7": "archived",
        "q7": "subscribed", "p8": "subscribed", "p9": "subscribed", "new": "subscribed",
    }  # fmt: skip
    wrong = {}
    # Through batches only what is about them: the rest is the same call.
    numbers = [
        number
        for number, what in enumerate(expected.calls, 1)
        if batching is None or "/batches" in what or "result file" in what
    ]
    for lost in numbers:
        scene = Scene(world, f"N{lost}")
        scene.run(batching, lost)
        call = f"{lost}: {scene.calls[lost - 1]}"
        if scene.between != expected.between:
            wrong[call] = [
                (name, scene.between.get(name), expected.between.get(name))
                for name in sorted(scene.between.keys() | expected.between.keys())
                if scene.between.get(name) != expected.between.get(name)
            ]
        elif (scene.remote(), scene.ledger()) != (expected.remote(), expected.ledger()):
            wrong[call] = [(scene.remote(), scene.ledger())]
    assert not wrong
    assert len(numbers) >= 10


def test_the_proof_ends_as_ours(world: World) -> None:
    scene = Scene(world, "NEWS")
    world.retry = Retry(attempts=1)

    world.calls.reset(before=lambda what: what.startswith("PATCH"))
    assert world.sync(["NEWS"], options=OPTIONS)["NEWS"].state == "failed"
    world.calls.reset()
    world.retry = Retry()
    scene.sync()
    rows = world.warehouse.execute(
        "select end_cause from sync.consent_proof where ended_at is not null"
        " and contact_id = any(%s)",
        (scene.people[2:4],),
    ).fetchall()
    assert [row["end_cause"] for row in rows] == ["unsubscribe", "unsubscribe"]


@pytest.mark.parametrize("reason", ["Δεν με ενδιαφέρει", "N/A (Unsubscribed by admin)"])
def test_an_opt_out_right_before_our_own_lost_call(world: World, reason: str) -> None:
    """Mailchimp names the person: theirs. It names nobody but the account: it may be either, and
    the person is asked, never simply subscribed."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)
    world.retry = Retry(attempts=1)

    def lose(what: str) -> bool:
        is_ours = what.startswith("PATCH")
        if is_ours:
            world.act("maria@mail.gr", "unsubscribe", reason=reason)
        return is_ours

    world.calls.reset(before=lose)
    assert world.sync(options=OPTIONS)["NEWS"].state == "failed"
    world.calls.reset()
    world.retry = Retry()
    world.sync(options=OPTIONS)
    assert world.member("maria@mail.gr")["opted_out"] == ("admin" not in reason)
    world.regrant(contact)
    world.sync(options=OPTIONS)

    if "admin" in reason:
        assert world.remote()["maria@mail.gr"] == "pending"
    else:
        assert world.remote()["maria@mail.gr"] == "unsubscribed"
        assert world.open_reasons() == {contact: "suppressed_unsubscribed"}


def test_an_opt_out_right_before_our_own_call_is_the_persons(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)

    def opt_out(what: str) -> None:
        if what.startswith("PATCH"):
            world.act("maria@mail.gr", "unsubscribe")

    world.calls.reset(before=opt_out)
    world.sync(options=OPTIONS)
    world.calls.reset()
    world.regrant(contact)
    world.sync(options=OPTIONS)

    assert world.remote()["maria@mail.gr"] == "unsubscribed"
    assert world.open_reasons() == {contact: "suppressed_unsubscribed"}


def test_an_intent_that_was_never_carried_out_explains_nothing_later(world: World) -> None:
    """The task dies before the call; the person, back in the CRM, opts out days later."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.leave(news, contact)

    def die(what: str) -> None:
        if what.startswith("DELETE"):
            raise KeyboardInterrupt

    world.calls.reset(before=die)
    with pytest.raises(KeyboardInterrupt):
        world.sync(options=OPTIONS)
    world.calls.reset()
    assert world.member("maria@mail.gr")["intended_action"] == "archive"
    world.join(news, contact)
    world.sync()
    assert world.member("maria@mail.gr")["intended_action"] is None
    world.archive_by_hand("maria@mail.gr")
    world.sync()

    assert world.open_reasons() == {contact: "suppressed_archived"}


def test_a_batch_that_takes_too_long_is_read_by_the_next_run(world: World) -> None:
    scene = Scene(world, "NEWS")
    world.batching = Batching(above=0, polling=Polling(first=0.02, most=0.05, deadline=0.2))
    world.sandbox.control("POST", "batches", {"hold": True})
    for _ in range(2):
        with pytest.raises(BatchUnfinished):
            scene.sync()
    assert [what for what in world.write_requests() if "/batches" in what] == ["POST /batches"]
    # Still running: the frequent pull-back does not wait for it, and takes nothing for undone.
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        pull_statuses(warehouse, Accounts.only(provider), "NEWS")
    assert world.member(scene.address("p2"))["intended_action"] == "unsubscribe"
    world.sandbox.control("POST", "batches", {"hold": False})
    world.batching = BATCHED
    counts = world.sync(["NEWS"], options=OPTIONS)["NEWS"].counts
    assert counts["removed"] == 5
    assert scene.ledger()["p2"][:3] == ("unsubscribed", "our_unsubscribe", "consent_withdrawn")
    assert world.warehouse.execute("select from sync.open_batch").fetchall() == []
