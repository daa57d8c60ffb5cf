"""The state of everything, for the page in Airflow: collections, decisions, quarantine, campaigns.

Codes, counts and times; nobody's name or address but the owner's of a collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement

#: Campaigns on the page, newest first; all of them are in ``stats.campaign_overview``.
MOST_CAMPAIGNS = 50
#: Previews on the page, newest first.
MOST_PREVIEWS = 5
#: Audiences with their billed contacts on the page; all of them are in ``mart.bill_audiences``.
MOST_AUDIENCES = 100


@dataclass(frozen=True, kw_only=True)
class CollectionRow:
    """A collection as its newest snapshot found it, and how its last run ended.

    Attributes:
        is_shared_audience: it is no collection, but an audience that collections share.
        documented_staging_id: the snapshot, if it has Data Docs.
        account: id of its Airflow connection.
        state: of the last run; None: it still runs, or there was none.
        succeeded_at: end of the last run that succeeded.
        subscribed: members with this status; ``others`` counts the rest.
        held_back: contacts in quarantine that are not pushed.
        added: by the last run, as ``updated`` and ``removed``.
    """

    collection_code: str
    description: str
    owner_name: str | None
    is_shared: bool
    is_static: bool
    is_shared_audience: bool
    comments: str | None
    campaign_type: str | None
    account: str
    documented_staging_id: int | None
    state: str | None
    detail: str | None
    finished_at: datetime | None
    succeeded_at: datetime | None
    subscribed: int
    others: int
    held_back: int
    added: int
    updated: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class OpenRemoval:
    """Removals that wait for a person; the run's plan shows each contact.

    Attributes:
        of_tag: members would lose the collection's tag, and need not leave the audience.
    """

    plan_id: int
    collection_code: str
    description: str | None
    run_id: str
    of_tag: bool
    removals: int
    members: int
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class OpenRelease:
    """A closed gate that a person may open."""

    gate_id: int
    campaign_code: str
    requested_at: datetime
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class DecidedRemoval:
    """What became of the newest question about a collection's removals.

    Attributes:
        decision: ``approved``, ``rejected``, or ``timed_out``: nobody answered in time.
        decided_by: Airflow's id of the person.
    """

    plan_id: int
    collection_code: str
    removals: int
    members: int
    decision: str
    decided_by: str | None
    decided_at: datetime


@dataclass(frozen=True, kw_only=True)
class PreviewRow:
    """A preview whose plan can be read; unfinished: some collections are not planned yet."""

    run_id: str
    clock: datetime
    collection_codes: str | None
    is_unfinished: bool


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """Contacts of a collection in quarantine for one reason."""

    collection_code: str
    reason_code: str
    contacts: int
    first_seen_at: datetime
    explanation: str
    what_to_do: str


@dataclass(frozen=True, kw_only=True)
class CampaignRow:
    """A row of ``stats.campaign_overview``; its comments say what the columns mean.

    Attributes:
        delivered: mails without those that came back; None before a report was read.
        answer: to the newest question about the gate: ``approved``, ``rejected`` or ``timed_out``.
        answered_by: Airflow's id of the person.
        answer_expires_at: a no holds until then for the same reasons.
    """

    code: str
    title: str | None
    collection_code: str | None
    account: str
    status: str | None
    origin: str
    crm_state: str | None
    planned_at: datetime | None
    scheduled_for: datetime | None
    sent_at: datetime | None
    emails_sent: int | None
    delivered: int | None
    unique_opens: int | None
    unique_clicks: int | None
    detail: str | None
    gate_is_open: bool | None
    gate_reasons: list[str]
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    answer_expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """Columns of ``mart.bill``; its comments say what they mean."""

    account: str
    audiences: int
    contacts: int
    contacts_by_mailchimp: int | None
    counted_by_mailchimp_at: datetime | None
    repeated_addresses: int
    saved_by_sharing: int
    contact_limit: int | None
    used_percent: Decimal | None
    is_near_limit: bool
    is_over_limit: bool


@dataclass(frozen=True, kw_only=True)
class BilledAudience:
    """Columns of ``mart.bill_audiences``; its comments say what they mean."""

    account: str
    list_id: str
    name: str | None
    collection_codes: str | None
    contacts: int
    own_contacts: int | None
    contacts_by_mailchimp: int | None


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """Rows of the statements ``sql/page/*``, by section.

    Attributes:
        collections: as their newest snapshot found them, and how their last run ended.
        removals: removal plans that wait for a person.
        releases: closed gates that wait for a person.
        decisions: the newest answers about removals, one a collection.
        previews: the newest ``MOST_PREVIEWS``.
        held_back: contacts in quarantine, counted by collection and reason; those with
            ``invalid_field_value`` are pushed, without a field.
        campaigns: the newest ``MOST_CAMPAIGNS``.
        bills: what Mailchimp bills each account for.
        billed_audiences: the ``MOST_AUDIENCES`` with most contacts.
    """

    collections: Sequence[CollectionRow]
    removals: Sequence[OpenRemoval]
    releases: Sequence[OpenRelease]
    decisions: Sequence[DecidedRemoval]
    previews: Sequence[PreviewRow]
    held_back: Sequence[HeldBack]
    campaigns: Sequence[CampaignRow]
    bills: Sequence[BillRow]
    billed_audiences: Sequence[BilledAudience]

    @property
    def has_several_accounts(self) -> bool:
        """Whether the page names each collection's and campaign's account."""
        accounts = {row.account for row in self.collections}
        return len(accounts | {row.account for row in self.campaigns}) > 1


def read_page(warehouse: Connection[Any]) -> PageContent:
    """The state of everything now; reads only.

    One snapshot serves all sections: an answer that comes meanwhile is in all of them or in none.
    """
    warehouse.rollback()
    warehouse.execute("set transaction isolation level repeatable read, read only")
    found = PageContent(
        collections=read_rows(warehouse, CollectionRow, statement("page/collections")),
        removals=read_rows(warehouse, OpenRemoval, statement("page/open_removals")),
        releases=read_rows(warehouse, OpenRelease, statement("page/open_releases")),
        decisions=read_rows(warehouse, DecidedRemoval, statement("page/decisions")),
        previews=read_rows(
            warehouse, PreviewRow, statement("page/previews"), {"most": MOST_PREVIEWS}
        ),
        held_back=read_rows(warehouse, HeldBack, statement("page/held_back")),
        campaigns=read_rows(
            warehouse, CampaignRow, statement("page/campaigns"), {"most": MOST_CAMPAIGNS}
        ),
        bills=read_rows(warehouse, BillRow, statement("page/bills")),
        billed_audiences=read_rows(
            warehouse,
            BilledAudience,
            statement("page/billed_audiences"),
            {"most": MOST_AUDIENCES},
        ),
    )
    warehouse.rollback()
    return found
