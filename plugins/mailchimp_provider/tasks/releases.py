"""Tasks of ``release_campaigns``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.run_notes import leave_note


@fail_without_retry()
def find_request(params: Mapping[str, Any]) -> dict[str, object]:
    """The closed gate to ask about.

    Raises:
        AirflowSkipException: the gate has opened, or has closed for more reasons.
    """
    from crm_mailchimp.campaigns import release
    from crm_mailchimp.campaigns.campaign_options import read_campaign_options

    QuestionSettings.read()
    read_campaign_options()  # nobody answers in vain
    gate_id = params["gate_id"]
    with opened() as connections:
        request = release.find_release_request(connections.warehouse(), gate_id)
    if request is None:
        raise AirflowSkipException(f"gate {gate_id} has opened, or closed for more, meanwhile")
    return {
        "gate_id": request.gate_id,
        "subject": request.subject,
        "body": request.body,
        "conf": {"campaigns": [request.campaign_code]},
    }


@fail_without_retry()
def decide(request: Mapping[str, Any], answer: Mapping[str, object] | None, ti: Any) -> object:
    """Store the answer; returns the params of the next run when it is an approval.

    An approval that comes too late starts nothing. The run's note says so.
    """
    from crm_mailchimp.campaigns.campaign_options import read_campaign_options
    from crm_mailchimp.campaigns.release import AnsweredLateError, decide_release
    from crm_mailchimp.sync.decisions.answer import read_decision

    decision, decided_by = read_decision(answer)
    options = read_campaign_options()
    ask_again_after = timedelta(hours=QuestionSettings.read().approval_ask_again_hours)
    with opened() as connections:
        try:
            released = decide_release(
                connections.warehouse(),
                int(request["gate_id"]),
                decision,
                holds=options.release_holds,
                ask_again_after=ask_again_after,
                decided_by=decided_by,
            )
        except AnsweredLateError as error:
            leave_note(ti, str(error))
            return None
    return request["conf"] if released else None
