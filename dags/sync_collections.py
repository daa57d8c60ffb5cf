"""
# sync_collections

Takes the CRM's contact collections into Mailchimp audiences. It copies the CRM's rows, checks
them, and runs one task for each collection. That task reads back what happened in Mailchimp,
makes the plan, and pushes what changed.

**When.** Hourly, or as `SYNC_SCHEDULE` says (a cron expression; empty: by hand only).

**Params**

- `collections`: codes of the collections to sync. Empty: all active ones with a provider.
- `dry_run`: make the plan and change nothing. `preview_collections` does the same.
- `full_refresh`: list the audiences in full, and push the fields of each member again. The
  write-back compares the CRM's whole table.
- `approved_plan`: id of a removal plan that a person approved. `approve_removals` sets it.

**Rerun.** Clear any task at any time. A cleared `sync_collection` continues where it stopped,
because each answer of Mailchimp is committed. A cleared `stage` makes a new staging.

**When something is wrong**

- *A collection is `blocked`*: its task is skipped. The run's note says why, and what to do. The
  other collections were synced. Withdrawals, complaints and erasures went out, also in collections
  that failed or are inactive. Where a person has to decide about removals, the run starts
  `approve_removals`. Answer under *Required Actions*. A rejected question is asked again if its
  members change, or after `APPROVAL_ASK_AGAIN_HOURS` (default 168).
- *A collection `failed`*: the detail names the rule, the parameter or Mailchimp's answer. The run
  fails, and the other collections were synced.
- *A connection is not defined, or its key is wrong*: the collections of that account failed. All
  others were synced. Correct the connection, or `crm.external_provider`.
- *"nobody is added"*: the collection came from another account, which cannot be read now. People
  may have refused there. Correct that connection.
- *`check` reports a broken invariant*: the Data Docs show it in numbers. Only that collection is
  blocked.
- *"staging … lost rows"*: the warehouse crashed meanwhile. Clear `stage`.
- *`finish` names an environment variable*: correct it (docs/settings.md). The run did the rest.
- *Why did this person get mail, or not?* `python -m crm_mailchimp.sync explain`.

- *People stay `pending`*: their collection asks new members first (`confirm_new_members`), or they
  withdrew earlier. They get mail after they confirm. Nobody is asked twice.
- *`marketing_permissions_unmapped`*: the audience has GDPR fields. Enter the permission that the
  detail lists in `crm.contact_collection.marketing_permission`.

**Never.** Nobody is subscribed again after their own opt-out. Nobody gets mail without a consent
in force. Nobody is removed in bulk without a person's approval.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import AUDIENCES, dag_header
from mailchimp_provider.operators.collection import collection_task
from mailchimp_provider.operators.start_run import StartRun
from mailchimp_provider.tasks import collections, removals


@dag(
    **dag_header(
        runbook=__doc__,
        description="Contacts of the CRM's collections go to Mailchimp audiences: only changes.",
        topic="sync",
        schedule=Schedules.read_usable().sync_schedule,
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=True,
        task_timeout=timedelta(hours=12),
        on_failure=None,  # `finish` informs about collections, and each task about itself
    ),
    params={
        "collections": Param(
            [], type="array", items={"type": "string"}, description="Only these codes; empty: all"
        ),
        "dry_run": Param(False, type="boolean", description="Show the plan, change nothing"),
        "full_refresh": Param(
            False, type="boolean", description="List audiences in full, push every member again"
        ),
        "approved_plan": Param(
            None, type=["null", "integer"], description="Removal plan that a person approved"
        ),
    },
)
def sync_collections() -> None:
    stage = task(collections.stage, on_failure_callback=FailureAlert())
    check = task(collections.check, on_failure_callback=FailureAlert())
    sync_collection = collection_task(collections.sync_collection)
    find_questions = task(
        removals.find_questions, trigger_rule="all_done", on_failure_callback=FailureAlert()
    )
    finish = task(
        collections.finish,
        trigger_rule="all_done",
        outlets=[AUDIENCES],
        on_failure_callback=FailureAlert(unless_announced=True),
    )

    staging_id = stage()
    codes = check(staging_id)
    synced = sync_collection.partial(staging_id=staging_id).expand(collection_code=codes)
    finished, questions = finish(staging_id), find_questions(staging_id)
    synced >> [finished, questions]
    asked = StartRun.partial(
        task_id="ask_for_approval",
        trigger_dag_id="approve_removals",
        skip_when_already_exists=True,
        on_failure_callback=FailureAlert(),
    ).expand_kwargs(questions)
    # The run fails when any of them did, whatever came after it.
    complete = EmptyOperator(
        task_id="complete", trigger_rule="none_failed", on_failure_callback=FailureAlert()
    )
    [finished, asked] >> complete


sync_collections()
