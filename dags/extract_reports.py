"""
# extract_reports

Brings campaign reports from Mailchimp into the warehouse's `stats` tables:

- campaigns, report snapshots and parts of A/B tests
- recipients, opens, clicks, bounces, unsubscribes and complaints
- links, domains and locations
- audiences with their months and days, and the activity of members that left

Then it compares the figures with Mailchimp's own, and `refresh_marts` follows by itself.

**When.** Every 6 hours, or as `REPORTS_SCHEDULE` says (a cron expression; empty: by hand only).
Each run reads the lists of campaigns and of reports, a thousand a call. It reads more of a
campaign only if its figures changed, or if a difference is due for another look.

**Params**

- `since`, `until`: read all campaigns sent in this period again from their start (ISO 8601;
  without a zone: UTC). Empty: campaigns with news.
- `campaigns`: read only these (Mailchimp's campaign ids), again from their start. Each mail of an
  RSS campaign has an id of its own.
- `accept_differences`: a reason. It accepts differences without explanation after this run, in the
  campaigns that the other params choose. `stats.accepted_difference` keeps who, when, why and how
  much. An acceptance holds while the difference does not grow.

**Rerun and backfill.** Clear any task, or start another run, at any time. Campaign, member, action,
time, link and the place within that second identify an event. So nothing is counted twice. For a
backfill start a run with `since` and `until`. A cleared task continues at the stream where it
stopped.

**The first run** on an account with old campaigns meets members that were deleted before anybody
looked. Mailchimp's totals count them, its lists do not, and nothing can name them. Look at
`stats.reconciliation`, then run a backfill over those old campaigns with `accept_differences`.

**When something is wrong**

- *A mapped `read_campaigns` failed*: its message names campaign, stream and field. All other
  campaigns and streams were read. Clear the task once the cause is gone.
- *"expected …, got …"*: Mailchimp changed the type of a field; the message names stream and
  field.
- *Figures differ*: `select * from stats.reconciliation where difference <> 0` says what, by how
  much and why. The next run reads a difference again, then runs after 6, 12, 24 hours and so on
  for two weeks. If anything stays `unexplained` for a day, `check_figures` fails and says where.
  Dashboards keep yesterday's figures until the difference is corrected or accepted.
- *`left_out_rows`*: rows of a report could not be read, and all others were loaded. The column
  `detail` says how many of which stream, and why. They stop nothing, and nobody accepts them. The
  log of `check_figures` names them, too. A developer changes the stream's shape.
- *Figures seem old*: `select * from stats.stream_state` says when each stream was last read.
- *`finish` names an environment variable*: correct it (docs/settings.md). The run did the rest.

**Several accounts.** Each account's lists are read, and a batch of campaigns is in one account. If
an account cannot be asked, only its own reports wait. `read_audiences` or `finish` then fails and
names its connection.

**Limits.** One extract at a time for one campaign (an advisory lock in the warehouse). Never more
than 8 connections to Mailchimp for a whole account.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import STATS, dag_header
from mailchimp_provider.tasks import reports


@dag(
    **dag_header(
        runbook=__doc__,
        description="Campaign reports come from Mailchimp into the warehouse.",
        topic="reports",
        schedule=Schedules.read_usable().reports_schedule,
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=True,
        task_timeout=timedelta(hours=12),
        on_failure=FailureAlert(),
    ),
    params={
        "since": Param(None, type=["null", "string"], description="Sent from this time on"),
        "until": Param(None, type=["null", "string"], description="Sent before this time"),
        "campaigns": Param(
            [], type="array", items={"type": "string"}, description="Only these campaign ids"
        ),
        "accept_differences": Param(
            None, type=["null", "string"], description="Why remaining differences are accepted"
        ),
    },
)
def extract_reports() -> None:
    read_campaigns = task(
        reports.read_campaigns, map_index_template="{{ task.op_kwargs['campaign_ids'][0] }}"
    )
    # A campaign that could not be read keeps neither the check nor the dashboards from the others.
    check_figures = task(reports.check_figures, trigger_rule="all_done_min_one_success")
    finish = task(reports.finish, trigger_rule="none_failed")

    chosen = task(reports.choose_campaigns)()
    read = [read_campaigns.expand(campaign_ids=chosen), task(reports.read_audiences)()]
    chosen >> read[1]
    announced = task(reports.announce, outlets=[STATS])()
    read >> check_figures() >> announced
    [*read, announced] >> finish(chosen["problems"])


extract_reports()
