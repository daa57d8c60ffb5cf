"""May this contact be mailed now? The rule that the push and the campaign gate share.

Refusals are the other half of it: see ``crm_mailchimp.sync.refusals.refusal_ledger``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from psycopg import Connection

from crm_mailchimp import array_literals
from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.rows import read_values
from crm_mailchimp.sync.refusals.suppression import Digester, is_empty

Obstacle = Literal[
    "contact_gone",
    "erased_contact",
    "inactive_contact",
    "unreadable_consent",
    "no_valid_consent",
]


def find_obstacle(contact: RecheckedContact | None, gdpr_category: str | None) -> Obstacle | None:
    """Why the CRM does not let a contact be mailed; None: it does.

    Args:
        contact: as the CRM has it now; None: it is gone.
        gdpr_category: of the mails; ``unclassified`` asks for no consent. None: nobody counts as
            consenting.
    """
    if contact is None:
        return "contact_gone"
    if contact.is_erased:
        return "erased_contact"
    if not contact.is_active:
        return "inactive_contact"
    if gdpr_category == "unclassified":
        return None
    if contact.is_unreadable:
        return "unreadable_consent"
    return None if contact.has_consent else "no_valid_consent"


def find_suppressed(
    warehouse: Connection[Any],
    digester: Digester,
    contact_ids: Iterable[int],
    address_keys: Mapping[int, str],
) -> set[int]:
    """The contacts that the suppression list holds, themselves or their address.

    Args:
        digester: of the suppression list.
        contact_ids: the contacts to look up.
        address_keys: the address of each that has one, by contact id.
    """
    if is_empty(warehouse):
        return set()
    digests = {
        contact_id: {digester.contact(contact_id)}
        | ({digester.address(address_keys[contact_id])} if contact_id in address_keys else set())
        for contact_id in contact_ids
    }
    found = set(
        read_values(
            warehouse,
            bytes,
            "select digest from sync.suppression where digest = any(%s::bytea[])",
            (array_literals.digests(set().union(*digests.values())),),
        )
    )
    return {contact_id for contact_id, own in digests.items() if own & found}
