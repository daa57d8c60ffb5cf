"""
# erase_contacts

Forgets whoever asked to be forgotten (`crm.contact.erasure_requested_at`), and removes what has
reached its age.

**When.** Daily, or as `ERASURE_SCHEDULE` says (a cron expression; empty for by hand only). By hand
at any time, for one person with the param `contacts`.

**Params**

- `contacts`: contact ids; only these people are erased, and only if the CRM says that they asked.
  Empty means all who asked.
- `dry_run`: count, and change nothing.

**What `erase` does, in this order**

1. The suppression list gets a keyed digest of the address and of the contact id. From here on
   nothing pushes the person, whoever else has the address, and whatever backup is restored.
2. Every audience of the account, those made by hand included: the member is permanently deleted,
   under its present address and under the earlier ones that are known. An audience that another
   installation fills is not touched: `left_alone` in the result names it, with how many members
   stay.
3. The person's rows leave staging, members, refusals, proof, quarantine and marts. Events stay
   under a random token, so that the totals of campaigns stay true.
4. A receipt (`sync.erasure_receipt`): when it was asked for, when it was done, how much went. It
   names nobody.

A contact that was merged into the erased one is the same person and goes with it. One that asked
and was merged into another that did not ask is erased, the other is not; the result names both.

**What `report_undecided` does.** Alerts about those (once, then daily): set `erasure_requested_at`
on the survivor too, or undo the merge.

**What `apply_retention` does.** Removes what is older than `KEEP_…_DAYS` says: snapshots, closed
quarantine, ended proof, decided removals, events, IP addresses, logs, Data Docs.

**Rerun.** Clear any task at any time: each step is repeated without harm, what is not there any
more counts as done. Whoever was erased is not looked for in Mailchimp again: if they stand there
once more, they signed up by themselves.

**When something is wrong**

- *"Mailchimp refused to delete members …"*: the contacts are named, and suppressed. Delete them in
  Mailchimp by hand (the member's page: Actions, Permanently delete); the next run finishes them.
- *"did not ask to be erased"*: set `erasure_requested_at` in the CRM first.
- *"sync.suppression … is missing"*: the warehouse was restored without it. Restore
  `sync.suppression`, `sync.suppression_key`, `sync.installation` and `sync.erased_subscriber` from
  the newest backup there is.
- *"members stay in audience …, which another installation fills"*: delete them in Mailchimp by
  hand, or set the request in that installation's CRM.
- *Was this person erased?* `python -m crm_mailchimp.sync explain --email …` says so.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param, conf, dag, get_current_context, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert


@dag(
    dag_id="erase_contacts",
    schedule=Schedules.read_usable().erasure_schedule or None,
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
        "contacts": Param(
            [], type="array", items={"type": "integer"}, description="Only these ids; empty: all"
        ),
        "dry_run": Param(False, type="boolean", description="Count, change nothing"),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "rights"],
    doc_md=__doc__,
)
def erase_contacts() -> None:
    @task
    def erase() -> dict[str, Any]:
        """Forget who asked for it; returns how many, and how much was deleted."""
        from dataclasses import asdict

        from crm_mailchimp.sync.erasure import erase_contacts as forget
        from mailchimp_provider.connections import crm_connection, mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        params = context["params"]
        with (
            fail_without_retry(),
            warehouse_connection() as warehouse,
            crm_connection() as crm,
            mailchimp() as provider,
        ):
            result = forget(
                warehouse,
                crm,
                provider,
                run_id=context["run_id"],
                contacts=params["contacts"],
                dry_run=params["dry_run"],
            )
            return asdict(result)

    @task
    def apply_retention() -> dict[str, int]:
        """Remove what has reached its age; returns how much, by kind."""
        from pathlib import Path

        from crm_mailchimp.settings import DataDocsSettings, RetentionSettings, require_usable
        from crm_mailchimp.sync import retention
        from mailchimp_provider.connections import data_docs_folder, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        if get_current_context()["params"]["dry_run"]:
            return {}
        logs = conf.get("logging", "base_log_folder")
        with fail_without_retry(), warehouse_connection() as warehouse:
            removed = retention.apply(
                warehouse,
                retention.cautious_ages(),
                log_folder=Path(logs) if logs else None,
                data_docs_folder=data_docs_folder(),
            )
            require_usable({RetentionSettings: (), DataDocsSettings: ()})
        return removed

    @task
    def report_undecided() -> list[str]:
        """Alert about who asked and was merged into one that did not; returns who was told."""
        from crm_mailchimp.settings import AlertSettings, require_usable
        from mailchimp_provider.outcomes import fail_without_retry
        from mailchimp_provider.run_end import alert_about_undecided

        if get_current_context()["params"]["dry_run"]:
            return []
        with fail_without_retry():
            told = alert_about_undecided()
            require_usable({AlertSettings: (), Schedules: "erasure_schedule"})
        return told

    # Side by side: none waits for another, and the failure of any fails the run.
    erase()
    report_undecided()
    apply_retention()


erase_contacts()
