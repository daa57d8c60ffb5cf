"""What the warehouse holds after reports were read."""

from __future__ import annotations

import psycopg

from benchmarks.place import Place
from crm_mailchimp.rows import read_value


def differing_figures(place: Place) -> dict[str | None, int]:
    """How many figures differ from Mailchimp's, by explanation.

    The sandbox's people go on reading meanwhile.
    """
    with psycopg.connect(place.warehouse) as warehouse:
        found = warehouse.execute(
            "select explanation, count(*) from stats.reconciliation where difference <> 0"
            " group by 1"
        ).fetchall()
    return dict(found)


def events_of(place: Place, campaign_id: str) -> int:
    """How many opens, clicks and bounces of a campaign are stored."""
    with psycopg.connect(place.warehouse) as warehouse:
        return read_value(
            warehouse,
            int,
            "select count(*) from stats.campaign_activities where campaign_id = %s",
            (campaign_id,),
        )
