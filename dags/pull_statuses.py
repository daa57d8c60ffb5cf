"""
# pull_statuses

Reads back what people did in Mailchimp (unsubscribed, complained, bounced, confirmed, were
archived), audience by audience, without pushing anything: the pull-back step of
`sync_collections`, more often.

**When.** Every 15 minutes, or as `PULL_SCHEDULE` says (a cron expression; empty for by hand only).
An audience that a sync is working on is skipped: the sync pulls back by itself.

**Afterwards.** The CRM is told (`crm.provider_member_status`) if `WRITE_BACK_MEMBERS` is true, and
collections without a succeeded run for `ALERT_LATE_HOURS` are reported.

**Rerun.** Clear any task at any time; reading twice changes nothing.

**When something is wrong**

- *One `pull` failed*: its log says what Mailchimp answered. "404" means that the audience was
  deleted in Mailchimp; the collection's own run says what to do. The others were read.
- *`write_back` fails*: the login of `crm_db` needs `SELECT`, `INSERT`, `UPDATE` and `DELETE` on
  `crm.provider_member_status`, and `TEMPORARY` on the database.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import dag, get_current_context, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert


@dag(
    dag_id="pull_statuses",
    schedule=Schedules.read_usable().pull_schedule or None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=6),
    },
    on_failure_callback=FailureAlert(quiet_for=timedelta(hours=6)),
    tags=["mailchimp", "sync"],
    doc_md=__doc__,
)
def pull_statuses() -> None:
    @task
    def find_audiences() -> list[str]:
        """Codes of the collections that have an audience."""
        from crm_mailchimp.sync.pull_statuses import mapped_codes
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        with fail_without_retry(), warehouse_connection() as warehouse:
            return mapped_codes(warehouse)

    @task(map_index_template="{{ collection_code }}")
    def pull(collection_code: str) -> dict[str, int]:
        """Pull back one audience; returns its members by status."""
        from airflow.sdk.exceptions import AirflowSkipException

        from crm_mailchimp.sync.pull_statuses import pull_statuses as pull_back
        from mailchimp_provider.connections import crm_connection, mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        get_current_context()["collection_code"] = collection_code
        with (
            fail_without_retry(),
            crm_connection() as crm,
            warehouse_connection() as warehouse,
            mailchimp() as provider,
        ):
            crm.autocommit = True
            counts = pull_back(warehouse, provider, collection_code, crm=crm)
        if counts is None:
            raise AirflowSkipException(f"collection {collection_code} is being synced")
        return counts

    @task(trigger_rule="all_done")
    def write_back() -> dict[str, int] | None:
        """Tell the CRM what changed, where that is switched on; returns the rows written."""
        from mailchimp_provider.outcomes import fail_without_retry
        from mailchimp_provider.run_end import write_back_members

        with fail_without_retry():
            return write_back_members()

    @task(trigger_rule="all_done")
    def report_late() -> list[str]:
        """Alert about collections that have not succeeded for too long; returns their codes."""
        from crm_mailchimp.settings import AlertSettings, require_usable
        from mailchimp_provider.outcomes import fail_without_retry
        from mailchimp_provider.run_end import alert_about_late

        with fail_without_retry():
            told = alert_about_late()
            require_usable({AlertSettings: (), Schedules: "pull_schedule"})
        return told

    pulled = pull.expand(collection_code=find_audiences())
    # The two go ahead whatever happened; this one makes the run fail where a pull did.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    pulled >> [write_back(), report_late(), complete]


pull_statuses()
