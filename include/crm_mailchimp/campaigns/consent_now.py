"""Consent right before a campaign: everybody it would go to, judged from the CRM as it is now.

Each member of ours (created or adopted) needs a contact that still represents the address. It also
needs a consent in force for the campaign's own category. A refusal by anybody in the CRM who holds
the address beats it. Foreign members did not come from the CRM: they consented in Mailchimp's form.
They need no consent in the CRM. But a refusal or a request for erasure of their address counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm import consents, extract
from crm_mailchimp.crm.extract import RecheckedContact
from crm_mailchimp.crm.hidden_rows import require_full_views
from crm_mailchimp.crm.judging_clock import JudgingClock
from crm_mailchimp.crm.schema import contract_columns
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.mailable_now import find_obstacle, find_suppressed
from crm_mailchimp.sync.members.aliases import address_keys, member_hashes
from crm_mailchimp.sync.refusals import refusal_ledger, suppression
from crm_mailchimp.warehouse.copying import copy_rows
from crm_mailchimp.warehouse.key_lookups import hash_joins_now, index_order_now, key_lookups

PAGE = 5_000
#: Contact ids given as examples: a person starts from them. The count says how many exist.
EXAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why some members must not get the campaign: how many, and contact ids of a few."""

    cause: str
    members: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ConsentJudgement:
    """What looking at everybody showed; ``findings`` is empty when the campaign may go."""

    judged: int
    findings: tuple[Finding, ...]


class _Member(NamedTuple):
    """A member of ours; the contact id is 0 where it has no contact."""

    contact_id: int
    subscriber_hash: str


class _PageMember(NamedTuple):
    """A row of a page. ``judged_id``: the contact that the campaign's collection has there."""

    contact_id: int
    subscriber_hash: str
    judged_id: int


class _Refused(NamedTuple):
    """Members whose address, or whose contact, somebody in the CRM refused."""

    is_ours: bool
    members: int
    contact_ids: list[int] | None


def judge_members(
    warehouse: Connection[Any],
    crm: Connection[Any],
    *,
    list_id: str,
    collection_id: int,
    gdpr_category: str,
    by_tag: bool = False,
    page: int = PAGE,
) -> ConsentJudgement:
    """Look at every subscribed member that we know, page by page.

    Args:
        warehouse: the warehouse, its members just brought up to date with Mailchimp.
        crm: to ``crm_db``, in autocommit: each page is judged at its own present moment.
        list_id: the audience.
        collection_id: the collection whose refusals count.
        gdpr_category: of the campaign's own type; ``unclassified`` asks for no consent.
        by_tag: only members with the tag of the collection, in an audience that it shares.
        page: members looked up at once. What was written before is committed.

    Raises:
        HiddenRowsError: a materialized view of the CRM does not have all rows.
    """
    tagged_for = collection_id if by_tag else None
    require_full_views(crm, list(contract_columns()))
    counts: dict[str, int] = defaultdict(int)
    examples: dict[str, list[int]] = defaultdict(list)
    judged = 0
    digester = suppression.open_suppression(warehouse)
    with key_lookups(warehouse):
        for members in _pages(warehouse, list_id, tagged_for, page):
            judged += len(members)
            contacts = extract.recheck(
                crm, [member.contact_id for member in members], gdpr_category
            )
            keys = address_keys(contacts)
            hashes = member_hashes(warehouse, keys, list_id=list_id)
            refused = refusal_ledger.find(
                warehouse,
                _people(members, contacts, keys, digester),
                collection_id=collection_id,
            )
            suppressed = find_suppressed(
                warehouse, digester, {member.contact_id for member in members}, keys
            )
            for member in members:
                contact_id = member.contact_id
                cause: str | None = find_obstacle(contacts.get(contact_id), gdpr_category)
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
    # Last, so that a refusal made while the pages were read is seen.
    findings += _refused(warehouse, crm, list_id, tagged_for, gdpr_category)
    taken_back = read_value(
        warehouse,
        int,
        statement("campaigns/count_taken_back"),
        {"list_id": list_id, "tagged_for": tagged_for},
    )
    if taken_back:
        findings.append(Finding(cause="permission_taken_back", members=taken_back, contact_ids=()))
    return ConsentJudgement(judged=judged, findings=tuple(findings))


def _people(
    members: Sequence[_Member],
    contacts: Mapping[int, RecheckedContact],
    keys: Mapping[int, str],
    digester: suppression.Digester,
) -> Iterator[refusal_ledger.Person]:
    """Each member with its contact, every contact merged into that, and both sides' address."""
    for member in members:
        contact = contacts.get(member.contact_id)
        hashes = {member.subscriber_hash}
        if key := keys.get(member.contact_id):
            hashes.add(subscriber_hash(key))
        yield refusal_ledger.Person(
            key=member.subscriber_hash,
            contact_ids=frozenset({member.contact_id, *(contact.merged_ids if contact else ())}),
            address_digests=frozenset(digester.subscriber(one) for one in hashes),
        )


def _pages(
    warehouse: Connection[Any], list_id: str, tagged_for: int | None, page: int
) -> Iterator[list[_Member]]:
    after_contact, after_hash = -(2**63), ""
    while True:
        with index_order_now(warehouse):
            members = read_rows(
                warehouse,
                _PageMember,
                statement("campaigns/next_members"),
                {
                    "list_id": list_id,
                    "tagged_for": tagged_for,
                    "after_contact": after_contact,
                    "after_hash": after_hash,
                    "page": page,
                },
            )
        if not members:
            return
        after_contact, after_hash = members[-1].contact_id, members[-1].subscriber_hash
        yield [_Member(one.judged_id, one.subscriber_hash) for one in members]


def _refused(
    warehouse: Connection[Any],
    crm: Connection[Any],
    list_id: str,
    tagged_for: int | None,
    gdpr_category: str,
) -> list[Finding]:
    warehouse.execute("drop table if exists refusal")
    warehouse.execute(
        "create temporary table refusal"
        " (contact_id bigint, subscriber_hash text, is_unreadable boolean not null)"
    )
    with crm.transaction():
        clock = JudgingClock.now(crm)
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
                for refusal in consents.refusals(crm, clock=clock)
                # A withdrawal counts for its own category; a request for erasure for all.
                if refusal.holds_for(gdpr_category)
                for key in (parse_address(refusal.email).key,)
            ),
        )
    warehouse.execute("analyze refusal")
    with hash_joins_now(warehouse):
        rows = read_rows(
            warehouse,
            _Refused,
            statement("campaigns/find_refused"),
            {"list_id": list_id, "tagged_for": tagged_for},
        )
    warehouse.execute("drop table refusal")
    return [
        Finding(
            cause="refused_address" if row.is_ours else "refused_foreign_address",
            members=row.members,
            contact_ids=tuple(row.contact_ids or ()),
        )
        for row in sorted(rows, key=lambda row: row.is_ours, reverse=True)
    ]
