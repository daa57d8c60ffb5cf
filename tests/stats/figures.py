"""A busy campaign, a run over it, and how its figures compare."""

from __future__ import annotations

from typing import Any

import psycopg

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.reconciliation import (
    UnexplainedFiguresError,
    require_explained,
)
from listed_campaigns import campaigns_to_read
from stats.simulated_account import Account, Campaign

URL = "https://example.gr/προσφορά"


def busy(campaign_id: str = "καμπάνια1") -> Campaign:
    """Ten recipients, each with two opens and a click."""
    campaign = Campaign(campaign_id)
    campaign.send(10)
    for number, member in enumerate(campaign.recipients):
        campaign.happens(member, "open", 60 + number)
        campaign.happens(member, "open", 90 + number)
        campaign.happens(member, "click", 100 + number, url=URL)
    return campaign


def run(warehouse: psycopg.Connection[Any], account: Account) -> list[str]:
    chosen = campaigns_to_read(warehouse, account)
    extract_campaigns(warehouse, account, chosen)
    return chosen


def differences(warehouse: psycopg.Connection[Any]) -> dict[str, tuple[Any, ...]]:
    """Difference, unexplained part and explanation of each metric that differs."""
    found = warehouse.execute(
        "select metric, difference, unexplained, explanation from stats.reconciliation"
        " where difference <> 0"
    ).fetchall()
    warehouse.commit()
    return {metric: tuple(rest) for metric, *rest in found}


def wait(warehouse: psycopg.Connection[Any], hours: float) -> None:
    """As if so much time had passed since anything was read."""
    for table, column in (
        ("stream_state", "next_reading_at"),
        ("stream_state", "gap_since"),
        ("reconciliation", "unexplained_since"),
    ):
        warehouse.execute(
            f"update stats.{table} set {column} = {column} - make_interval(mins => %s)",
            (int(hours * 60),),
        )
    warehouse.commit()


def is_blocked(warehouse: psycopg.Connection[Any], *, hours: int = 0) -> bool:
    try:
        require_explained(warehouse, hours=hours)
    except UnexplainedFiguresError:
        return True
    finally:
        warehouse.commit()
    return False
