"""A run dies while one batch runs and another one is read: the next run knows both.

The results of a batch are recorded while the next one runs. So a dead run may leave two batches:
one that nobody has read, and one that runs, or whose start got no answer.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import push, removals, updates
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import WatchedClient, World

OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
BATCHED = Batching(above=0, polling=Polling(first=0.02, most=0.1, deadline=20))
WITHDRAWN, LEFT, RENAMED = range(5), range(5, 8), range(8, 11)


class Killed(BaseException):
    """The process is gone: nothing that handles errors runs."""


class Killer:
    """Kills at one of the moments that it counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
        self.last = 0
        self.arm(0)
        place, _, when = moment.partition(", ")
        if place == "request":
            self._wrap(monkeypatch, WatchedClient, "_attempt", when, _is_about_batches)
        else:
            self._wrap(monkeypatch, psycopg.Connection, "commit", when, lambda *_: True)

    def arm(self, at: int, act: Callable[[], object] = int) -> None:
        """Kill at this moment, counted from now; never at 0.

        Args:
            act: called right before.
        """
        self.at, self.act, self._count = at, act, itertools.count(1)

    def _wrap(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: str, counts: Any
    ) -> None:
        original = getattr(owner, name)

        def watched(*arguments: Any) -> Any:
            kills = False
            if counts(*arguments):
                self.last = next(self._count)
                kills = self.last == self.at
            if kills and when == "before":
                self.act()
                raise Killed
            answer = original(*arguments)
            if kills:
                self.act()
                raise Killed
            return answer

        monkeypatch.setattr(owner, name, watched)


def _is_about_batches(_: Any, __: str, path: str, *___: Any) -> bool:
    return path.startswith("/batches")


class Scene:
    """A collection with three batches of withdrawals, and two of those who left or are renamed."""

    def __init__(self, world: World, code: str) -> None:
        self.world, self.code = world, code
        news = world.collection(code)
        people = [world.contact(f"p{n}@{code.lower()}.gr", news) for n in range(14)]
        world.sync([code], options=OPTIONS)
        for number in WITHDRAWN:
            world.consent(people[number], granted=False)
        for number in LEFT:
            world.leave(news, people[number])
        for number in RENAMED:
            world.change_contact(people[number], first_name="Ξένια")
        self.staging_id = world.stage([code])

    def push(self) -> None:
        self.world.push(self.staging_id, self.code, options=OPTIONS)

    def require_all_done(self) -> None:
        rows = self.world.warehouse.execute(
            "select subscriber_hash, status, cause, cause_detail, opted_out, intended_action"
            " from sync.member where list_id = %s order by contact_id",
            (self.world.list_id(self.code),),
        ).fetchall()
        found = [tuple(list(row.values())[1:]) for row in rows]
        unsubscribed = ("unsubscribed", "our_unsubscribe", "consent_withdrawn", False, None)
        assert found[WITHDRAWN.start : WITHDRAWN.stop] == [unsubscribed] * 5, self.code
        archived = ("archived", "our_archive", "left_collection", False, None)
        assert found[LEFT.start : LEFT.stop] == [archived] * 3, self.code
        assert found[RENAMED.start :] == [("subscribed", None, None, False, None)] * 6, self.code
        names = {
            self.world.remote_fields(f"p{number}@{self.code.lower()}.gr", self.code)["FNAME"]
            for number in RENAMED
        }
        assert names == {"Ξένια"}
        assert not self.world.warehouse.execute("select from sync.open_batch").fetchall()


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (push, updates, removals):
        monkeypatch.setattr(module, "TOGETHER", 2)


def _await_batches(world: World) -> None:
    with world.provider() as provider:
        for _ in range(600):
            batches = provider.client.batches.list(count=1000)["batches"]
            if all(batch["status"] == "finished" for batch in batches):
                return
            time.sleep(0.05)
    raise AssertionError("a batch never ends")


@pytest.mark.parametrize(
    "moment", ["request, before", "request, after", "commit, before", "commit, after"]
)
@pytest.mark.parametrize("late", [False, True], ids=["", "the last batch runs later"])
def test_a_run_that_dies_anywhere(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str, late: bool
) -> None:
    killer = Killer(monkeypatch, moment)
    world.batching = BATCHED
    whole = Scene(world, "WHOLE")
    killer.arm(0)
    whole.push()
    moments = killer.last
    whole.require_all_done()
    assert moments >= 7 * 3, "seven batches, each with a start, a look and an end"

    killed = 0
    # Each moment in turn takes minutes: these are some of them.
    for at in range(1, moments + 1, 4 if moment.startswith("request") else 9):
        scene = Scene(world, f"K{at}")
        killer.arm(at, partial(world.sandbox.control, "POST", "batches", {"hold": late}))
        try:
            scene.push()
        except Killed:
            killed += 1
        else:
            # A batch that was finished sooner was looked at less often.
            assert killer.last < at
        killer.arm(0)
        if late:
            # A frequent pull-back comes first. It takes nothing for undone, or for the person's.
            with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
                pull_statuses(warehouse, Accounts.only(provider), scene.code)
            world.sandbox.control("POST", "batches", {"hold": False})
        _await_batches(world)
        scene.push()
        scene.require_all_done()
    assert killed >= 5


def test_what_the_results_alone_show_is_not_lost(world: World) -> None:
    """Members were archived by hand right before our own call. Only its answer shows that."""
    news = world.collection()
    people = [world.contact(f"p{n}@mail.gr", news) for n in range(6)]
    world.sync()
    for contact_id in people[:4]:
        world.leave(news, contact_id)
    world.batching = BATCHED
    started = 0

    def meddle(what: str) -> None:
        nonlocal started
        if what.startswith("POST /batches"):
            started += 1
            if started == 1:
                for number in range(4):
                    world.archive_by_hand(f"p{number}@mail.gr")
        if what == "GET (result file)":
            assert started == 2, "the second batch runs while the first one is read"
            raise Killed

    world.calls.reset(before=meddle)
    staging_id = world.stage()
    with pytest.raises(Killed):
        world.push(staging_id, "NEWS", options=OPTIONS)
    world.calls.reset()
    for contact_id in people[:4]:
        world.join(news, contact_id)
    world.sync(options=OPTIONS)

    assert world.open_reasons() == dict.fromkeys(people[:4], "suppressed_archived")
    assert [world.remote()[f"p{number}@mail.gr"] for number in range(4)] == ["archived"] * 4
    with world.provider() as provider:
        assert not provider.client.batches.list(count=1000)["batches"], "the results quote people"


def test_a_batch_whose_start_got_no_answer_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before is read by the next run. The other one runs later, and that was us, too."""
    world.batching = BATCHED
    scene = Scene(world, "NEWS")
    original, started = WatchedClient._attempt, itertools.count(1)

    def attempt(client: Any, method: str, path: str, *rest: Any) -> Any:
        is_second = (method, path) == ("POST", "/batches") and next(started) == 2
        if is_second:
            world.sandbox.control("POST", "batches", {"hold": True})
        answer = original(client, method, path, *rest)
        if is_second:
            raise Killed
        return answer

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(WatchedClient, "_attempt", attempt)
        scene.push()
    for _ in range(2):
        with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
            pull_statuses(warehouse, Accounts.only(provider), "NEWS")
    assert [row["ticket"] for row in world.warehouse.execute("select * from sync.open_batch")] == [
        None
    ]
    world.sandbox.control("POST", "batches", {"hold": False})
    _await_batches(world)
    scene.push()

    scene.require_all_done()
