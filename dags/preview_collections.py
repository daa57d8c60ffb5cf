"""
# preview_collections

Shows what `sync_collections` would do, and does nothing: the safe first step. It copies the CRM's
rows, checks them, reads the audiences in Mailchimp, and makes the plan. It cannot write to
Mailchimp: its client refuses every request but GET. It writes nothing to the CRM.

**When.** By hand only. It has no schedule, and is not paused after the installation.

**Params**

- `collections`: codes of the collections to look at. Empty: all active ones with a provider.
- `dry_run`: always true.
- `full_refresh`: plan as if the fields of each member were pushed again.
- `approved_plan`: plan as if this removal plan, which a person approved, were carried out.

**The plan.** Airflow's menu, *Mailchimp*, *Previews*: contact ids, actions and reasons, and a file
for a spreadsheet. The run's note has the address. On the command line:
`python -m crm_mailchimp.sync plan --run <run id>`.

**Rerun.** Clear any task at any time, or start another run.

**When something is wrong**

- *A collection is `blocked`* (its task is skipped): a real run would stop there too. The detail in
  `sync.collection_run` says why and what to do.
- *A collection `failed`*: the detail names the rule, the parameter or Mailchimp's answer.
- *"this client only reads"*: the preview was about to write, and was stopped. Please report it.

**What it keeps.** The snapshot and the plan are dropped after `KEEP_STAGING_DAYS`. Statuses read in
Mailchimp are kept: the next sync continues there.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.operators.collection import collection_task
from mailchimp_provider.tasks import collections, previews


@dag(
    **dag_header(
        runbook=__doc__,
        description="What a sync would do, without doing it: it can only read in Mailchimp.",
        topic="sync",
        retry_delay=timedelta(minutes=2),
        task_timeout=timedelta(hours=12),
        on_failure=FailureAlert(),
        runs_unless_paused=True,
    ),
    params={
        "collections": Param(
            [], type="array", items={"type": "string"}, description="Only these codes; empty: all"
        ),
        "dry_run": Param(True, type="boolean", const=True, description="Always: it only reads"),
        "full_refresh": Param(
            False, type="boolean", description="As if every member's fields were pushed again"
        ),
        "approved_plan": Param(
            None, type=["null", "integer"], description="As if this approved plan were carried out"
        ),
    },
)
def preview_collections() -> None:
    staging_id = task(previews.stage)()
    codes = task(collections.check)(staging_id)
    preview_collection = collection_task(previews.preview_collection)
    previewed = preview_collection.partial(staging_id=staging_id).expand(collection_code=codes)
    previewed >> task(previews.finish, trigger_rule="all_done")(staging_id)


preview_collections()
