"""What recorded answers of the real API show; the sources are named in the code under test."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running
from mailchimp_sandbox.tests.test_batches import finished, results

WHO = "eleni@otenet.gr"
NEW = "nea.eleni@otenet.gr"


def key(address: str) -> str:
    return hashlib.md5(address.encode()).hexdigest()


def member(world: Running, list_id: str, address: str = WHO) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", f"lists/{list_id}/members/{key(address)}")
    return found


@pytest.fixture
def path(world: Running, list_id: str) -> str:
    """The address of one subscribed member, some simulated time ago."""
    world.subscribe(list_id, WHO)
    world.advance(seconds=60)
    return f"lists/{list_id}/members/{key(WHO)}"


def test_every_link_that_can_be_read_leads_somewhere(
    world: Running, list_id: str, path: str
) -> None:
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(hours=1)
    answer = world.call("GET", f"lists/{list_id}/members")
    report = world.call("GET", f"reports/{campaign_id}/sent-to")
    [row] = answer["members"]
    rels = {link["rel"]: link["method"] for link in row["_links"]}
    assert rels["self"] == rels["parent"] == rels["activity"] == "GET"
    assert (rels["update"], rels["upsert"], rels["delete"]) == ("PATCH", "PUT", "DELETE")
    assert rels["delete_permanent"] == "POST"
    listed = [*answer["_links"], *row["_links"], *report["_links"], *report["sent_to"][0]["_links"]]
    links = [link for link in listed if link["method"] == "GET"]
    assert len(links) > 10
    for link in links:
        found = world.api.get(link["href"].removeprefix(f"{world.base_url}/"))
        assert found.status_code == 200, link


def test_links_are_left_out_on_request(world: Running, list_id: str, path: str) -> None:
    rows = f"lists/{list_id}/members"
    answer = world.call("GET", rows, exclude_fields="_links,members._links")
    assert "_links" not in answer and "_links" not in answer["members"][0]
    answer = world.call("GET", rows, fields="members.id")
    assert answer == {"members": [{"id": key(WHO)}]}
    answer = world.call("GET", rows, fields="members._links")
    assert list(answer) == ["members"]
    assert answer["members"][0]["_links"][0]["href"].endswith(path)
    assert world.call("GET", path, fields="_links")["_links"][0]["rel"] == "self"


@pytest.mark.parametrize(
    ("collection", "name", "parameter"),
    [
        ("lists/{list_id}/members", "members", "since_last_changed"),
        ("lists/{list_id}/members", "members", "since_timestamp_opt"),
        ("lists/{list_id}/segments", "segments", "since_created_at"),
        ("lists", "lists", "since_date_created"),
        ("campaigns", "campaigns", "since_create_time"),
        ("campaigns", "campaigns", "since_send_time"),
        ("reports", "reports", "since_send_time"),
        ("templates", "templates", "since_date_created"),
    ],
)
def test_time_filters_take_milliseconds(
    world: Running, list_id: str, path: str, collection: str, name: str, parameter: str
) -> None:
    world.call("POST", f"{path}/tags", {"tags": [{"name": "Πιστή", "status": "active"}]})
    world.call("POST", "templates", {"name": "Απλό", "html": "<p>Γεια</p>"})
    world.send(world.new_campaign(list_id))
    where = collection.format(list_id=list_id)
    field = parameter.removeprefix("since_")
    [row] = world.call("GET", where)[name]
    moment = datetime.fromisoformat(row[field])
    just_before = (moment - timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert len(world.call("GET", where, **{parameter: just_before})[name]) == 1
    assert world.call("GET", where, **{parameter: at})[name] == []
    before = parameter.replace("since_", "before_")
    assert len(world.call("GET", where, **{before: at})[name]) == 1
    assert world.call("GET", where, **{before: just_before})[name] == []


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "pending", "transactional"])
def test_a_put_makes_a_member_with_status_alone(world: Running, list_id: str, status: str) -> None:
    members = f"lists/{list_id}/members"
    body = {"email_address": WHO, "status": status}
    assert world.call("PUT", f"{members}/{key(WHO)}", body)["status"] == status
    # The path holds the hash of another address: the one in the body counts.
    made = world.call("PUT", f"{members}/{key('x@otenet.gr')}", {**body, "email_address": NEW})
    assert (made["id"], made["email_address"]) == (key(NEW), NEW)
    problem = world.refused("PUT", f"{members}/{key('x@otenet.gr')}", {"email_address": "x@hol.gr"})
    assert "status_if_new" in problem["errors"][0]["message"]


@pytest.mark.parametrize("name", ["status", "status_if_new"])
def test_a_put_for_another_hash_with_a_taken_address_is_refused(
    world: Running, list_id: str, path: str, name: str
) -> None:
    other = f"lists/{list_id}/members/{key('x@otenet.gr')}"
    problem = world.refused("PUT", other, {"email_address": WHO, name: "subscribed"})
    assert (problem["status"], problem["title"]) == (400, "Member Exists")
    world.subscribe(list_id, "x@otenet.gr")
    problem = world.refused("PUT", other, {"email_address": WHO, name: "subscribed"})
    assert (problem["status"], problem["title"]) == (400, "Member Exists")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_changes_nothing_does_not_move_last_changed(
    world: Running, list_id: str, path: str, method: str
) -> None:
    category = world.call(
        "POST",
        f"lists/{list_id}/interest-categories",
        {"title": "Προϊόντα", "type": "checkboxes"},
    )
    interests = f"lists/{list_id}/interest-categories/{category['id']}/interests"
    interest = world.call("POST", interests, {"name": "Ελιές"})["id"]
    before = member(world, list_id)
    noted = len(world.events())
    same: tuple[dict[str, Any], ...] = (
        {},
        {"email_address": WHO},
        {"email_address": WHO, "status": "subscribed", "merge_fields": {"FNAME": "Ελένη"}},
        {"merge_fields": {"LNAME": ""}},
        {"merge_fields": {"OTHER": "άγνωστο"}},
        {"interests": {interest: False}},
        {"vip": False, "language": "", "email_type": "html"},
        {"location": {"latitude": 0, "longitude": 0}},
        {"timestamp_opt": before["timestamp_opt"]},
    )
    for body in same:
        world.call(method, path, body)
        assert member(world, list_id) == before, body
    rows = {"members": [{"email_address": WHO, "merge_fields": {"FNAME": "Ελένη"}}]}
    world.call("POST", f"lists/{list_id}", {**rows, "update_existing": True})
    assert member(world, list_id) == before
    assert len(world.events()) == noted
    different: tuple[dict[str, Any], ...] = (
        {"merge_fields": {"FNAME": "Λένα"}},
        {"merge_fields": {"FNAME": ""}},
        {"interests": {interest: True}},
        {"vip": True},
        {"location": {"latitude": 38, "longitude": 24}},
        {"status": "unsubscribed"},
    )
    for body in different:
        world.advance(seconds=5)
        last = member(world, list_id)["last_changed"]
        world.call(method, path, body)
        assert member(world, list_id)["last_changed"] > last, body


def test_an_active_tag_moves_last_changed_and_an_empty_list_does_not(
    world: Running, list_id: str, path: str
) -> None:
    seen = [member(world, list_id)["last_changed"]]
    for tags in (
        [{"name": "Πιστή", "status": "active"}],
        [],
        [{"name": "Πιστή", "status": "active"}],
    ):
        world.advance(seconds=5)
        world.call("POST", f"{path}/tags", {"tags": tags})
        seen.append(member(world, list_id)["last_changed"])
    assert seen[0] < seen[1] == seen[2] < seen[3]


@pytest.mark.parametrize("by", ["PUT", "PATCH", "person"])
def test_a_change_of_address(world: Running, list_id: str, path: str, by: str) -> None:
    world.call("POST", f"{path}/tags", {"tags": [{"name": "Πιστή", "status": "active"}]})
    before = member(world, list_id)
    world.advance(seconds=60)
    if by == "person":
        world.act(list_id, WHO, "change_email", new_email_address=NEW)
    else:
        world.call(by, path, {"email_address": NEW})
    after = member(world, list_id, NEW)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"id", "email_address", "unique_email_id", "last_changed", "_links"}
    assert world.refused("GET", path)["status"] == 404
    assert world.call("GET", f"lists/{list_id}/members/{before['contact_id']}")["id"] == key(NEW)


def test_another_spelling_of_the_address_is_the_same_member(
    world: Running, list_id: str, path: str
) -> None:
    before = member(world, list_id)
    after = world.call("PATCH", path, {"email_address": WHO.upper()})
    assert after["email_address"] == WHO.upper()
    assert (after["id"], after["unique_email_id"]) == (before["id"], before["unique_email_id"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_unsubscribe_by_the_api_keeps_the_opt_in(
    world: Running, list_id: str, path: str, method: str
) -> None:
    before = member(world, list_id)
    for status in ("unsubscribed", "subscribed"):
        world.advance(days=1)
        world.call(method, path, {"status": status})
        now = member(world, list_id)
        assert (now["timestamp_opt"], now["ip_opt"]) == (before["timestamp_opt"], before["ip_opt"])
    world.call("DELETE", path)
    world.advance(days=1)
    back = {"email_address": WHO, "status": "subscribed"}
    revived = world.call("POST", f"lists/{list_id}/members", back)
    assert revived["timestamp_opt"] == revived["last_changed"] > before["timestamp_opt"]
    assert revived["contact_id"] == before["contact_id"]


def test_merge_fields_as_mailchimp_makes_them(world: Running, list_id: str) -> None:
    fields = f"lists/{list_id}/merge-fields"
    for tag, kind in (("ZONI", "zip"), ("AGORES", "number")):
        world.call("POST", fields, {"tag": tag, "name": tag, "type": kind, "public": True})
    rows = world.call("GET", fields)["merge_fields"]
    assert [(r["tag"], r["merge_id"], r["public"], r["options"]) for r in rows] == [
        ("ADDRESS", 3, False, {"default_country": 164}),
        ("AGORES", 6, True, {}),
        ("FNAME", 1, True, {"size": 25}),
        ("LNAME", 2, True, {"size": 25}),
        ("PHONE", 4, False, {"phone_format": "none"}),
        ("ZONI", 5, True, {}),
    ]
    world.subscribe(list_id, WHO)
    values = member(world, list_id)["merge_fields"]
    assert list(values) == ["FNAME", "LNAME", "ADDRESS", "PHONE", "ZONI", "AGORES"]


@pytest.mark.parametrize("name", ["timestamp_opt", "timestamp_signup"])
@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("2026-01-05T10:00:00", False),
        ("2026-01-05 10:00:00", False),
        ("2026-01-05", False),
        ("2026-01-05T10:00:00+02:00", True),
        ("2026-01-05T08:00:00Z", True),
        ("2026-01-05T08:00:00.250Z", True),
    ],
)
def test_times_of_a_member_need_an_offset(
    world: Running, list_id: str, path: str, name: str, text: str, taken: bool
) -> None:
    members = f"lists/{list_id}/members"
    new = {"email_address": NEW, "status": "subscribed", name: text}
    calls = (
        ("POST", members, new),
        ("PUT", f"{members}/{key(NEW)}", new),
        ("PATCH", path, {name: text}),
    )
    for method, where, body in calls:
        if not taken:
            problem = world.refused(method, where, body)
            assert (problem["status"], problem["title"]) == (400, "Invalid Resource")
            [error] = problem["errors"]
            assert error == {"field": name, "message": "This value is not a valid datetime."}
        elif method != "PUT":
            assert world.call(method, where, body)[name] == "2026-01-05T08:00:00+00:00"
    answer = world.call(
        "POST", f"lists/{list_id}", {"members": [{**new, "email_address": "n@hol.gr"}]}
    )
    assert answer["error_count"] == (0 if taken else 1)


def test_email_activity_in_a_batch_is_whole(world: Running, list_id: str) -> None:
    amount = 1205
    world.subscribe(list_id, *(f"melos{number}@otenet.gr" for number in range(amount)))
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(days=1)
    path = f"/reports/{campaign_id}/email-activity"
    operations = [
        {"method": "GET", "path": path},
        {"method": "GET", "path": path, "params": {"count": 7}},
        {"method": "GET", "path": f"{path}?count=2000"},
        {"method": "GET", "path": f"/lists/{list_id}/members"},
    ]
    batch = world.call("POST", "batches", {"operations": operations})
    url = finished(world, batch["id"])["response_body_url"]
    answers = [json.loads(row["response"]) for row in results(url)]
    rows = [len(answer.get("emails") or answer["members"]) for answer in answers]
    assert rows == [amount, 7, 1000, 10]
    assert len(world.call("GET", path.lstrip("/"))["emails"]) == 10


def test_no_page_is_longer_than_1000(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *(f"melos{number}@otenet.gr" for number in range(1002)))
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    for path, name in (
        (f"lists/{list_id}/members", "members"),
        (f"reports/{campaign_id}/sent-to", "sent_to"),
        (f"reports/{campaign_id}/email-activity", "emails"),
    ):
        page = world.call("GET", path, count=1001)
        assert (len(page[name]), page["total_items"]) == (1000, 1002)


def test_a_segment_takes_500_members_a_call(world: Running, list_id: str) -> None:
    people = [f"melos{number}@otenet.gr" for number in range(501)]
    world.subscribe(list_id, *people)
    segments = f"lists/{list_id}/segments"
    segment = world.call("POST", segments, {"name": "Δείγμα", "static_segment": []})
    for name in ("members_to_add", "members_to_remove"):
        problem = world.refused("POST", f"{segments}/{segment['id']}", {name: people})
        assert (problem["status"], problem["title"]) == (400, "Invalid Resource")
        assert "please provide at most 500 items" in problem["detail"]
        assert "errors" not in problem
    answer = world.call("POST", f"{segments}/{segment['id']}", {"members_to_add": people[:500]})
    assert answer["total_added"] == 500


def test_who_cannot_be_archived_and_how_it_is_said(world: Running, list_id: str, path: str) -> None:
    world.call("DELETE", path)
    answer = world.api.delete(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
