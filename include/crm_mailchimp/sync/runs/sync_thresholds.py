"""The thresholds of a sync: how many contacts may be rejected, held back or expired.

Percentages of small numbers say nothing, so each threshold also needs a number of contacts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.settings import ThresholdSettings
from crm_mailchimp.statements import statement

#: What there may be too much of.
Measure = Literal["rejected", "held_back", "expired"]


@dataclass(frozen=True, kw_only=True)
class SyncThresholds:
    """From when on there is too much of something.

    Attributes:
        most_rejected: percentage of the contacts that the run added, updated or saw rejected.
        most_held_back: percentage of the collection's contacts.
        most_expired: percentage of the collection's contacts, for those new in this run.
        least_contacts: of fewer contacts a percentage says nothing.
        least_people: fewer rejected, held back or expired contacts are never too many.
    """

    most_rejected: float
    most_held_back: float
    most_expired: float
    least_contacts: int
    least_people: int


class JudgedCollection(NamedTuple):
    """A collection that the run judged, and what it has too much of."""

    collection_code: str
    too_many: list[Measure]


def usable_thresholds(environment: Mapping[str, str] = os.environ) -> SyncThresholds:
    """The thresholds that the settings give.

    A wrong value counts as not set: it must not end the judging.
    """
    settings = ThresholdSettings.read_usable(environment)
    return SyncThresholds(
        most_rejected=settings.sync_most_rejected,
        most_held_back=settings.sync_most_held_back,
        most_expired=settings.sync_most_expired,
        least_contacts=settings.sync_least_contacts,
        least_people=settings.sync_least_people,
    )


def judge_run(
    warehouse: Connection[Any], staging_id: int, thresholds: SyncThresholds
) -> list[JudgedCollection]:
    """Judge the collections of one run, and store their figures; commits.

    A preview judges nothing. Neither does a run without a whole plan, such as a failed one.

    Args:
        warehouse: not in a transaction.
        staging_id: of the run.
        thresholds: the limits.

    Returns:
        the judged collections, by code.
    """
    judged = read_rows(
        warehouse,
        JudgedCollection,
        statement("sync/judge_thresholds"),
        {"staging_id": staging_id, **asdict(thresholds)},
    )
    warehouse.commit()
    return sorted(judged)
