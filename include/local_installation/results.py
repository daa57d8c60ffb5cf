"""What a run did, read from the warehouse and shown as tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from crm_mailchimp.statements import statement
from local_installation.console import table

_SQL = Path(__file__).parent / "sql"
_MOST_CAMPAIGNS = 5
_MOST_LINKS = 3
_MOST_READERS = 8


@dataclass(frozen=True, kw_only=True)
class CollectionResult:
    """A row of ``sync.collection_run``."""

    collection_code: str
    state: str
    staged: int
    eligible: int
    quarantined: int
    added: int
    updated: int
    removed: int
    unchanged: int
    rejected: int
    api_calls: int
    list_id: str | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """A row of ``mart.campaign_performance``."""

    campaign_id: str
    campaign_title: str
    emails_sent: int
    delivered: int
    unique_opens: int
    opens: int
    unique_clicks: int
    clicks: int
    unsubscribes: int


@dataclass(frozen=True, kw_only=True)
class EventCount:
    """How often something happened in a campaign."""

    campaign_id: str
    action: str
    events: int


def collection_results(warehouse: psycopg.Connection[Any], run_id: str) -> list[CollectionResult]:
    """What one run of ``sync_collections`` did, by collection code."""
    with warehouse.cursor(row_factory=class_row(CollectionResult)) as cursor:
        return cursor.execute(
            statement("collection_results", root=_SQL), {"run_id": run_id}
        ).fetchall()


def campaign_results(warehouse: psycopg.Connection[Any]) -> list[CampaignResult]:
    """What became of each campaign, oldest first."""
    with warehouse.cursor(row_factory=class_row(CampaignResult)) as cursor:
        return cursor.execute(statement("campaign_results", root=_SQL)).fetchall()


def campaign_recipients(warehouse: psycopg.Connection[Any]) -> dict[str, frozenset[str]]:
    """Mailchimp's ids of the members that each campaign went to, by the campaign's id."""
    found: dict[str, set[str]] = {}
    for campaign_id, member in warehouse.execute(statement("campaign_recipients", root=_SQL)):
        found.setdefault(campaign_id, set()).add(member)
    return {campaign_id: frozenset(members) for campaign_id, members in found.items()}


def event_counts(warehouse: psycopg.Connection[Any]) -> list[EventCount]:
    """Opens, clicks, bounces and unsubscribes of each campaign that came back."""
    with warehouse.cursor(row_factory=class_row(EventCount)) as cursor:
        return cursor.execute(statement("event_counts", root=_SQL)).fetchall()


def collections_table(results: list[CollectionResult]) -> str:
    """The collections of a run as a table."""
    return table(
        "Collections: what the run of sync_collections did",
        [
            *("collection", "state", "staged", "eligible", "quarantined", "added", "updated"),
            *("removed", "unchanged", "API calls", "why"),
        ],
        [
            (
                *(row.collection_code, row.state, row.staged, row.eligible, row.quarantined),
                *(row.added, row.updated, row.removed, row.unchanged, row.api_calls),
                _short(row.detail),
            )
            for row in results
        ],
    )


def quarantine_table(warehouse: psycopg.Connection[Any]) -> str:
    """Open quarantine rows, a line for each reason and a column for each collection."""
    rows = warehouse.execute(statement("quarantine_counts", root=_SQL)).fetchall()
    codes = sorted({code for _, code, _ in rows})
    reasons = list(dict.fromkeys(reason for reason, _, _ in rows))
    counts = {(reason, code): number for reason, code, number in rows}
    return table(
        "Quarantine, by reason: contacts held back, or pushed without a field",
        ["reason", *codes],
        [[reason, *(counts.get((reason, code), 0) for code in codes)] for reason in reasons],
    )


def campaigns_table(warehouse: psycopg.Connection[Any]) -> str:
    """The newest campaigns with their links, and the readers of all campaigns, as tables."""
    all_results = campaign_results(warehouse)
    newest = all_results[-_MOST_CAMPAIGNS:]
    campaigns = table(
        f"Campaigns: what came back, the newest {len(newest)} of {len(all_results)}",
        [
            *("campaign", "sent", "delivered", "unique opens", "opens", "unique clicks"),
            *("clicks", "unsubscribes"),
        ],
        [
            (
                *(row.campaign_title, row.emails_sent, row.delivered, row.unique_opens, row.opens),
                *(row.unique_clicks, row.clicks, row.unsubscribes),
            )
            for row in newest
        ],
    )
    chosen = {"campaigns": [row.campaign_id for row in newest], "most": _MOST_LINKS}
    links = table(
        "Links: the most clicked",
        ["campaign", "link", "clicks", "unique clicks"],
        warehouse.execute(statement("top_links", root=_SQL), chosen).fetchall(),
    )
    readers = table(
        "Readers: who read how often",
        ["contact", "received", "opened", "opens", "clicks", "first open", "last open"],
        [
            [_minute(cell) if isinstance(cell, datetime) else cell for cell in row]
            for row in warehouse.execute(
                statement("top_readers", root=_SQL), {"most": _MOST_READERS}
            ).fetchall()
        ],
    )
    return "\n\n".join([campaigns, links, readers])


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _short(detail: str, width: int = 60) -> str:
    return detail if len(detail) <= width else f"{detail[: width - 1]}…"
