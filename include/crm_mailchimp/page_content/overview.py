"""The first view: what needs somebody, collections by health, campaigns by what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaigns.sending_health import Unhealthy, unhealthy_sendings
from crm_mailchimp.page_content.campaigns import Phase, phase_of
from crm_mailchimp.page_content.thresholds import CollectionHealth, read_healths
from crm_mailchimp.page_content.troubles import (
    HEALTHS,
    CollectionInTrouble,
    Health,
    health_of,
    troubles_among,
)
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.runs.collections_page import (
    CampaignRow,
    CollectionRow,
    PageContent,
    read_page,
)


@dataclass(frozen=True, kw_only=True)
class AudienceRow:
    """The audience of a collection.

    Attributes:
        web_id: Mailchimp's number of it in addresses of its own pages.
        shared_audience: code of the audience that the collection shares; None: it shares none.
        tag_name: of the tag that marks the collection's members in it.
        sharing_codes: collections that share it.
        subscribed_by_month: at the end of each of the last months, oldest first.
    """

    collection_code: str
    list_id: str
    name: str | None
    web_id: int | None
    account: str | None
    shared_audience: str | None
    tag_name: str | None
    sharing_codes: list[str]
    subscribed_by_month: list[int]


@dataclass(frozen=True, kw_only=True)
class NewestRun:
    """The newest real run of a collection; ``run_id`` is Airflow's."""

    collection_code: str
    run_id: str
    finished_at: datetime | None
    has_plan: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything of the first view.

    Attributes:
        page: the rows that other views count on, too.
        collections: by health, those that need somebody first.
        audiences: by collection code.
        runs: by collection code.
        healths: figures of the thresholds of a sync, by collection code.
        campaigns: those that matter now, with what happens next.
        unhealthy_sendings: those that hold the next campaign of their audience.
    """

    page: PageContent
    collections: Sequence[tuple[Health, CollectionRow]]
    audiences: Mapping[str, AudienceRow]
    runs: Mapping[str, NewestRun]
    healths: Mapping[str, CollectionHealth]
    campaigns: Sequence[tuple[Phase, CampaignRow]]
    unhealthy_sendings: Sequence[Unhealthy]

    @property
    def troubles(self) -> Sequence[CollectionInTrouble]:
        """Collections that a person should look at."""
        shared = {code: one.shared_audience for code, one in self.audiences.items()}
        return troubles_among(
            self.collections, {code: name for code, name in shared.items() if name is not None}
        )

    @property
    def above_thresholds(self) -> Sequence[tuple[CollectionRow, CollectionHealth]]:
        """Collections with too many rejected, held back or expired contacts."""
        found = [(row, self.healths.get(row.collection_code)) for _, row in self.collections]
        return [(row, health) for row, health in found if health is not None and health.above]

    @property
    def unhealthy_bills(self) -> Sequence[Any]:
        """Accounts near the limit of their plan, or above it."""
        return [row for row in self.page.bills if row.is_near_limit]


def read_overview(warehouse: Connection[Any], now: datetime) -> Overview:
    """The state of everything.

    Args:
        warehouse: a connection without an open transaction.
        now: the reader's moment, which tells planned campaigns from overdue ones.
    """
    page = read_page(warehouse)
    late = set(read_values(warehouse, str, statement("page/late")))
    codes = [row.collection_code for row in page.collections]
    runs = read_rows(
        warehouse, NewestRun, statement("page/newest_runs"), {"collection_codes": codes}
    )
    audiences = read_audiences(warehouse)
    healths = read_healths(warehouse)
    judged = [(health_of(row, late), row) for row in page.collections]
    waiting = {release.campaign_code for release in page.releases}
    sendings = unhealthy_sendings(warehouse)
    warehouse.rollback()
    return Overview(
        page=page,
        collections=sorted(judged, key=lambda one: HEALTHS.index(one[0])),
        audiences=audiences,
        runs={run.collection_code: run for run in runs},
        healths=healths,
        campaigns=[
            (
                phase_of(
                    status=row.status,
                    planned_at=row.scheduled_for or row.planned_at,
                    sent_at=row.sent_at,
                    gate_is_open=row.gate_is_open,
                    is_waiting=row.code in waiting,
                    now=now,
                    crm_state=row.crm_state,
                ),
                row,
            )
            for row in page.campaigns
        ],
        unhealthy_sendings=sendings,
    )


def read_audiences(warehouse: Connection[Any]) -> Mapping[str, AudienceRow]:
    """The audience of each collection, by its code."""
    rows = read_rows(warehouse, AudienceRow, statement("page/audiences"))
    warehouse.rollback()
    return {row.collection_code: row for row in rows}
