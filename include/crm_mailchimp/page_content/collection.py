"""One collection: its runs, what is in force for it, its fields, and who is held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.page_content.overview import AudienceRow, read_audiences
from crm_mailchimp.page_content.thresholds import CollectionHealth, read_healths
from crm_mailchimp.rows import read_row, read_rows
from crm_mailchimp.statements import statement

#: Runs of the plot and the table.
MOST_RUNS = 60
#: Contacts of the quarantine on one page of the table.
MOST_CONTACTS = 50


class NoSuchCollectionError(PermanentError):
    """No run has staged a collection of this code."""


@dataclass(frozen=True, kw_only=True)
class CollectionFacts:
    """A collection as its newest staging has it; ``settings`` are those of its audience.

    Attributes:
        is_shared_audience: it is no collection, but an audience that several share.
        own_settings: which of them the collection has itself. None: an old run did not note it.
    """

    staging_id: int
    run_id: str
    collection_code: str
    description: str
    comments: str | None
    owner_name: str | None
    is_static: bool
    is_shared: bool
    is_shared_audience: bool
    campaign_type: str | None
    gdpr_category: str | None
    provider: str
    account: str
    provider_list_id: str | None
    sync_merge_fields: bool
    confirm_new_members: bool
    marketing_permission: str | None
    settings: Mapping[str, object]
    own_settings: Sequence[str] | None
    remark: str | None
    clock: datetime


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run of the collection; ``has_plan``: its plan can be looked at."""

    run_id: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    staged: int
    eligible: int
    quarantined: int
    added: int
    updated: int
    removed: int
    rejected: int
    api_calls: int
    detail: str | None
    dry_run: bool
    has_plan: bool | None


@dataclass(frozen=True, kw_only=True)
class MappedField:
    """A field of the CRM, and the merge field that it fills."""

    field_code: str
    tag: str
    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class HeldBackReason:
    """Contacts in quarantine for one reason."""

    reason_code: str
    contacts: int
    first_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldBackContact:
    """One contact in quarantine; the detail is in English, and names no address."""

    contact_id: int
    reason_code: str
    detail: str | None
    first_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class CollectionContent:
    """Everything of the view of one collection.

    Attributes:
        health: figures of the thresholds of a sync; None: no run was judged yet.
        runs: newest first.
        contacts: of the quarantine, at most ``MOST_CONTACTS``, by contact id.
        has_more: further contacts follow them.
    """

    facts: CollectionFacts
    audience: AudienceRow | None
    health: CollectionHealth | None
    runs: Sequence[PastRun]
    fields: Sequence[MappedField]
    reasons: Sequence[HeldBackReason]
    contacts: Sequence[HeldBackContact]
    has_more: bool

    @property
    def newest_real(self) -> PastRun | None:
        """The newest run that was no preview: how the collection is now."""
        return next((run for run in self.runs if not run.dry_run), None)


def read_collection(
    warehouse: Connection[Any], collection_code: str, reason_code: str | None, after: int
) -> CollectionContent:
    """Read one collection.

    Args:
        warehouse: a connection.
        collection_code: of the collection.
        reason_code: only contacts held back for it; None: for any reason.
        after: only contacts with a larger id.

    Raises:
        NoSuchCollectionError: no run has staged it.
    """
    values: dict[str, object] = {"collection_code": collection_code}
    facts = read_row(warehouse, CollectionFacts, statement("page/collection"), values)
    if facts is None:
        raise NoSuchCollectionError(f"no run has staged a collection {collection_code!r}")
    contacts = read_rows(
        warehouse,
        HeldBackContact,
        statement("page/quarantine_contacts"),
        {**values, "reason_code": reason_code, "after": after, "most": MOST_CONTACTS + 1},
    )
    return CollectionContent(
        facts=facts,
        audience=read_audiences(warehouse).get(collection_code),
        health=read_healths(warehouse).get(collection_code),
        runs=read_rows(
            warehouse,
            PastRun,
            statement("page/collection_history"),
            {**values, "most": MOST_RUNS},
        ),
        fields=read_rows(warehouse, MappedField, statement("page/fields"), values),
        reasons=read_rows(warehouse, HeldBackReason, statement("page/quarantine_reasons"), values),
        contacts=contacts[:MOST_CONTACTS],
        has_more=len(contacts) > MOST_CONTACTS,
    )
