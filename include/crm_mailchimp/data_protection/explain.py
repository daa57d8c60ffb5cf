"""Why is this address in which audiences, and why not in the others?

The answer comes from the warehouse alone: members, refusals, proof of consent, quarantine and
suppression. The newest snapshot's verdict is part of it while the snapshot exists (view
``sync.membership_explanation``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.data_protection.known_under import known_under, merged_into
from crm_mailchimp.data_protection.membership_words import (
    KnownCollection,
    Membership,
    membership_lines,
    without_membership,
)
from crm_mailchimp.data_protection.refusal_words import (
    ExplainedAddressChange,
    ExplainedRefusal,
    address_change_lines,
    as_text,
    refusal_lines,
)
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """An entry of the suppression list; its kind is ``address`` or ``contact``."""

    kind: str
    cause: str
    suppressed_at: datetime


class _Present(NamedTuple):
    """A contact, and the CRM's present address of it."""

    contact_id: int
    subscriber_hash: str


@dataclass(frozen=True)
class Explanation:
    """Everything that decides about one address or contact.

    Attributes:
        contact_asked_for: the contact that is asked about; None: an address is.
        contact_ids: contacts that have, had or would have the address. Or the contact that is
            asked about, and those merged into it. Empty: the warehouse knows none.
        suppressions: entries of the suppression list that hold for the address or a contact.
        memberships: rows of ``sync.membership_explanation``, by collection.
        collections: every known collection with its audience and newest snapshot.
        refusals: rows of ``sync.refusal`` that belong to the address or a contact; the ended
            ones last.
        address_changes: addresses that the person changed in Mailchimp.
    """

    contact_asked_for: int | None
    contact_ids: Sequence[int]
    suppressions: Sequence[Suppression]
    memberships: Sequence[Membership] = field(repr=False)
    collections: Sequence[KnownCollection]
    refusals: Sequence[ExplainedRefusal]
    address_changes: Sequence[ExplainedAddressChange]

    @property
    def tags_taken(self) -> set[str]:
        """Codes of collections whose tag was taken from the person, and nothing else was done."""
        return _holding(self, "tag_taken") - _holding(self, "archived_by_hand")

    @property
    def erased_at(self) -> datetime | None:
        """When the address or a contact was erased, as the CRM asked; None: it was not."""
        return min(
            (one.suppressed_at for one in self.suppressions if one.cause == "erased"),
            default=None,
        )

    def as_json(self) -> str:
        """One JSON object; times as ISO 8601 in UTC."""
        known = {**asdict(self), "erased_at": self.erased_at}
        return json.dumps(known, default=as_text, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """A paragraph for each collection, for people to read."""
        return "\n\n".join(_paragraphs(self))


def explain_address(warehouse: Connection[Any], email: str) -> Explanation:
    """Explain an address in any spelling.

    Raises:
        UnknownAddressError: the text is empty.
        SuppressionLostError: the suppression list is not whole.
    """
    known = known_under(warehouse, email)
    digester = open_suppression(warehouse)
    return _explain(
        warehouse,
        digester,
        None,
        sorted(known.subscriber_hashes),
        list(known.contact_ids),
        [
            *(digester.address(one) for one in known.addresses),
            *(digester.subscriber(one) for one in known.subscriber_hashes),
        ],
    )


def explain_contact(warehouse: Connection[Any], contact_id: int) -> Explanation:
    """Explain a contact of the CRM and what was merged into it, under whatever addresses.

    Raises:
        SuppressionLostError: the suppression list is not whole.
    """
    digester = open_suppression(warehouse)
    return _explain(warehouse, digester, contact_id, [], merged_into(warehouse, contact_id), [])


def _explain(
    warehouse: Connection[Any],
    digester: Digester,
    contact_asked_for: int | None,
    hashes: Sequence[str],
    contact_ids: list[int],
    address_digests: list[bytes],
) -> Explanation:
    digests = [*address_digests, *(digester.contact(one) for one in contact_ids)]
    parameters: dict[str, Any] = {
        "subscriber_hashes": list(hashes), "contact_ids": contact_ids, "digests": digests,
    }  # fmt: skip
    present = read_rows(warehouse, _Present, statement("sync/present_addresses"), parameters)
    parameters["present_contacts"] = [one.contact_id for one in present]
    parameters["present_hashes"] = [one.subscriber_hash for one in present]
    suppressions = read_rows(
        warehouse, Suppression, statement("sync/explain_suppressions"), parameters
    )
    if contact_asked_for is not None and not suppressions:
        parameters["contact_id"] = contact_asked_for
        if not read_value(warehouse, bool, statement("sync/knows_contact"), parameters):
            contact_ids = []
    found = Explanation(
        contact_asked_for,
        contact_ids,
        suppressions,
        read_rows(warehouse, Membership, statement("sync/explain_memberships"), parameters),
        read_rows(warehouse, KnownCollection, statement("sync/explain_collections")),
        read_rows(warehouse, ExplainedRefusal, statement("sync/explain_refusals"), parameters),
        read_rows(
            warehouse,
            ExplainedAddressChange,
            statement("sync/explain_address_changes"),
            parameters,
        ),
    )
    warehouse.rollback()
    return found


def _paragraphs(explanation: Explanation) -> Iterator[str]:
    if explanation.contact_ids:
        yield "Contacts: " + ", ".join(map(str, explanation.contact_ids))
    elif explanation.contact_asked_for is None:
        yield "No contact of the CRM is known under this address."
    else:
        yield (
            f"The warehouse knows no contact {explanation.contact_asked_for}: no sync has staged "
            "this contact id, and nothing else is stored about it."
        )
        return
    for entry in explanation.suppressions:
        what = "The address" if entry.kind == "address" else "A contact"
        yield (
            f"{what} is suppressed since {as_text(entry.suppressed_at)} ({entry.cause}): it is "
            "never pushed again, into no audience."
        )
    if explanation.erased_at is not None:
        yield (
            f"Erased {as_text(explanation.erased_at)}, as the CRM asked. The erasure took away "
            "everything that was known until then: contacts, memberships, consents and refusals. "
            "So nothing of it can be explained any more. What follows, if anything, is newer."
        )
    for refusal in explanation.refusals:
        yield "\n".join(refusal_lines(refusal))
    for change in explanation.address_changes:
        yield "\n".join(address_change_lines(change))
    shown = set()
    for row in explanation.memberships:
        shown.add(row.collection_code)
        is_taken = (
            row.reason_code == "suppressed_archived"
            and row.collection_code in explanation.tags_taken
        )
        yield "\n".join(membership_lines(row, is_tag_taken=is_taken))
    if explanation.erased_at is not None:
        return  # what is not known any more is not known of a collection either
    for collection in explanation.collections:
        if collection.collection_code not in shown:
            yield without_membership(collection)


def _holding(explanation: Explanation, kind: str) -> set[str]:
    """Codes of the collections for which a refusal of this kind holds."""
    return {
        code
        for refusal in explanation.refusals
        if refusal.kind == kind and refusal.ended_at is None
        for code in refusal.collection_codes
    }
