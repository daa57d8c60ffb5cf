"""Additions of a push: new members, and those that we archived while they were subscribed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from crm_mailchimp.address import parse_address
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.provider import AddOutcome, NewMember, Rejection, RemoteMember
from crm_mailchimp.quality import quarantine
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.ownership import REFERENCE_TAG
from crm_mailchimp.sync.decisions.planned_member import PAGE, PlannedContact, next_contacts
from crm_mailchimp.sync.fields.member_values import (
    FieldMapping,
    language_code,
    merge_values,
    parse_reference,
)
from crm_mailchimp.sync.members.proofs import open_proofs
from crm_mailchimp.sync.members.pull_back import FEW, record_members
from crm_mailchimp.sync.members.push import TOGETHER, Look, Push, fresh_parts
from crm_mailchimp.sync.members.rejections import (
    forget_rejections,
    note_unreachable,
    store_rejection,
)
from crm_mailchimp.sync.members.watermark import OVERLAP, pulled_through
from crm_mailchimp.warehouse.key_lookups import key_lookups

log = logging.getLogger(__name__)

#: Actions of the plan that this module carries out.
ACTIONS = ("add", "add_pending", "revive")
#: Members of a call: first of all of them, then of pages whose call failed, then of such parts.
_SIZES = (PAGE, 25, 1)
#: Kinds of rejections of addresses that are members, or were.
_ABOUT_PRESENT = ("exists", "compliance", "forgotten")


@dataclass(frozen=True, kw_only=True)
class _Page:
    """Members of one call.

    Attributes:
        contacts: what was planned; some may have no member below.
        problems: fields whose values do not fit, by contact id.
        newest: the last change in the audience before the call, Mailchimp's clock.
    """

    contacts: Sequence[PlannedContact]
    problems: Mapping[int, Sequence[str]]
    newest: datetime | None


def add(push: Push, mappings: Sequence[FieldMapping]) -> int:
    """Add the planned members; commits after each call.

    A page whose call fails, and may succeed later, is sent again in small parts. So a member for
    which Mailchimp always fails holds up nobody else.

    Args:
        mappings: what the audience carries beside the standard fields.

    Returns:
        members that were in Mailchimp unknown to us: after them the plan has to be made again.

    Raises:
        ProviderError: an outage of the account, or an error that stays.
    """
    discovered = 0
    newest = pulled_through(push.warehouse, push.list_id)
    failed: dict[str, ProviderError]

    def read(after: str) -> list[PlannedContact]:
        return next_contacts(
            push.warehouse, push.collection, push.list_id, ACTIONS, after=after, size=TOGETHER
        )

    def ready(size: int, only: AbstractSet[str] | None) -> Iterator[tuple[_Page, list[NewMember]]]:
        nonlocal discovered
        judge = push.recheck.still_eligible
        for contacts in fresh_parts(push, read, judge, size=size, only=only):
            problems, members = _members_of(push, contacts, mappings)
            discovered += len(contacts) - len(members)
            if members:
                yield _Page(contacts=contacts, problems=problems, newest=newest), members

    only: AbstractSet[str] | None = None
    with key_lookups(push.warehouse):
        for size in _SIZES:
            failed = {}
            for page, outcome in push.provider.add_pages(push.list_id, ready(size, only)):
                if isinstance(outcome, ProviderError):
                    hashes = [contact.subscriber_hash for contact in page.contacts]
                    push.watch.note_failure(outcome, hashes[0])
                    failed |= dict.fromkeys(hashes, outcome)
                    if size == 1:
                        _postpone(push, page.contacts[0], outcome)
                    continue
                push.watch.note_answer()
                found, last_change = _record(push, page, outcome)
                discovered += found
                newest = max(filter(None, (newest, last_change)), default=None)
            if not failed:
                break
            only = failed.keys()
    return discovered


def _postpone(push: Push, contact: PlannedContact, error: ProviderError) -> None:
    """The call about one contact failed, and may succeed later: the next run sends it again."""
    rejection = Rejection(
        email_address="",
        subscriber_hash=contact.subscriber_hash,
        kind="other",
        message=words_of(error),
        retryable=True,
    )
    store_rejection(push, contact, rejection)
    push.store_progress()
    push.warehouse.commit()


def _members_of(
    push: Push, contacts: Sequence[PlannedContact], mappings: Sequence[FieldMapping]
) -> tuple[dict[int, list[str]], list[NewMember]]:
    """What is sent of contacts, and the fields whose values do not fit, by contact id; commits.

    A contact without a member has an address in Mailchimp whose member is gone.
    """
    problems: dict[int, list[str]] = {}
    members = []
    for contact in contacts:
        address: str | None = contact.address_key
        if contact.has_changed_address:
            look = push.look_up(contact.subscriber_hash)
            if look.failure is not None:
                _postpone(push, contact, look.failure)
                continue
            address = look.member.email_address if look.member is not None else None
        if address is None:
            # The member with the address that the person chose in Mailchimp is gone.
            push.mark_forgotten(contact.subscriber_hash)
            push.warehouse.commit()
            continue
        values, invalid = merge_values(
            contact, mappings, "created", clear_blanks=contact.origin is not None
        )
        problems[contact.contact_id] = [str(field) for field in invalid]
        members.append(
            NewMember(
                email_address=address,
                status="pending" if contact.action == "add_pending" else "subscribed",
                merge_fields=values,
                language=language_code(contact.language),
                timestamp_opt=contact.consented_at,
            )
        )
    return problems, members


def _record(push: Push, page: _Page, outcome: AddOutcome) -> tuple[int, datetime | None]:
    """Write what became of one page; commits.

    Returns:
        members that were there unknown to us, and the last change that the answer shows.
    """
    strangers = 0
    planned = {contact.subscriber_hash: contact for contact in page.contacts}
    added: dict[str, tuple[PlannedContact, RemoteMember]] = {}
    for member in (*outcome.created, *outcome.updated):
        found = planned.get(member.subscriber_hash) or _same_person(push, page.contacts, member)
        if found is None:
            strangers += 1  # the next pull-back sees who that is
        else:
            added[found.subscriber_hash] = found, member
    _record_added(push, added, page.problems)
    refused = [
        (planned[rejection.subscriber_hash], rejection)
        for rejection in outcome.rejected
        if rejection.subscriber_hash in planned
    ]
    strangers += len(outcome.rejected) - len(refused)
    present = _find_present(push, [rejection for _, rejection in refused], page.newest)
    for contact, rejection in refused:
        _record_rejection(push, contact, rejection, present.get(contact.subscriber_hash))
    if strangers:
        log.warning("%d entries of Mailchimp's answer are about nobody asked for", strangers)
    push.store_progress()
    push.warehouse.commit()
    changes = [member.last_changed for member in (*outcome.created, *present.values())]
    return len(refused), max(changes, default=None)


def _find_present(
    push: Push, rejections: Sequence[Rejection], newest: datetime | None
) -> dict[str, RemoteMember]:
    """Members of many rejections, in a page of a listing. A lost answer leaves 500 of them."""
    wanted = {one.subscriber_hash for one in rejections if one.kind in _ABOUT_PRESENT}
    if len(wanted) <= FEW:
        return {}
    since = newest - OVERLAP if newest else None
    changed = push.provider.members(push.list_id, since_last_changed=since)
    return {
        member.subscriber_hash: member for member in changed if member.subscriber_hash in wanted
    }


def _same_person(
    push: Push, contacts: Sequence[PlannedContact], member: RemoteMember
) -> PlannedContact | None:
    """The contact of a member that Mailchimp keeps under another id than ours, which then holds.

    Its address says whose it is, or CRMREF where Mailchimp wrote the address in another way.
    """
    key = parse_address(member.email_address).key
    reference = parse_reference(member.merge_fields.get(REFERENCE_TAG))
    for contact in contacts:
        if contact.address_key == key or (reference and reference[1] == contact.contact_id):
            push.warehouse.execute(
                statement("sync/note_alias"),
                {
                    "address_hash": contact.subscriber_hash,
                    "subscriber_hash": member.subscriber_hash,
                },
            )
            return replace(contact, subscriber_hash=member.subscriber_hash)
    return None


def _record_added(
    push: Push,
    added: Mapping[str, tuple[PlannedContact, RemoteMember]],
    problems: Mapping[int, Sequence[str]],
) -> None:
    """Write one page of new members into the state; no commit.

    Args:
        added: what was planned and what Mailchimp answered, by subscriber hash.
        problems: fields whose values do not fit, by contact id.
    """
    if not added:
        return
    contacts = [contact for contact, _ in added.values()]
    members = [member for _, member in added.values()]
    # None of the results is needed: sent without waiting.
    with push.warehouse.pipeline():
        push.warehouse.execute(
            statement("sync/record_added"),
            {
                "list_id": push.list_id,
                "subscriber_hashes": list(added),
                "contact_ids": [contact.contact_id for contact in contacts],
                "statuses": [member.status for member in members],
                "content_hashes": [contact.content_hash for contact in contacts],
                "last_changed": [member.last_changed for member in members],
            },
        )
        if not push.collection.is_shared_audience:
            open_proofs(push.warehouse, push.collection, push.list_id, contacts)
        forget_rejections(push, list(added))
        quarantine.record_invalid_fields(
            push.warehouse,
            push.collection.collection_code,
            {contact.contact_id: problems[contact.contact_id] for contact in contacts},
        )
    push.counts["added"] += len(added)


def _record_rejection(
    push: Push, contact: PlannedContact, rejection: Rejection, present: RemoteMember | None
) -> None:
    if rejection.kind in _ABOUT_PRESENT:
        # A member that is there keeps its status; the next plan decides from it.
        look = Look(present, None) if present else push.look_up(contact.subscriber_hash)
        if look.failure is not None:
            store_rejection(push, contact, replace(rejection, retryable=True))
            return
        member = look.member
        if member is not None:
            record_members(push.warehouse, [member])
            push.attach_holders([member])
            if member.status != "archived":
                return
        # Refused though archived: the archive hid an opt-out that nobody had seen.
        if rejection.kind != "exists":
            note_unreachable(
                push, contact, "forgotten" if rejection.kind == "forgotten" else "compliance"
            )
            return
    store_rejection(push, contact, rejection)
