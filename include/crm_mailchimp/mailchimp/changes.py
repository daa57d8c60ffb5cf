"""Changes to existing members: a few one by one, many through ``/batches``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from urllib.parse import quote

from crm_mailchimp.mailchimp.answers import error_of
from crm_mailchimp.mailchimp.batch_results import Result
from crm_mailchimp.mailchimp.batches import Operation, Polling, resume, run
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import AuthenticationError, MailchimpError
from crm_mailchimp.mailchimp.members import (
    change_body,
    change_member,
    change_query,
    member_of,
    refused_change,
)
from crm_mailchimp.mailchimp.rejections import rejection_of
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import ChangeOutcome, MemberChange, Rejection

log = logging.getLogger(__name__)

#: Outcomes of a batch that are handed on together: their reader commits them at once.
_TOGETHER = 500

_MEMBER = "/lists/{list_id}/members/{subscriber_hash}"


@dataclass(frozen=True, kw_only=True)
class Batching:
    """When and how batches are used.

    ``above``: more changes than this go through ``/batches``, as even a small batch costs some
    seconds of waiting. ``size``: operations in one batch; this bounds memory.
    """

    above: int = 50
    size: int = 2000
    polling: Polling = field(default_factory=Polling)


def change_members(
    client: MailchimpClient,
    list_id: str,
    changes: Iterable[MemberChange],
    *,
    batching: Batching | None = None,
    on_batch: Callable[[str | None], None] | None = None,
) -> Iterator[list[ChangeOutcome]]:
    """Apply changes; outcomes come as they become known, in no particular order.

    A change with a call of its own comes alone. Outcomes of a batch come together, at most 500.
    A call that fails and may succeed later is an outcome, too, unless the account is out. If a
    batch fails so, its changes go one by one.

    Args:
        client: open client.
        list_id: the audience.
        changes: read lazily, at most ``batching.size`` of them at a time.
        batching: when and how to use ``/batches``.
        on_batch: called with None right before a batch is started, and right after with the
            ticket that ``resume_changes`` takes.

    Raises:
        MailchimpError: an error other than one member's. Outcomes yielded before hold. The
            other changes may or may not be carried out, and may be sent again.
    """
    batching = batching or Batching()
    watch = OutageWatch(client)
    remaining = iter(changes)
    while chunk := list(islice(remaining, batching.size)):
        left = {change.subscriber_hash: change for change in chunk}
        act = partial(change_member, client, list_id)
        if len(chunk) > batching.above:
            try:
                for outcomes in _together(
                    _by_batch(client, list_id, chunk, batching, on_batch, watch)
                ):
                    for outcome in outcomes:
                        left.pop(outcome.change.subscriber_hash, None)
                    yield outcomes
            except MailchimpError as error:
                watch.note_failure(error, "batch")
                if not error.retryable:
                    raise
                act = partial(act, is_repeat=True)
                log.warning("%d changes go one by one instead of a batch: %s", len(left), error)
        for change in left.values():
            yield [_alone(watch, change, act)]


def _alone(
    watch: OutageWatch, change: MemberChange, act: Callable[[MemberChange], ChangeOutcome]
) -> ChangeOutcome:
    """One member's call; if it fails and may succeed later, the others go on."""
    try:
        outcome = act(change)
    except MailchimpError as error:
        watch.note_failure(error, change.subscriber_hash)
        if not error.retryable:
            raise
        return ChangeOutcome(change=change, rejection=rejection_of(change.subscriber_hash, error))
    watch.note_answer()
    return outcome


def resume_changes(
    client: MailchimpClient,
    ticket: str,
    list_id: str,
    changes: Mapping[str, MemberChange],
    *,
    wait: bool,
    batching: Batching | None = None,
) -> Iterator[list[ChangeOutcome]]:
    """Outcomes of a batch that was started earlier, when nobody read its results.

    Args:
        client: open client.
        ticket: what ``change_members`` gave to ``on_batch``.
        list_id: the audience.
        changes: those of interest, by subscriber hash; other results are passed over.
        wait: whether to wait for a batch that is not finished yet.
        batching: how to wait.

    Raises:
        BatchRunningError: not finished, and not to be waited for.
        MailchimpError: the batch cannot be watched or read, or takes too long.
    """
    polling = (batching or Batching()).polling if wait else None
    watch = OutageWatch(client)
    return _together(
        _outcome(client, list_id, change, result, watch)
        for result in resume(client, ticket, polling=polling)
        if (change := changes.get(result.subject)) is not None
    )


def _together(outcomes: Iterator[ChangeOutcome]) -> Iterator[list[ChangeOutcome]]:
    while known := list(islice(outcomes, _TOGETHER)):
        yield known


def _by_batch(
    client: MailchimpClient,
    list_id: str,
    changes: Sequence[MemberChange],
    batching: Batching,
    on_batch: Callable[[str | None], None] | None,
    watch: OutageWatch,
) -> Iterator[ChangeOutcome]:
    answered: set[int] = set()
    for result in run(
        client,
        [_operation(list_id, change) for change in changes],
        polling=batching.polling,
        on_start=on_batch,
    ):
        if result.index >= len(changes) or result.index in answered:
            continue
        answered.add(result.index)
        yield _outcome(client, list_id, changes[result.index], result, watch)
    for index, change in enumerate(changes):
        if index not in answered:
            yield _unanswered(change, "Mailchimp's batch results do not mention this member.")


def _operation(list_id: str, change: MemberChange) -> Operation:
    path = f"/lists/{quote(list_id, safe='')}/members/{quote(change.subscriber_hash, safe='')}"
    if change.action == "archive":
        return Operation(method="DELETE", path=path, subject=change.subscriber_hash)
    return Operation(
        method="PATCH",
        path=path,
        subject=change.subscriber_hash,
        params=change_query(change),
        body=change_body(change),
    )


def _unanswered(change: MemberChange, message: str) -> ChangeOutcome:
    return ChangeOutcome(
        change=change,
        rejection=Rejection(
            email_address="",
            subscriber_hash=change.subscriber_hash,
            kind="other",
            message=message,
            retryable=True,
        ),
    )


def _outcome(
    client: MailchimpClient,
    list_id: str,
    change: MemberChange,
    result: Result,
    watch: OutageWatch,
) -> ChangeOutcome:
    if 200 <= result.status < 300:
        if change.action == "archive":
            return ChangeOutcome(change=change)
        if not isinstance(result.answer.get("status"), str):
            # Only this one's answer is lost; the audience itself shows what became of it.
            return _unanswered(change, "Mailchimp's answer about this member cannot be read.")
        return ChangeOutcome(change=change, member=member_of(result.answer, list_id))
    method = "DELETE" if change.action == "archive" else "PATCH"
    error: MailchimpError = error_of(method, _MEMBER, result.status, result.answer, {})
    error.attempts = result.attempts
    if isinstance(error, AuthenticationError):
        raise error
    if error.retryable:
        # The batch ran at a bad moment for this one; nothing is wrong with the member.
        return ChangeOutcome(change=change, rejection=rejection_of(change.subscriber_hash, error))
    return _alone(watch, change, lambda one: refused_change(client, list_id, one, error))
