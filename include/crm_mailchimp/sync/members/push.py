"""Push: where a collection's plan is carried out, one committed call after the other.

After each call its outcome is committed to ``sync.member``: the state is the journal. A run that
dies goes on where it stopped and repeats at most the calls that were in flight.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceProvider, ChangeOutcome, MemberChange, RemoteMember
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.planned_member import PAGE, PlannedMember
from crm_mailchimp.sync.members import intents
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.members.observed_member import may_refuse
from crm_mailchimp.sync.members.pull_back import look_again
from crm_mailchimp.sync.members.shared_recheck import SharedRecheck
from crm_mailchimp.sync.members.watermark import pulled_through
from crm_mailchimp.sync.refusals import refusal_ledger
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)

M = TypeVar("M", bound=PlannedMember)

#: How old a look at an audience may be when a call is sent, in seconds.
LOOK_SECONDS = 2.0
#: Members that are looked up together, for several calls or for one batch of changes.
TOGETHER = 4 * PAGE


class Look(NamedTuple):
    """A look at one member.

    Attributes:
        member: None where there is none, or where nobody knows.
        failure: why nobody knows; None: Mailchimp answered.
    """

    member: RemoteMember | None
    failure: ProviderError | None


@dataclass(frozen=True, kw_only=True)
class Push:
    """One audience that a collection's run writes to.

    Attributes:
        warehouse: holding the collection's lock; committed after each call.
        list_id: the audience.
        recheck: looks at the contacts once more, for this audience.
        counts: of the run; goes on being counted here.
        postponed: contacts whose calls failed, and may succeed later; goes on being filled here.
        failed: errors that stop nothing else; goes on being filled here.
        watch: over the account.
    """

    warehouse: Connection[Any]
    provider: AudienceProvider
    collection: StagedCollection
    list_id: str
    recheck: Recheck | SharedRecheck
    counts: Counter[str]
    postponed: set[int]
    failed: list[Exception]
    watch: OutageWatch

    def judged_by(self, recheck: SharedRecheck) -> Push:
        """The same push with another last look."""
        return replace(self, recheck=recheck)

    def counted_by(self, counts: Counter[str], failed: list[Exception]) -> Push:
        """The same push that counts and notes failures elsewhere."""
        return replace(self, counts=counts, failed=failed)

    def look_up(self, subscriber_hash: str) -> Look:
        """Look at one member. A look that fails, and may succeed later, holds up nobody else.

        Raises:
            ProviderError: an outage of the account, or an error that stays.
        """
        try:
            member = self.provider.member(self.list_id, subscriber_hash)
        except ProviderError as error:
            self.watch.note_failure(error, subscriber_hash)
            if not error.retryable:
                raise
            return Look(None, error)
        self.watch.note_answer()
        return Look(member, None)

    def attach_holders(self, members: Iterable[RemoteMember]) -> None:
        """Refusals in these answers belong to the contacts that hold the addresses now."""
        keys = {
            key
            for member in members
            if may_refuse(member) and (key := parse_address(member.email_address).key)
        }
        if keys:
            refusal_ledger.attach_holders(
                self.warehouse, self.recheck.crm, self.recheck.digester, self.list_id, keys
            )

    def mark_forgotten(self, subscriber_hash: str) -> None:
        """The audience has no such member any more; the caller commits."""
        self.warehouse.execute(
            statement("sync/mark_forgotten"),
            {"list_id": self.list_id, "subscriber_hash": subscriber_hash},
        )

    def store_progress(self) -> None:
        """Store the run's counts so far; the caller commits."""
        self.warehouse.execute(
            statement("sync/store_progress"),
            {
                "run_id": self.collection.run_id,
                "collection_code": self.collection.collection_code,
                **{name: self.counts[name] for name in ("added", "updated", "removed", "rejected")},
            },
        )


def pages(
    push: Push,
    read: Callable[[str], list[M]],
    *,
    look: bool = False,
) -> Iterator[list[M]]:
    """Pages of the plan. Each is looked up when it is taken, and is sent at once.

    Args:
        read: up to ``TOGETHER`` members after a subscriber hash.
        look: read the members again from Mailchimp before each page. What changed meanwhile drops
            out of the page.
    """
    after = ""
    looked_through = pulled_through(push.warehouse, push.list_id) if look else None
    while True:
        page = read(after)
        if page and look:
            looked_through = _look(push, looked_through)
            page = read(after)
        if page:
            after = page[-1].subscriber_hash
            yield page
        if len(page) < TOGETHER:
            return


def fresh_parts(
    push: Push,
    read: Callable[[str], list[M]],
    judge: Callable[[Sequence[M]], list[M]],
    *,
    size: int = PAGE,
    only: AbstractSet[str] | None = None,
) -> Iterator[list[M]]:
    """The plan in parts of one call each. What is sent was looked up just before.

    Several parts are looked up together. When a look is older than ``LOOK_SECONDS``, the parts
    that are left are read and looked up again.

    Args:
        read: up to ``TOGETHER`` members after a subscriber hash.
        judge: one of the judgements of ``push.recheck``.
        size: members of a part.
        only: subscriber hashes; None: all of the plan.
    """
    after = ""
    looked_through, looked_at = pulled_through(push.warehouse, push.list_id), float("-inf")
    while True:
        if time.monotonic() - looked_at >= LOOK_SECONDS:
            looked_at = time.monotonic()
            # A batch subscribe would revive members that were archived by hand meanwhile.
            looked_through = _look(push, looked_through, status="archived")
        page = read(after)
        wanted = [member for member in page if only is None or member.subscriber_hash in only]
        remaining = {member.subscriber_hash for member in rechecked(push, wanted, judge)}
        for start in range(0, len(page), size):
            if start and time.monotonic() - looked_at >= LOOK_SECONDS:
                break
            part = page[start : start + size]
            after = part[-1].subscriber_hash
            members = [member for member in part if member.subscriber_hash in remaining]
            if members:
                yield members
        else:
            if len(page) < TOGETHER:
                return


def _look(push: Push, since: datetime | None, *, status: str | None = None) -> datetime | None:
    return look_again(
        push.warehouse,
        push.provider,
        push.list_id,
        since,
        status=status,
        crm=push.recheck.crm,
    )


def rechecked(push: Push, page: Sequence[M], judge: Callable[[Sequence[M]], list[M]]) -> list[M]:
    """What remains of a page after a last look at the CRM; ends the transaction that read it.

    Args:
        judge: one of the judgements of ``push.recheck``.
    """
    remaining = judge(page)
    push.warehouse.rollback()  # nothing was written
    if len(remaining) < len(page):
        log.info("%d contacts changed in the CRM meanwhile", len(page) - len(remaining))
    return remaining


def outcomes_of(
    push: Push, changes: Iterable[Sequence[MemberChange]]
) -> Iterator[list[ChangeOutcome]]:
    """Send pages of changes; what the caller writes about outcomes is committed after each list."""

    def note_batches(tickets: Sequence[str | None]) -> None:
        intents.note_batches(push.warehouse, push.list_id, tickets)

    def taken() -> Iterator[Sequence[MemberChange]]:
        try:
            yield from changes
        except Exception:
            # The outcomes of the page before are still recorded, in a transaction of their own.
            if not push.warehouse.closed:
                push.warehouse.rollback()
            raise

    for outcomes in push.provider.change_members(push.list_id, taken(), on_batches=note_batches):
        # Losing the last commits in a crash of the server repeats calls that may be repeated.
        push.warehouse.execute("set local synchronous_commit = off")
        yield outcomes
        push.store_progress()
        push.warehouse.commit()
