"""Removals of a push: members are unsubscribed or archived."""

from __future__ import annotations

from collections.abc import Iterator

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import MemberChange, Rejection
from crm_mailchimp.sync.decisions.planned_member import (
    PlannedRemoval,
    find_planned_identity,
    next_removals,
)
from crm_mailchimp.sync.members import intents
from crm_mailchimp.sync.members.pull_back import record_members
from crm_mailchimp.sync.members.push import Push, outcomes_of, pages, rechecked
from crm_mailchimp.sync.members.rejections import store_rejection


class RemovalsRefusedError(PermanentError):
    """Mailchimp refused to unsubscribe or archive members that must go."""


def carry_out_removals(push: Push, *, due: bool) -> int:
    """Carry out planned removals; commits.

    Args:
        due: those that nothing holds back (withdrawals, complaints, erasures), or the others.

    Returns:
        members that were not as the plan supposed: after them it has to be made again.

    Raises:
        RemovalsRefusedError: Mailchimp refused some of them; the others went.
    """
    discovered = refused = 0
    for outcomes in outcomes_of(push, _changes(push, due=due)):
        carried_out = [outcome for outcome in outcomes if outcome.rejection is None]
        intents.record_removals(push.warehouse, push.list_id, carried_out)
        push.attach_holders(one.member for one in carried_out if one.member is not None)
        push.counts["removed"] += len(carried_out)
        # Who was gone already refused: the plan decides about the person's other addresses.
        discovered += sum(outcome.was_gone for outcome in carried_out)
        for outcome in outcomes:
            if outcome.rejection is not None:
                is_known, is_refused = _record_rejection(push, outcome.change, outcome.rejection)
                discovered += is_known
                refused += is_refused
    if refused:
        raise RemovalsRefusedError(
            f"Mailchimp refused to remove {refused} members: see sync.rejection for its words, "
            "and remove them there by hand"
        )
    return discovered


def _changes(push: Push, *, due: bool) -> Iterator[MemberChange]:
    def read(after: str) -> list[PlannedRemoval]:
        return next_removals(push.warehouse, push.collection, push.list_id, due=due, after=after)

    # An archive hides an opt-out that came right before it; an unsubscribe's answer shows it.
    for page in pages(push, read, look=not due):
        members = rechecked(push, page, push.recheck.still_to_remove)
        if not members:
            continue
        intents.note_intents(
            push.warehouse,
            staging_id=push.collection.staging_id,
            collection_id=push.collection.collection_id,
            list_id=push.list_id,
            subscriber_hashes=[member.subscriber_hash for member in members],
        )
        for member in members:
            yield MemberChange(subscriber_hash=member.subscriber_hash, action=member.action)


def _record_rejection(push: Push, change: MemberChange, rejection: Rejection) -> tuple[bool, bool]:
    """Whether the member was not as the plan supposed, and whether it is still in the audience."""
    if rejection.kind == "not_found":
        push.mark_forgotten(change.subscriber_hash)
        return True, False
    if not rejection.retryable:
        intents.drop_intent(push.warehouse, push.list_id, change.subscriber_hash)
        if _has_bounced(push, change.subscriber_hash):
            return True, False
    planned = find_planned_identity(push.warehouse, push.collection, change.subscriber_hash)
    if planned is not None:
        store_rejection(push, planned, rejection)
    return planned is not None, True


def _has_bounced(push: Push, subscriber_hash: str) -> bool:
    """Mailchimp archives nobody who bounced, and sends them nothing: they need no removal."""
    member = push.provider.member(push.list_id, subscriber_hash)
    if member is None or member.status != "cleaned":
        return False
    record_members(push.warehouse, [member])
    return True
