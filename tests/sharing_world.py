"""A world whose collections share an audience, and what Mailchimp holds of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from crm_mailchimp.errors import PassingError, ProviderError
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from sync_world import World

#: What the CRM calls the shared audience.
NAME = "Κοινό"
CODE = f"shared:{NAME}"
#: Nobody guards an audience, so that a wrong plan shows.
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


def share(world: World) -> None:
    """Give the CRM the optional column."""
    world.crm.execute("alter table crm.contact_collection add column shared_audience text")


def fill_two(world: World) -> dict[str, int]:
    """NEWS and OFFERS share an audience; ids of the contacts by address.

    Zoi is in both, Kostas in OFFERS alone, Maria and Eleni in NEWS alone.
    """
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    people = {"maria": ("Μαρία", news), "zoi": ("Ζωή", news, offers),
              "kostas": ("Κώστας", offers), "eleni": ("Ελένη", news)}  # fmt: skip
    return {
        f"{name}@galaxy.gr": world.contact(f"{name}@galaxy.gr", *collections, first_name=first)
        for name, (first, *collections) in people.items()
    }


def change(world: World, of: str, /, **columns: object) -> None:
    """Change columns of a collection in the CRM, by its code."""
    for name, value in columns.items():
        world.crm.execute(
            f"update crm.contact_collection set {name} = %s where code = %s", (value, of)
        )


def sync_each(world: World, times: int = 1, options: SyncOptions = UNGUARDED) -> None:
    """Sync all collections, as the DAG does: one that fails stops no other."""
    for _ in range(times):
        staging_id = world.stage()
        with world.connect(world.warehouse_dsn) as warehouse:
            codes = codes_to_sync(warehouse, staging_id)
        for code in codes:
            with suppress(PassingError, ProviderError):
                world.push(staging_id, code, options=options)


def rows(world: World, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """What the warehouse answers."""
    return world.warehouse.execute(sql, parameters).fetchall()


def audience_of(world: World, code: str = CODE) -> str:
    """The audience of a code."""
    (row,) = rows(world, "select list_id from sync.audience where collection_code = %s", code)
    return str(row["list_id"])


def tagged(world: World, code: str) -> set[str]:
    """Subscribed addresses that carry a collection's tag in Mailchimp."""
    with world.provider() as provider:
        list_id = audience_of(world)
        addresses = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
        return {
            addresses[one.subscriber_hash]
            for one in provider.tag_members(list_id, tag.tag_id)
            if one.status == "subscribed"
        }


def with_status(world: World, status: str, code: str = CODE) -> set[str]:
    """Addresses with a status in the audience of a code."""
    with world.provider() as provider:
        members = provider.members(audience_of(world, code), status=status)
        return {one.email_address for one in members}


def act(world: World, email: str, action: str) -> None:
    """Somebody acts in the shared audience."""
    world.act(email, action, CODE)


def by_hand(world: World, code: str, email: str, status: str) -> None:
    """Somebody gives or takes a tag in Mailchimp."""
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    with world.provider() as provider:
        list_id = audience_of(world)
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
        (member,) = [one for one in provider.members(list_id) if one.email_address == email]
        if status == "given":
            provider.give_tag(list_id, tag.name, member.subscriber_hash)
        else:
            provider.take_tag(list_id, tag.tag_id, member.subscriber_hash)
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})


def quarantine(world: World) -> dict[tuple[str, int], str]:
    """Open reasons by collection and contact."""
    found = rows(
        world,
        "select collection_code, contact_id, reason_code from sync.quarantine"
        " where resolved_at is null",
    )
    return {(row["collection_code"], row["contact_id"]): row["reason_code"] for row in found}


def last_run(world: World, code: str) -> dict[str, Any]:
    """How a collection's newest run ended."""
    (row,) = rows(
        world,
        "select state, detail, added, removed, api_calls from sync.collection_run"
        " where collection_code = %s order by started_at desc limit 1",
        code,
    )
    return row
