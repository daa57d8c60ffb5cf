"""Members that somebody deletes for good, and tags that are taken while other things change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, act, by_hand, quarantine, rows, tagged, with_status
from sync_world import World, subscriber_hash

MARIA, NIKOS = "maria@example.gr", "nikos@example.gr"
_MARIAS_MEMBER = "GET /lists/{list_id}/members/{subscriber_hash}"
_MEMBERS_OF_A_TAG = "GET /lists/{list_id}/segments/{segment_id}/members"


@pytest.fixture(params=["postgres", "debian_postgres"])
def shared(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """Maria and Nikos get the news of a shared audience, on both servers."""
    server = request.getfixturevalue(request.param)
    column = "alter table crm.contact_collection add column shared_audience text"
    with fresh_databases(server, column) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        news = world.collection("NEWS", shared_audience=NAME)
        world.contact(MARIA, news)
        world.contact(NIKOS, news)
        for _ in range(2):
            world.sync()  # the second one reads the ids that Mailchimp gave
        assert tagged(world, "NEWS") == {MARIA, NIKOS}
        yield world
        world.close()


def delete(world: World, email: str) -> None:
    """Somebody deletes a member for good; seconds pass, as Mailchimp counts whole ones."""
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    with world.provider() as provider:
        assert provider.delete_member_permanently(world.list_id(CODE), subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})


def test_a_deletion_that_a_tag_shows_holds_in_the_next_audience(shared: World) -> None:
    """No full listing comes before the audience is deleted."""
    delete(shared, MARIA)
    shared.sync()
    assert set(quarantine(shared).values()) == {"suppressed_forgotten"}
    with shared.provider() as provider:
        provider.client.lists.delete_list(shared.list_id(CODE))
    retire_by_code(shared.warehouse, CODE)

    shared.sync()

    assert with_status(shared, "subscribed") == {NIKOS}


def test_who_signs_up_again_after_a_deletion_did_not_lose_the_tag(shared: World) -> None:
    """The new member signs up after the run has read the members, and before it reads the tag."""
    delete(shared, MARIA)
    done = []

    def sign_up(request: str) -> None:
        if request == _MEMBERS_OF_A_TAG and not done:
            done.append(request)
            act(shared, MARIA, "subscribe")

    shared.calls.reset(before=sign_up)
    shared.sync()
    assert done and _MARIAS_MEMBER in shared.calls.made
    shared.calls.reset()
    for _ in range(2):
        shared.sync()

    assert rows(shared, "select from sync.refusal where kind = 'tag_taken'") == []
    assert tagged(shared, "NEWS") == {MARIA, NIKOS}


def test_who_changes_the_address_meanwhile_is_not_deleted(shared: World) -> None:
    """The address changes after the run has read the members, and before it reads the tag."""
    done = []

    def change_address(request: str) -> None:
        if request == "GET /lists/{list_id}/segments" and not done:
            done.append(request)
            by_hand(shared, "NEWS", NIKOS, "taken")  # the tag is read only if its count differs
            shared.act(MARIA, "change_email", CODE, new_email_address="maria.nea@example.gr")

    shared.calls.reset(before=change_address)
    shared.sync()
    assert done and _MARIAS_MEMBER in shared.calls.made
    shared.calls.reset()
    for _ in range(2):
        shared.sync()

    assert rows(shared, "select from sync.refusal where kind = 'forgotten'") == []
    assert tagged(shared, "NEWS") == {"maria.nea@example.gr"}


def test_who_has_a_new_contact_id_meanwhile_has_lost_the_tag_too(shared: World) -> None:
    """The CRM imports the contact again while somebody takes the tag, and merges it later."""
    by_hand(shared, "NEWS", MARIA, "taken")
    again = 9000
    for table in ("collection_member", "consent"):
        shared.crm.execute(
            f"update crm.{table} set contact_id = %s where contact_id ="
            " (select contact_id from crm.contact where email = %s)",
            (again, MARIA),
        )
    shared.crm.execute("update crm.contact set contact_id = %s where email = %s", (again, MARIA))
    shared.sync()
    (news,) = rows(shared, "select collection_id from sync.tag")
    kept = shared.contact("maria.nea@example.gr", news["collection_id"])
    shared.change_contact(again, merged_into_id=kept, is_active=False)
    for _ in range(2):
        shared.sync()

    assert tagged(shared, "NEWS") == {NIKOS}
    assert quarantine(shared)["NEWS", kept] == "suppressed_archived"


def test_a_sign_up_gives_no_tag_back(shared: World) -> None:
    """Somebody took the tag by hand. The person opts out, signs up, and has a new address."""
    by_hand(shared, "NEWS", MARIA, "taken")
    shared.sync()
    for action in ("unsubscribe", "subscribe"):
        act(shared, MARIA, action)
        shared.sync()
    ((_, maria),) = quarantine(shared)
    shared.change_contact(maria, email="maria.nea@example.gr")
    for _ in range(2):
        shared.sync()

    assert tagged(shared, "NEWS") == {NIKOS}
    assert set(quarantine(shared).values()) == {"suppressed_archived"}
