"""The pipeline's own figures as metrics of Airflow, beside Airflow's own.

They go where Airflow's section ``[metrics]`` sends them: OpenTelemetry or statsd. They are counts,
times and ids of collections. A metric that cannot be sent fails nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from crm_mailchimp.sync.runs.finish import RunSummary

log = logging.getLogger(__name__)

#: Counters of a run of ``sync_collections``, by the count of the run's summary.
_COUNTERS = {
    "added": "mailchimp.sync.added",
    "updated": "mailchimp.sync.updated",
    "removed": "mailchimp.sync.removed",
    "rejected": "mailchimp.sync.rejected",
    "api_calls": "mailchimp.sync.api_calls",
}


def count_run(summary: RunSummary) -> None:
    """Count what a run of ``sync_collections`` did to members, over all its collections."""
    from airflow.sdk.observability import stats  # noqa: PLC0415 - takes seconds

    with _harmless():
        for count, name in _COUNTERS.items():
            stats.incr(name, summary.counts.get(count, 0))
        stats.gauge("mailchimp.sync.held_back", summary.counts.get("quarantined", 0))
        stats.gauge("mailchimp.sync.blocked", len(summary.blocked))
        stats.gauge("mailchimp.sync.failed", len(summary.failed))


def measure_ages(warehouse: Connection[Any]) -> None:
    """Say how many seconds ago each collection last succeeded; rolls back what failed."""
    from airflow.sdk.observability import stats  # noqa: PLC0415 - takes seconds

    from crm_mailchimp.sync.runs.success_ages import success_ages  # noqa: PLC0415 - loads psycopg

    with _harmless():
        try:
            ages = success_ages(warehouse)
        finally:
            warehouse.rollback()
        for age in ages:
            tags = {"collection_id": str(age.collection_id)}
            stats.gauge("mailchimp.sync.last_success_age", age.seconds, tags=tags)
        if ages:
            oldest = max(age.seconds for age in ages)
            stats.gauge("mailchimp.sync.oldest_success_age", oldest)


def count_events(rows_read: Mapping[str, int]) -> None:
    """Count the opens, clicks and bounces that were read.

    Args:
        rows_read: rows by stream, as ``extract_campaigns`` returns them.
    """
    from airflow.sdk.observability import stats  # noqa: PLC0415 - takes seconds

    with _harmless():
        stats.incr("mailchimp.reports.events_read", rows_read.get("activity", 0))


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.warning("metrics not sent: %s", type(error).__name__)
