"""What contacts consented to, in an audience that an unclassified collection shares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from fresh_databases import fresh_databases
from sharing_world import NAME, audience_of, rows, tagged
from sync_world import LONG_AGO, World, subscriber_hash

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"
EMAIL = "Email"


@pytest.fixture(params=["postgres", "debian_postgres"])
def sharing(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """The CRM of a shared audience with marketing permissions, on both servers."""
    columns = [
        f"alter table crm.contact_collection add column {name} text"
        for name in ("shared_audience", "marketing_permission")
    ]
    server = request.getfixturevalue(request.param)
    with fresh_databases(server, *columns) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def remote(world: World, email: str) -> dict[str, Any]:
    """A member as Mailchimp shows it."""
    with world.provider() as provider:
        found = provider.client.lists.get_list_member(audience_of(world), subscriber_hash(email))
        return dict(found)


def given(world: World, email: str) -> set[str]:
    """Texts of the marketing permissions that a member gives."""
    permissions = remote(world, email)["marketing_permissions"]
    return {one["text"] for one in permissions if one["enabled"]}


@pytest.mark.parametrize("first", ["FREE", "NEWS"])
def test_a_consent_counts_whichever_collection_has_the_lower_id(sharing: World, first: str) -> None:
    """A contact of an unclassified collection and of another one gave consent to the latter."""
    codes = sorted(("FREE", "NEWS"), key=lambda code: code != first)
    ids = [sharing.collection(code, shared_audience=NAME, campaign_type=code) for code in codes]
    free = ids[codes.index("FREE")]
    maria = sharing.contact(MARIA, *ids)
    sharing.contact(ZOI, free, consent=None)
    sharing.sync()
    with sharing.provider() as provider:
        provider.client.lists.update_list(audience_of(sharing), {"marketing_permissions": True})
    sharing.crm.execute("update crm.contact_collection set marketing_permission = %s", (EMAIL,))

    for _ in range(2):  # a new member gives its permission in the second plan
        sharing.sync(full_refresh=True)

    assert (tagged(sharing, "NEWS"), tagged(sharing, "FREE")) == ({MARIA}, {MARIA, ZOI})
    assert (given(sharing, MARIA), given(sharing, ZOI)) == ({EMAIL}, set())
    opted_in = datetime.fromisoformat(remote(sharing, MARIA)["timestamp_opt"])
    assert opted_in == LONG_AGO
    proofs = rows(
        sharing,
        "select collection_code, consent_id is not null as has_consent from sync.consent_proof"
        " where contact_id = %s and ended_at is null",
        maria,
    )
    assert {row["collection_code"]: row["has_consent"] for row in proofs} == {
        "NEWS": True,
        "FREE": False,
    }
