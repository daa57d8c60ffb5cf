"""Members: who may become what, and who may do it; listing, filters, addresses."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running

WHO = "Eleni.Μ@otenet.gr".replace("Μ", "M")


def status(world: Running, list_id: str, address: str = WHO) -> str:
    return world.call("GET", f"lists/{list_id}/members/{address}")["status"]


def prepare(world: Running, list_id: str, state: str) -> None:
    """Bring WHO into a state by the way it comes about in life."""
    if state in ("subscribed", "pending"):
        world.subscribe(list_id, WHO, status=state)
        return
    world.subscribe(list_id, WHO)
    path = f"lists/{list_id}/members/{WHO}"
    if state == "unsubscribed by api":
        world.call("PATCH", path, {"status": "unsubscribed"})
    elif state == "unsubscribed by person":
        world.act(list_id, WHO, "unsubscribe")
    elif state == "complained":
        campaign_id = world.new_campaign(list_id)
        world.send(campaign_id)
        world.act(list_id, WHO, "complain", campaign_id=campaign_id)
    elif state == "cleaned":
        world.control("POST", "bounce", list_id=list_id, email_address=WHO)
    elif state == "archived":
        world.call("DELETE", path)
    elif state == "archived after opting out":
        world.act(list_id, WHO, "unsubscribe")
        world.call("DELETE", path)
    elif state == "forgotten":
        world.call("POST", f"{path}/actions/delete-permanent")


COMPLIANCE = "Member In Compliance State"
EXISTS = "Member Exists"
FORGOTTEN = "Forgotten Email Not Subscribed"
MISSING = "Resource Not Found"


@pytest.mark.parametrize(
    ("state", "post", "patch", "pending", "put"),
    [
        ("subscribed", EXISTS, "subscribed", "pending", "subscribed"),
        ("pending", EXISTS, "subscribed", "pending", "subscribed"),
        ("unsubscribed by api", EXISTS, "subscribed", "pending", "subscribed"),
        ("unsubscribed by person", COMPLIANCE, COMPLIANCE, "pending", COMPLIANCE),
        ("complained", COMPLIANCE, COMPLIANCE, COMPLIANCE, COMPLIANCE),
        ("cleaned", COMPLIANCE, COMPLIANCE, COMPLIANCE, COMPLIANCE),
        ("archived", "subscribed", "subscribed", "pending", "subscribed"),
        ("archived after opting out", COMPLIANCE, COMPLIANCE, "pending", COMPLIANCE),
        ("forgotten", FORGOTTEN, MISSING, MISSING, FORGOTTEN),
    ],
)
def test_what_the_api_may_make_of_each_state(
    world: Running, list_id: str, state: str, post: str, patch: str, pending: str, put: str
) -> None:
    members = f"lists/{list_id}/members"
    body = {"email_address": WHO, "status": "subscribed"}
    calls: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", members, body, post),
        ("PATCH", f"{members}/{WHO}", {"status": "subscribed"}, patch),
        ("PATCH", f"{members}/{WHO}", {"status": "pending"}, pending),
        ("PUT", f"{members}/{WHO}", {**body, "status_if_new": "subscribed"}, put),
    ]
    for method, path, sent, expected in calls:
        fresh = world.new_list()
        prepare(world, fresh, state)
        answer = world.api.request(method, path.replace(list_id, fresh), json=sent).json()
        found = answer["title"] if "title" in answer else answer["status"]
        assert found == expected, (method, sent)
        if "title" not in answer:
            assert status(world, fresh) == expected


def test_a_person_always_finds_the_way_back(world: Running) -> None:
    for state in ("unsubscribed by person", "cleaned", "forgotten", "archived after opting out"):
        list_id = world.new_list()
        prepare(world, list_id, state)
        world.act(list_id, WHO, "subscribe")
        assert status(world, list_id) == "subscribed", state
        world.call("PATCH", f"lists/{list_id}/members/{WHO}", {"status": "unsubscribed"})
        world.call("PATCH", f"lists/{list_id}/members/{WHO}", {"status": "subscribed"})


def test_pending_waits_for_the_person(world: Running, list_id: str) -> None:
    prepare(world, list_id, "unsubscribed by person")
    path = f"lists/{list_id}/members/{WHO}"
    world.call("PATCH", path, {"status": "pending"})
    assert world.refused("PATCH", path, {"status": "subscribed"})["title"] == COMPLIANCE
    world.act(list_id, WHO, "confirm")
    assert status(world, list_id) == "subscribed"


@pytest.mark.parametrize("state", ["archived", "pending", "cleaned"])
def test_who_cannot_be_archived(world: Running, list_id: str, state: str) -> None:
    prepare(world, list_id, state)
    problem = world.refused("DELETE", f"lists/{list_id}/members/{WHO}")
    assert (problem["status"], problem["title"]) == (405, "Method Not Allowed")
    assert status(world, list_id) == state


def test_archived_members_are_hidden_unless_asked_for(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr")
    world.call("DELETE", f"lists/{list_id}/members/a@otenet.gr")
    path = f"lists/{list_id}/members"
    assert [m["email_address"] for m in world.rows(path, "members")] == ["b@otenet.gr"]
    archived = world.rows(path, "members", status="archived")
    assert [m["email_address"] for m in archived] == ["a@otenet.gr"]
    stats = world.call("GET", f"lists/{list_id}", include_total_contacts="true")["stats"]
    assert (stats["member_count"], stats["total_contacts"]) == (1, 2)


def test_revived_members_keep_their_fields(world: Running, list_id: str) -> None:
    world.subscribe(list_id, WHO)
    world.call("DELETE", f"lists/{list_id}/members/{WHO}")
    answer = world.call(
        "POST",
        f"lists/{list_id}",
        {"members": [{"email_address": WHO.lower(), "status": "subscribed"}]},
    )
    assert answer["total_created"] == 1
    assert answer["new_members"][0]["merge_fields"]["FNAME"] == "Ελένη"


def test_one_member_by_hash_address_or_contact_id(world: Running, list_id: str) -> None:
    world.subscribe(list_id, WHO)
    key = hashlib.md5(WHO.lower().encode()).hexdigest()
    member = world.call("GET", f"lists/{list_id}/members/{key}")
    assert member["email_address"] == WHO
    for other in (WHO.upper(), member["contact_id"], key.upper()):
        assert world.call("GET", f"lists/{list_id}/members/{other}")["id"] == key
    assert world.refused("GET", f"lists/{list_id}/members/nobody@otenet.gr")["status"] == 404


def test_a_changed_address_is_a_new_hash_and_the_same_contact(world: Running, list_id: str) -> None:
    world.subscribe(list_id, WHO, "taken@otenet.gr")
    path = f"lists/{list_id}/members"
    before = world.call("GET", f"{path}/{WHO}")
    problem = world.refused("PATCH", f"{path}/{WHO}", {"email_address": "taken@otenet.gr"})
    assert problem["title"] == EXISTS
    after = world.call("PATCH", f"{path}/{WHO}", {"email_address": "new@otenet.gr"})
    assert after["contact_id"] == before["contact_id"]
    assert after["id"] == hashlib.md5(b"new@otenet.gr").hexdigest()
    assert world.refused("GET", f"{path}/{WHO}")["status"] == 404


@pytest.mark.parametrize(
    "address",
    [
        "plain",
        "a@b",
        "a b@otenet.gr",
        ".a@otenet.gr",
        "μαρία@otenet.gr",
        "maria@ελιά.gr",
        "a@otenet.123",
        "a@-x.gr",
        "",
    ],
)
def test_addresses_mailchimp_does_not_take(world: Running, list_id: str, address: str) -> None:
    body = {"email_address": address, "status": "subscribed"}
    problem = world.refused("POST", f"lists/{list_id}/members", body)
    assert problem["title"] == "Invalid Resource"
    answer = world.call("POST", f"lists/{list_id}", {"members": [body]})
    assert (answer["error_count"], answer["total_created"]) == (1, 0)


def test_an_international_domain_in_ascii_is_taken(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "maria@xn--mxa2aehm.gr", "b@xn--jxalpdlp.xn--qxam")


def test_time_filters_exclude_since_and_include_before(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "a@otenet.gr")
    world.advance(seconds=10)
    world.subscribe(list_id, "b@otenet.gr")
    path = f"lists/{list_id}/members"
    times = {m["email_address"]: m["last_changed"] for m in world.rows(path, "members")}
    first, second = times["a@otenet.gr"], times["b@otenet.gr"]

    def found(**query: str) -> list[str]:
        return [m["email_address"][0] for m in world.rows(path, "members", **query)]

    assert found(since_last_changed=first) == ["b"]
    assert found(since_last_changed=second) == []
    assert found(before_last_changed=first) == ["a"]
    assert found(since_last_changed=first.replace("+", ".250+")) == ["b"]
    assert found(before_last_changed=first.replace("+", ".999+")) == ["a"]
    assert found(since_timestamp_opt=first) == ["b"]
    world.advance(seconds=5)
    world.act(list_id, "a@otenet.gr", "unsubscribe")
    assert found(unsubscribed_since=second) == ["a"]
    world.refused("GET", path, unsubscribed_since=second, status="cleaned")
    world.refused("GET", path, since_last_changed="yesterday")


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("2015-10-21T15:41:36%2B00:00", True),
        ("2015-10-21T15:41:36+00:00", True),
        ("2015-10-21T15:41:36+0000", True),
        ("2015-10-21T15:41:36-02:00", True),
        ("2015-10-21T15%3A41%3A36Z", True),
        ("2015-10-21T15:41:36", True),
        ("2015-10-21%2015:41:36", True),
        ("2015-10-21%2015:41", True),
        ("2015-10-21", True),
        ("2015-10-21T15:41:36%2B0000", False),
        ("2015-10-21T15:41:36-0200", False),
        ("2015-10-21T15:41:36.5%2B00:00", True),
        ("2015-10-21T15:41:36.999Z", True),
        ("2015-10-21T15:41:36.Z", False),
    ],
)
def test_spellings_of_times_as_clients_send_them(
    world: Running, list_id: str, sent: str, taken: bool
) -> None:
    """Sources: mailchimp-client-lib-codegen#241 and airbyte#37572; "+" unencoded is a space."""
    answer = world.api.get(f"lists/{list_id}/members?since_last_changed={sent}")
    assert answer.status_code == (200 if taken else 400), answer.text


def test_pages(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(1005)))
    path = f"lists/{list_id}/members"
    assert len(world.call("GET", path)["members"]) == 10
    assert len(world.call("GET", path, count=5000)["members"]) == 1000
    assert len(world.call("GET", path, count=1000, offset=1000)["members"]) == 5
    assert world.call("GET", path, count=0)["total_items"] == 1005
    world.refused("GET", path, count="-1")
    world.refused("GET", path, offset="x")
    everybody = world.rows(path, "members", fields="members.id")
    assert len({m["id"] for m in everybody}) == 1005


def test_tags_and_segments_are_one_thing(world: Running, list_id: str) -> None:
    world.subscribe(list_id, WHO)
    path = f"lists/{list_id}/members/{WHO}"
    world.call("POST", f"{path}/tags", {"tags": [{"name": "Πιστός", "status": "active"}]})
    member = world.call("GET", path)
    assert [tag["name"] for tag in member["tags"]] == ["Πιστός"]
    segment = world.call("GET", f"lists/{list_id}/segments")["segments"][0]
    assert (segment["name"], segment["member_count"], segment["type"]) == ("Πιστός", 1, "static")
    world.call("POST", f"{path}/tags", {"tags": [{"name": "Πιστός", "status": "inactive"}]})
    assert world.call("GET", path)["tags"] == []


def test_batch_subscribe_sorts_rows_into_new_updated_and_errors(
    world: Running, list_id: str
) -> None:
    world.subscribe(list_id, "old@otenet.gr", "left@otenet.gr")
    world.act(list_id, "left@otenet.gr", "unsubscribe")
    rows = [
        {"email_address": "new@otenet.gr", "status": "subscribed"},
        {"email_address": "OLD@otenet.gr", "status": "subscribed", "merge_fields": {"FNAME": "Ζ"}},
        {"email_address": "left@otenet.gr", "status": "subscribed"},
        {"email_address": "new@otenet.gr", "status": "subscribed"},
        {"email_address": "nostatus@otenet.gr"},
    ]
    answer = world.call("POST", f"lists/{list_id}", {"members": rows})
    assert (answer["total_created"], answer["total_updated"], answer["error_count"]) == (1, 0, 4)
    by_address = {error["email_address"]: error for error in answer["errors"]}
    old = by_address["OLD@otenet.gr"]
    assert old["error_code"] == "ERROR_CONTACT_EXISTS"
    assert "is already a list member, do you want to update?" in old["error"]
    assert by_address["left@otenet.gr"]["error_code"] == "ERROR_GENERIC"
    assert "is in a compliance state" in by_address["left@otenet.gr"]["error"]
    answer = world.call("POST", f"lists/{list_id}", {"members": rows, "update_existing": True})
    assert (answer["total_created"], answer["total_updated"]) == (0, 2)
    assert status(world, list_id, "left@otenet.gr") == "unsubscribed"
    problem = world.refused("POST", f"lists/{list_id}", {"members": rows[:1] * 501})
    assert problem["status"] == 400


def test_permanent_deletion_leaves_nothing_to_find(world: Running, list_id: str) -> None:
    world.subscribe(list_id, WHO, "b@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.act(list_id, WHO, "open", campaign_id=campaign_id)
    before = world.call("GET", f"reports/{campaign_id}")
    world.call("POST", f"lists/{list_id}/members/{WHO}/actions/delete-permanent")
    activity = world.call("GET", f"reports/{campaign_id}/email-activity")
    assert [row["email_address"] for row in activity["emails"]] == ["b@otenet.gr"]
    assert activity["total_items"] == 2
    after = world.call("GET", f"reports/{campaign_id}")
    assert (after["emails_sent"], after["opens"]) == (before["emails_sent"], before["opens"])
    assert world.call("GET", "search-members", query=WHO)["exact_matches"]["total_items"] == 0


def test_permanent_deletion_takes_complaints_under_earlier_addresses(
    world: Running, list_id: str
) -> None:
    world.subscribe(list_id, WHO)
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(seconds=60)
    world.act(list_id, WHO, "complain", campaign_id=campaign_id)
    world.act(list_id, WHO, "change_email", new_email_address="nea@otenet.gr")
    assert world.call("GET", f"lists/{list_id}/abuse-reports")["total_items"] == 1
    world.call("POST", f"lists/{list_id}/members/nea@otenet.gr/actions/delete-permanent")
    assert world.call("GET", f"lists/{list_id}/abuse-reports")["abuse_reports"] == []


def test_nobody_else_is_seen_in_another_audience(world: Running, list_id: str) -> None:
    other = world.new_list("Άλλη")
    world.subscribe(list_id, WHO)
    world.subscribe(other, WHO)
    world.act(list_id, WHO, "unsubscribe")
    assert (status(world, list_id), status(world, other)) == ("unsubscribed", "subscribed")
    found = world.call("GET", "search-members", query=WHO)["exact_matches"]["members"]
    assert sorted(m["list_id"] for m in found) == sorted([list_id, other])
    assert len({m["unique_email_id"] for m in found}) == 1
