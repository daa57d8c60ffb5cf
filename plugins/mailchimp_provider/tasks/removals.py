"""Tasks of ``approve_removals``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import opened
from mailchimp_provider.links import collection_url, page_url, plan_url
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.run_notes import leave_note, paused_words


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
    if words := paused_words(ti, "approve_removals", plans):
        leave_note(ti, "\n".join(words))
    within = timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours)
    return [
        {"trigger_run_id": plan.run_id("plan", within), "conf": {"plan_id": plan.number}}
        for plan in plans
    ]


@fail_without_retry()
def find_request(params: Mapping[str, Any], ti: Any) -> dict[str, object]:
    """The plan to decide on: how many members, of how many, why.

    Raises:
        AirflowFailException: no such plan or collection is known.
        AirflowSkipException: no plan waits for a decision, or this one does not any more. The
            run's note says so.
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
            leave_note(ti, f"nobody is asked: {error}")
            raise AirflowSkipException(str(error)) from None
    if request is None:
        code = params["collection"]
        words = f"no removal plan{f' of collection {code}' if code else ''} waits for a decision"
        leave_note(ti, f"nobody is asked: {words}; see {page_url()}")
        raise AirflowSkipException(words)
    return {
        "plan_id": request.plan_id,
        "collection_code": request.collection_code,
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

    The run's note says what the answer does. An approval that comes too late starts nothing.
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
    code = str(request["collection_code"])
    hours = QuestionSettings.read_usable().approval_ask_again_hours
    words = {
        "approved": "approved. sync_collections is started for it, and removes nobody outside the"
        " plan",
        "rejected": "rejected, so nobody is removed. The same members are asked about again in"
        f" {hours:g} hours",
        "timed_out": "nobody answered in time, so nobody is removed. The next sync asks again",
    }[decision]
    leave_note(
        ti, f"removals of {code} (plan {request['plan_id']}): {words}; see {collection_url(code)}"
    )
    return request["sync_params"] if approved else None
