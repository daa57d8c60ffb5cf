"""Consent is judged again right before a push: what the CRM says now, not when it was staged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg import Connection

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm import consents, extract
from crm_mailchimp.crm.consents import Holder, JudgedConsent
from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.crm.judging_clock import JudgingClock
from crm_mailchimp.sync.decisions.mailable_now import find_obstacle, find_suppressed
from crm_mailchimp.sync.decisions.planned_member import PlannedMember
from crm_mailchimp.sync.members.aliases import address_hashes, address_keys, member_hashes
from crm_mailchimp.sync.refusals import refusal_ledger
from crm_mailchimp.sync.refusals.suppression import Digester

M = TypeVar("M", bound=PlannedMember)

#: Causes that say that the collection does not have the contact.
_OF_MEMBERSHIP = ("left_collection", "tagged_by_hand")


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """Looks at contacts once more; opened for one collection's push.

    Args:
        crm: to ``crm_db``, in autocommit, outside the run's snapshot.
        warehouse: to look into ``sync.suppression``.
        gdpr_category: of the collection; None: nobody counts as consenting.
        digester: of the suppression list.
        collection_id: of a static collection, whose members are looked up again. A dynamic one
            holds the contacts that its query gave at the staging.
        refused_for: the collection whose refusals count.
        list_id: its audience.
    """

    crm: Connection[Any]
    warehouse: Connection[Any]
    gdpr_category: str | None
    digester: Digester
    collection_id: int | None
    refused_for: int
    list_id: str

    def still_eligible(self, members: Sequence[M]) -> list[M]:
        """Those of the planned members that may be mailed now, at the address that is planned."""
        ids = {member.contact_id for member in members if member.contact_id is not None}
        if not ids:
            return []
        clock = JudgingClock.now(self.crm)
        present = extract.present_contacts(self.crm, sorted(ids), collection_id=self.collection_id)
        keys = address_keys(present)
        hashes = member_hashes(self.warehouse, keys, list_id=self.list_id)
        local_parts = {key.partition("@")[0] for key in keys.values()}
        holders = consents.holders_of(self.crm, sorted(ids), sorted(local_parts))
        people = consents.survivors(
            self.crm, [one.contact_id for one in holders if one.contact_id is not None]
        )
        judged = consents.judge(self.crm, sorted(ids | people), clock=clock)
        contacts = extract.with_consents(present, judged, self.gdpr_category)
        refused_contacts, refused_addresses = self._refusals(holders, people, judged)
        suppressed = find_suppressed(self.warehouse, self.digester, keys, keys)
        found = self._found_refusals(contacts, keys, hashes, holders)
        return [
            member
            for member in members
            if (contact_id := member.contact_id) is not None
            and self._may_be_mailed(contacts.get(contact_id))
            and hashes.get(contact_id) == member.subscriber_hash
            and contact_id not in refused_contacts
            and keys[contact_id] not in refused_addresses
            and contact_id not in suppressed
            and _allows(found.get(str(contact_id)), member.action)
        ]

    def still_to_remove(self, members: Sequence[M]) -> list[M]:
        """Those of the planned removals whose cause did not heal meanwhile.

        A new grant heals one, and so does a contact that is back. What Mailchimp itself reports
        (bounces, complaints) does not heal in the CRM. Whether a dynamic collection holds somebody
        again is known only to its query.
        """
        may_have_healed = [
            member
            for member in members
            if not (member.cause or "").startswith("suppressed")
            # What holds back an address that the person chose in Mailchimp is not the contact's.
            and not member.has_changed_address
            and (self.collection_id is not None or member.cause not in _OF_MEMBERSHIP)
        ]
        healed = {member.subscriber_hash for member in self.still_eligible(may_have_healed)}
        return [member for member in members if member.subscriber_hash not in healed]

    def _may_be_mailed(self, contact: RecheckedContact | None) -> bool:
        return (
            contact is not None
            and contact.is_member
            and find_obstacle(contact, self.gdpr_category) is None
        )

    def _found_refusals(
        self,
        contacts: Mapping[int, RecheckedContact],
        keys: Mapping[int, str],
        hashes: Mapping[int, str],
        holders: Sequence[Holder],
    ) -> Mapping[str, refusal_ledger.FoundRefusal]:
        by_address: dict[str | None, set[int]] = defaultdict(set)
        for holder in holders:
            if holder.contact_id is not None:
                by_address[parse_address(holder.email).key].add(holder.contact_id)
        # The person may have chosen another address in Mailchimp.
        at_member = address_hashes(self.warehouse, hashes)
        people = [
            refusal_ledger.Person(
                key=str(contact_id),
                contact_ids=frozenset({contact_id, *contacts[contact_id].merged_ids}),
                address_digests=frozenset(
                    self.digester.subscriber(address_hash)
                    for address_hash in {subscriber_hash(key), at_member[contact_id]}
                ),
                other_ids=frozenset(by_address[key]),
            )
            for contact_id, key in keys.items()
        ]
        return refusal_ledger.find(self.warehouse, people, collection_id=self.refused_for)

    def _refusals(
        self,
        holders: Sequence[Holder],
        people: Set[int],
        judged: Mapping[tuple[int, str], JudgedConsent],
    ) -> tuple[set[int], set[str]]:
        contacts: set[int] = set()
        addresses: set[str] = set()
        for refusal in consents.present_refusals(self.crm, holders, people, judged):
            if refusal.holds_for(self.gdpr_category):
                if refusal.contact_id is not None:
                    contacts.add(refusal.contact_id)
                key = parse_address(refusal.email).key
                if key:
                    addresses.add(key)
        return contacts, addresses


def _allows(found: refusal_ledger.FoundRefusal | None, action: str) -> bool:
    """Whether a refusal that became known since the plan leaves the planned action as it is."""
    if found is None:
        return True
    # To ask the person is what a missing confirmation needs.
    return found.reason is None and action in ("add_pending", "reconfirm")
