"""Tasks of ``approve_removals``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry


@fail_without_retry()
def find_request(params: Mapping[str, Any]) -> dict[str, object]:
    """The plan to decide on: how many members, of how many, why.

    Raises:
        AirflowSkipException: no plan waits for a decision.
    """
    from crm_mailchimp.sync.decisions import approval

    QuestionSettings.read()
    with opened() as connections:
        request = approval.find_removal_request(
            connections.warehouse(),
            plan_id=params["plan_id"],
            collection_code=params["collection"],
        )
    if request is None:
        raise AirflowSkipException("no removal plan waits for a decision")
    return {
        "plan_id": request.plan_id,
        "subject": request.subject,
        "body": request.body,
        "sync_params": request.sync_params,
    }


@fail_without_retry()
def decide(request: Mapping[str, Any], answer: Mapping[str, object] | None) -> object:
    """Store the decision; returns the params of the sync when it is an approval."""
    from crm_mailchimp.sync.decisions import approval
    from crm_mailchimp.sync.decisions.answer import read_decision

    decision, decided_by = read_decision(answer)
    with opened() as connections:
        approved = approval.decide_removals(
            connections.warehouse(), int(request["plan_id"]), decision, decided_by=decided_by
        )
    return request["sync_params"] if approved else None
