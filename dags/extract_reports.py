"""
# extract_reports

Brings campaign reports from Mailchimp into the warehouse's `stats` tables: campaigns, report
snapshots, recipients, opens, clicks, bounces, unsubscribes, complaints, links, domains, locations
and audience growth. Then `refresh_marts` follows by itself.

**When.** Every 6 hours, or as `REPORTS_SCHEDULE` says (a cron expression; empty for by hand only).
Lists of campaigns and of reports are read each time, a thousand a call; only campaigns whose
figures have changed are read further.

**Params**

- `since`, `until`: read all campaigns sent in this period again from their start (ISO 8601;
  without a zone: UTC). Empty: whatever has news.
- `campaigns`: read only these (Mailchimp's campaign ids), again from their start.

**Rerun and backfill.** Clear any task or start another run at any time: an event is known by
campaign, member, action, time, link and its place within that second, so nothing is counted twice.
For a backfill trigger a run with `since` and `until`. A task that died goes on at the stream where
it stopped.

**When something is wrong**

- *A mapped `read_campaigns` failed*: its log names the campaign and the stream. Clear the task.
- *"expected …, got …"*: Mailchimp changed the type of a field; the message names stream and field.
- *Figures differ*: `select * from stats.reconciliation where difference <> 0` says what, by how
  much and why. `unexplained` is read again at the next run; if it stays for a day,
  `check_figures` fails and says where. Dashboards are refreshed all the same.
- *Numbers seem old*: `select * from stats.stream_state` says when each stream was last read.

**Keeps apart.** One extract at a time for one campaign (an advisory lock in the warehouse), and
never more than 8 connections to Mailchimp for the whole account.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

STATS = Asset("crm_mailchimp_stats")


@dag(
    dag_id="extract_reports",
    schedule=os.environ.get("REPORTS_SCHEDULE", "0 */6 * * *") or None,
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
    },
    tags=["mailchimp", "reports"],
    doc_md=__doc__,
)
def extract_reports() -> None:
    @task
    def choose_campaigns() -> list[list[str]]:
        """Ids of the campaigns worth reading, in batches."""
        from crm_mailchimp.stats.extract import batches_of_campaigns, campaigns_to_read
        from crm_mailchimp.stats.period import parse_period
        from mailchimp_provider.connections import mailchimp, warehouse_connection

        params = get_current_context()["params"]
        since, until = parse_period(params["since"], params["until"])
        with warehouse_connection() as warehouse, mailchimp() as provider:
            return batches_of_campaigns(
                campaigns_to_read(
                    warehouse, provider, since=since, until=until, campaigns=params["campaigns"]
                )
            )

    @task(map_index_template="{{ first_campaign }}")
    def read_campaigns(campaign_ids: list[str]) -> dict[str, int]:
        """Everything new of a batch of campaigns; returns the rows read by stream."""
        from crm_mailchimp.stats.extract import extract_campaigns
        from crm_mailchimp.sync.retention import ages_from, ips_kept_since
        from mailchimp_provider.connections import mailchimp, warehouse_connection

        context = get_current_context()
        context["first_campaign"] = campaign_ids[0]
        params = context["params"]
        full = bool(params["since"] or params["until"] or params["campaigns"])
        with warehouse_connection() as warehouse, mailchimp() as provider:
            return extract_campaigns(
                warehouse,
                provider,
                campaign_ids,
                full=full,
                ips_since=ips_kept_since(ages_from()),
            )

    @task
    def read_audience_growth() -> int:
        """Audiences, their months and days once a day, activity of who left; returns rows read."""
        from crm_mailchimp.stats.audience_extract import extract_audiences
        from crm_mailchimp.sync.retention import ages_from, events_kept_since
        from mailchimp_provider.connections import mailchimp, warehouse_connection

        with warehouse_connection() as warehouse, mailchimp() as provider:
            return extract_audiences(warehouse, provider, since=events_kept_since(ages_from()))

    @task(trigger_rule="none_failed", outlets=[STATS])
    def announce() -> dict[str, int]:
        """Tell who waits for `stats`; returns how many figures agree with Mailchimp's."""
        from crm_mailchimp.stats.reconciliation import summarise
        from mailchimp_provider.connections import warehouse_connection

        with warehouse_connection() as warehouse:
            return summarise(warehouse)

    @task
    def check_figures() -> None:
        """Insist that what differs from Mailchimp's figures is explained within a day."""
        from crm_mailchimp.stats.reconciliation import require_explained
        from mailchimp_provider.connections import warehouse_connection

        with warehouse_connection() as warehouse:
            require_explained(warehouse)

    chosen = choose_campaigns()
    read = read_campaigns.expand(campaign_ids=chosen)
    growth = read_audience_growth()
    chosen >> growth
    announced = announce()
    [read, growth] >> announced >> check_figures()


extract_reports()
