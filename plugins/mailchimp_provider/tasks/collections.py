"""Tasks of ``sync_collections``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.error_words import at_place
from mailchimp_provider.connections import data_docs_folder, opened
from mailchimp_provider.links import AUDIENCE_PAGE, page_url
from mailchimp_provider.outcomes import Problems, fail_without_retry
from mailchimp_provider.run_notes import leave_note
from mailchimp_provider.spans import note_figures


@fail_without_retry()
def stage(params: Mapping[str, Any], run_id: str) -> int:
    """Copy the CRM's rows and judge each contact; returns the staging id."""
    from crm_mailchimp.sync.staging import stage as staging

    with opened() as connections:
        crm, crm_query = connections.crm_snapshot()
        return staging.stage(
            connections.warehouse(),
            crm,
            crm_query,
            run_id=run_id,
            codes=params["collections"],
            dry_run=params["dry_run"],
            full_refresh=params["full_refresh"],
        )


@fail_without_retry()
def check(staging_id: int) -> list[str]:
    """Great Expectations on the snapshot; returns the codes of what is synced.

    These are collections with an audience of their own, and shared audiences.
    """
    from crm_mailchimp.quality.invariants import check as check_invariants
    from crm_mailchimp.sync.staging.stagings import codes_to_sync, require_staging

    with opened() as connections:
        warehouse = connections.warehouse()
        require_staging(warehouse, staging_id)
        check_invariants(
            warehouse,
            staging_id=staging_id,
            data_docs=data_docs_folder() / f"staging-{staging_id}",
        )
        return codes_to_sync(warehouse, staging_id)


@fail_without_retry()
def sync_collection(
    staging_id: int, collection_code: str, params: Mapping[str, Any], ti: Any
) -> dict[str, object]:
    """Pull back, plan, guard and push one collection; returns its state and counts.

    Raises:
        AirflowSkipException: the collection is blocked. So its task is not green, and no alert
            takes it for a failure.
    """
    return carry_out(staging_id, collection_code, params, ti, read_only=params["dry_run"])


def carry_out(
    staging_id: int, collection_code: str, params: Mapping[str, Any], ti: Any, *, read_only: bool
) -> dict[str, object]:
    """The work of a collection's task.

    Args:
        staging_id: what the task ``stage`` returned.
        collection_code: the collection.
        params: of the run.
        ti: the task instance.
        read_only: the client of Mailchimp refuses every request but GET.
    """
    from crm_mailchimp.setting_group import SettingError
    from crm_mailchimp.sync.audience.audience_map import web_id_of
    from crm_mailchimp.sync.runs.collection_sync import sync_collection as synchronise
    from crm_mailchimp.sync.runs.sync_options import cautious_options, read_sync_options

    try:
        options = read_sync_options(approved_plan=params["approved_plan"])
    except SettingError:  # named once, by `finish`
        options = cautious_options(approved_plan=params["approved_plan"])
    with at_place(f"collection {collection_code}"), opened() as connections:
        warehouse, accounts = connections.warehouse(), connections.accounts(read_only=read_only)
        result = synchronise(
            warehouse,
            connections.crm(autocommit=True),
            accounts,
            staging_id=staging_id,
            collection_code=collection_code,
            options=options,
        )
        provider = accounts.opened(result.account)
        page = (
            provider.audience_page(web_id_of(warehouse, result.list_id))
            if provider is not None and result.list_id
            else None
        )
    if page:
        ti.xcom_push(key=AUDIENCE_PAGE, value=page)
    result.require_success()
    outcome = {"state": result.state, **result.counts}
    note_figures(outcome)
    if result.state == "blocked":
        ti.xcom_push(key="return_value", value=outcome)  # a skipped task returns nothing
        raise AirflowSkipException(f"collection {collection_code} is blocked: {result.detail}")
    return outcome


@fail_without_retry()
def finish(staging_id: int | None, params: Mapping[str, Any], ti: Any) -> dict[str, int]:
    """Alerts, counts, write-back; fails if a collection failed or a setting is wrong. The problem
    of one part stops none of the others. After a dry run there is nothing to write or to alert."""
    from crm_mailchimp import settings
    from crm_mailchimp.sync.runs import run_alerts
    from crm_mailchimp.sync.runs.contact_attributes import note_contact_attributes
    from crm_mailchimp.sync.runs.contact_limits import note_contact_limits
    from crm_mailchimp.sync.runs.finish import CollectionsFailedError, summarise_run
    from crm_mailchimp.sync.runs.sync_thresholds import usable_thresholds
    from mailchimp_provider.alerts import deliver
    from mailchimp_provider.metrics import count_run

    if staging_id is None:
        raise CollectionsFailedError("nothing was staged: see the task 'stage'")
    problems = Problems()
    with opened() as connections:
        warehouse = connections.warehouse()
        if not params["dry_run"]:
            times = run_alerts.usable_alert_times()
            run_alerts.alert_about_run(warehouse, staging_id, times, deliver)
            run_alerts.alert_about_thresholds(warehouse, staging_id, usable_thresholds(), deliver)
            with problems.noted():
                note_contact_attributes(warehouse, staging_id)
            with problems.noted():
                note_contact_limits(warehouse)
            run_alerts.alert_about_bill(warehouse, times, deliver)
        summary = summarise_run(warehouse, staging_id)
    if not params["dry_run"]:
        count_run(summary)
        note_figures(summary.counts)
    if summary.note:
        leave_note(ti, f"{summary.note}\nwhat to do: {page_url()}")
    with problems.noted():
        if not params["dry_run"]:
            write_back_members(compare=bool(params["full_refresh"]))
    with problems.noted():
        summary.require_success()
    with problems.noted():
        settings.require_usable(
            {
                settings.SyncSettings: (),
                settings.QuestionSettings: "approval_ask_again_hours",
                settings.AlertSettings: (),
                settings.ThresholdSettings: (),
                settings.DataDocsSettings: (),
                settings.Schedules: "sync_schedule",
            }
        )
    problems.require_none()
    return summary.counts


def write_back_members(*, compare: bool = False) -> dict[str, int] | None:
    """Write to the CRM what became of its contacts; None where ``WRITE_BACK_MEMBERS`` is off.

    Args:
        compare: read the CRM's whole table first, whatever was written before.

    Raises:
        SettingError: ``WRITE_BACK_MEMBERS`` is neither true nor false.
    """
    from crm_mailchimp.sync.members import write_back

    if not write_back.members_are_written_back():
        return None
    with opened() as connections:
        written = write_back.write_back_members(
            connections.warehouse(), connections.crm(), compare=compare
        )
    return asdict(written)
