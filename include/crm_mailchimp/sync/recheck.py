"""Consent is judged again right before a push: what the CRM says now, not when it was staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.crm import extract
from crm_mailchimp.sync.suppression import Digester


@dataclass(frozen=True)
class Recheck:
    """Looks at contacts once more; opened for one collection's push.

    Args:
        crm: to ``crm_db``, in autocommit, outside the run's snapshot.
        warehouse: to look into ``sync.suppression``.
        clock: the staging's clock; refusals recorded since count.
        gdpr_category: of the collection.
        digester: of the suppression list.
    """

    crm: Connection[Any]
    warehouse: Connection[Any]
    clock: datetime
    gdpr_category: str
    digester: Digester

    def still_eligible(self, rows: Sequence[Any]) -> list[Any]:
        """Those of the planned rows (``contact_id``, ``address_key``) that may still be pushed."""
        if not rows:
            return []
        now = extract.recheck(self.crm, [row.contact_id for row in rows], self.gdpr_category)
        refused_contacts, refused_addresses = self._new_refusals()
        suppressed = self._suppressed(rows)
        kept = []
        for row in rows:
            contact = now.get(row.contact_id)
            if (
                contact is not None
                and contact.is_active
                and not contact.is_erased
                and (contact.has_consent or self.gdpr_category == "unclassified")
                and parse_address(contact.email).key == row.address_key
                and row.contact_id not in refused_contacts
                and row.address_key not in refused_addresses
                and row.contact_id not in suppressed
            ):
                kept.append(row)
        return kept

    def _new_refusals(self) -> tuple[set[int], set[str]]:
        contacts: set[int] = set()
        addresses: set[str] = set()
        with self.crm.transaction():
            row = self.crm.execute("select clock_timestamp()").fetchone()
            if row is None:
                raise RuntimeError("crm_db answered no clock")
            for refusal in extract.refusals(self.crm, clock=row[0], since=self.clock):
                applies = refusal.gdpr_category is None or (
                    refusal.gdpr_category == self.gdpr_category
                )
                if applies:
                    contacts.add(refusal.contact_id)
                    key = parse_address(refusal.email).key
                    if key:
                        addresses.add(key)
        return contacts, addresses

    def _suppressed(self, rows: Sequence[Any]) -> set[int]:
        digests = {self.digester.address(row.address_key): row.contact_id for row in rows}
        digests |= {self.digester.contact(row.contact_id): row.contact_id for row in rows}
        found = self.warehouse.execute(
            "select digest from sync.suppression where digest = any(%s)", (list(digests),)
        ).fetchall()
        return {digests[bytes(digest)] for (digest,) in found}
