"""Mass removals wait for a person, and only what the person saw goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.sync.decisions.answer import APPROVE, REJECT, read_decision
from crm_mailchimp.sync.decisions.approval import (
    MOST_IDS,
    AlreadyDecidedError,
    NoSuchRequestError,
    decide_removals,
    find_removal_request,
    open_plans,
)
from crm_mailchimp.sync.decisions.open_question import OpenQuestion
from crm_mailchimp.sync.runs.sync_options import SyncOptions, read_sync_options
from sync_world import World

MARIA = {"id": "maria", "name": "Μαρία"}


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ({"chosen_options": [APPROVE], "responded_by_user": MARIA}, ("approved", "maria")),
        ({"chosen_options": [REJECT], "responded_by_user": MARIA}, ("rejected", "maria")),
        ({"chosen_options": [], "responded_by_user": MARIA}, ("rejected", "maria")),
        ({"chosen_options": [APPROVE, REJECT], "responded_by_user": MARIA}, ("rejected", "maria")),
        # Nobody answered: whatever Airflow filled in.
        ({"chosen_options": [REJECT], "responded_by_user": None}, ("timed_out", None)),
        ({"chosen_options": [APPROVE], "responded_by_user": None}, ("timed_out", None)),
        ({}, ("timed_out", None)),
        (None, ("timed_out", None)),
    ],
)
def test_only_a_persons_clear_yes_approves(answer: Any, decision: Any) -> None:
    assert read_decision(answer) == decision


def test_a_plan_from_its_request_to_its_approval(world: World) -> None:
    news = world.collection("ΝΕΑ|1")
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    for contact in contacts[:6]:
        world.leave(news, contact)
    world.change_contact(contacts[6], is_active=False)
    assert world.sync()["ΝΕΑ|1"].state == "blocked"

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        first = find_removal_request(warehouse)
        assert first
        assert (first.removals, first.members) == (7, 20)
        assert [(cause.cause, cause.contact_ids) for cause in first.causes] == [
            ("left_collection", tuple(contacts[:6])),
            ("inactive_contact", (contacts[6],)),
        ]
        for contact in contacts[:7]:
            assert str(contact) in first.body(168)
        assert "7 of 20" in first.subject
        assert "@" not in first.subject + first.body(168)
        with pytest.raises(NoSuchRequestError, match="'collection' is 'ΑΛΛΗ': no run"):
            find_removal_request(warehouse, collection_code="ΑΛΛΗ")

        # The next hourly run asks the same: the plan that somebody may be looking at stays.
        assert world.sync()["ΝΕΑ|1"].state == "blocked"
        same = find_removal_request(warehouse, collection_code="ΝΕΑ|1")
        assert same and same.plan_id == first.plan_id
        # One comes back: still covered. One more leaves: a new plan, and the old one is over.
        world.join(news, contacts[0])
        world.sync()
        covered = find_removal_request(warehouse)
        assert covered and covered.plan_id == first.plan_id
        world.leave(news, contacts[0])
        world.leave(news, contacts[7])
        world.sync()
        second = find_removal_request(warehouse)
        assert second and second.plan_id > first.plan_id and second.removals == 8
        with pytest.raises(AlreadyDecidedError, match="superseded"):
            find_removal_request(warehouse, plan_id=first.plan_id)
        with pytest.raises(AlreadyDecidedError, match="superseded"):
            decide_removals(warehouse, first.plan_id, "approved", decided_by="maria")
        assert decide_removals(warehouse, first.plan_id, "rejected") is False

        # A rejection is final, and nobody is removed.
        assert decide_removals(warehouse, second.plan_id, "timed_out") is False
        assert decide_removals(warehouse, second.plan_id, "timed_out") is False
        with pytest.raises(AlreadyDecidedError, match="timed_out"):
            decide_removals(warehouse, second.plan_id, "approved", decided_by="maria")
        assert find_removal_request(warehouse) is None
        assert set(world.remote("ΝΕΑ|1").values()) == {"subscribed"}

        # Nobody answered, so the next run asks again; approved, exactly those go.
        assert world.sync()["ΝΕΑ|1"].state == "blocked"
        third = find_removal_request(warehouse)
        assert third and third.plan_id > second.plan_id
        assert decide_removals(warehouse, third.plan_id, "approved", decided_by="maria") is True
        assert decide_removals(warehouse, third.plan_id, "approved", decided_by="maria") is True
        assert third.sync_params == {"collections": ["ΝΕΑ|1"], "approved_plan": third.plan_id}
    done = world.sync(["ΝΕΑ|1"], options=read_sync_options({}, approved_plan=third.plan_id))[
        "ΝΕΑ|1"
    ]
    assert (done.state, done.counts["removed"]) == ("succeeded", 8)
    gone = {email for email, status in world.remote("ΝΕΑ|1").items() if status == "archived"}
    assert gone == {f"p{number}@mail.gr" for number in range(8)}
    stored = world.warehouse.execute(
        "select decision, decided_by from sync.removal_request order by plan_id"
    ).fetchall()
    assert [tuple(row.values()) for row in stored] == [
        ("superseded", None), ("timed_out", None), ("approved", "maria"),
    ]  # fmt: skip


def test_a_collection_that_healed_asks_no_more(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(10)]
    world.sync()
    for contact in contacts:
        world.leave(news, contact)
    blocked = world.sync()["NEWS"]
    assert (blocked.state, (blocked.detail or "").split(":")[0]) == ("blocked", "empty_collection")
    for contact in contacts:
        world.join(news, contact)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        waiting = find_removal_request(warehouse)
        assert waiting and waiting.removals == 10
        assert world.sync()["NEWS"].state == "succeeded"
        assert find_removal_request(warehouse) is None
        with pytest.raises(AlreadyDecidedError):
            decide_removals(warehouse, waiting.plan_id, "approved", decided_by="maria")


def test_many_contacts_are_counted_not_listed(warehouse_db: str) -> None:
    many = MOST_IDS + 25
    with psycopg.connect(warehouse_db) as warehouse:
        plan = warehouse.execute(
            "insert into sync.removal_request (collection_code, run_id, removals, members)"
            " values ('NEWS', 'run', %s, 100) returning plan_id",
            (many + 1,),
        ).fetchone()
        assert plan
        warehouse.execute(
            "insert into sync.removal_request_member select %s, md5(n::text), n, 'left_collection'"
            " from generate_series(1, %s) as n",
            (plan[0], many),
        )
        warehouse.execute(
            "insert into sync.removal_request_member values (%s, 'x', null, 'changed_address')",
            plan,
        )
        request = find_removal_request(warehouse)
        assert request
        assert [cause.members for cause in request.causes] == [many, 1]
        assert request.causes[0].contact_ids == tuple(range(1, MOST_IDS + 1))
        assert "and 25 more" in request.body(168)
        assert len(request.body(168)) < 3_000
        with pytest.raises(NoSuchRequestError, match="no such removal plan"):
            find_removal_request(warehouse, plan_id=plan[0] + 1)
        with pytest.raises(NoSuchRequestError, match="of collection OFFERS"):
            find_removal_request(warehouse, plan_id=plan[0], collection_code="OFFERS")
        with pytest.raises(NoSuchRequestError):
            decide_removals(warehouse, plan[0] + 1, "approved", decided_by="maria")


def rejected(world: World, news: int, contacts: list[int]) -> int:
    """Block the collection by these contacts, and reject that; the plan's number."""
    for contact in contacts:
        world.leave(news, contact)
    assert world.sync()["NEWS"].state == "blocked"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse)
        assert request
        decide_removals(warehouse, request.plan_id, "rejected", decided_by="maria")
    return request.plan_id


def open_plan(world: World) -> int | None:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse)
    return request.plan_id if request else None


def test_a_rejected_set_is_asked_again_only_when_it_changes(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    first = rejected(world, news, contacts[:8])

    # When that may be asked again, it is. Otherwise the rejection holds.
    world.sync(options=SyncOptions(ask_again_after=timedelta(0)))
    again = open_plan(world)
    assert again and again > first
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, again, "rejected", decided_by="maria")
    first = again

    # The same set, and what left it without anybody's help: a withdrawal goes out by itself.
    world.consent(contacts[0], granted=False)
    for _ in range(2):
        detail = world.sync()["NEWS"].detail or ""
        assert detail.startswith("removal_guard: ")
        assert f"plan {first} was not approved" in detail
        assert open_plan(world) is None

    # One of them comes back: the CRM was corrected in part.
    world.join(news, contacts[1])
    assert "Required Actions in Airflow asks a person" in (world.sync()["NEWS"].detail or "")
    second = open_plan(world)
    assert second and second > first


def test_a_rejected_set_that_grew_or_was_healed_is_asked_again(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    first = rejected(world, news, contacts[:6])
    world.leave(news, contacts[6])
    world.sync()
    second = open_plan(world)
    assert second and second > first
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, second, "rejected", decided_by="maria")
    world.sync()
    assert open_plan(world) is None

    for contact in contacts[:7]:
        world.join(news, contact)
    assert world.sync()["NEWS"].state == "succeeded"
    for contact in contacts[:7]:
        world.leave(news, contact)
    world.sync()
    third = open_plan(world)
    assert third and third > second


def test_two_blocked_collections_ask_apart(world: World) -> None:
    both = {code: world.collection(code) for code in ("ΝΕΑ", "ΑΛΛΑ")}
    people = [world.contact(f"p{number}@mail.gr", *both.values()) for number in range(10)]
    world.sync()
    for collection in both.values():
        for person in people[:7]:
            world.leave(collection, person)
    world.sync()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        row = warehouse.execute("select max(staging_id) from sync.staging_run").fetchone()
        assert row
        plans = open_plans(warehouse, row[0])
        assert len(plans) == 2
        decide_removals(warehouse, plans[0].number, "rejected", decided_by="maria")
        assert [plan.number for plan in open_plans(warehouse, row[0])] == [plans[1].number]


def approved(world: World, news: int, contacts: list[int]) -> int:
    """Block the collection by these contacts, and approve that; the plan's number."""
    for contact in contacts:
        world.leave(news, contact)
    assert world.sync()["NEWS"].state == "blocked"
    plan_id = open_plan(world)
    assert plan_id
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, plan_id, "approved", decided_by="maria")
    return plan_id


def decisions(world: World) -> list[tuple[str | None, str]]:
    rows = world.warehouse.execute(
        "select decision, collection_code from sync.removal_request order by plan_id"
    ).fetchall()
    return [(row["decision"], row["collection_code"]) for row in rows]


def test_a_sync_without_trouble_ends_the_question(world: World) -> None:
    """Nobody asks for it: the page and the next run see it at once."""
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(12)]
    world.sync()
    for contact in contacts[:7]:
        world.leave(news, contact)
    world.sync()
    for contact in contacts[:7]:
        world.join(news, contact)
    assert world.sync(dry_run=True)["NEWS"].state == "dry_run"
    assert decisions(world) == [(None, "NEWS")], "a preview ends nothing"
    assert world.sync()["NEWS"].state == "succeeded"
    assert decisions(world) == [("superseded", "NEWS")]
    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        pytest.raises(AlreadyDecidedError, match="superseded"),
    ):
        decide_removals(warehouse, 1, "approved", decided_by="maria")


def test_an_approval_is_carried_out_by_the_next_sync_under_whatever_code(world: World) -> None:
    """The run that the answer started did not come to it: the code had changed."""
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(12)]
    world.sync()
    plan_id = approved(world, news, contacts[:7])
    world.crm.execute("update crm.contact_collection set code = 'ΝΕΟΣ' where code = 'NEWS'")

    done = world.sync()["ΝΕΟΣ"]

    assert (done.state, done.counts["removed"]) == ("succeeded", 7)
    row = world.warehouse.execute("select * from sync.removal_request").fetchone()
    assert row and row["plan_id"] == plan_id and row["collection_code"] == "ΝΕΟΣ"
    assert row["carried_out_by"]
    # It is good for one run: the same people come back and leave once more.
    for contact in contacts[:7]:
        world.join(news, contact)
    world.sync()
    for contact in contacts[:7]:
        world.leave(news, contact)
    assert world.sync()["ΝΕΟΣ"].state == "blocked"
    assert [decision for decision, _ in decisions(world)] == ["approved", None]


def test_an_approval_that_is_too_old_or_too_small_opens_nothing(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    approved(world, news, contacts[:7])
    world.warehouse.execute("update sync.removal_request set decided_at = now() - interval '25 h'")
    assert world.sync()["NEWS"].state == "blocked"
    assert "archived" not in world.remote().values()

    world.warehouse.execute(
        "update sync.removal_request set decided_at = now() where decision = 'approved'"
    )
    world.leave(news, contacts[7])
    blocked = world.sync()["NEWS"]
    assert blocked.state == "blocked"
    assert "8 of 20 members would be removed" in (blocked.detail or "")
    assert "archived" not in world.remote().values()


def test_a_few_others_block_no_approved_plan(world: World) -> None:
    """They would go without any approval, so they may go beside it."""
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    plan_id = approved(world, news, contacts[:7])
    for contact in contacts[:7]:
        world.join(news, contact)
    world.leave(news, contacts[10])

    done = world.sync(options=read_sync_options({}, approved_plan=plan_id))["NEWS"]

    assert (done.state, done.counts["removed"]) == ("succeeded", 1)
    assert list(world.remote().values()).count("archived") == 1


def test_one_run_asks_until_its_time_is_over() -> None:
    hours = [0, 0.5, 24.9, 25, 49.9, 50, 170]
    names = [
        OpenQuestion(7, timedelta(hours=age)).run_id("plan", timedelta(hours=24)) for age in hours
    ]
    assert names == [
        "plan-7", "plan-7", "plan-7", "plan-7-again-1", "plan-7-again-1", "plan-7-again-2",
        "plan-7-again-6",
    ]  # fmt: skip
    # The clocks of two servers differ.
    assert OpenQuestion(7, timedelta(minutes=-3)).run_id("gate", timedelta(hours=1)) == "gate-7"
