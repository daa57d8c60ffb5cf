"""Consent is judged again right before a push: what the CRM says now, not when it was staged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.crm import extract
from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.sync.aliases import address_keys, member_hashes
from crm_mailchimp.sync.suppression import Digester


@dataclass(frozen=True)
class Recheck:
    """Looks at contacts once more; opened for one collection's push.

    Args:
        crm: to ``crm_db``, in autocommit, outside the run's snapshot.
        warehouse: to look into ``sync.suppression``.
        gdpr_category: of the collection; None: nobody counts as consenting.
        digester: of the suppression list.
        collection_id: of a static collection, whose members are looked up again; a dynamic one
            holds whom its query gave at the staging.
    """

    crm: Connection[Any]
    warehouse: Connection[Any]
    gdpr_category: str | None
    digester: Digester
    collection_id: int | None

    def still_eligible(self, rows: Sequence[Any]) -> list[Any]:
        """Those of the planned rows (``contact_id``, ``subscriber_hash``) that may be mailed now,
        at the very address that is planned."""
        ids = {row.contact_id for row in rows if row.contact_id is not None}
        if not ids:
            return []
        contacts = extract.recheck(
            self.crm, sorted(ids), self.gdpr_category, collection_id=self.collection_id
        )
        keys = address_keys(contacts)
        hashes = member_hashes(self.warehouse, keys)
        refused_contacts, refused_addresses = self._refusals(ids, keys.values())
        suppressed = self._suppressed(keys)
        return [
            row
            for row in rows
            if self._may_be_mailed(contacts.get(row.contact_id))
            and hashes.get(row.contact_id) == row.subscriber_hash
            and row.contact_id not in refused_contacts
            and keys[row.contact_id] not in refused_addresses
            and row.contact_id not in suppressed
        ]

    def still_to_remove(self, rows: Sequence[Any]) -> list[Any]:
        """Those of the planned removals whose cause did not heal meanwhile: a new grant, a contact
        that is back. What Mailchimp itself told (bounces, complaints) is not the CRM's to heal, and
        whether a dynamic collection holds somebody again only its query tells."""
        may_have_healed = [
            row
            for row in rows
            if not (row.cause or "").startswith("suppressed")
            and (self.collection_id is not None or row.cause != "left_collection")
        ]
        healed = {row.subscriber_hash for row in self.still_eligible(may_have_healed)}
        return [row for row in rows if row.subscriber_hash not in healed]

    def _may_be_mailed(self, contact: RecheckedContact | None) -> bool:
        return (
            contact is not None
            and contact.is_active
            and contact.is_member
            and not contact.is_erased
            and (contact.has_consent or self.gdpr_category == "unclassified")
        )

    def _refusals(
        self, contact_ids: Iterable[int], keys: Iterable[str]
    ) -> tuple[set[int], set[str]]:
        contacts: set[int] = set()
        addresses: set[str] = set()
        local_parts = {key.partition("@")[0] for key in keys}
        for refusal in extract.present_refusals(self.crm, sorted(contact_ids), sorted(local_parts)):
            if refusal.gdpr_category in (None, self.gdpr_category):
                contacts.add(refusal.contact_id)
                key = parse_address(refusal.email).key
                if key:
                    addresses.add(key)
        return contacts, addresses

    def _suppressed(self, keys: Mapping[int, str]) -> set[int]:
        digests = {
            contact_id: {self.digester.address(key), self.digester.contact(contact_id)}
            for contact_id, key in keys.items()
        }
        rows = self.warehouse.execute(
            "select digest from sync.suppression where digest = any(%s)",
            (list(set().union(*digests.values())),),
        ).fetchall()
        found = {bytes(digest) for (digest,) in rows}
        return {contact_id for contact_id, own in digests.items() if own & found}
