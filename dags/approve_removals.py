"""
# approve_removals

Asks a person whether many members of one collection may be removed, and syncs the collection
after a yes. A collection waits for this when its run ended `blocked` with `removal_guard` or
`empty_collection`.

**When.** `sync_collections` starts it, once for each plan. Or by hand. One run asks about one plan
of one collection, and stays open until a person answers. Several runs may ask side by side.

**Params**

- `plan_id`: the removal plan to decide on (the number in the collection's `detail`). Empty: the
  newest open one.
- `collection`: only plans of the collection with this code.

**Answer.** Airflow, *Required Actions* (or the task `ask`). It shows how many members would go,
of how many, why, and their contact ids.

- *Approve* stores the approval and starts `sync_collections` for that collection. The sync makes
  a new plan. If that plan removes anybody outside the approved plan, the collection ends `blocked`
  with a new plan. An approval serves one run, and holds for `APPROVAL_VALID_HOURS` (default 24).
  It holds for the audience that the question was about. If members lose a tag, it archives nobody.
- *Reject* removes nobody. A plan with the same members is not asked again for
  `APPROVAL_ASK_AGAIN_HOURS` (default 168). If the members change, it is asked at once. The page
  *Mailchimp* shows the answer.
- No answer within `APPROVAL_TIMEOUT_HOURS` (default 24) removes nobody. The next sync asks again.

The run's note says what the answer does.

**Rerun.** Clear any task at any time. The first decision on a plan counts. A plan that a newer plan
has replaced cannot be approved. The newer plan has a question of its own.

**When something is wrong**

- *All tasks are skipped*: no plan waits for a decision, or this plan does not any more. The run's
  note says so.
- *`find_request` says that a plan or a collection is not known*: correct the param.
- *The run's note says "is already superseded"*: a newer plan of the collection was made while you
  looked. Answer the newer question.
- *Nobody was asked*: this DAG is paused, and Airflow starts no runs of a paused DAG. Unpause it:
  the runs that wait start then.
- *The question comes back after an answer*: the task was tried again. Answer once more. Nothing
  is stored or started before `decide`.
- *Approved, but nothing happens*: the run of `sync_collections` waits for another one, or that
  DAG is paused.
- *`find_request` names `APPROVAL_TIMEOUT_HOURS`*: correct it (docs/settings.md) and run this
  again.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.operators.start_run import StartRun
from mailchimp_provider.questions import ask_person
from mailchimp_provider.tasks import removals


@dag(
    **dag_header(
        runbook=__doc__,
        description="A person decides whether many members of one collection may be removed.",
        topic="sync",
        # Each run asks about another plan, and may stay open for a day.
        max_active_runs=64,
        task_timeout=timedelta(minutes=10),
        runs_unless_paused=True,
        on_failure=FailureAlert(),
    ),
    params={
        "plan_id": Param(
            None, type=["null", "integer"], description="Removal plan; empty: the newest open one"
        ),
        "collection": Param(
            None, type=["null", "string"], description="Only plans of the collection of this code"
        ),
    },
)
def approve_removals() -> None:
    request = task(removals.find_request)()
    ask = ask_person(retry_delay=timedelta(seconds=10))
    decided = task.short_circuit(removals.decide)(request, ask.output)
    start_sync = StartRun(task_id="start_sync", trigger_dag_id="sync_collections", conf=decided)
    request >> ask
    decided >> start_sync


approve_removals()
