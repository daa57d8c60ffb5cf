"""
# sync_collections

Takes the CRM's contact collections into Mailchimp audiences: snapshot, checks, then one task per
collection that pulls back what happened in Mailchimp, plans, and pushes only what changed.

**When.** Hourly, or as `SYNC_SCHEDULE` says (a cron expression; empty for by hand only).

**Params**

- `collections`: codes of the collections to sync; empty means all active ones with a provider.
- `dry_run`: make the plan and change nothing; see `sync.collection_run.detail`, and who it is
  about with `python -m crm_mailchimp.sync plan --run <run id>` (a table, or a CSV file).
- `full_refresh`: list the audiences in full and push the fields of every member again.
- `approved_plan`: id of a removal plan that a person approved (set by `approve_removals`).

**Rerun.** Clear any task at any time. A mapped `sync_collection` goes on where it stopped: after
each call to Mailchimp its outcome is committed. Clearing `stage` takes a new snapshot.

**When something is wrong**

- *A collection is `blocked`*: a person decides. `sync.collection_run.detail` begins with the
  reason and says what to do; the other collections went on. Withdrawals, complaints and erasures
  went out all the same, as they do for collections that failed or are inactive.
- *A collection `failed`*: the detail names the rule, the parameter or Mailchimp's answer. The run
  is red, the other collections were synced.
- *`check` says an invariant is broken*: the Data Docs show which, in numbers. Only that
  collection is held back.
- *"staging … lost rows"*: the warehouse crashed meanwhile. Clear `stage`.
- *Why was this person mailed, or not?* `python -m crm_mailchimp.sync explain`.

**Never.** Nobody is subscribed again who left, nobody is mailed without a consent in force, nobody
is removed in bulk without a person's word.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert

AUDIENCES = Asset("crm_mailchimp_audiences")


@dag(
    dag_id="sync_collections",
    schedule=Schedules.read_usable().sync_schedule or None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=12),
    },
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
    tags=["mailchimp", "sync"],
    doc_md=__doc__,
)
def sync_collections() -> None:
    @task(on_failure_callback=FailureAlert())
    def stage() -> int:
        """Snapshot of the CRM and a verdict for every contact; returns the staging id."""
        from crm_mailchimp.sync import stage as staging
        from mailchimp_provider.connections import crm_snapshot_connections, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        params = context["params"]
        with (
            fail_without_retry(),
            warehouse_connection() as warehouse,
            crm_snapshot_connections() as (crm, crm_query),
        ):
            return staging.stage(
                warehouse,
                crm,
                crm_query,
                run_id=context["run_id"],
                codes=params["collections"],
                dry_run=params["dry_run"],
                full_refresh=params["full_refresh"],
            )

    @task(on_failure_callback=FailureAlert())
    def check(staging_id: int) -> list[str]:
        """Great Expectations on the snapshot; returns the codes of its collections."""
        from crm_mailchimp.quality.invariants import check as check_invariants
        from crm_mailchimp.sync.stagings import require_staging, staged_codes
        from mailchimp_provider.connections import (
            data_docs_folder,
            warehouse_connection,
            warehouse_url,
        )
        from mailchimp_provider.outcomes import fail_without_retry

        with fail_without_retry(), warehouse_connection() as warehouse:
            require_staging(warehouse, staging_id)
            check_invariants(
                warehouse,
                staging_id=staging_id,
                warehouse_url=warehouse_url(),
                data_docs=data_docs_folder() / f"staging-{staging_id}",
            )
            return staged_codes(warehouse, staging_id)

    @task(map_index_template="{{ collection_code }}")
    def sync_collection(staging_id: int, collection_code: str) -> dict[str, object]:
        """Pull back, plan, guard and push one collection; returns its state and counts."""
        from crm_mailchimp.settings import SettingError
        from crm_mailchimp.sync.collection import sync_collection as synchronise
        from crm_mailchimp.sync.options import cautious_options, options_from
        from mailchimp_provider.connections import crm_connection, mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        context["collection_code"] = collection_code
        approved_plan = context["params"]["approved_plan"]
        try:
            options = options_from(approved_plan=approved_plan)
        except SettingError:  # named once, by `finish`
            options = cautious_options(approved_plan=approved_plan)
        with (
            fail_without_retry(),
            warehouse_connection() as warehouse,
            crm_connection() as crm,
            mailchimp() as provider,
        ):
            crm.autocommit = True
            result = synchronise(
                warehouse,
                crm,
                provider,
                staging_id=staging_id,
                collection_code=collection_code,
                options=options,
            )
            result.require_success()
            return {"state": result.state, **result.counts}

    @task(
        trigger_rule="all_done",
        outlets=[AUDIENCES],
        on_failure_callback=FailureAlert(unless_announced=True),
    )
    def finish(staging_id: int | None) -> dict[str, int]:
        """Alerts, counts, write-back; fails the run if a collection failed."""
        from mailchimp_provider.outcomes import fail_without_retry
        from mailchimp_provider.run_end import end_run

        with fail_without_retry():
            return end_run(staging_id)

    staging_id = stage()
    codes = check(staging_id)
    synced = sync_collection.partial(staging_id=staging_id).expand(collection_code=codes)
    synced >> finish(staging_id)


sync_collections()
