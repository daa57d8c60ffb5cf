"""
# refresh_marts

Updates the `mart` tables for dashboards (`campaign_performance`, `contact_engagement`,
`link_performance`, …) from `stats` and `sync.member`. The page docs/stats.md lists them all.

**When.** After each `extract_reports` that brought something. By hand at any time: it counts only
what changed, and dashboards can read meanwhile.

**Settings.** Days and hours are those of `REPORT_TIME_ZONE`, a name of IANA's database such as
`Europe/Athens`. Without it they are those of Airflow's default time zone. After
`REFRESH_MARTS_HOURS` (default 2) the task is ended.

**Params**

- `rebuild`: count everything again, not only what changed. It is always safe. A migration
  that needs it sets it by itself. Events that retention has removed stay counted.

**Rerun.** Clear the task at any time. A run that failed loses nothing: the next one continues.

**When something is wrong**

- *The error names `REPORT_TIME_ZONE` or `REFRESH_MARTS_HOURS`*: correct it (docs/settings.md), and
  run this again.
- *`AirflowTaskTimeout`*: there was more to count than `REFRESH_MARTS_HOURS` allows. It counts
  everything or nothing, so dashboards stay as they were, and nothing is lost. Two more attempts end
  the same way. Give it more hours (docs/scale.md says how many), restart Airflow's components, and
  clear the task.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from crm_mailchimp.settings import ReportSettings
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import MARTS, STATS, dag_header
from mailchimp_provider.tasks import reports


@dag(
    **dag_header(
        runbook=__doc__,
        description="Tables for dashboards catch up with the reports.",
        topic="reports",
        schedule=[STATS],
        task_timeout=timedelta(hours=ReportSettings.read_usable().refresh_marts_hours),
        on_failure=FailureAlert(),
    ),
    params={
        "rebuild": Param(False, type="boolean", description="Count everything again"),
    },
)
def refresh_marts() -> None:
    task(reports.refresh, outlets=[MARTS])()


refresh_marts()
