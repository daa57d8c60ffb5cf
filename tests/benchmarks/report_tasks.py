"""The tasks of ``extract_reports``, each to be run in a process of its own.

They do what the functions of ``mailchimp_provider.tasks.reports`` do, without Airflow.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.place import Place
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.extract import extract_campaigns
from listed_campaigns import campaigns_to_read


def choose_campaigns(place: Place) -> list[str]:
    """Ids of the campaigns that have news."""
    with open_session(place.warehouse) as warehouse, place.provider() as provider:
        return campaigns_to_read(warehouse, provider)


def read_campaigns(place: Place, campaign_ids: Sequence[str]) -> dict[str, int]:
    """Everything new of some campaigns; returns the rows read by stream."""
    with open_session(place.warehouse) as warehouse, place.provider() as provider:
        return extract_campaigns(
            warehouse, provider, campaign_ids, connect=lambda: open_session(place.warehouse)
        )


def read_all(place: Place) -> list[str]:
    """What a run of ``extract_reports`` does, in one task; returns the campaigns with news."""
    with open_session(place.warehouse) as warehouse, place.provider() as provider:
        chosen = campaigns_to_read(warehouse, provider)
        extract_campaigns(
            warehouse, provider, chosen, connect=lambda: open_session(place.warehouse)
        )
        extract_audiences(warehouse, provider)
        return chosen
