"""Tasks of ``approve_removals``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import opened
from mailchimp_provider.links import plan_url
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.run_notes import leave_note, note_if_paused


@fail_without_retry()
def find_questions(
    staging_id: int | None, params: Mapping[str, Any], ti: Any
) -> list[dict[str, Any]]:
    """Runs of ``approve_removals`` for the open plans of a run's collections.

    A plan's run has the plan's number in its id: one run asks about a plan.
    """
    from crm_mailchimp.sync.decisions.approval import open_plans

    if staging_id is None or params["dry_run"]:
        return []
    with opened() as connections:
        plans = open_plans(connections.warehouse(), staging_id)
    note_if_paused(ti, "approve_removals", plans)
    within = timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours)
    return [
        {"trigger_run_id": plan.run_id("plan", within), "conf": {"plan_id": plan.number}}
        for plan in plans
    ]


@fail_without_retry()
def find_request(params: Mapping[str, Any]) -> dict[str, object]:
    """The plan to decide on: how many members, of how many, why.

    Raises:
        AirflowSkipException: no plan waits for a decision, or this one does not any more.
    """
    from crm_mailchimp.sync.decisions import approval

    questions = QuestionSettings.read()
    with opened() as connections:
        try:
            request = approval.find_removal_request(
                connections.warehouse(),
                plan_id=params["plan_id"],
                collection_code=params["collection"],
            )
        except approval.AlreadyDecidedError as error:
            raise AirflowSkipException(str(error)) from None
    if request is None:
        raise AirflowSkipException("no removal plan waits for a decision")
    return {
        "plan_id": request.plan_id,
        "subject": request.subject,
        "body": (
            f"{request.body(questions.approval_ask_again_hours)}\n\n"
            f"[Everybody of this plan]({plan_url(request.run_id)}), with a file for a spreadsheet."
        ),
        "sync_params": request.sync_params,
    }


@fail_without_retry()
def decide(
    request: Mapping[str, Any], answer: Mapping[str, object] | None, ti: Any
) -> dict[str, object] | None:
    """Store the decision; returns the params of the sync when it is an approval.

    An approval that comes too late starts nothing. The run's note says so.
    """
    from crm_mailchimp.sync.decisions import approval
    from crm_mailchimp.sync.decisions.answer import read_decision

    decision, decided_by = read_decision(answer)
    with opened() as connections:
        try:
            approved = approval.decide_removals(
                connections.warehouse(), int(request["plan_id"]), decision, decided_by=decided_by
            )
        except approval.AlreadyDecidedError as error:
            leave_note(ti, str(error))
            return None
    if not approved:
        hours = QuestionSettings.read_usable().approval_ask_again_hours
        leave_note(
            ti,
            "nobody is removed. "
            + (
                f"The same members are asked about again in {hours:g} hours"
                if decision == "rejected"
                else "Nobody answered in time: the next sync asks again"
            ),
        )
    return request["sync_params"] if approved else None
