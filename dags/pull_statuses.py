"""
# pull_statuses

Reads back what people did in Mailchimp: they unsubscribed, complained, bounced, confirmed or were
archived. It goes audience by audience and pushes nothing. It is the first part of
`sync_collections`, run more often.

**When.** Every 15 minutes, or as `PULL_SCHEDULE` says (a cron expression; empty: by hand only). If
a sync works on an audience, the audience is skipped: the sync reads it back itself.

**Afterwards.** The CRM gets the changes (`crm.provider_member_status`) if `WRITE_BACK_MEMBERS` is
true. Collections without a succeeded run for `ALERT_LATE_HOURS` cause an alert.

**Rerun.** Clear any task at any time. Reading twice changes nothing.

**When something is wrong**

- *One `pull` failed*: its log shows Mailchimp's answer. "404" means that the audience was deleted
  in Mailchimp; the collection's own run says what to do. The other audiences were read.
- *`write_back` fails*: the login of `crm_db` needs `SELECT`, `INSERT`, `UPDATE` and `DELETE` on
  `crm.provider_member_status`, and `TEMPORARY` on the database.
- *A task names an environment variable*: correct it (docs/settings.md). The run did the rest.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.tasks import statuses


@dag(
    **dag_header(
        runbook=__doc__,
        description="Unsubscribes, bounces and confirmations come back from Mailchimp.",
        topic="sync",
        schedule=Schedules.read_usable().pull_schedule,
        retries=1,
        task_timeout=timedelta(hours=6),
        on_task_failure=FailureAlert(quiet_for=timedelta(hours=6)),
    ),
)
def pull_statuses() -> None:
    pull = task(statuses.pull, map_index_template="{{ task.op_kwargs['collection_code'] }}")
    write_back = task(statuses.write_back, trigger_rule="all_done")
    report_late = task(statuses.report_late, trigger_rule="all_done")

    pulled = pull.expand(collection_code=task(statuses.find_audiences)())
    # The two go ahead whatever happened; this one makes the run fail where a pull did.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    pulled >> [write_back(), report_late(), complete]


pull_statuses()
