"""Tasks of ``release_campaigns``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import opened
from mailchimp_provider.links import campaign_url, page_url
from mailchimp_provider.outcomes import fail_without_retry
from mailchimp_provider.run_notes import leave_note


@fail_without_retry()
def find_request(params: Mapping[str, Any], ti: Any) -> dict[str, object]:
    """The closed gate to ask about: the one named, or the newest that waits.

    Raises:
        AirflowFailException: no such gate or campaign is known.
        AirflowSkipException: no gate waits for a decision, or this one does not any more. The
            run's note says so.
    """
    from crm_mailchimp.campaigns import release
    from crm_mailchimp.campaigns.campaign_options import read_campaign_options

    QuestionSettings.read()
    read_campaign_options()  # nobody answers in vain
    code = params["campaign"]
    with opened() as connections:
        try:
            request = release.find_release_request(
                connections.warehouse(), gate_id=params["gate_id"], campaign_code=code
            )
        except release.EndedRequestError as error:
            leave_note(ti, f"nobody is asked: {error}")
            raise AirflowSkipException(str(error)) from None
    if request is None:
        words = f"no closed gate{f' of campaign {code}' if code else ''} waits for a decision"
        leave_note(ti, f"nobody is asked: {words}; see {page_url()}")
        raise AirflowSkipException(words)
    return {
        "gate_id": request.gate_id,
        "campaign_code": request.campaign_code,
        "subject": request.subject,
        "body": request.body,
        "conf": {"campaigns": [request.campaign_code]},
    }


@fail_without_retry()
def decide(request: Mapping[str, Any], answer: Mapping[str, object] | None, ti: Any) -> object:
    """Store the answer; returns the params of the next run when it is an approval.

    The run's note says what the answer does. An approval that comes too late starts nothing.
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
    code = str(request["campaign_code"])
    words = {
        "approved": f"approved for {_hours(options.release_holds)} hours. sync_campaigns is"
        " started for it, and asks the gate again",
        "rejected": "rejected, so nothing is released. The same reasons are asked about again in"
        f" {_hours(ask_again_after)} hours",
        "timed_out": "nobody answered in time, so nothing is released. The same reasons are asked"
        f" about again in {_hours(options.release_holds)} hours",
    }["approved" if released else decision]
    leave_note(
        ti, f"campaign {code} (gate {request['gate_id']}): {words}; see {campaign_url(code)}"
    )
    return request["conf"] if released else None


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):g}"
