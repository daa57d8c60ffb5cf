"""Tasks of ``preview_collections``: those of a sync, but nothing is written in Mailchimp."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_provider.connections import opened
from mailchimp_provider.links import plan_url
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.run_notes import leave_note
from mailchimp_provider.tasks import collections


@fail_without_retry()
def stage(params: Mapping[str, Any], run_id: str) -> int:
    """Copy the CRM's rows and judge each contact, for a dry run; returns the staging id."""
    return collections.stage({**params, "dry_run": True}, run_id)


@fail_without_retry()
def preview_collection(
    staging_id: int, collection_code: str, params: Mapping[str, Any], ti: Any
) -> dict[str, object]:
    """Read one audience and plan the collection; returns its state and counts."""
    return collections.carry_out(staging_id, collection_code, params, ti, read_only=True)


@fail_without_retry()
def finish(staging_id: int | None, run_id: str, ti: Any) -> dict[str, int]:
    """Say at the run where its plan is; fails if a collection failed."""
    from crm_mailchimp.sync.decisions.plan_export import planned_collections
    from crm_mailchimp.sync.runs.finish import CollectionsFailedError, summarise_run

    if staging_id is None:
        raise CollectionsFailedError("nothing was staged: see the task 'stage'")
    with opened() as connections:
        warehouse = connections.warehouse()
        summary = summarise_run(warehouse, staging_id)
        guarded = [
            f"{one.collection_code} would be blocked: {one.guard_detail}"
            for one in planned_collections(warehouse, run_id)
            if one.guard_detail
        ]
    lines = [f"the plan: {plan_url(run_id)}", *guarded, *summary.note.splitlines()]
    leave_note(ti, "\n".join(lines))
    summary.require_success()
    return summary.counts
