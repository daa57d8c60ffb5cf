"""Removals of a push: members are unsubscribed or archived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import MemberChange, Rejection
from crm_mailchimp.sync.decisions.planned_member import (
    PlannedRemoval,
    find_planned_identity,
    next_removals,
)
from crm_mailchimp.sync.members import intents
from crm_mailchimp.sync.members.pull_back import record_members
from crm_mailchimp.sync.members.push import TOGETHER, Push, outcomes_of, pages, rechecked
from crm_mailchimp.sync.members.rejections import store_rejection
from crm_mailchimp.warehouse.key_lookups import key_lookups

#: Contacts that a message names one by one.
_SHOWN = 20


class RemovalsRefusedError(PermanentError):
    """Mailchimp did not unsubscribe or archive members that must go; the others went.

    Args:
        refused: contacts whose removal Mailchimp refused; None: nobody knows whose member it is.
        postponed: the same of calls that failed, and may succeed later.
        discovered: members that were not as the plan supposed.
    """

    def __init__(
        self,
        refused: Sequence[int | None],
        postponed: Sequence[int | None],
        *,
        discovered: int,
    ) -> None:
        sentences = []
        if refused:
            sentences.append(
                f"Mailchimp refused to remove {len(refused)} members{_contacts(refused)}: see "
                "sync.rejection for its words, and remove them there by hand"
            )
        if postponed:
            sentences.append(
                f"Mailchimp failed to remove {len(postponed)} members{_contacts(postponed)}: see "
                "sync.rejection for its words. The next run tries them again"
            )
        super().__init__(". ".join(sentences))
        self.postponed = postponed
        self.discovered = discovered


def _contacts(contact_ids: Sequence[int | None]) -> str:
    known = [str(one) for one in contact_ids if one is not None]
    names = ", ".join(known[:_SHOWN])
    return f" (contacts {names})" if names else ""


def carry_out_removals(push: Push, *, due: bool) -> int:
    """Carry out planned removals; commits.

    Args:
        due: those that nothing holds back (withdrawals, complaints, erasures), or the others.

    Returns:
        members that were not as the plan supposed: after them it has to be made again.

    Raises:
        RemovalsRefusedError: Mailchimp refused some of them, or failed; the others went.
    """
    with key_lookups(push.warehouse):
        return _carry_out(push, due=due)


def _carry_out(push: Push, *, due: bool) -> int:
    discovered = 0
    refused: list[int | None] = []
    postponed: list[int | None] = []
    for outcomes in outcomes_of(push, _changes(push, due=due)):
        carried_out = [outcome for outcome in outcomes if outcome.rejection is None]
        intents.record_removals(push.warehouse, push.list_id, carried_out)
        push.attach_holders(one.member for one in carried_out if one.member is not None)
        push.counts["removed"] += len(carried_out)
        # Who was gone already refused: the plan decides about the person's other addresses.
        discovered += sum(outcome.was_gone for outcome in carried_out)
        for outcome in outcomes:
            if outcome.rejection is not None:
                contact_id, is_there = _record_rejection(push, outcome.change, outcome.rejection)
                discovered += contact_id is not None or not is_there
                if is_there:
                    (postponed if outcome.rejection.retryable else refused).append(contact_id)
    if refused or postponed:
        raise RemovalsRefusedError(refused, postponed, discovered=discovered)
    return discovered


def _changes(push: Push, *, due: bool) -> Iterator[list[MemberChange]]:
    def read(after: str) -> list[PlannedRemoval]:
        return next_removals(
            push.warehouse, push.collection, push.list_id, due=due, after=after, size=TOGETHER
        )

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
        yield [
            MemberChange(subscriber_hash=member.subscriber_hash, action=member.action)
            for member in members
        ]


def _record_rejection(
    push: Push, change: MemberChange, rejection: Rejection
) -> tuple[int | None, bool]:
    """The contact that the plan names, and whether its member is still in the audience."""
    if rejection.kind == "not_found":
        push.mark_forgotten(change.subscriber_hash)
        return None, False
    if not rejection.retryable:
        intents.drop_intent(push.warehouse, push.list_id, change.subscriber_hash)
        if _has_bounced(push, change.subscriber_hash):
            return None, False
    planned = find_planned_identity(push.warehouse, push.collection, change.subscriber_hash)
    if planned is None:
        return None, True
    store_rejection(push, planned, rejection)
    return planned.contact_id, True


def _has_bounced(push: Push, subscriber_hash: str) -> bool:
    """Mailchimp archives nobody who bounced, and sends them nothing: they need no removal."""
    member = push.look_up(subscriber_hash).member
    if member is None or member.status != "cleaned":
        return False
    record_members(push.warehouse, [member])
    return True
