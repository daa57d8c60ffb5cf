"""What tests of shared audiences look at, and what people do there by hand."""

from __future__ import annotations

from typing import Any

from sync_world import World, subscriber_hash


def rows(world: World, sql: str, *parameters: object) -> list[dict[str, Any]]:
    return world.warehouse.execute(sql, parameters).fetchall()


def audience_of(world: World, name: str = "Κοινό") -> str:
    (row,) = rows(
        world, "select list_id from sync.audience where collection_code = %s", f"shared:{name}"
    )
    return str(row["list_id"])


def tag_of(world: World, list_id: str, code: str) -> int:
    with world.provider() as provider:
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
    return int(tag.tag_id)


def tagged(world: World, code: str, list_id: str | None = None) -> set[str]:
    """Addresses that carry a collection's tag in Mailchimp and are subscribed."""
    list_id = list_id or audience_of(world)
    tag_id = tag_of(world, list_id, code)
    with world.provider() as provider:
        addresses = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
        return {
            addresses[one.subscriber_hash]
            for one in provider.tag_members(list_id, tag_id)
            if one.status == "subscribed"
        }


def statuses(world: World, list_id: str | None = None) -> dict[str, str]:
    """Address and status of all members, archived ones included."""
    with world.provider() as provider:
        return {
            one.email_address: one.status
            for status in (None, "archived")
            for one in provider.members(list_id or audience_of(world), status=status)
        }


def wait(world: World) -> None:
    """Mailchimp counts whole seconds."""
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})


def by_hand(world: World, code: str, email: str, *, given: bool) -> None:
    """Somebody gives or takes a collection's tag in Mailchimp."""
    wait(world)
    list_id = audience_of(world)
    tag_id = tag_of(world, list_id, code)
    with world.provider() as provider:
        (tag,) = [one for one in provider.tags(list_id) if one.tag_id == tag_id]
        if given:
            provider.give_tag(list_id, tag.name, subscriber_hash(email))
        else:
            provider.take_tag(list_id, tag_id, subscriber_hash(email))
    wait(world)


def reasons(world: World) -> dict[tuple[str, int], str]:
    """Open reasons of the quarantine, by collection and contact."""
    found = rows(
        world,
        "select collection_code, contact_id, reason_code from sync.quarantine"
        " where resolved_at is null",
    )
    return {(row["collection_code"], row["contact_id"]): row["reason_code"] for row in found}
