"""How everything stands, for the page in Airflow: collections, decisions, quarantine, campaigns.

Codes, counts and times; nobody's name or address but the owner's of a collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.statements import statement

#: Campaigns on the page, newest first; all of them are in ``stats.campaign_overview``.
MOST_CAMPAIGNS = 50

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Rows of the statements ``sql/page/*``, by section.

    Attributes:
        collections: as their newest snapshot found them, and how their last run ended.
        removals: removal plans that wait for a person.
        held_back: contacts in quarantine, counted by collection and reason; those with
            ``invalid_field_value`` are pushed, without a field.
        campaigns: the newest ``MOST_CAMPAIGNS``.
    """

    collections: Sequence[Row]
    removals: Sequence[Row]
    held_back: Sequence[Row]
    campaigns: Sequence[Row]


def overview(warehouse: Connection[Any]) -> Overview:
    """How everything stands now; reads only."""
    with warehouse.cursor(row_factory=dict_row) as cursor:
        found = Overview(
            collections=cursor.execute(statement("page/collections")).fetchall(),
            removals=cursor.execute(statement("page/open_removals")).fetchall(),
            held_back=cursor.execute(statement("page/held_back")).fetchall(),
            campaigns=cursor.execute(
                statement("page/campaigns"), {"most": MOST_CAMPAIGNS}
            ).fetchall(),
        )
    warehouse.rollback()
    return found
