"""
# release_campaigns

Asks a person whether a campaign may pass a closed gate. `sync_campaigns` starts it for gates that
are closed for nothing but what a person may release: an old or troubled sync of the audience, an
unexpected number of recipients, a sender's domain that Mailchimp does not list. The consent rule,
Mailchimp's own checklist and an unverified domain are never released.

**When.** Started by `sync_campaigns` and `send_campaigns`, once for the same reasons; or by hand.
One run asks about one gate and stays open until somebody answers; others ask beside it.

**Params**

- `gate_id`: the decision to ask about (`gate_id` in `sync.campaign_gate`).

**Answer.** Airflow, *Required Actions* (or the task `ask`): the campaign, its recipients, the
reasons.

- *Approve* releases these very reasons for `CAMPAIGN_RELEASE_HOLDS` minutes and starts
  `sync_campaigns` for that campaign. The gate is asked again: another number of recipients, or
  another reason, closes it again.
- *Reject*, or no answer within `APPROVAL_TIMEOUT_HOURS` (default 24), releases nothing.

**Rerun.** Clear any task at any time. The first answer about a gate stands. An answer to a question
whose gate has opened, or closed for more, meanwhile releases nothing.

**When something is wrong**

- *All tasks are skipped*: the gate has opened, or closed for something else, meanwhile.
- *"nobody may release that"*: do what the reason says; it is a person's consent, most likely.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task

from crm_mailchimp.settings import QuestionSettings
from crm_mailchimp.sync.approval import APPROVE, REJECT
from mailchimp_provider.alerts import FailureAlert


@dag(
    dag_id="release_campaigns",
    schedule=None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    # Each asks about another gate, and may stay open for a day: none waits for another's answer.
    max_active_runs=64,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=10),
    },
    params={"gate_id": Param(0, type="integer", description="Decision in sync.campaign_gate")},
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "campaigns"],
    doc_md=__doc__,
)
def release_campaigns() -> None:
    @task
    def find_request() -> dict[str, object]:
        """What is asked; skips when the gate is as it was no more."""
        from airflow.sdk.exceptions import AirflowSkipException

        from crm_mailchimp.campaigns.options import options_from
        from crm_mailchimp.campaigns.release import find_request as find
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        gate_id = get_current_context()["params"]["gate_id"]
        with fail_without_retry():
            QuestionSettings.read()
        with fail_without_retry(), warehouse_connection() as warehouse:
            options_from()  # nobody answers in vain
            request = find(warehouse, gate_id)
        if request is None:
            raise AirflowSkipException(f"gate {gate_id} has opened, or closed for more, meanwhile")
        return {
            "gate_id": request.gate_id,
            "subject": request.subject,
            "body": request.body,
            "conf": {"campaigns": [request.campaign_code]},
        }

    # Not mapped, and not an ApprovalOperator: a rejection is stored too, and only `decide` lets
    # the campaign go on.
    ask = HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull(task_ids='find_request')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='find_request')['body'] }}",
        options=[APPROVE, REJECT],
        # Airflow asks anew when the answer comes the very moment it was asked.
        retry_delay=timedelta(seconds=5),
        defaults=[REJECT],
        response_timeout=timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours),
    )

    @task.short_circuit
    def decide(request: dict[str, object], answer: dict[str, object] | None) -> object:
        """Store the answer; the params of the next run when it is an approval."""
        from crm_mailchimp.campaigns.options import options_from
        from crm_mailchimp.campaigns.release import decide_release
        from crm_mailchimp.sync.approval import read_answer
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        decision, decided_by = read_answer(answer)
        with fail_without_retry(), warehouse_connection() as warehouse:
            released = decide_release(
                warehouse,
                int(str(request["gate_id"])),
                decision,
                holds=options_from().release_holds,
                decided_by=decided_by,
            )
        return request["conf"] if released else None

    request = find_request()
    decided = decide(request, ask.output)
    go_on = TriggerDagRunOperator(task_id="go_on", trigger_dag_id="sync_campaigns", conf=decided)
    request >> ask
    decided >> go_on


release_campaigns()
