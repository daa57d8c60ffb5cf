"""One run of one collection: what its steps share, and what they reached so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import Accounts, is_passing
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_value, read_values
from crm_mailchimp.sync.audience import (
    audience_map,
    earlier_audiences,
    found_audiences,
    lost_audiences,
    other_account,
    tags,
    untagged_after_loss,
)
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.audience.audience_map import FormerAudience, KnownAudience
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.members.pull_back import pull_back
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.sync.members.removals import RemovalsRefusedError, carry_out_removals
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.refusals import address_notes
from crm_mailchimp.sync.refusals.suppression import Digester
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.locks import second_audience_lock

#: Contacts that a run names one by one.
_SHOWN = 20


@dataclass(kw_only=True)
class Progress:
    """What a run reached so far; it is recorded however the run ends.

    Attributes:
        counts: added, updated, removed and rejected members, calls of the API.
        list_id: the collection's audience, as soon as it is known.
        planned: the newest plan.
        is_planned: whether the whole collection was planned, not only what is due.
        notes: what people should know of the collection.
        due_notes: what they should know of the removals that nothing holds back.
        failed: what Mailchimp refused or failed to do for single members or former audiences. The
            run goes on, and fails by the first of them in the end.
        postponed: contacts whose calls failed, and may succeed later.
        unseen: subscriber hashes of members that nobody could look up.
        unread: former audiences that could not be read. Who refused there is not known, so nobody
            is added anywhere.
        moved: collections that Mailchimp shows in another audience than the state does.
    """

    counts: Counter[str]
    list_id: str | None = None
    planned: member_plan.PlanCounts = field(default_factory=dict)
    is_planned: bool = False
    notes: list[str] = field(default_factory=list)
    due_notes: list[str] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    postponed: set[int] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set, repr=False)
    unread: list[str] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)

    @property
    def may_heal(self) -> bool:
        """Whether some of what failed may succeed when it is repeated."""
        return any(map(_may_heal, self.failed))


@dataclass(frozen=True, kw_only=True)
class CollectionRun:
    """What the steps of a collection's run work with.

    Attributes:
        warehouse: holding the collection's lock; committed after every call to the provider.
        crm: to ``crm_db``, in autocommit.
        accounts: gives the clients.
        account: the one that the steps work in: the collection's own, or that of a former audience.
        digester: of the suppression list.
    """

    warehouse: Connection[Any]
    crm: Connection[Any]
    accounts: Accounts[AudienceProvider]
    account: str
    collection: StagedCollection
    options: SyncOptions
    digester: Digester
    progress: Progress

    @property
    def provider(self) -> AudienceProvider:
        """The account's client, in a connection slot.

        Raises:
            ProviderError, PassingError: its connection cannot be used, or has no free slot.
        """
        return self.accounts.client(self.account)

    @cached_property
    def watch(self) -> OutageWatch:
        """Tells the failure of a call from an outage of the account."""
        return OutageWatch(self.provider)

    @cached_property
    def listing(self) -> AccountListing:
        """The audiences of the account, as this run sees them first."""
        return AccountListing(self.provider)

    @contextmanager
    def in_account(self, account: str) -> Iterator[CollectionRun]:
        """The same run for what is to be done in another account, for as long as the block runs.

        Raises:
            ProviderError, PassingError: its connection cannot be used, or has no free slot.
        """
        if account == self.account:
            yield self
            return
        with self.accounts.lent(account) as provider:
            yield replace(self, accounts=Accounts.only(provider, account), account=account)

    def is_full(self, audience: KnownAudience | FormerAudience) -> bool:
        """Whether an audience is to be listed in full."""
        now = read_value(self.warehouse, datetime, "select clock_timestamp()")
        self.warehouse.rollback()
        return self.collection.full_refresh or audience.needs_full_listing(now)

    def pull_back(self, audience: KnownAudience | FormerAudience, *, full: bool = False) -> None:
        """Bring ``sync.member`` up to date with an audience; commits.

        Args:
            full: list it in full, whatever the age of the last full listing.
        """
        full = full or self.is_full(audience)
        found = pull_back(
            self.warehouse,
            self.provider,
            audience,
            crm=self.crm,
            full=full,
            wait=not self.collection.dry_run,
        )
        self.progress.counts["removed"] += found.removals
        self.progress.unseen |= found.unseen
        address_notes.note_gone_since_look(
            self.warehouse,
            self.crm,
            list_id=audience.list_id,
            staging_id=self.collection.staging_id,
            dry_run=self.collection.dry_run,
        )
        if full:
            refresh_statistics(self.warehouse)

    def require_own(self, list_id: str) -> None:
        """Refuse an audience that another installation took over.

        Raises:
            AudienceUnusableError: ``foreign_installation``.
        """
        lost_audiences.require_own_for(self.warehouse, self.provider, list_id, self.collection)

    def push_to(self, list_id: str, gdpr_category: str | None) -> Push:
        """A push to an audience.

        Args:
            gdpr_category: people are judged by it; None: any refusal counts.
        """
        return Push(
            warehouse=self.warehouse,
            provider=self.provider,
            collection=self.collection,
            list_id=list_id,
            recheck=Recheck(
                crm=self.crm,
                warehouse=self.warehouse,
                gdpr_category=gdpr_category,
                digester=self.digester,
                collection_id=self.collection.collection_id if self.collection.is_static else None,
                refused_for=self.collection.collection_id,
                list_id=list_id,
            ),
            counts=self.progress.counts,
            postponed=self.progress.postponed,
            failed=self.progress.failed,
            watch=self.watch,
        )

    def carry_out_removals(self, push: Push, *, due: bool) -> int:
        """Carry out planned removals; those that fail hold up nothing else. Commits.

        Args:
            due: as for ``removals.carry_out_removals``.

        Returns:
            members that were not as the plan supposed: after them it has to be made again.
        """
        try:
            return carry_out_removals(push, due=due)
        except RemovalsRefusedError as error:
            self.progress.failed.append(error)
            return error.discovered

    def make_plan(self, list_id: str | None) -> None:
        """Plan the whole collection; commits.

        Args:
            list_id: its audience; None: it has none yet.
        """
        self.progress.planned = member_plan.make_plan(
            self.warehouse,
            staging_id=self.collection.staging_id,
            collection_id=self.collection.collection_id,
            list_id=list_id,
            gdpr_category=self.collection.gdpr_category,
            confirm_new_members=self.collection.confirm_new_members,
            full_refresh=self.collection.full_refresh,
            dry_run=self.collection.dry_run,
        )
        self._hold_back_unseen(list_id)
        self.progress.is_planned = True

    def make_due_plan(self, list_id: str, gdpr_category: str | None) -> member_plan.PlanCounts:
        """Plan only what nothing holds back; commits.

        Args:
            list_id: the collection's audience, or one that was its audience.
            gdpr_category: refusals are judged by it; None: any refusal counts.
        """
        return member_plan.make_plan(
            self.warehouse,
            staging_id=self.collection.staging_id,
            collection_id=self.collection.collection_id,
            list_id=list_id,
            gdpr_category=gdpr_category,
            only_due=True,
            dry_run=self.collection.dry_run,
        )

    def leave_earlier_audience(self) -> None:
        """Look once more at shared audiences that the collection had until now; commits.

        What people refused there until now holds for the collection. After a dry run it is still
        in the shared audience. If an earlier run left one and did not arrive anywhere, its people
        may have refused there since. The same holds for one that a person retired.
        """
        tag = tags.find_tag(self.warehouse, self.collection.collection_id)
        left = tags.find_left(self.warehouse, self.collection.collection_id)
        for one in ([tag] if tag is not None else []) + left:
            shared = audience_map.find_by_list(self.warehouse, one.list_id)
            retired = (
                audience_map.find_retired(self.warehouse, one.list_id) if shared is None else None
            )
            self.warehouse.commit()
            if retired is None and one.shared_id == self.collection.shared_id:
                continue
            if (audience := shared or retired) is not None:
                self.look_for_the_last_time(audience, one)
            if one is tag and not self.collection.dry_run:
                tags.leave(self.warehouse, tag)

    def look_for_the_last_time(
        self, audience: KnownAudience | FormerAudience, tag: CollectionTag | None = None
    ) -> None:
        """Bring ``sync.member`` up to date with an audience that is about to be left; commits.

        Args:
            audience: that is left.
            tag: the collection's, if it shares the audience: somebody may have taken it by hand.

        Raises:
            ProviderError, PassingError: nobody knows who refused there, so nobody is added.
            AudienceBusyError: another run has the audience, and waits for this one.
        """
        with (
            second_audience_lock(self.warehouse, audience.collection_code),
            self.in_account(audience.account) as there,
            other_account.unless_deleted(
                there.warehouse, there.provider, there.account, audience.list_id
            ),
        ):
            # Only a full listing shows who was deleted: they are not added elsewhere.
            there.pull_back(audience, full=True)
            found_audiences.note_first_look(
                self.warehouse, audience.list_id, self.collection.collection_id
            )
            if tag is not None and audience.fully_listed_at is None:
                # After a loss its own run has more to find out than who is there.
                earlier_audiences.look_as_at_first(self.warehouse, audience.list_id)
            if tag is not None and not self.collection.dry_run:
                held = untagged_after_loss.restore_left(
                    self.warehouse, there.provider, tag, self.collection
                )
                if held:
                    self.progress.notes.append(untagged_after_loss.words_of_held(tag, held))
            if tag is not None and tags.has_members(self.warehouse, tag):
                tags.look_at_tags(
                    self.warehouse,
                    there.provider,
                    audience.list_id,
                    [tag],
                    full=True,
                )
            # What a preview noted here would stay, also if the collection stays after all.
            if tag is not None and not self.collection.dry_run:
                tags.note_taken_addresses(self.warehouse, tag)

    def hold_back(self, collection: StagedCollection, error: lost_audiences.SearchError) -> None:
        """End the run: nobody knows where the collection was before.

        Raises:
            ProviderError, PassingError, AudienceUnusableError: the error.
        """
        raise error

    def runs_of_parts(self) -> Sequence[CollectionRun]:
        """Runs of the collections that share the audience; none for any other audience."""
        return ()

    def push_due_tags(self, list_id: str, *, with_leaving: bool = False) -> None:
        """Take tags that nothing keeps. An audience of one collection has no tags of ours.

        Args:
            with_leaving: those of members that are about to be archived, too.
        """

    def prepare_returns(self, push: Push) -> None:
        """Take tags that nobody may come back with, before members are added; here none."""

    def push_tags(self, list_id: str) -> None:
        """Give and take tags. An audience of one collection has no tags of ours."""

    def _hold_back_unseen(self, list_id: str | None) -> None:
        if not self.progress.unseen:
            return
        planned = {
            "staging_id": self.collection.staging_id,
            "collection_id": self.collection.collection_id,
        }
        self.progress.postponed.update(
            member_plan.hold_back_unseen(
                self.warehouse, **planned, list_id=list_id, unseen=self.progress.unseen
            )
        )
        self.progress.planned = member_plan.count_plan(self.warehouse, **planned)

    def planned(self, *actions: str) -> int:
        """Members that any of these actions is planned for."""
        return member_plan.planned(self.progress.planned, *actions)


def _may_heal(error: Exception) -> bool:
    if isinstance(error, RemovalsRefusedError):
        return bool(error.postponed)
    return is_passing(error)


def postponed_in_words(warehouse: Connection[Any], progress: Progress) -> str:
    """The contacts whose calls failed to the end of the run, for its ``detail``; empty: none."""
    contact_ids = read_values(
        warehouse,
        int,
        "select distinct contact_id from sync.rejection"
        " where list_id = %s and retryable and contact_id = any(%s) order by contact_id",
        (progress.list_id, sorted(progress.postponed)),
    )
    warehouse.rollback()
    if progress.list_id is None:
        contact_ids = sorted(progress.postponed)
    if not contact_ids:
        return ""
    names = ", ".join(map(str, contact_ids[:_SHOWN]))
    return (
        f"Mailchimp failed for {len(contact_ids)} members (contacts {names}): see sync.rejection "
        "for its words. The next run tries them again"
    )
