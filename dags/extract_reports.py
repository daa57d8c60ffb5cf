"""
# extract_reports

Brings campaign reports from Mailchimp into the warehouse's `stats` tables: campaigns, report
snapshots, parts of A/B tests, recipients, opens, clicks, bounces, unsubscribes, complaints, links,
domains, locations; audiences with their months and days, and what members did that left. Then the
figures are held against Mailchimp's own, and `refresh_marts` follows by itself.

**When.** Every 6 hours, or as `REPORTS_SCHEDULE` says (a cron expression; empty for by hand only).
Lists of campaigns and of reports are read each time, a thousand a call; only campaigns whose
figures have changed, or differ from ours and are due for another look, are read further.

**Params**

- `since`, `until`: read all campaigns sent in this period again from their start (ISO 8601;
  without a zone: UTC). Empty: whatever has news.
- `campaigns`: read only these (Mailchimp's campaign ids), again from their start. Each mail of an
  RSS campaign has an id of its own.
- `accept_differences`: a reason. What still differs without explanation after this run, of the
  campaigns chosen by the other params, is accepted. Who, when, why and how much stands in
  `stats.accepted_difference`. It holds while the difference does not grow.

**Rerun and backfill.** Clear any task or start another run at any time: an event is known by
campaign, member, action, time, link and its place within that second, so nothing is counted twice.
For a backfill trigger a run with `since` and `until`. A task that died goes on at the stream where
it stopped.

**The first run** on an account with old campaigns finds members who were deleted before anybody
looked: Mailchimp's totals count them, its lists do not, and nothing can name them. Look at
`stats.reconciliation`, then run a backfill over those old campaigns with `accept_differences`.

**When something is wrong**

- *A mapped `read_campaigns` failed*: its message names campaign, stream and field. All other
  campaigns and streams were read. Clear the task once the cause is gone.
- *"expected …, got …"*: Mailchimp changed the type of a field; the message names stream and field.
- *Figures differ*: `select * from stats.reconciliation where difference <> 0` says what, by how
  much and why. A difference is read again at the next run, then after 6 hours, 12, 24 and so on for
  two weeks. If anything stays `unexplained` for a day, `check_figures` fails, says where, and
  dashboards keep yesterday's figures until it is mended or accepted.
- *Numbers seem old*: `select * from stats.stream_state` says when each stream was last read.

**Keeps apart.** One extract at a time for one campaign (an advisory lock in the warehouse), and
never more than 8 connections to Mailchimp for the whole account.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert

STATS = Asset("crm_mailchimp_stats")


@dag(
    dag_id="extract_reports",
    schedule=Schedules.read_usable().reports_schedule or None,
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
        "since": Param(
            None, type=["null", "string"], description="Campaigns sent from this time on"
        ),
        "until": Param(
            None, type=["null", "string"], description="Campaigns sent before this time"
        ),
        "campaigns": Param(
            [], type="array", items={"type": "string"}, description="Only these campaign ids"
        ),
        "accept_differences": Param(
            None,
            type=["null", "string"],
            description="Why what still differs after this run is accepted",
        ),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "reports"],
    doc_md=__doc__,
)
def extract_reports() -> None:  # noqa: PLR0915 - a table of small tasks
    @task
    def choose_campaigns() -> list[list[str]]:
        """Ids of the campaigns worth reading, in batches; what is wrong with the lists aside."""
        from crm_mailchimp.stats.extract import (
            UnreadableListError,
            batches_of_campaigns,
            campaigns_to_read,
        )
        from crm_mailchimp.stats.period import parse_period
        from mailchimp_provider.connections import mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        params, problems = context["params"], []
        with fail_without_retry(), warehouse_connection() as warehouse, mailchimp() as provider:
            since, until = parse_period(params["since"], params["until"])
            try:
                chosen = campaigns_to_read(
                    warehouse, provider, since=since, until=until, campaigns=params["campaigns"]
                )
            except UnreadableListError as error:
                chosen = error.campaign_ids
                problems = [str(error)]
        context["ti"].xcom_push(key="problems", value=problems)
        return batches_of_campaigns(chosen)

    @task(map_index_template="{{ first_campaign }}")
    def read_campaigns(campaign_ids: list[str]) -> dict[str, int]:
        """Everything new of a batch of campaigns; returns the rows read by stream."""
        from crm_mailchimp.stats.extract import extract_campaigns
        from crm_mailchimp.sync.retention import cautious_ages, ips_kept_since
        from mailchimp_provider.connections import mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        context["first_campaign"] = campaign_ids[0]
        params = context["params"]
        full = bool(params["since"] or params["until"] or params["campaigns"])
        with fail_without_retry(), warehouse_connection() as warehouse, mailchimp() as provider:
            return extract_campaigns(
                warehouse,
                provider,
                campaign_ids,
                full=full,
                ips_since=ips_kept_since(cautious_ages()),
            )

    @task
    def read_audiences() -> int:
        """Audiences, their months and days once a day, activity of who left; returns rows read."""
        from crm_mailchimp.stats.audience_extract import extract_audiences
        from crm_mailchimp.sync.retention import cautious_ages, events_kept_since
        from mailchimp_provider.connections import mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        with fail_without_retry(), warehouse_connection() as warehouse, mailchimp() as provider:
            return extract_audiences(warehouse, provider, since=events_kept_since(cautious_ages()))

    # A campaign that could not be read keeps neither the check nor the dashboards from the others.
    @task(trigger_rule="all_done_min_one_success")
    def check_figures() -> dict[str, int]:
        """Insist that what differs from Mailchimp's figures is explained within a day."""
        from crm_mailchimp.stats.period import parse_period
        from crm_mailchimp.stats.reconciliation import (
            accept_differences,
            require_explained,
            summarise,
        )
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        context = get_current_context()
        params, run = context["params"], context["dag_run"]
        with fail_without_retry(), warehouse_connection() as warehouse:
            if params["accept_differences"]:
                since, until = parse_period(params["since"], params["until"])
                accept_differences(
                    warehouse,
                    accepted_by=f"{run.triggering_user_name or 'somebody'} (run {run.run_id})",
                    reason=params["accept_differences"],
                    since=since,
                    until=until,
                    campaigns=params["campaigns"],
                )
            require_explained(warehouse)
            return summarise(warehouse)

    @task(outlets=[STATS])
    def announce() -> None:
        """Tell who waits for `stats`."""

    @task(trigger_rule="none_failed")
    def finish(problems: list[str]) -> None:
        """Fail the run if anything in it could not be read, or a setting is wrong."""
        from crm_mailchimp.errors import PermanentError
        from crm_mailchimp.settings import RetentionSettings, require_usable
        from mailchimp_provider.outcomes import Problems, fail_without_retry

        found = Problems()
        with fail_without_retry():
            if problems:
                with found.noted():
                    raise PermanentError("; ".join(problems))
            with found.noted():
                require_usable(
                    {
                        RetentionSettings: ("keep_ips_days", "keep_events_days"),
                        Schedules: "reports_schedule",
                    }
                )
            found.require_none()

    chosen = choose_campaigns()
    read = read_campaigns.expand(campaign_ids=chosen)
    audiences = read_audiences()
    chosen >> audiences
    announced = announce()
    [read, audiences] >> check_figures() >> announced
    [read, audiences, announced] >> finish(chosen["problems"])


extract_reports()
