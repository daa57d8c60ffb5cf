"""
# refresh_marts

Catches up the `mart` tables that dashboards read (`campaign_performance`, `contact_engagement`,
`link_performance`, …) with what changed in `stats` and in the sync's ledger. docs/stats.md lists
them all.

**When.** Whenever `extract_reports` has brought something. By hand at any time: it only counts
anew what changed, and dashboards go on reading meanwhile.

**Setting.** Days and hours are those of `REPORT_TIME_ZONE` (an IANA name such as `Europe/Athens`);
without it, of Airflow's own default time zone.

**Params**

- `rebuild`: count everything anew, not only what changed. Never needed, and always safe: what
  retention has removed stays counted.

**When something is wrong.** The error names `REPORT_TIME_ZONE`: correct it. A run that failed or
was cut off loses nothing: the next one takes up what it left.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Asset, Param, dag, get_current_context, task

from mailchimp_provider.alerts import FailureAlert

STATS = Asset("crm_mailchimp_stats")
MARTS = Asset("crm_mailchimp_marts")


@dag(
    dag_id="refresh_marts",
    schedule=[STATS],
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=2),
    },
    params={
        "rebuild": Param(False, type="boolean", description="Count everything anew"),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "reports"],
    doc_md=__doc__,
)
def refresh_marts() -> None:
    @task(outlets=[MARTS])
    def refresh() -> dict[str, int]:
        """Count anew what changed; returns the rows counted."""
        from dataclasses import asdict

        from crm_mailchimp.stats.marts import refresh_marts as catch_up
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry
        from mailchimp_provider.time_zones import known_to_postgres, report_time_zone

        rebuild = get_current_context()["params"]["rebuild"]
        with fail_without_retry(), warehouse_connection() as warehouse:
            time_zone = report_time_zone()
            with known_to_postgres(time_zone):
                return asdict(catch_up(warehouse, time_zone=time_zone, rebuild=rebuild))

    refresh()


refresh_marts()
