"""One run of one collection: what its steps share, and what they reached so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.sync.audience import lost_audiences
from crm_mailchimp.sync.audience.collection_audience import FormerAudience, KnownAudience
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.members.pull_back import pull_back
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.sync.members.removals import RemovalsRefusedError
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.refusals.suppression import Digester
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


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
        refused: removals that Mailchimp refused in former audiences. The run goes on and fails by
            them in the end.
    """

    counts: Counter[str]
    list_id: str | None = None
    planned: member_plan.PlanCounts = field(default_factory=dict)
    is_planned: bool = False
    notes: list[str] = field(default_factory=list)
    due_notes: list[str] = field(default_factory=list)
    refused: RemovalsRefusedError | None = None


@dataclass(frozen=True, kw_only=True)
class CollectionRun:
    """What the steps of a collection's run work with.

    Attributes:
        warehouse: holding the collection's lock; committed after every call to the provider.
        crm: to ``crm_db``, in autocommit.
        provider: open, with a connection slot.
        digester: of the suppression list.
    """

    warehouse: Connection[Any]
    crm: Connection[Any]
    provider: AudienceProvider
    collection: StagedCollection
    options: SyncOptions
    digester: Digester
    progress: Progress

    def is_full(self, audience: KnownAudience | FormerAudience) -> bool:
        """Whether an audience is to be listed in full."""
        return self.collection.full_refresh or audience.needs_full_listing(datetime.now(UTC))

    def pull_back(self, audience: KnownAudience | FormerAudience) -> None:
        """Bring ``sync.member`` up to date with an audience; commits."""
        full = self.is_full(audience)
        self.progress.counts["removed"] += pull_back(
            self.warehouse,
            self.provider,
            audience,
            crm=self.crm,
            full=full,
            wait=not self.collection.dry_run,
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
        )

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
            full_refresh=self.collection.full_refresh,
        )
        self.progress.is_planned = True

    def planned(self, *actions: str) -> int:
        """Members that any of these actions is planned for."""
        return member_plan.planned(self.progress.planned, *actions)
