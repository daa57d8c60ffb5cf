"""
# approve_removals

Asks a person whether many members of one collection may be removed, and syncs it if so. A
collection waits for this when its run ended `blocked` with `removal_guard` or `empty_collection`.

**When.** By hand, after an alert or when `sync.collection_run` says `blocked`. One run asks about
one plan of one collection, and stays open until somebody answers; the next run waits behind it.

**Params**

- `plan_id`: the removal plan to decide on (the number in the collection's `detail`); empty means
  the newest open one.
- `collection`: only plans of the collection with this code.

**Answer.** Airflow, *Required Actions* (or the task `ask`): how many would go, of how many, why,
with contact ids.

- *Approve* stores the approval and starts `sync_collections` for that collection. It plans again:
  nobody outside the approved plan is removed, else it ends `blocked` with a new plan.
  An approval serves that one run, and holds for `APPROVAL_VALID_HOURS` (default 24).
- *Reject*, or no answer within `APPROVAL_TIMEOUT_HOURS` (default 24), removes nobody.

**Rerun.** Clear any task at any time. The first decision on a plan stands. A plan that a newer
one has overtaken cannot be approved: run this again and look at the newest.

**When something is wrong**

- *All tasks are skipped*: no plan waits for a decision.
- *"is superseded already"*: the collection was planned anew while you were looking.
- *The question comes back although it was answered*: the task was retried; answer once more.
  Nothing is stored or started before `decide`.
- *Approved, but nothing happens*: the run of `sync_collections` waits for another one, or that DAG
  is paused.
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
    dag_id="approve_removals",
    schedule=None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=10),
    },
    params={
        "plan_id": Param(
            None, type=["null", "integer"], description="Removal plan; empty: the newest open one"
        ),
        "collection": Param(
            None, type=["null", "string"], description="Only plans of the collection of this code"
        ),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "sync"],
    doc_md=__doc__,
)
def approve_removals() -> None:
    @task
    def find_request() -> dict[str, object]:
        """The plan to decide on: how many, of how many, why; skips when none is open."""
        from airflow.sdk.exceptions import AirflowSkipException

        from crm_mailchimp.sync.approval import find_request as find
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        params = get_current_context()["params"]
        with fail_without_retry():
            QuestionSettings.read()
        with fail_without_retry(), warehouse_connection() as warehouse:
            request = find(
                warehouse, plan_id=params["plan_id"], collection_code=params["collection"]
            )
        if request is None:
            raise AirflowSkipException("no removal plan waits for a decision")
        return {
            "plan_id": request.plan_id,
            "subject": request.subject,
            "body": request.body,
            "sync_params": request.sync_params,
        }

    # Not mapped, and not an ApprovalOperator: a rejection has to be stored too, and only the task
    # `decide` lets the sync start.
    ask = HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull(task_ids='find_request')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='find_request')['body'] }}",
        options=[APPROVE, REJECT],
        defaults=[REJECT],
        retry_delay=timedelta(seconds=10),  # a retry asks anew, and somebody may be looking
        response_timeout=timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours),
    )

    @task.short_circuit
    def decide(request: dict[str, object], answer: dict[str, object] | None) -> object:
        """Store the decision; the params of the sync when it is an approval, else nothing more."""
        from crm_mailchimp.sync.approval import decide as store
        from crm_mailchimp.sync.approval import read_answer
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        decision, decided_by = read_answer(answer)
        with fail_without_retry(), warehouse_connection() as warehouse:
            approved = store(
                warehouse, int(str(request["plan_id"])), decision, decided_by=decided_by
            )
        return request["sync_params"] if approved else None

    request = find_request()
    decided = decide(request, ask.output)
    start_sync = TriggerDagRunOperator(
        task_id="start_sync",
        trigger_dag_id="sync_collections",
        conf=decided,
    )
    request >> ask
    decided >> start_sync


approve_removals()
