"""Changes to existing members: a few one by one, many through ``/batches``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from urllib.parse import quote

from crm_mailchimp.mailchimp.answers import error_of
from crm_mailchimp.mailchimp.batch_results import Result
from crm_mailchimp.mailchimp.batches import Batch, Operation, resume, start_batch
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import AuthenticationError, MailchimpError
from crm_mailchimp.mailchimp.members import (
    change_body,
    change_member,
    change_query,
    member_of,
    refused_change,
)
from crm_mailchimp.mailchimp.pace import Pace, Polling
from crm_mailchimp.mailchimp.rejections import rejection_of
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import ChangeOutcome, MemberChange, Rejection

log = logging.getLogger(__name__)

#: Outcomes of a batch that are handed on together: their reader commits them at once.
_TOGETHER = 500

_MEMBER = "/lists/{list_id}/members/{subscriber_hash}"


#: Takes the tickets of all batches whose outcomes are not all taken yet. None is a batch that is
#: about to start.
OnBatches = Callable[[Sequence[str | None]], None]


@dataclass(frozen=True, kw_only=True)
class Batching:
    """When and how batches are used.

    ``above``: more changes than this go through ``/batches``, as even a small batch costs some
    seconds of waiting.
    """

    above: int = 50
    polling: Polling = field(default_factory=Polling)


def change_members(
    client: MailchimpClient,
    list_id: str,
    pages: Iterable[Sequence[MemberChange]],
    *,
    batching: Batching | None = None,
    on_batches: OnBatches | None = None,
) -> Iterator[list[ChangeOutcome]]:
    """Apply changes; outcomes come as they become known, in no particular order.

    A change with a call of its own comes alone. Outcomes of a batch come together, at most 500.
    A call that fails and may succeed later is an outcome, too, unless the account is out. If a
    batch fails so, its changes go one by one.

    Mailchimp runs one batch at a time for the account. So a page is taken when the batch of the
    page before is finished, and is sent at once. The outcomes of the page before come afterwards,
    while the new batch runs.

    Args:
        client: open client.
        list_id: the audience.
        pages: each is one batch, or single calls if it is small. What was looked up for a page
            when it is taken is fresh when it is sent.
        batching: when and how to use ``/batches``.
        on_batches: called right before and right after a batch is started, and at the end. A dead
            run's batches are read by ``resume_changes``.

    Raises:
        MailchimpError: an error other than one member's. Outcomes yielded before hold. The
            other changes may or may not be carried out, and may be sent again.
    """
    changing = _Changing(client, list_id, batching or Batching(), on_batches or (lambda _: None))
    return changing.outcomes(pages)


@dataclass
class _Running:
    """A page whose batch runs in Mailchimp; ``left``: changes without an outcome, by hash."""

    changes: Sequence[MemberChange]
    batch: Batch
    left: dict[str, MemberChange]


class _Changing:
    """Pages on their way to Mailchimp: one in a batch, and the one before whose results are read.

    Args:
        on_batches: as for ``change_members``.
    """

    def __init__(
        self,
        client: MailchimpClient,
        list_id: str,
        batching: Batching,
        on_batches: OnBatches,
    ) -> None:
        self._client, self._list_id = client, list_id
        self._above, self._on_batches = batching.above, on_batches
        self._pace = Pace(batching.polling)
        self._watch = OutageWatch(client)
        self._any_batch = False

    def outcomes(self, pages: Iterable[Sequence[MemberChange]]) -> Iterator[list[ChangeOutcome]]:
        before: _Running | None = None
        remaining = iter(pages)
        while True:
            try:
                page = next(remaining, None)
                if page is None:
                    break
                running = yield from self._send(page, before)
            except Exception:
                # What Mailchimp carried out is recorded, whatever becomes of the page after it.
                if before is not None:
                    yield from self._read(before)
                raise
            if before is not None:
                yield from self._read(before)
            before = None
            if running is not None:
                try:
                    running.batch = running.batch.finished(self._pace)
                except MailchimpError as error:
                    yield from self._instead_of_batch(error, page)
                else:
                    before = running
        if before is not None:
            yield from self._read(before)
        if self._any_batch:
            self._on_batches(())

    def _send(
        self, page: Sequence[MemberChange], before: _Running | None
    ) -> Generator[list[ChangeOutcome], None, _Running | None]:
        """Send a page; gives its batch, or the outcomes of single calls."""
        if len(page) <= self._above:
            yield from self._one_by_one(page, is_repeat=False)
            return None
        self._any_batch = True
        try:
            return self._started(page, before)
        except MailchimpError as error:
            yield from self._instead_of_batch(error, page)
            return None

    def _started(self, page: Sequence[MemberChange], before: _Running | None) -> _Running:
        unread = [before.batch.ticket] if before is not None else []
        self._on_batches((*unread, None))
        known = [str(before.batch.described["id"])] if before is not None else []
        batch = start_batch(
            self._client, [_operation(self._list_id, change) for change in page], known=known
        )
        self._on_batches((*unread, batch.ticket))
        return _Running(page, batch, {change.subscriber_hash: change for change in page})

    def _read(self, finished: _Running) -> Iterator[list[ChangeOutcome]]:
        """The outcomes of a finished batch."""
        results = _by_batch(
            self._client, self._list_id, finished.changes, finished.batch, self._watch
        )
        try:
            for outcomes in _together(results):
                for outcome in outcomes:
                    finished.left.pop(outcome.change.subscriber_hash, None)
                yield outcomes
        except MailchimpError as error:
            yield from self._instead_of_batch(error, list(finished.left.values()))

    def _instead_of_batch(
        self, error: MailchimpError, changes: Sequence[MemberChange]
    ) -> Iterator[list[ChangeOutcome]]:
        self._watch.note_failure(error, "batch")
        if not error.retryable:
            raise error
        log.warning("%d changes go one by one instead of a batch: %s", len(changes), error)
        yield from self._one_by_one(changes, is_repeat=True)

    def _one_by_one(
        self, changes: Sequence[MemberChange], *, is_repeat: bool
    ) -> Iterator[list[ChangeOutcome]]:
        act = partial(change_member, self._client, self._list_id, is_repeat=is_repeat)
        for change in changes:
            yield [_alone(self._watch, change, act)]


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
        ticket: what ``change_members`` gave to ``on_batches``.
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
    batch: Batch,
    watch: OutageWatch,
) -> Iterator[ChangeOutcome]:
    answered: set[int] = set()
    for result in batch.results():
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
