"""The plan's limit on contacts: who counts, and what happens beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running

NOT_PERMITTED = (403, "User action not permitted")


def count(world: Running) -> tuple[int, int]:
    plan = world.control("GET", "limits")
    assert plan["contacts"] == sum(plan["contacts_by_list"].values())
    return plan["contacts"], plan["addresses"]


def people(world: Running, list_id: str, status: str) -> set[str]:
    rows = world.rows(f"lists/{list_id}/members", "members", status=status)
    return {row["email_address"] for row in rows}


def test_who_counts(world: Running, list_id: str) -> None:
    for status in ("subscribed", "unsubscribed", "transactional", "pending"):
        world.subscribe(list_id, f"{status}@otenet.gr", status=status)
    world.subscribe(list_id, "arxeio@otenet.gr", "bounce@otenet.gr", "gone@otenet.gr")
    assert count(world) == (6, 6)
    world.call("DELETE", f"lists/{list_id}/members/arxeio@otenet.gr")
    world.control("POST", "bounce", list_id=list_id, email_address="bounce@otenet.gr")
    world.call("POST", f"lists/{list_id}/members/gone@otenet.gr/actions/delete-permanent")
    assert count(world) == (3, 3)
    other = world.new_list("Νέα")
    world.subscribe(other, "subscribed@otenet.gr", "alli@otenet.gr")
    assert count(world) == (5, 4), "an address counts once for each audience"
    assert world.control("GET", "limits")["contacts_by_list"] == {list_id: 3, other: 2}
    world.act(list_id, "pending@otenet.gr", "confirm")
    world.act(list_id, "subscribed@otenet.gr", "unsubscribe")
    assert count(world) == (6, 5)
    world.call("DELETE", f"lists/{other}")
    assert count(world) == (4, 4)


def test_a_paid_plan_takes_and_mails_everybody(world: Running, list_id: str) -> None:
    world.control("POST", "limits", max_contacts=1)
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr", "c@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    assert len(world.events(action="sent")) == 3


def test_a_free_account_takes_people_and_mails_nobody(world: Running, list_id: str) -> None:
    world.control("POST", "limits", max_contacts=2, over_limit="pause")
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr", "c@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    found = world.call("GET", f"campaigns/{campaign_id}/send-checklist")
    assert found["is_ready"] is False
    assert "Plan" in [row["heading"] for row in found["items"] if row["type"] == "error"]
    assert world.refused("POST", f"campaigns/{campaign_id}/actions/send")["status"] == 400
    assert world.events(action="sent") == []
    world.call("DELETE", f"lists/{list_id}/members/c@otenet.gr")
    world.send(campaign_id)
    assert len(world.events(action="sent")) == 2


@pytest.fixture
def full(world: Running, list_id: str) -> str:
    """An audience of an account that has two contacts, and refuses a third."""
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr")
    world.subscribe(list_id, "arxeio@otenet.gr")
    world.call("DELETE", f"lists/{list_id}/members/arxeio@otenet.gr")
    world.subscribe(list_id, "p@otenet.gr", status="pending")
    world.control("POST", "limits", max_contacts=2, over_limit="refuse")
    return list_id


def test_an_account_that_refuses_adds_nobody_of_the_call(world: Running, full: str) -> None:
    def call(*rows: dict[str, Any], **more: Any) -> tuple[str, str, dict[str, Any]]:
        return "POST", f"lists/{full}", {"members": list(rows), **more}

    new = {"email_address": "nea@otenet.gr", "status": "subscribed"}
    back = {"email_address": "arxeio@otenet.gr", "status": "subscribed"}
    known = {"email_address": "a@otenet.gr", "merge_fields": {"FNAME": "Άννα"}}
    waiting = {"email_address": "pp@otenet.gr", "status": "pending"}
    for refused in (
        call(new),
        call(known, waiting, new, update_existing=True),
        call(back),
        ("POST", f"lists/{full}/members", new),
        ("PUT", f"lists/{full}/members/nea@otenet.gr", new),
        ("PATCH", f"lists/{full}/members/arxeio@otenet.gr", {"status": "subscribed"}),
        ("PATCH", f"lists/{full}/members/p@otenet.gr", {"status": "subscribed"}),
    ):
        problem = world.refused(*refused)
        assert (problem["status"], problem["title"]) == NOT_PERMITTED
    assert people(world, full, "subscribed") == {"a@otenet.gr", "b@otenet.gr"}
    assert people(world, full, "pending") == {"p@otenet.gr"}
    assert world.call("GET", f"lists/{full}/members/a@otenet.gr")["full_name"] == "Ελένη"

    answer = world.call(*call(known, waiting, update_existing=True))
    assert (answer["total_created"], answer["total_updated"]) == (1, 1)
    world.call("PATCH", f"lists/{full}/members/b@otenet.gr", {"status": "unsubscribed"})
    world.refused(*call(new))
    world.call("DELETE", f"lists/{full}/members/b@otenet.gr")
    world.call(*call(new))
    assert people(world, full, "subscribed") == {"a@otenet.gr", "nea@otenet.gr"}


def test_an_account_that_refuses_takes_who_signs_up(world: Running, full: str) -> None:
    world.act(full, "nea@otenet.gr", "subscribe")
    world.act(full, "p@otenet.gr", "confirm")
    assert count(world) == (4, 4)


def test_rows_that_change_nobody_need_no_room(world: Running, full: str) -> None:
    world.call("POST", f"lists/{full}/members/a@otenet.gr/actions/delete-permanent")
    rows = [
        {"email_address": "a@otenet.gr", "status": "subscribed"},
        {"email_address": "b@otenet.gr", "status": "subscribed"},
        {"email_address": "p@otenet.gr", "status": "subscribed"},
        {"email_address": "nea@otenet.gr", "status": "subscribed"},
    ]
    answer = world.call("POST", f"lists/{full}", {"members": rows})
    assert (answer["total_created"], answer["error_count"]) == (1, 3)


def test_a_plan_without_a_limit_on_audiences_says_minus_one(world: Running, list_id: str) -> None:
    world.control("POST", "limits", max_audiences=-1)
    assert world.call("GET", "lists")["constraints"] == {
        "may_create": True,
        "max_instances": -1,
        "current_total_instances": -1,
    }
    assert world.new_list("Κι άλλη") != list_id
