"""Members that Mailchimp refuses: what is noted of them, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crm_mailchimp.provider import Rejection
from crm_mailchimp.scrubbing import scrub
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.planned_member import PlannedContact, PlannedIdentity
from crm_mailchimp.sync.members.push import Push

#: Causes of members that Mailchimp refuses and does not show, with the status that is noted.
_UNREACHABLE = {"forgotten": "archived", "compliance": "unsubscribed"}


def store_rejection(
    push: Push, planned: PlannedContact | PlannedIdentity, rejection: Rejection
) -> None:
    """Note that Mailchimp refused a member, until its values change; the caller commits."""
    push.counts["rejected"] += 1
    if rejection.retryable:
        push.postponed.add(planned.contact_id)
    push.warehouse.execute(
        statement("sync/record_rejection"),
        {
            "list_id": push.list_id,
            "subscriber_hash": planned.subscriber_hash,
            "contact_id": planned.contact_id,
            "content_hash": planned.content_hash or "",
            "kind": rejection.kind,
            "message": without_address(rejection),
            "retryable": rejection.retryable,
        },
    )


def forget_rejections(push: Push, subscriber_hashes: Sequence[str]) -> None:
    """Mailchimp took these members; the caller commits."""
    push.warehouse.execute(
        "delete from sync.rejection where list_id = %s and subscriber_hash = any(%s)",
        (push.list_id, list(subscriber_hashes)),
    )


def forget_healed(push: Push) -> None:
    """Forget what failed before this run and did not fail in it again; commits.

    A call may have done its work although its answer was lost. Then nobody sends it again.
    """
    push.warehouse.execute(
        statement("sync/forget_healed"),
        {
            "list_id": push.list_id,
            "run_id": push.collection.run_id,
            "collection_code": push.collection.collection_code,
        },
    )
    push.warehouse.commit()


def note_unreachable(
    push: Push,
    planned: PlannedContact | PlannedIdentity,
    cause: Literal["forgotten", "compliance"],
) -> None:
    """Note an address that Mailchimp refuses and does not show as a member; the caller commits."""
    push.warehouse.execute(
        statement("sync/record_unreachable"),
        {
            "list_id": push.list_id,
            "subscriber_hash": planned.subscriber_hash,
            "contact_id": planned.contact_id,
            "status": _UNREACHABLE[cause],
            "cause": cause,
        },
    )


def without_address(rejection: Rejection) -> str:
    """Mailchimp's words with the address taken out: the quarantine knows people by contact id."""
    words = rejection.message
    for form in {rejection.email_address, rejection.email_address.lower()} - {""}:
        words = words.replace(form, "the address")
    # The refusal of a change has no address of its own, but its words may have one.
    return scrub(words)
