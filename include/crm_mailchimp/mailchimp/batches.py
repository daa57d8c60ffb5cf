"""Many operations in one request: ``/batches``, its progress and its results.

Mailchimp runs a batch in the background, one at a time for the account. It does not count for the
limit of connections ("Run Async Requests with the Batch Endpoint", documentation). The results are
a tar.gz of JSON files on another host, under a link that works for ten minutes.
"""

from __future__ import annotations

import json
import logging
import secrets
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import IO, Any
from urllib.parse import urlsplit

import requests

from crm_mailchimp.mailchimp.answers import expected_shape
from crm_mailchimp.mailchimp.batch_results import (
    MOST_BYTES,
    RESULTS,
    Result,
    ResultsUnreadable,
    results_of,
)
from crm_mailchimp.mailchimp.client import MOST_SECONDS, MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    BatchUnfinished,
    ConnectionFault,
    GarbledAnswer,
    MailchimpError,
    NotFound,
)
from crm_mailchimp.mailchimp.pace import Pace, Polling, shortened
from crm_mailchimp.mailchimp.paging import items_of
from crm_mailchimp.mailchimp.timestamps import parse_instant
from crm_mailchimp.provider import BatchRunningError

log = logging.getLogger(__name__)

_STATUS_FIELDS = (
    "id",
    "status",
    "total_operations",
    "finished_operations",
    "errored_operations",
    "submitted_at",
    "completed_at",
    "response_body_url",
)
#: How far Mailchimp's clock may differ from ours when a batch is looked for after a lost answer.
_CLOCKS_DIFFER = timedelta(minutes=5)
_KEPT_IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request of a batch.

    ``path``: below ``/3.0``; ``params``: its query string; ``body``: a JSON object or None.
    ``subject``: what the request is about (letters and digits); its result names it again.

    Only requests that may be carried out twice belong into a batch (see ``start_batch``).
    """

    method: str
    path: str = field(repr=False)
    subject: str = field(repr=False)
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch that ``start_batch`` started.

    Attributes:
        ticket: what ``resume`` takes.
        operations: how many it has.
        started_at: the client's clock right after the start.
    """

    client: MailchimpClient
    described: dict[str, Any]
    token: str
    operations: int
    started_at: float
    attempts: int
    found_again: bool

    @property
    def ticket(self) -> str:
        return f"{self.described['id']}/{self.token}"

    def finished(self, pace: Pace) -> Batch:
        """Wait until Mailchimp has carried out the operations; gives the batch with its results.

        Raises:
            BatchUnfinished: not finished within the deadline; it goes on in Mailchimp.
            MailchimpError: the batch cannot be watched.
        """
        now = self.client.clock()
        first = pace.first_look(self.operations) - (now - self.started_at)
        described = _finished(self.client, self.described, pace.polling, now, first)
        pace.note(self.operations, self.client.clock() - self.started_at)
        return replace(self, described=described)

    def results(self) -> Iterator[Result]:
        """One ``Result`` an operation of a finished batch, in no order.

        Operations that Mailchimp's results do not mention are left out: compare the indices.

        Raises:
            MailchimpError: the results cannot be read.
        """
        ours = 0
        for result in _read(self.client, self.described, self.token):
            ours += 1
            yield replace(result, attempts=self.attempts)
        batch_id = str(self.described["id"])
        if self.found_again and not ours:
            raise GarbledAnswer(
                f"batch {batch_id} was taken for the one whose start got no answer, and is another",
                method="POST",
                path="/batches",
                outcome_unknown=True,
            )
        _forget(self.client, batch_id)


def start_batch(
    client: MailchimpClient, operations: Sequence[Operation], *, known: Collection[str] = ()
) -> Batch:
    """Start operations as one batch.

    Args:
        client: open client.
        operations: a few thousand at most; each must be safe to carry out twice. A batch whose
            start got no answer is started again if it cannot be found.
        known: ids of other batches of ours that Mailchimp still lists.

    Raises:
        MailchimpError: the batch cannot be started.
    """
    # The token tells our results from those of a batch that was mistaken for ours.
    token = secrets.token_hex(4)
    described, found_again, attempts = _start(client, operations, token, known)
    log.info("Batch %s of %d operations started", described["id"], len(operations))
    return Batch(
        client=client,
        described=described,
        token=token,
        operations=len(operations),
        started_at=client.clock(),
        attempts=attempts,
        found_again=found_again,
    )


def resume(client: MailchimpClient, ticket: str, *, polling: Polling | None) -> Iterator[Result]:
    """Results of a batch that was started earlier, when nobody read them.

    Args:
        client: open client.
        ticket: of a ``Batch``.
        polling: how to wait; None: not at all.

    Yields:
        as ``Batch.results``; nothing when Mailchimp does not know the batch (any more), or it was
        not ours.

    Raises:
        BatchRunningError: not finished, and not to be waited for.
        BatchUnfinished: not finished within the deadline; it goes on in Mailchimp.
        MailchimpError: the batch cannot be watched or read.
    """
    batch_id, _, token = ticket.partition("/")
    try:
        batch = _object(client.batches.status(batch_id, fields=list(_STATUS_FIELDS)))
    except NotFound:
        log.warning("Batch %s is not known to Mailchimp any more", batch_id)
        return
    if polling is not None:
        now, first = client.clock(), shortened(polling.first)
        batch = _finished(client, batch, polling, now, first)
    elif batch.get("status") != "finished":
        raise BatchRunningError(f"batch {batch_id} is {batch.get('status')!r}")
    ours = 0
    try:
        for result in _read(client, batch, token):
            ours += 1
            yield result
    except ResultsUnreadable as error:
        # Reading them again would end so again. The audience itself shows what was carried out.
        log.warning("Batch %s of an earlier run: %s", batch_id, error)
    log.info("Batch %s of an earlier run: %d results read", batch_id, ours)
    if ours:
        _forget(client, batch_id)


def _read(client: MailchimpClient, batch: Mapping[str, Any], token: str) -> Iterator[Result]:
    log.info(
        "Batch %s finished: %s operations, %s with errors",
        batch["id"],
        batch.get("finished_operations"),
        batch.get("errored_operations"),
    )
    with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as archive:
        _download(client, batch, archive)
        archive.seek(0)
        yield from results_of(archive, token)


def _forget(client: MailchimpClient, batch_id: str) -> None:
    try:
        # The results quote people's data; nobody needs them any more.
        client.batches.delete_request(batch_id)
    except MailchimpError as error:
        log.warning(
            "The results of batch %s stay in Mailchimp until they expire: %s", batch_id, error
        )


def _start(
    client: MailchimpClient,
    operations: Sequence[Operation],
    token: str,
    known: Collection[str],
) -> tuple[dict[str, Any], bool, int]:
    """The batch as started; whether it was looked for after a lost answer; how often it may run."""
    body = {
        "operations": [
            {
                "method": operation.method,
                "path": operation.path,
                "operation_id": f"{token}-{index}-{operation.subject}",
                **({"params": dict(operation.params)} if operation.params else {}),
                **({} if operation.body is None else {"body": json.dumps(operation.body)}),
            }
            for index, operation in enumerate(operations)
        ]
    }
    earliest = datetime.now(UTC) - _CLOCKS_DIFFER
    lost: MailchimpError
    try:
        return _object(client.batches.start(body)), False, 1
    except MailchimpError as error:
        if not error.outcome_unknown:
            raise
        lost = error
    log.warning(
        "No answer to the start of a batch of %d operations: looking for it", len(operations)
    )
    with expected_shape("the list of batches"):
        found = [
            batch
            for batch in _recent(client)
            if batch.get("id") not in known
            and (parse_instant(batch.get("submitted_at")) or earliest) > earliest
            and batch.get("total_operations") in (len(operations), 0, None)
        ]
    if len(found) > 1:
        # Several could be ours. All of ours are safe to repeat; another caller's are not ours to
        # read. The person running this decides by running it again.
        raise lost
    if found:
        return found[0], True, 1
    return _object(client.batches.start(body)), False, 2


def _recent(client: MailchimpClient) -> list[dict[str, Any]]:
    answer = client.batches.list(count=1000, fields=[f"batches.{name}" for name in _STATUS_FIELDS])
    return items_of(answer, "batches") if (answer or {}).get("batches") else []


def _finished(
    client: MailchimpClient,
    batch: dict[str, Any],
    polling: Polling,
    began: float,
    first: float,
) -> dict[str, Any]:
    """The batch when it is finished.

    Args:
        began: since when it is waited for, by the client's clock.
        first: seconds until the first look.
    """
    batch_id = str(batch["id"])
    wait, pause = max(0.0, first), polling.first
    while batch.get("status") != "finished":
        if client.clock() - began + wait > polling.deadline:
            raise BatchUnfinished(
                f"batch {batch_id} is {batch.get('status')!r} after {client.clock() - began:.0f} s"
                f" ({batch.get('finished_operations')} of {batch.get('total_operations')} done)",
                method="GET",
                path="/batches/{batch_id}",
                outcome_unknown=True,
            )
        client.wait(wait)
        pause = min(polling.most, pause * 1.5)
        wait = shortened(pause)
        batch = _object(client.batches.status(batch_id, fields=list(_STATUS_FIELDS)))
    return batch


def _download(
    client: MailchimpClient,
    batch: Mapping[str, Any],
    archive: IO[bytes],
) -> None:
    """Fetch the results; the link is renewed when it does not work (any more)."""
    attempts = 4
    for attempt in range(1, attempts + 1):
        url = str(batch.get("response_body_url") or "")
        fault: MailchimpError | None = None
        try:
            if not _trusted(url, client.base_url):
                raise GarbledAnswer("there is no safe link to the results", path=RESULTS)
            with client.download(url) as response:
                archive.seek(0)
                archive.truncate()
                began = client.clock()
                for chunk in response.iter_content(1 << 16):
                    archive.write(chunk)
                    if client.clock() - began > MOST_SECONDS:
                        raise ConnectionFault("the answer does not end", path=RESULTS)
                    if archive.tell() > MOST_BYTES:
                        raise ResultsUnreadable("the archive is too large", path=RESULTS)
        except MailchimpError as error:
            fault = error
        except requests.RequestException as error:
            fault = ConnectionFault(
                f"the download was cut ({type(error).__name__})", method="GET", path=RESULTS
            )
        if fault is None:
            return
        if attempt == attempts or isinstance(fault, ResultsUnreadable):
            raise fault
        client.wait(2.0**attempt)
        try:
            batch = _object(client.batches.status(str(batch["id"]), fields=list(_STATUS_FIELDS)))
        except NotFound:
            # Somebody deleted it. The audience itself shows what was carried out.
            raise fault from None


def _trusted(url: str, base_url: str) -> bool:
    """Whether a link is encrypted, or leads where the API itself is (the sandbox)."""
    try:
        link, own = urlsplit(url), urlsplit(base_url)
    except ValueError:
        return False
    return link.scheme == "https" or (link.scheme, link.netloc) == (own.scheme, own.netloc)


def _object(answer: dict[str, Any] | None) -> dict[str, Any]:
    if not answer or "id" not in answer:
        raise GarbledAnswer("an answer about a batch holds no id", path="/batches")
    return answer
