"""Updates of a push: fields of members that are in the audience, and requests to confirm again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crm_mailchimp.provider import ChangeOutcome, MemberChange, Rejection, RemoteMember
from crm_mailchimp.quality import quarantine
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.planned_member import (
    PlannedContact,
    find_planned_identity,
    next_contacts,
)
from crm_mailchimp.sync.fields.member_values import (
    FieldMapping,
    InvalidField,
    language_code,
    merge_values,
)
from crm_mailchimp.sync.members.observed_member import observed_of
from crm_mailchimp.sync.members.pull_back import record_members
from crm_mailchimp.sync.members.push import TOGETHER, Push, outcomes_of, pages, rechecked
from crm_mailchimp.sync.members.rejections import (
    forget_rejections,
    note_unreachable,
    store_rejection,
)
from crm_mailchimp.warehouse.key_lookups import key_lookups

_ACTIONS = ("update", "adopt", "reconfirm")

#: Fields whose values do not fit, with the contact, by the subscriber hash that is being updated.
_Invalid = dict[str, tuple[int, list[InvalidField]]]


def update(push: Push, mappings: Sequence[FieldMapping]) -> int:
    """Update members that are adopted or changed, ask others to confirm again; commits.

    Args:
        mappings: what the audience carries beside the standard fields.

    Returns:
        members that were not as the plan supposed: after them it has to be made again.
    """
    with key_lookups(push.warehouse):
        return _update(push, mappings)


def _update(push: Push, mappings: Sequence[FieldMapping]) -> int:
    discovered = 0
    invalid: _Invalid = {}
    for outcomes in outcomes_of(push, _changes(push, mappings, invalid)):
        problems: dict[int, list[str]] = {}
        for outcome in outcomes:
            noted = invalid.pop(outcome.change.subscriber_hash, None)
            if outcome.rejection is not None:
                discovered += _record_rejection(push, outcome.change, outcome.rejection)
            elif noted is not None:
                contact_id, fields = noted
                problems[contact_id] = list(map(str, fields))
        _record(push, [outcome for outcome in outcomes if outcome.rejection is None])
        quarantine.record_invalid_fields(push.warehouse, push.collection.collection_code, problems)
    return discovered


def _changes(
    push: Push, mappings: Sequence[FieldMapping], invalid: _Invalid
) -> Iterator[list[MemberChange]]:
    def read(after: str) -> list[PlannedContact]:
        return next_contacts(
            push.warehouse, push.collection, push.list_id, _ACTIONS, after=after, size=TOGETHER
        )

    for page in pages(push, read):
        contacts = rechecked(push, page, push.recheck.still_eligible)
        _note_asked(push, contacts)
        yield [_change(contact, mappings, invalid) for contact in contacts]


def _change(
    contact: PlannedContact, mappings: Sequence[FieldMapping], invalid: _Invalid
) -> MemberChange:
    if contact.action == "reconfirm":
        return MemberChange(subscriber_hash=contact.subscriber_hash, action="reconfirm")
    values, problems = merge_values(
        contact,
        mappings,
        "created" if contact.origin == "created" else "adopted",
        clear_blanks=True,
    )
    invalid[contact.subscriber_hash] = (contact.contact_id, problems)
    return MemberChange(
        subscriber_hash=contact.subscriber_hash,
        action="update",
        merge_fields=values,
        language=language_code(contact.language),
        permission_to_give=contact.permission_to_give,
    )


def _note_asked(push: Push, contacts: Sequence[PlannedContact]) -> None:
    """Note the permissions that are about to be set; commits.

    An answer may get lost, and the person may take the permission back before the next look.
    """
    asked = {
        contact.subscriber_hash: contact.permission_to_give
        for contact in contacts
        if contact.permission_to_give is not None and contact.action != "reconfirm"
    }
    if asked:
        push.warehouse.execute(
            statement("sync/note_asked_permissions"),
            {
                "list_id": push.list_id,
                "subscriber_hashes": list(asked),
                "permission_ids": list(asked.values()),
            },
        )
        push.warehouse.commit()


def _record(push: Push, outcomes: Sequence[ChangeOutcome]) -> None:
    if not outcomes:
        return
    # The answers also show when a person's status changed under way.
    answered = [
        outcome.member
        for outcome in outcomes
        if outcome.member is not None and outcome.change.action == "update"
    ]
    news = _news(push, answered)
    record_members(push.warehouse, news)
    push.attach_holders(news)
    subscriber_hashes = [outcome.change.subscriber_hash for outcome in outcomes]
    push.warehouse.execute(
        statement("sync/record_changed"),
        {
            "staging_id": push.collection.staging_id,
            "collection_id": push.collection.collection_id,
            "list_id": push.list_id,
            "subscriber_hashes": subscriber_hashes,
            "actions": [outcome.change.action for outcome in outcomes],
            "last_changed": [
                outcome.member.last_changed if outcome.member else None for outcome in outcomes
            ],
        },
    )
    forget_rejections(push, subscriber_hashes)
    push.counts["updated"] += len(outcomes)


def _news(push: Push, answered: Sequence[RemoteMember]) -> list[RemoteMember]:
    """Members whose answers show more than a later change: most show only our own change."""
    # An answer that shows permissions may show one given or taken back.
    subscribed = [
        member for member in answered if member.status == "subscribed" and not member.permissions
    ]
    observed = [observed_of(member) for member in subscribed]
    as_known = set(
        read_values(
            push.warehouse,
            str,
            statement("sync/find_as_known"),
            {
                "list_id": push.list_id,
                "subscriber_hashes": [one.subscriber_hash for one in observed],
                "address_hashes": [one.address_hash for one in observed],
                "unsubscribed_by": [one.unsubscribed_by for one in observed],
                "origins": [one.origin for one in observed],
                "remote_contact_ids": [one.remote_contact_id for one in observed],
            },
        )
    )
    return [
        member
        for member in answered
        if member.status != "subscribed" or member.subscriber_hash not in as_known
    ]


def _record_rejection(push: Push, change: MemberChange, rejection: Rejection) -> int:
    """Returns how many members were not as the plan supposed: this one, or nobody."""
    if rejection.kind == "not_found":
        push.mark_forgotten(change.subscriber_hash)
        return 1
    planned = find_planned_identity(push.warehouse, push.collection, change.subscriber_hash)
    if planned is None:
        return 0
    if change.action != "reconfirm" or rejection.kind != "compliance":
        store_rejection(push, planned, rejection)
        return 1
    # Mailchimp does not let us ask this person: not a wrong address, and not to be tried again.
    # A bounce that it shows says more than its refusal.
    look = push.look_up(planned.subscriber_hash)
    if look.failure is not None:
        store_rejection(push, planned, replace(rejection, retryable=True))
        return 1
    member = look.member
    if member is not None and member.status != "unsubscribed":
        record_members(push.warehouse, [member])
    else:
        note_unreachable(push, planned, "compliance")
    return 1
