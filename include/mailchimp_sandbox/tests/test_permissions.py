"""Marketing permissions (GDPR fields): where they are taken and shown, and who gives them."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running

WHO = "eleni@otenet.gr"


@pytest.fixture
def gdpr(world: Running, list_id: str) -> str:
    """An audience with GDPR fields."""
    world.call("PATCH", f"lists/{list_id}", {"marketing_permissions": True})
    return list_id


def shown(world: Running, list_id: str) -> dict[str, Any]:
    member = world.call("GET", f"lists/{list_id}/members/{WHO}")
    return {one["text"]: one["enabled"] for one in member["marketing_permissions"]}


def ids(world: Running, list_id: str) -> dict[str, str]:
    member = world.call("GET", f"lists/{list_id}/members/{WHO}")
    return {one["text"]: one["marketing_permission_id"] for one in member["marketing_permissions"]}


def test_a_list_says_whether_it_has_them_and_only_members_show_which(
    world: Running, list_id: str
) -> None:
    world.subscribe(list_id, WHO)
    assert "marketing_permissions" not in world.call("GET", f"lists/{list_id}/members/{WHO}")
    world.call("PATCH", f"lists/{list_id}", {"marketing_permissions": True})

    assert world.call("GET", f"lists/{list_id}")["marketing_permissions"] is True
    assert world.call("GET", "lists")["lists"][0]["marketing_permissions"] is True
    assert shown(world, list_id) == {
        "Email": False, "Direct Mail": False, "Customized Online Advertising": False,
    }  # fmt: skip
    listed = world.call("GET", f"lists/{list_id}/members")["members"]
    assert len(listed[0]["marketing_permissions"]) == 3
    before = ids(world, list_id)

    world.call("PATCH", f"lists/{list_id}", {"marketing_permissions": False})
    assert "marketing_permissions" not in world.call("GET", f"lists/{list_id}/members/{WHO}")
    world.call("PATCH", f"lists/{list_id}", {"marketing_permissions": True})
    assert ids(world, list_id) == before


def test_a_member_is_given_one_by_patch_put_and_post(world: Running, gdpr: str) -> None:
    world.subscribe(gdpr, WHO)
    email = ids(world, gdpr)["Email"]
    path = f"lists/{gdpr}/members/{WHO}"
    given = [{"marketing_permission_id": email, "enabled": True}]
    world.control("POST", "clock/advance", seconds=5)

    changed = world.call("PATCH", path, {"marketing_permissions": given})
    assert shown(world, gdpr)["Email"] is True
    world.control("POST", "clock/advance", seconds=5)
    again = world.call("PATCH", path, {"marketing_permissions": given})
    assert again["last_changed"] == changed["last_changed"]
    world.call("PUT", path, {"marketing_permissions": [given[0] | {"enabled": False}]})
    assert shown(world, gdpr)["Email"] is False
    made = world.call(
        "POST",
        f"lists/{gdpr}/members",
        {"email_address": "zoe@otenet.gr", "status": "subscribed", "marketing_permissions": given},
    )
    assert [one["enabled"] for one in made["marketing_permissions"]] == [True, False, False]


def test_batch_subscribe_neither_takes_nor_shows_them(world: Running, gdpr: str) -> None:
    world.subscribe(gdpr, "zoe@otenet.gr")
    answer = world.call(
        "POST",
        f"lists/{gdpr}",
        {
            "members": [
                {
                    "email_address": WHO,
                    "status": "subscribed",
                    "marketing_permissions": [{"marketing_permission_id": "x", "enabled": True}],
                }
            ]
        },
    )
    assert len(answer["new_members"]) == 1
    assert "marketing_permissions" not in answer["new_members"][0]
    assert set(shown(world, gdpr).values()) == {False}


@pytest.mark.parametrize(
    "given", [["Email"], [{"marketing_permission_id": "unknown", "enabled": True}], {"enabled": 1}]
)
def test_what_is_no_permission_is_refused(world: Running, gdpr: str, given: Any) -> None:
    world.subscribe(gdpr, WHO)
    world.refused("PATCH", f"lists/{gdpr}/members/{WHO}", {"marketing_permissions": given})
    assert set(shown(world, gdpr).values()) == {False}


def test_the_person_gives_one_and_takes_it_back(world: Running, gdpr: str) -> None:
    world.act(gdpr, WHO, "subscribe", marketing_permissions=["Email"])
    assert shown(world, gdpr)["Email"] is True
    before = world.call("GET", f"lists/{gdpr}/members/{WHO}")["last_changed"]
    world.control("POST", "clock/advance", seconds=5)

    world.act(gdpr, WHO, "take_back_permissions", marketing_permissions=["Email"])

    after = world.call("GET", f"lists/{gdpr}/members/{WHO}")
    assert (after["status"], after["last_changed"] > before) == ("subscribed", True)
    assert shown(world, gdpr)["Email"] is False
    world.act(gdpr, WHO, "give_permissions", marketing_permissions=["Email"])
    assert shown(world, gdpr)["Email"] is True
