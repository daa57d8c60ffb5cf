"""Campaigns from draft to sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import SENDER, Running

NOBODY_ACTS = dict.fromkeys(
    ("abuse", "click", "forward", "hard_bounce", "open", "proxy", "soft_bounce"), 0.0
)


def now(world: Running) -> datetime:
    return datetime.fromisoformat(world.control("GET", "clock")["now"])


def quarter(world: Running) -> datetime:
    return now(world).replace(minute=0, second=0) + timedelta(hours=2)


@pytest.fixture
def campaign_id(world: Running, list_id: str) -> str:
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(20)))
    return world.new_campaign(list_id)


def state(world: Running, campaign_id: str) -> str:
    return world.call("GET", f"campaigns/{campaign_id}")["status"]


def test_a_draft_without_content_is_not_ready(world: Running, list_id: str) -> None:
    campaign = world.call("POST", "campaigns", {"type": "regular"})
    path = f"campaigns/{campaign['id']}"
    checklist = world.call("GET", f"{path}/send-checklist")
    assert checklist["is_ready"] is False
    assert {item["heading"] for item in checklist["items"] if item["type"] == "error"} == {
        "List",
        "Recipients",
        "Subject Line",
        "Replies",
        "HTML Email",
    }
    assert world.refused("POST", f"{path}/actions/send")["detail"] == (
        "Your Campaign is not ready to send."
    )


def test_an_unverified_domain_stops_it(world: Running, campaign_id: str) -> None:
    world.control_client.post("/_sandbox/domains", json={SENDER.split("@")[1]: False})
    assert world.refused("POST", f"campaigns/{campaign_id}/actions/send")["status"] == 400
    domain = world.call("GET", f"verified-domains/{SENDER.split('@')[1]}")
    assert domain["verified"] is False


def test_it_goes_through_its_states(world: Running, campaign_id: str) -> None:
    assert state(world, campaign_id) == "save"
    assert world.refused("GET", f"reports/{campaign_id}")["status"] == 404
    world.send(campaign_id)
    assert state(world, campaign_id) == "sending"
    world.advance(hours=1)
    campaign = world.call("GET", f"campaigns/{campaign_id}")
    assert (campaign["status"], campaign["emails_sent"]) == ("sent", 20)
    for method, path, body in (
        ("PATCH", f"campaigns/{campaign_id}", {"settings": {"title": "Άλλο"}}),
        ("PUT", f"campaigns/{campaign_id}/content", {"html": "x"}),
        ("DELETE", f"campaigns/{campaign_id}", None),
        ("POST", f"campaigns/{campaign_id}/actions/send", None),
        ("POST", f"campaigns/{campaign_id}/actions/unschedule", None),
    ):
        assert world.refused(method, path, body)["status"] == 400


def test_only_quarter_hours_ahead_can_be_scheduled(world: Running, campaign_id: str) -> None:
    path = f"campaigns/{campaign_id}/actions/schedule"
    good = quarter(world)
    for bad in (good + timedelta(minutes=7), good - timedelta(days=1)):
        problem = world.refused("POST", path, {"schedule_time": bad.isoformat()})
        assert problem["errors"][0]["field"] == "schedule_time"
    world.refused("POST", path, {})
    world.call("POST", path, {"schedule_time": good.isoformat()})
    assert state(world, campaign_id) == "schedule"
    world.refused("POST", path, {"schedule_time": good.isoformat()})
    world.call("POST", f"campaigns/{campaign_id}/actions/unschedule")
    assert state(world, campaign_id) == "save"


def test_a_scheduled_campaign_goes_out_at_its_moment(world: Running, campaign_id: str) -> None:
    moment = quarter(world)
    world.call(
        "POST",
        f"campaigns/{campaign_id}/actions/schedule",
        {"schedule_time": moment.isoformat()},
    )
    list_id = world.call("GET", f"campaigns/{campaign_id}")["recipients"]["list_id"]
    world.act(list_id, "p3@otenet.gr", "unsubscribe")
    world.advance(days=3)
    campaign = world.call("GET", f"campaigns/{campaign_id}")
    assert campaign["status"] == "sent"
    assert datetime.fromisoformat(campaign["send_time"]) == moment
    assert campaign["emails_sent"] == 19
    sent = {event["email_address"] for event in world.events(action="sent")}
    assert "p3@otenet.gr" not in sent


def test_only_subscribed_members_of_the_segment_get_it(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(6)))
    segment = world.call(
        "POST",
        f"lists/{list_id}/segments",
        {"name": "Πιστοί", "static_segment": ["p1@otenet.gr", "p2@otenet.gr", "p3@otenet.gr"]},
    )
    world.act(list_id, "p2@otenet.gr", "unsubscribe")
    world.call("DELETE", f"lists/{list_id}/members/p3@otenet.gr")
    recipients = {"list_id": list_id, "segment_opts": {"saved_segment_id": segment["id"]}}
    campaign_id = world.new_campaign(list_id, recipients=recipients)
    world.send(campaign_id)
    sent = world.call("GET", f"reports/{campaign_id}/sent-to")["sent_to"]
    assert [row["email_address"] for row in sent] == ["p1@otenet.gr"]


def test_filters_and_order(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "a@otenet.gr")
    made = []
    for _ in range(3):
        made.append(world.new_campaign(list_id))
        world.advance(hours=1)
    world.send(made[0])
    world.advance(hours=1)
    world.send(made[2])
    world.advance(hours=1)

    def found(path: str = "campaigns", **query: Any) -> list[str]:
        return [row["id"] for row in world.call("GET", path, **query)[path]]

    first = world.call("GET", f"campaigns/{made[0]}")["send_time"]
    assert found() == made
    assert found(status="sent") == [made[0], made[2]]
    assert found(since_send_time=first) == [made[2]]
    assert found(before_send_time=first) == [made[0]]
    assert found(sort_field="create_time", sort_dir="DESC") == made[::-1]
    assert found("reports") == [made[2], made[0]]
    assert found("reports", since_send_time=first) == [made[2]]
    world.refused("GET", "campaigns", status="unknown")


def test_a_b_parts(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(100)))
    campaign_id = world.new_campaign(
        list_id,
        type="variate",
        variate_settings={
            "winner_criteria": "opens",
            "subject_lines": ["Λάδι", "Ελιές"],
            "test_size": 20,
        },
    )
    world.send(campaign_id)
    world.advance(days=9)
    rows = world.rows(f"reports/{campaign_id}/sent-to", "sent_to")
    groups = [row["absplit_group"] for row in rows]
    assert {g: groups.count(g) for g in set(groups)} == {"a": 10, "b": 10, "winner": 80}
    report = world.call("GET", f"reports/{campaign_id}")
    parts = world.call("GET", f"reports/{campaign_id}/sub-reports")["reports"]
    assert sum(part["opens"]["opens_total"] for part in parts) == report["opens"]["opens_total"]
    assert report["ab_split"]["a"]["opens"] == parts[0]["opens"]["opens_total"]


def test_tests_copies_and_deletion(world: Running, campaign_id: str) -> None:
    path = f"campaigns/{campaign_id}"
    body = {"test_emails": [SENDER], "send_type": "html"}
    world.call("POST", f"{path}/actions/test", body)
    assert [event["email_address"] for event in world.events(action="test_sent")] == [SENDER]
    world.refused("POST", f"{path}/actions/test", {"test_emails": [], "send_type": "html"})
    copy = world.call("POST", f"{path}/actions/replicate")
    assert copy["settings"]["title"] == "Οκτώβριος (copy 01)"
    assert world.call("GET", f"campaigns/{copy['id']}/content")["html"]
    world.call("DELETE", f"campaigns/{copy['id']}")
    assert world.refused("GET", f"campaigns/{copy['id']}")["status"] == 404


def test_a_resend_goes_to_who_did_not_open(world: Running, list_id: str) -> None:
    world.control("POST", "behaviour", **NOBODY_ACTS)
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr", "c@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(seconds=60)
    world.act(list_id, "b@otenet.gr", "open", campaign_id=campaign_id)
    world.subscribe(list_id, "later@otenet.gr")
    resend = world.call("POST", f"campaigns/{campaign_id}/actions/create-resend")
    assert resend["recipients"]["recipient_count"] == 2
    world.send(resend["id"])
    world.advance(seconds=60)
    sent = world.events(action="sent", campaign_id=resend["id"])
    assert {event["email_address"] for event in sent} == {"a@otenet.gr", "c@otenet.gr"}


@pytest.mark.parametrize(
    ("op", "found"),
    [
        ("open", {"a", "b"}),
        ("click", {"a"}),
        ("sent", {"a", "b", "c"}),
        ("noopen", {"c"}),
        ("noclick", {"b", "c"}),
        ("nosent", {"d"}),
    ],
)
def test_segments_by_what_members_did_with_a_campaign(
    world: Running, list_id: str, op: str, found: set[str]
) -> None:
    world.control("POST", "behaviour", **NOBODY_ACTS)
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr", "c@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(seconds=60)
    url = "https://elaiones.gr/elies"
    world.act(list_id, "a@otenet.gr", "click", campaign_id=campaign_id, url=url)
    world.act(list_id, "b@otenet.gr", "open", campaign_id=campaign_id)
    world.subscribe(list_id, "d@otenet.gr")
    for value in (str(world.call("GET", f"campaigns/{campaign_id}")["web_id"]), "any"):
        condition = {"condition_type": "Aim", "field": "aim", "op": op, "value": value}
        segment = world.call(
            "POST",
            f"lists/{list_id}/segments",
            {"name": f"{op} {value}", "options": {"match": "all", "conditions": [condition]}},
        )
        rows = world.rows(f"lists/{list_id}/segments/{segment['id']}/members", "members")
        assert {row["email_address"][0] for row in rows} == found
