"""Tags and static segments: their members, what a call answers, who gets a campaign."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running
from mailchimp_sandbox.tests.test_batches import finished, results

ELENI, NIKOS, MARIA, LEFT = (f"{name}@otenet.gr" for name in ("eleni", "nikos", "maria", "efyge"))
STRANGER = "xenos@otenet.gr"
NOBODY = "None of the emails provided were subscribed to the list"


@pytest.fixture
def tag(world: Running, list_id: str) -> str:
    """Path of a tag that holds Ελένη. Νίκος and Μαρία are subscribed, one member has left."""
    world.subscribe(list_id, ELENI, NIKOS, MARIA, LEFT)
    world.act(list_id, LEFT, "unsubscribe")
    made = world.call(
        "POST", f"lists/{list_id}/segments", {"name": "Πιστοί", "static_segment": [ELENI]}
    )
    assert (made["type"], made["member_count"], made["name"]) == ("static", 1, "Πιστοί")
    return f"lists/{list_id}/segments/{made['id']}"


def held(world: Running, tag: str, **query: Any) -> set[str]:
    return {row["email_address"] for row in world.rows(f"{tag}/members", "members", **query)}


def totals(answer: dict[str, Any]) -> tuple[int, int, int]:
    return answer["total_added"], answer["total_removed"], answer["error_count"]


def test_a_batch_adds_and_removes_and_says_what_it_did(world: Running, tag: str) -> None:
    answer = world.call("POST", tag, {"members_to_add": [NIKOS.upper()], "members_to_remove": []})
    assert totals(answer) == (1, 0, 0)
    assert [row["email_address"] for row in answer["members_added"]] == [NIKOS]
    assert (answer["members_removed"], answer["errors"]) == ([], [])
    answer = world.call("POST", tag, {"members_to_add": [MARIA], "members_to_remove": [ELENI]})
    assert totals(answer) == (1, 1, 0)
    assert [row["email_address"] for row in answer["members_removed"]] == [ELENI]
    assert held(world, tag) == {NIKOS, MARIA}


def test_who_is_in_it_already_or_not_in_it_is_an_error_of_its_kind(
    world: Running, list_id: str, tag: str
) -> None:
    member = f"lists/{list_id}/members/{ELENI}"
    before = world.call("GET", member)["last_changed"]
    world.advance(hours=1)
    answer = world.call("POST", tag, {"members_to_add": [ELENI, NIKOS, NIKOS]})
    assert totals(answer) == (1, 0, 1)
    assert answer["errors"] == [
        {
            "email_addresses": [ELENI],
            "error": "Email addresses already exist in the static segment",
        }
    ]
    answer = world.call("POST", tag, {"members_to_add": [ELENI], "members_to_remove": [MARIA]})
    assert totals(answer) == (0, 0, 2)
    assert answer["errors"][1] == {
        "email_addresses": [MARIA],
        "error": "Email addresses do not exist in the static segment",
    }
    assert world.call("GET", member)["last_changed"] == before


@pytest.mark.parametrize("name", ["members_to_add", "members_to_remove"])
def test_strangers_and_who_left_are_ignored_beside_subscribers_and_refused_alone(
    world: Running, tag: str, name: str
) -> None:
    changed = NIKOS if name == "members_to_add" else ELENI
    answer = world.call("POST", tag, {name: [STRANGER, LEFT, changed]})
    assert totals(answer)[:2] == ((1, 0) if name == "members_to_add" else (0, 1))
    assert answer["errors"] == []
    now = held(world, tag)
    for alone in ([STRANGER], [LEFT], [STRANGER, STRANGER, LEFT]):
        problem = world.refused("POST", tag, {name: alone})
        assert (problem["status"], problem["title"]) == (400, "Invalid Resource")
        assert problem["errors"] == [{"field": name, "message": NOBODY}]
    assert held(world, tag) == now


def test_a_refused_half_of_a_batch_stops_the_other(world: Running, tag: str) -> None:
    world.refused("POST", tag, {"members_to_add": [NIKOS], "members_to_remove": [STRANGER]})
    world.refused("POST", tag, {"members_to_add": [STRANGER], "members_to_remove": [ELENI]})
    assert held(world, tag) == {ELENI}


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "transactional"])
def test_only_subscribed_members_are_taken(
    world: Running, list_id: str, tag: str, status: str
) -> None:
    world.subscribe(list_id, STRANGER, status=status)
    assert totals(world.call("POST", tag, {"members_to_add": [STRANGER, NIKOS]})) == (1, 0, 0)
    problem = world.refused("POST", f"{tag}/members", {"email_address": STRANGER})
    assert problem["errors"] == [
        {"field": "email_address", "message": "Email is not subscribed to the list"}
    ]
    world.call("DELETE", f"lists/{list_id}/members/{MARIA}")
    world.refused("POST", tag, {"members_to_add": [MARIA]})
    assert held(world, tag, include_unsubscribed=True, include_transactional=True) == {
        ELENI,
        NIKOS,
    }


def test_a_tag_by_the_member_takes_every_status(world: Running, list_id: str, tag: str) -> None:
    body = {"tags": [{"name": "Πιστοί", "status": "active"}]}
    world.call("POST", f"lists/{list_id}/members/{LEFT}/tags", body)
    assert held(world, tag) == {ELENI}
    assert held(world, tag, include_unsubscribed=True) == {ELENI, LEFT}
    assert world.call("GET", tag)["member_count"] == 1
    assert world.call("GET", tag, include_unsubscribed=True)["member_count"] == 2
    body["tags"][0]["status"] = "inactive"
    world.call("POST", f"lists/{list_id}/members/{LEFT}/tags", body)
    assert held(world, tag, include_unsubscribed=True) == {ELENI}


def test_what_becomes_of_the_tags_of_a_member(world: Running, list_id: str, tag: str) -> None:
    member = f"lists/{list_id}/members/{ELENI}"

    def tags_of(path: str) -> list[str]:
        return [row["name"] for row in world.call("GET", path)["tags"]]

    world.act(list_id, ELENI, "unsubscribe")
    assert (tags_of(member), held(world, tag)) == (["Πιστοί"], set())
    world.act(list_id, ELENI, "subscribe")
    assert held(world, tag) == {ELENI}
    world.call("DELETE", member)
    assert (tags_of(member), held(world, tag)) == (["Πιστοί"], set())
    assert held(world, tag, include_unsubscribed=True, include_cleaned=True) == set()
    world.subscribe(list_id, ELENI)
    assert held(world, tag) == {ELENI}
    world.act(list_id, ELENI, "change_email", new_email_address=STRANGER)
    assert tags_of(f"lists/{list_id}/members/{STRANGER}") == ["Πιστοί"]
    assert held(world, tag) == {STRANGER}
    assert totals(world.call("POST", tag, {"members_to_add": [STRANGER]})) == (0, 0, 1)
    world.call("POST", f"lists/{list_id}/members/{STRANGER}/actions/delete-permanent")
    assert held(world, tag) == set()
    world.act(list_id, STRANGER, "subscribe")
    assert tags_of(f"lists/{list_id}/members/{STRANGER}") == []
    assert held(world, tag) == set()


def test_a_segment_is_made_of_addresses_or_of_conditions(world: Running, list_id: str) -> None:
    path = f"lists/{list_id}/segments"
    problem = world.refused("POST", path, {"name": "Κενό"})
    assert problem["detail"] == (
        'Must provide either an "options" field or a "static_segment" field'
    )
    options = {"match": "all", "conditions": []}
    world.refused("POST", path, {"name": "Και τα δύο", "static_segment": [], "options": options})
    assert world.call("GET", path)["total_items"] == 0
    problem = world.refused("POST", path, {"name": "Ξένοι", "static_segment": [STRANGER]})
    assert problem["errors"] == [{"field": "static_segment", "message": NOBODY}]
    assert world.call("GET", path)["total_items"] == 0, "a refused call makes no tag"
    empty = world.call("POST", path, {"name": "Κανείς", "static_segment": []})
    assert (empty["member_count"], empty["type"]) == (0, "static")
    problem = world.refused("POST", path, {"name": "Κανείς", "static_segment": []})
    assert problem["errors"][0]["message"] == "Sorry, that tag already exists."


def test_a_saved_segment_takes_no_members(world: Running, list_id: str) -> None:
    world.subscribe(list_id, ELENI)
    options = {
        "match": "all",
        "conditions": [{"field": "EMAIL", "op": "contains", "value": "eleni"}],
    }
    made = world.call("POST", f"lists/{list_id}/segments", {"name": "Ελένες", "options": options})
    path = f"lists/{list_id}/segments/{made['id']}"
    words = f'A Static Segment with an id of "{made["id"]}" does not exist for this list.'
    for problem in (
        world.refused("POST", path, {"members_to_add": [ELENI]}),
        world.refused("POST", f"{path}/members", {"email_address": ELENI}),
        world.refused("DELETE", f"{path}/members/{ELENI}"),
        world.refused("PATCH", path, {"name": "Ελένες", "static_segment": [ELENI]}),
    ):
        assert (problem["status"], problem["detail"]) == (400, words)


def test_a_patch_replaces_the_members_or_the_name(world: Running, list_id: str, tag: str) -> None:
    answer = world.call("PATCH", tag, {"name": "Πιστοί", "static_segment": [NIKOS, MARIA]})
    assert (answer["member_count"], held(world, tag)) == (2, {NIKOS, MARIA})
    world.refused("PATCH", tag, {"name": "Πιστοί", "static_segment": [LEFT]})
    assert held(world, tag) == {NIKOS, MARIA}
    world.call("POST", f"lists/{list_id}/segments", {"name": "Νέοι", "static_segment": [NIKOS]})
    problem = world.refused("PATCH", tag, {"name": "Νέοι"})
    assert problem["errors"][0]["message"] == "Sorry, that tag already exists."
    world.call("PATCH", tag, {"name": "Παλιοί"})
    tags = world.call("GET", f"lists/{list_id}/members/{NIKOS}")["tags"]
    assert {row["name"] for row in tags} == {"Παλιοί", "Νέοι"}
    assert world.call("PATCH", tag, {"name": "Παλιοί", "static_segment": []})["member_count"] == 0


def test_tags_are_found_by_the_beginning_of_their_names(
    world: Running, list_id: str, tag: str
) -> None:
    world.call("POST", f"lists/{list_id}/segments", {"name": "Πικροί", "static_segment": []})
    path = f"lists/{list_id}/tag-search"
    assert world.call("GET", path)["total_items"] == 2
    [found] = world.call("GET", path, name="πιστ")["tags"]
    assert (found["name"], str(found["id"])) == ("Πιστοί", tag.rpartition("/")[2])


def to_segment(list_id: str, tag: str, **more: Any) -> dict[str, Any]:
    options = {"saved_segment_id": int(tag.rpartition("/")[2]), **more}
    return {"list_id": list_id, "segment_opts": options}


def test_a_campaign_to_a_tag_says_how_many_it_reaches(
    world: Running, list_id: str, tag: str
) -> None:
    world.call("POST", tag, {"members_to_add": [NIKOS, MARIA]})
    world.act(list_id, MARIA, "unsubscribe")
    campaign_id = world.new_campaign(list_id, recipients=to_segment(list_id, tag))
    recipients = world.call("GET", f"campaigns/{campaign_id}")["recipients"]
    number = int(tag.rpartition("/")[2])
    assert recipients["recipient_count"] == 2
    assert recipients["segment_opts"] == {
        "saved_segment_id": number,
        "match": "any",
        "conditions": [
            {
                "condition_type": "StaticSegment",
                "field": "static_segment",
                "op": "static_is",
                "value": number,
            }
        ],
    }
    assert "Πιστοί" in recipients["segment_text"]
    assert "For a total of <strong>2</strong> emails sent." in recipients["segment_text"]
    world.send(campaign_id)
    sent = world.call("GET", f"reports/{campaign_id}/sent-to")["sent_to"]
    assert {row["email_address"] for row in sent} == {ELENI, NIKOS}
    world.advance(hours=1)
    world.call("POST", tag, {"members_to_remove": [ELENI]})
    again = world.call("GET", f"campaigns/{campaign_id}")["recipients"]
    assert again["recipient_count"] == 2, "what was sent stays"
    # The same campaign can be made over from what it answers.
    copy = world.new_campaign(
        list_id, recipients={"list_id": list_id, "segment_opts": again["segment_opts"]}
    )
    assert world.call("GET", f"campaigns/{copy}")["recipients"]["recipient_count"] == 1


def test_a_campaign_to_a_saved_segment_shows_its_conditions(world: Running, list_id: str) -> None:
    world.subscribe(list_id, ELENI, NIKOS)
    conditions = [{"field": "EMAIL", "op": "contains", "value": "eleni"}]
    made = world.call(
        "POST",
        f"lists/{list_id}/segments",
        {"name": "Ελένες", "options": {"match": "all", "conditions": conditions}},
    )
    wanted = to_segment(list_id, f"segments/{made['id']}")
    campaign_id = world.new_campaign(list_id, recipients=wanted)
    recipients = world.call("GET", f"campaigns/{campaign_id}")["recipients"]
    assert (recipients["recipient_count"], recipients["segment_opts"]) == (
        1,
        {"saved_segment_id": made["id"], "match": "all", "conditions": conditions},
    )
    whole = world.call("GET", f"campaigns/{world.new_campaign(list_id)}")["recipients"]
    assert (whole["segment_text"], "segment_opts" in whole) == ("", False)


def test_a_campaign_to_an_empty_or_a_deleted_tag_cannot_be_sent(
    world: Running, list_id: str, tag: str
) -> None:
    campaign_id = world.new_campaign(list_id, recipients=to_segment(list_id, tag))
    checklist = f"campaigns/{campaign_id}/send-checklist"
    assert world.call("GET", checklist)["is_ready"] is True
    world.call("POST", tag, {"members_to_remove": [ELENI]})
    found = world.call("GET", checklist)
    assert found["is_ready"] is False
    assert 'Your segment of list "Πελάτες" is empty.' in [row["details"] for row in found["items"]]
    assert world.refused("POST", f"campaigns/{campaign_id}/actions/send")["status"] == 400
    world.call("POST", tag, {"members_to_add": [ELENI]})
    assert world.call("GET", checklist)["is_ready"] is True
    world.call("DELETE", tag)
    assert world.call("GET", f"campaigns/{campaign_id}")["recipients"]["recipient_count"] == 0
    assert world.call("GET", "campaigns")["total_items"] == 1
    assert world.refused("POST", f"campaigns/{campaign_id}/actions/send")["status"] == 400
    assert world.events(action="sent") == []
    problem = world.refused(
        "POST", "campaigns", {"type": "regular", "recipients": to_segment(list_id, tag)}
    )
    assert problem["errors"][0]["field"] == "recipients.segment_opts.saved_segment_id"


def test_a_tag_that_goes_after_the_scheduling_reaches_nobody(
    world: Running, list_id: str, tag: str
) -> None:
    campaign_id = world.new_campaign(list_id, recipients=to_segment(list_id, tag))
    now = world.control("GET", "clock")["now"]
    moment = f"{now[:10]}T23:45:00+00:00"
    world.call("POST", f"campaigns/{campaign_id}/actions/schedule", {"schedule_time": moment})
    world.call("DELETE", tag)
    world.advance(days=2)
    assert world.call("GET", f"campaigns/{campaign_id}")["emails_sent"] == 0
    assert world.events(action="sent") == []


def test_the_same_calls_in_a_batch(world: Running, list_id: str, tag: str) -> None:
    operations = [
        ("POST", f"/{tag}", {"members_to_add": [NIKOS, STRANGER]}),
        ("POST", f"/{tag}", {"members_to_add": [STRANGER]}),
        (
            "POST",
            f"/lists/{list_id}/members/{MARIA}/tags",
            {"tags": [{"name": "Πιστοί", "status": "active"}]},
        ),
        ("POST", f"/lists/{list_id}/segments", {"name": "Νέοι", "static_segment": [MARIA]}),
        ("GET", f"/{tag}/members", None),
    ]
    batch = world.call(
        "POST",
        "batches",
        {
            "operations": [
                {
                    "method": method,
                    "path": path,
                    "operation_id": str(number),
                    **({"body": json.dumps(body)} if body else {}),
                }
                for number, (method, path, body) in enumerate(operations)
            ]
        },
    )
    batch = finished(world, batch["id"])
    assert (batch["total_operations"], batch["errored_operations"]) == (5, 1)
    rows = {row["operation_id"]: row for row in results(batch["response_body_url"])}
    assert [rows[str(number)]["status_code"] for number in range(5)] == [200, 400, 204, 200, 200]
    assert json.loads(rows["0"]["response"])["total_added"] == 1
    assert NOBODY in rows["1"]["response"]
    assert held(world, tag) == {ELENI, NIKOS, MARIA}
