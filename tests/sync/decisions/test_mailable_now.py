"""The rule that push and campaign gate share: may this contact be mailed now?"""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.sync.decisions.mailable_now import Obstacle, find_obstacle, find_suppressed
from crm_mailchimp.sync.refusals.suppression import open_suppression
from sync_world import World

CONSENTING = RecheckedContact(
    contact_id=7, email="maria@mail.gr", is_active=True, is_erased=False, merged_ids=(),
    consent_id=1, has_consent=True, is_unreadable=False, is_member=True,
)  # fmt: skip
NO_CONSENT = replace(CONSENTING, consent_id=None, has_consent=False)


@pytest.mark.parametrize(
    ("contact", "gdpr_category", "obstacle"),
    [
        (CONSENTING, "newsletter", None),
        (None, "unclassified", "contact_gone"),
        (NO_CONSENT, "newsletter", "no_valid_consent"),
        (NO_CONSENT, None, "no_valid_consent"),
        (NO_CONSENT, "unclassified", None),
        (replace(NO_CONSENT, is_unreadable=True), "newsletter", "unreadable_consent"),
        (replace(NO_CONSENT, is_unreadable=True), "unclassified", None),
        (replace(CONSENTING, is_active=False), "unclassified", "inactive_contact"),
        (replace(CONSENTING, is_erased=True), "unclassified", "erased_contact"),
    ],
)
def test_each_obstacle_is_named(
    contact: RecheckedContact | None, gdpr_category: str | None, obstacle: Obstacle | None
) -> None:
    assert find_obstacle(contact, gdpr_category) == obstacle


def test_a_suppressed_address_holds_back_everybody_who_has_it(world: World) -> None:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        digester = open_suppression(warehouse)
        for kind, digest in (
            ("address", digester.address("maria@mail.gr")),
            ("contact", digester.contact(3)),
        ):
            warehouse.execute(
                "insert into sync.suppression (kind, digest, cause) values (%s, %s, 'erased')",
                (kind, digest),
            )
        addresses = {1: "maria@mail.gr", 2: "maria@mail.gr", 4: "nikos@mail.gr"}
        found = find_suppressed(warehouse, digester, [1, 2, 3, 4], addresses)
        assert found == {1, 2, 3}
        assert find_suppressed(warehouse, digester, [], {}) == set()
