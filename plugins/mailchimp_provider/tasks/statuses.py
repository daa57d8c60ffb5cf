"""Tasks of ``pull_statuses``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.error_words import at_place
from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.tasks.collections import write_back_members


@fail_without_retry()
def find_audiences() -> list[str]:
    """Codes of the collections that have an audience."""
    from crm_mailchimp.sync.members.pull_statuses import mapped_codes

    with opened() as connections:
        return mapped_codes(connections.warehouse())


@fail_without_retry()
def pull(collection_code: str) -> dict[str, int]:
    """Pull back one audience; returns its members by status.

    Raises:
        AirflowSkipException: the collection is being synced, which pulls back too.
    """
    from crm_mailchimp.sync.members.pull_statuses import pull_statuses

    with at_place(f"collection {collection_code}"), opened() as connections:
        crm = connections.crm(autocommit=True)
        counts = pull_statuses(
            connections.warehouse(), connections.accounts(), collection_code, crm=crm
        )
    if counts is None:
        raise AirflowSkipException(f"collection {collection_code} is being synced")
    return counts


@fail_without_retry()
def write_back() -> dict[str, int] | None:
    """Write to the CRM what changed, where that is switched on; returns the rows written."""
    return write_back_members()


@fail_without_retry()
def report_late() -> list[str]:
    """Alert about collections that have not succeeded for too long; returns their codes."""
    from crm_mailchimp.settings import AlertSettings, Schedules, require_usable
    from crm_mailchimp.sync.runs import run_alerts
    from mailchimp_provider.alerts import deliver
    from mailchimp_provider.metrics import measure_ages

    with opened() as connections:
        late = run_alerts.alert_about_late(
            connections.warehouse(), connections.crm(), run_alerts.usable_alert_times(), deliver
        )
        measure_ages(connections.warehouse())
    require_usable({AlertSettings: (), Schedules: "pull_schedule"})
    return [trouble.collection_code for trouble in late]
