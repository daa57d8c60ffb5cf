"""Trouble with one batch while the results of the batch before it are still to be read."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.errors import ConnectionFault
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import push, removals, updates
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import WatchedClient, World

OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (push, updates, removals):
        monkeypatch.setattr(module, "TOGETHER", 4)


def everybody_withdraws(world: World, count: int) -> None:
    news = world.collection()
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(count)]
    world.sync()
    for contact_id in people:
        world.consent(contact_id, granted=False)
    world.batching = Batching(above=2, polling=Polling(first=0.02, most=0.1, deadline=20))


@pytest.mark.parametrize("arrives", [False, True])
def test_a_lost_start_is_not_taken_for_the_batch_before(
    world: World, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    """Both have as many operations, and Mailchimp lists both."""
    everybody_withdraws(world, 12)
    original, starts, made = WatchedClient._attempt, itertools.count(1), Counter[str]()

    def attempt(client: WatchedClient, method: str, path: str, *rest: Any) -> Any:
        made[f"{method} {path}"] += 1
        is_second = (method, path) == ("POST", "/batches") and next(starts) == 2
        answer = None
        if arrives or not is_second:
            answer = original(client, method, path, *rest)
        if is_second:
            return ConnectionFault("lost", method=method, path=path, outcome_unknown=True)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(WatchedClient, "_attempt", attempt)
        (result,) = world.sync(options=OPTIONS).values()

    assert result.state == "succeeded"
    assert result.counts["removed"] == 12
    assert Counter(world.remote().values()) == {"unsubscribed": 12}
    assert made["POST /batches"] == (3 if arrives else 4)
    assert not [one for one in made if one.startswith("PATCH")], "no change went alone"
    assert not world.warehouse.execute("select from sync.open_batch").fetchall()


@pytest.mark.parametrize("fails", ["the CRM", "the warehouse"])
def test_what_a_batch_did_is_recorded_if_the_next_page_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    everybody_withdraws(world, 8)
    judge, looks = Recheck.still_to_remove, itertools.count(1)

    def judge_one_page(recheck: Recheck, members: Any) -> Any:
        if next(looks) == 2:
            if fails == "the CRM":
                raise psycopg.OperationalError("χάθηκε η σύνδεση")
            recheck.warehouse.execute("select 1 / 0")
        return judge(recheck, members)

    with monkeypatch.context() as patch:
        patch.setattr(Recheck, "still_to_remove", judge_one_page)
        with pytest.raises(psycopg.Error):
            world.sync(options=OPTIONS)

    assert Counter(world.remote().values()) == {"unsubscribed": 4, "subscribed": 4}
    known = world.warehouse.execute(
        "select status, cause, count(*) from sync.member where intended_action is null"
        " group by status, cause order by status"
    ).fetchall()
    assert [tuple(row.values()) for row in known] == [
        ("subscribed", None, 4),
        ("unsubscribed", "our_unsubscribe", 4),
    ]
    refusals = world.warehouse.execute("select count(*) as open from sync.refusal").fetchone()
    assert refusals == {"open": 4}
    world.sync(options=OPTIONS)
    assert Counter(world.remote().values()) == {"unsubscribed": 8}
