"""What contacts consented to, in an audience that an unclassified collection shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sharing_world import NAME, audience_of, rows, tagged
from sync_world import LONG_AGO, World, subscriber_hash

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"
EMAIL = "Email"


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
def test_a_consent_counts_whichever_collection_has_the_lower_id(gdpr: World, first: str) -> None:
    """A contact of an unclassified collection and of another one gave consent to the latter."""
    codes = sorted(("FREE", "NEWS"), key=lambda code: code != first)
    ids = [gdpr.collection(code, shared_audience=NAME, campaign_type=code) for code in codes]
    free = ids[codes.index("FREE")]
    maria = gdpr.contact(MARIA, *ids)
    gdpr.contact(ZOI, free, consent=None)
    gdpr.sync()
    with gdpr.provider() as provider:
        provider.client.lists.update_list(audience_of(gdpr), {"marketing_permissions": True})
    gdpr.crm.execute("update crm.contact_collection set marketing_permission = %s", (EMAIL,))

    for _ in range(2):  # a new member gives its permission in the second plan
        gdpr.sync(full_refresh=True)

    assert (tagged(gdpr, "NEWS"), tagged(gdpr, "FREE")) == ({MARIA}, {MARIA, ZOI})
    assert (given(gdpr, MARIA), given(gdpr, ZOI)) == ({EMAIL}, set())
    opted_in = datetime.fromisoformat(remote(gdpr, MARIA)["timestamp_opt"])
    assert opted_in == LONG_AGO
    proofs = rows(
        gdpr,
        "select collection_code, consent_id is not null as has_consent from sync.consent_proof"
        " where contact_id = %s and ended_at is null",
        maria,
    )
    assert {row["collection_code"]: row["has_consent"] for row in proofs} == {
        "NEWS": True,
        "FREE": False,
    }
