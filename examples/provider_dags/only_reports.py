"""
# only_reports

Brings campaign reports from Mailchimp into a Postgres database, and counts the tables for
dashboards. It needs no CRM, and changes nothing in Mailchimp.

**Settings.** Two connections: `mailchimp_default`, and `warehouse_db`. The command
`python -m crm_mailchimp.warehouse migrate` makes the tables once, and again after each upgrade.

**Params**

- `since`, `until`: read all campaigns sent in this period again from their start (ISO 8601).
- `campaigns`: read only these campaign ids, again from their start.
- `accept_differences`: a reason. Differences that nobody can explain are accepted after this run.
- `rebuild`: count all tables for dashboards again.

**Rerun.** Clear any task, or start another run, at any time. Nothing is counted twice.

**When something is wrong**

- *A warning says that the CRM cannot be asked*: without a CRM that is right.
- *`check_figures` fails*: figures differ from Mailchimp's own for more than a day. Its message says
  where.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.tasks import reports


@dag(
    doc_md=__doc__,
    description="Campaign reports come from Mailchimp into a database, without a CRM.",
    tags=["mailchimp", "example"],
    schedule="0 */6 * * *",
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's own time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(hours=12),
    },
    # Without ALERT_… settings it only writes into the log.
    on_failure_callback=FailureAlert(),
    params={
        "since": Param(None, type=["null", "string"], description="Sent from this time on"),
        "until": Param(None, type=["null", "string"], description="Sent before this time"),
        "campaigns": Param(
            [], type="array", items={"type": "string"}, description="Only these campaign ids"
        ),
        "accept_differences": Param(
            None, type=["null", "string"], description="Why remaining differences are accepted"
        ),
        "rebuild": Param(False, type="boolean", description="Count everything again"),
    },
)
def only_reports() -> None:
    chosen = task(reports.choose_campaigns)()
    read = [
        task(reports.read_campaigns).expand(campaign_ids=chosen),
        task(reports.read_audiences)(),
    ]
    chosen >> read[1]
    # A campaign that could not be read keeps neither the check nor the counting from the others.
    checked = task(reports.check_figures, trigger_rule="all_done_min_one_success")()
    refreshed = task(reports.refresh)()
    read >> checked >> refreshed
    # Its failure names what is wrong with an account or a setting.
    [*read, refreshed] >> task(reports.finish, trigger_rule="none_failed")(chosen["problems"])


only_reports()
