"""What the ends of runs have in common: telling the CRM, telling people."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import asdict

from crm_mailchimp.settings import (
    AlertSettings,
    DataDocsSettings,
    RetentionSettings,
    Schedules,
    SyncSettings,
    require_usable,
)
from crm_mailchimp.sync import alerts
from crm_mailchimp.sync import write_back as members
from crm_mailchimp.sync.finish import CollectionsFailedError, summarise
from crm_mailchimp.sync.stagings import drop_staging
from mailchimp_provider.alerts import deliver
from mailchimp_provider.connections import crm_connection, warehouse_connection
from mailchimp_provider.outcomes import Problems

log = logging.getLogger(__name__)


def end_run(staging_id: int | None) -> dict[str, int]:
    """Alerts, counts, old snapshots, write-back; the problem of one stops none of the others.

    Args:
        staging_id: of the run; None where nothing was staged.

    Raises:
        PermanentError: a collection failed, or a setting of the sync is wrong.
    """
    if staging_id is None:
        raise CollectionsFailedError("nothing was staged: see the task 'stage'")
    problems = Problems()
    alert_about_run(staging_id)
    with warehouse_connection() as warehouse:
        summary = summarise(warehouse, staging_id)
        with problems.noted():
            keep_days = RetentionSettings.read(only="keep_staging_days").keep_staging_days
            drop_staging(warehouse, keep_days=keep_days)
    with problems.noted():
        write_back_members()
    with problems.noted():
        summary.require_success()
    with problems.noted():
        require_usable(
            {SyncSettings: (), AlertSettings: (), DataDocsSettings: (), Schedules: "sync_schedule"}
        )
    problems.require_none()
    return summary.counts


def write_back_members() -> dict[str, int] | None:
    """Tell the CRM what became of its contacts; None where ``WRITE_BACK_MEMBERS`` is not on.

    Raises:
        SettingError: ``WRITE_BACK_MEMBERS`` is neither yes nor no.
    """
    if not members.members_are_written_back():
        return None
    with closing(warehouse_connection()) as warehouse, closing(crm_connection()) as crm:
        return asdict(members.write_back_members(warehouse, crm))


def alert_about_run(staging_id: int) -> list[str]:
    """Alert about the run's blocked and failed collections; returns the codes told now."""
    times = alerts.usable_alert_times()
    with closing(warehouse_connection()) as warehouse:
        told = alerts.alert_about_run(warehouse, staging_id, times, deliver)
    return [trouble.collection_code for trouble in told]


def alert_about_late() -> list[str]:
    """Alert about collections that have not succeeded for too long; returns the codes told now."""
    times = alerts.usable_alert_times()
    with closing(warehouse_connection()) as warehouse, closing(crm_connection()) as crm:
        told = alerts.alert_about_late(warehouse, crm, times, deliver)
    return [trouble.collection_code for trouble in told]


def alert_about_undecided() -> list[str]:
    """Alert about requests for erasure that somebody has to decide; returns who was told now."""
    times = alerts.usable_alert_times()
    with closing(warehouse_connection()) as warehouse, closing(crm_connection()) as crm:
        told = alerts.alert_about_undecided(warehouse, crm, times, deliver)
    return [trouble.collection_code for trouble in told]
