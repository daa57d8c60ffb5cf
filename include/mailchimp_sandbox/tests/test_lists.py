"""Audiences and their merge fields."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running


def test_a_new_list_has_what_mailchimp_gives_it(world: Running, list_id: str) -> None:
    audience = world.call("GET", f"lists/{list_id}")
    assert audience["name"] == "Πελάτες"
    assert audience["stats"]["member_count"] == 0
    assert audience["stats"]["campaign_last_sent"] == ""
    fields = world.call("GET", f"lists/{list_id}/merge-fields")["merge_fields"]
    assert [(f["merge_id"], f["tag"], f["type"]) for f in fields] == [
        (3, "ADDRESS", "address"),
        (1, "FNAME", "text"),
        (2, "LNAME", "text"),
        (4, "PHONE", "phone"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"permission_reminder": None}, "permission_reminder"),
        ({"email_type_option": "yes"}, "email_type_option"),
        ({"contact": {"company": "Α"}}, ""),
        (
            {"contact": {"company": "Α", "address1": "x", "city": "y", "country": "Greece"}},
            "contact.country",
        ),
        (
            {
                "campaign_defaults": {
                    "from_name": "Α",
                    "from_email": "nobody",
                    "subject": "",
                    "language": "el",
                }
            },
            "campaign_defaults.from_email",
        ),
    ],
)
def test_a_list_needs_its_parameters(world: Running, changes: dict[str, Any], field: str) -> None:
    good = world.call("GET", f"lists/{world.new_list()}")
    names = ("name", "contact", "permission_reminder", "campaign_defaults", "email_type_option")
    problem = world.refused("POST", "lists", {**{n: good[n] for n in names}, **changes})
    assert problem["title"] == "Invalid Resource"
    assert problem["errors"][0]["field"] == field


def test_the_plan_limits_audiences(world: Running) -> None:
    world.control("POST", "limits", max_audiences=1)
    list_id = world.new_list()
    good = world.call("GET", f"lists/{list_id}")
    problem = world.refused("POST", "lists", {n: good[n] for n in good if n != "id"})
    assert (problem["status"], problem["title"]) == (403, "User action not permitted")
    assert world.call("GET", "lists")["constraints"]["may_create"] is False
    world.call("DELETE", f"lists/{list_id}")
    assert world.refused("GET", f"lists/{list_id}")["status"] == 404
    world.new_list()


def test_a_patch_changes_only_what_it_names(world: Running, list_id: str) -> None:
    before = world.call("GET", f"lists/{list_id}")
    world.call("PATCH", f"lists/{list_id}", {"contact": {"zip": "10563"}})
    after = world.call("GET", f"lists/{list_id}")
    assert after["contact"] == {**before["contact"], "zip": "10563"}
    assert after["campaign_defaults"] == before["campaign_defaults"]


def test_fields_reach_into_rows(world: Running, list_id: str) -> None:
    answer = world.call("GET", "lists", fields="lists.id,lists.stats.member_count,total_items")
    assert answer == {"lists": [{"id": list_id, "stats": {"member_count": 0}}], "total_items": 1}
    answer = world.call("GET", f"lists/{list_id}", exclude_fields="stats,contact.city,_links")
    assert "stats" not in answer and "_links" not in answer
    assert "city" not in answer["contact"] and "zip" in answer["contact"]


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ({"name": "Πόντοι", "type": "number", "tag": "POINTSTOOLONG"}, "tag"),
        ({"name": "Πόντοι", "type": "number", "tag": "ΠΟΝΤΟΙ"}, "tag"),
        ({"name": "Πόντοι", "type": "decimal"}, "type"),
        ({"name": "Πόντοι"}, "type"),
        ({"name": "Κατάστημα", "type": "dropdown"}, "options.choices"),
    ],
)
def test_merge_fields_refused(
    world: Running, list_id: str, field: dict[str, Any], fault: str
) -> None:
    problem = world.refused("POST", f"lists/{list_id}/merge-fields", field)
    assert problem["errors"][0]["field"] == fault


def test_tags_are_unique_and_limited(world: Running, list_id: str) -> None:
    path = f"lists/{list_id}/merge-fields"
    made = world.call("POST", path, {"name": "Αναφορά CRM", "type": "text", "tag": "crmref"})
    assert (made["tag"], made["merge_id"]) == ("CRMREF", 5)
    problem = world.refused("POST", path, {"name": "Πάλι", "type": "text", "tag": "CRMREF"})
    assert problem["detail"] == 'A Merge Field with the tag "CRMREF" already exists for this list.'
    assert world.call("POST", path, {"name": "Χωρίς", "type": "text"})["tag"] == "MMERGE6"
    for number in range(24):
        world.call("POST", path, {"name": f"Πεδίο {number}", "type": "text"})
    assert world.refused("POST", path, {"name": "31ο", "type": "text"})["status"] == 400
    assert len(world.rows(path, "merge_fields")) == 30


@pytest.mark.parametrize(
    ("kind", "options", "given", "stored"),
    [
        ("text", {}, "Ελιά", "Ελιά"),
        ("text", {}, "α" * 255, "α" * 255),
        ("text", {}, "α" * 256, None),
        ("number", {}, "3.5", 3.5),
        ("number", {}, 7, 7),
        ("number", {}, "7,5", None),
        ("date", {}, "2024-02-29", "2024-02-29"),
        ("date", {"date_format": "DD/MM/YYYY"}, "29/02/2024", "2024-02-29"),
        ("date", {}, "2023-02-29", None),
        ("date", {}, "χθες", None),
        ("birthday", {}, "02/29", "02/29"),
        ("birthday", {}, "29/02", None),
        ("url", {}, "https://elaiones.gr/λάδι", "https://elaiones.gr/λάδι"),
        ("url", {}, "elaiones.gr", None),
        ("dropdown", {"choices": ["Αθήνα", "Βόλος"]}, "Βόλος", "Βόλος"),
        ("dropdown", {"choices": ["Αθήνα", "Βόλος"]}, "βόλος", None),
        ("zip", {}, "10563", "10563"),
        ("zip", {}, "105 63", None),
        ("phone", {}, "+30 210 1234567", "+30 210 1234567"),
        ("phone", {"phone_format": "US"}, "+30 210 1234567", None),
        ("address", {}, {"addr1": "Ερμού 1", "city": "Αθήνα"}, None),
        (
            "address",
            {},
            {"addr1": "Ερμού 1", "city": "Αθήνα", "state": "Αττική", "zip": "1", "country": "GR"},
            {
                "addr1": "Ερμού 1",
                "addr2": "",
                "city": "Αθήνα",
                "state": "Αττική",
                "zip": "1",
                "country": "GR",
            },
        ),
        ("number", {}, "", ""),
    ],
)
def test_values_are_checked_by_type(
    world: Running, list_id: str, kind: str, options: dict[str, Any], given: Any, stored: Any
) -> None:
    world.call(
        "POST",
        f"lists/{list_id}/merge-fields",
        {"name": "Πεδίο", "type": kind, "tag": "X", "options": options},
    )
    body = {
        "email_address": "eleni@otenet.gr",
        "status": "subscribed",
        "merge_fields": {"X": given, "UNKNOWN": "ignored"},
    }
    if stored is None:
        problem = world.refused("POST", f"lists/{list_id}/members", body)
        assert problem["detail"] == "Your merge fields were invalid."
        assert [error["field"] for error in problem["errors"]] == ["X"]
        assert world.call("GET", f"lists/{list_id}/members")["total_items"] == 0
    else:
        member = world.call("POST", f"lists/{list_id}/members", body)
        assert member["merge_fields"]["X"] == stored
        assert "UNKNOWN" not in member["merge_fields"]


def test_required_fields_hold_unless_skipped(world: Running, list_id: str) -> None:
    world.call("PATCH", f"lists/{list_id}/merge-fields/1", {"name": "Όνομα", "required": True})
    body = {"email_address": "eleni@otenet.gr", "status": "subscribed"}
    problem = world.refused("POST", f"lists/{list_id}/members", body)
    assert problem["errors"] == [{"field": "FNAME", "message": "Please enter a value"}]
    path = f"lists/{list_id}/members"
    world.call("POST", path, body, skip_merge_validation="true")
    world.refused("PATCH", f"{path}/eleni@otenet.gr", {"merge_fields": {"LNAME": "Μ"}})
    world.call("PATCH", f"{path}/eleni@otenet.gr", {"merge_fields": {"FNAME": "Ελένη"}})
    world.call("PATCH", f"{path}/eleni@otenet.gr", {"merge_fields": {"LNAME": "Μ"}})
