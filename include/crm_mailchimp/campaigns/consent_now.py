"""Consent right before a campaign: everybody it would go to, judged from the CRM as it is now.

Members of ours (created or adopted) must each have a contact that still stands for the address
and a consent in force for the campaign's own category. A refusal by anybody in the CRM who holds
the address beats it. Foreign members (nobody of the CRM put them there) gave their consent to
Mailchimp's form: they need no consent in the CRM, but a refusal or a request for erasure of their
address counts for them too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import namedtuple_row

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm import consents, extract
from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import refusals, suppression
from crm_mailchimp.sync.aliases import address_keys, member_hashes
from crm_mailchimp.warehouse.copying import copy_rows

PAGE = 5_000
#: Contact ids told as examples; a person starts from them, the count tells how many there are.
EXAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why some members must not get the campaign: how many, and contact ids of a few."""

    cause: str
    members: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What looking at everybody showed; ``findings`` is empty when the campaign may go."""

    judged: int
    findings: tuple[Finding, ...]


def judge_members(
    warehouse: Connection[Any],
    crm: Connection[Any],
    *,
    list_id: str,
    collection_id: int,
    gdpr_category: str,
    page: int = PAGE,
) -> Judgement:
    """Look at every subscribed member that the ledger knows, page by page.

    Args:
        warehouse: the warehouse, its ledger just brought up to date with Mailchimp.
        crm: to ``crm_db``, in autocommit: each page is judged at its own present moment.
        list_id: the audience.
        collection_id: the collection whose refusals count.
        gdpr_category: of the campaign's own type; ``unclassified`` asks for no consent.
        page: members looked up at once.
    """
    counts: dict[str, int] = defaultdict(int)
    examples: dict[str, list[int]] = defaultdict(list)
    judged = 0
    digester = suppression.open_suppression(warehouse)
    check_suppressed = not suppression.is_empty(warehouse)
    for members in _pages(warehouse, list_id, page):
        judged += len(members)
        contacts = extract.recheck(crm, [member.contact_id for member in members], gdpr_category)
        keys = address_keys(contacts)
        hashes = member_hashes(warehouse, keys, list_id=list_id)
        refused = refusals.find(
            warehouse,
            _people(members, contacts, keys, digester),
            collection_id=collection_id,
        )
        suppressed = _suppressed(warehouse, digester, members, keys) if check_suppressed else set()
        for member in members:
            contact_id = member.contact_id
            cause = _cause(contacts.get(contact_id), gdpr_category)
            if cause is None and hashes.get(contact_id) != member.subscriber_hash:
                cause = "address_changed"
            if cause is None and member.contact_id in suppressed:
                cause = "suppressed"
            if cause is None and member.subscriber_hash in refused:
                cause = "refused"
            if cause is not None:
                counts[cause] += 1
                if len(examples[cause]) < EXAMPLES:
                    examples[cause].append(member.contact_id)
    findings = [
        Finding(cause=cause, members=counts[cause], contact_ids=tuple(examples[cause]))
        for cause in sorted(counts)
    ]
    # Last, so that whoever refused while the pages were read is seen.
    findings += _refused(warehouse, crm, list_id, gdpr_category)
    return Judgement(judged=judged, findings=tuple(findings))


def _cause(contact: RecheckedContact | None, gdpr_category: str) -> str | None:
    if contact is None:
        return "contact_gone"
    if contact.is_erased:
        return "erased_contact"
    if not contact.is_active:
        return "inactive_contact"
    if contact.is_unreadable and gdpr_category != "unclassified":
        return "unreadable_consent"
    if not contact.has_consent and gdpr_category != "unclassified":
        return "no_valid_consent"
    return None


def _people(
    members: Sequence[Any],
    contacts: Mapping[int, RecheckedContact],
    keys: Mapping[int, str],
    digester: suppression.Digester,
) -> Iterator[refusals.Person]:
    """Each member with its contact, every contact merged into that, and both sides' address."""
    for member in members:
        contact = contacts.get(member.contact_id)
        hashes = {member.subscriber_hash}
        if key := keys.get(member.contact_id):
            hashes.add(subscriber_hash(key))
        yield refusals.Person(
            key=member.subscriber_hash,
            contact_ids=frozenset({member.contact_id, *(contact.merged_ids if contact else ())}),
            address_digests=frozenset(digester.subscriber(one) for one in hashes),
        )


def _pages(warehouse: Connection[Any], list_id: str, page: int) -> Iterator[list[Any]]:
    after_contact, after_hash = -(2**63), ""
    while True:
        with warehouse.cursor(row_factory=namedtuple_row) as cursor:
            members: list[Any] = cursor.execute(
                statement("campaigns/next_members"),
                {
                    "list_id": list_id,
                    "after_contact": after_contact,
                    "after_hash": after_hash,
                    "page": page,
                },
            ).fetchall()
        if not members:
            return
        after_contact, after_hash = members[-1].contact_id, members[-1].subscriber_hash
        yield members


def _suppressed(
    warehouse: Connection[Any],
    digester: suppression.Digester,
    members: Sequence[Any],
    keys: Mapping[int, str],
) -> set[int]:
    digests: dict[bytes, int] = {}
    for member in members:
        digests[digester.contact(member.contact_id)] = member.contact_id
        if key := keys.get(member.contact_id):
            digests[digester.address(key)] = member.contact_id
    found = warehouse.execute(
        "select digest from sync.suppression where digest = any(%s)", (list(digests),)
    ).fetchall()
    return {digests[bytes(digest)] for (digest,) in found}


def _refused(
    warehouse: Connection[Any], crm: Connection[Any], list_id: str, gdpr_category: str
) -> list[Finding]:
    warehouse.execute("drop table if exists refusal")
    warehouse.execute(
        "create temporary table refusal"
        " (contact_id bigint not null, subscriber_hash text, is_unreadable boolean not null)"
    )
    with crm.transaction():
        row = crm.execute("select clock_timestamp()").fetchone()
        if row is None:
            raise RuntimeError("crm_db answered no clock")
        copy_rows(
            warehouse,
            "refusal",
            ("contact_id", "subscriber_hash", "is_unreadable"),
            (
                (
                    refusal.contact_id,
                    subscriber_hash(key) if key else None,
                    refusal.is_unreadable,
                )
                for refusal in consents.refusals(crm, clock=row[0])
                # A withdrawal counts for its own category; a request for erasure for all.
                if refusal.holds_for(gdpr_category)
                for key in (parse_address(refusal.email).key,)
            ),
        )
    warehouse.execute("analyze refusal")
    rows = warehouse.execute(statement("campaigns/find_refused"), {"list_id": list_id}).fetchall()
    warehouse.execute("drop table refusal")
    return [
        Finding(
            cause="refused_address" if is_ours else "refused_foreign_address",
            members=members,
            contact_ids=tuple(contact_ids or ()),
        )
        for is_ours, members, contact_ids in sorted(rows, reverse=True)
    ]
