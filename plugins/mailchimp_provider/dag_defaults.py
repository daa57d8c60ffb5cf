"""What all DAGs have in common: owner, first day, retries, time limits, alerts, and the assets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from airflow import settings
from airflow.sdk import Asset

from mailchimp_provider.alerts import FailureAlert, RecoveryNotice
from mailchimp_provider.next_tick import NextTickTimetable

#: Updated when members have changed in Mailchimp.
AUDIENCES = Asset("crm_mailchimp_audiences")
#: Updated when reports have come into ``stats``; starts ``refresh_marts``.
STATS = Asset("crm_mailchimp_stats")
#: Updated when dashboards have something new to read.
MARTS = Asset("crm_mailchimp_marts")

#: In Airflow's own time zone. Nothing is caught up, so the day itself does not matter.
_FIRST_DAY = datetime(2026, 1, 1)  # noqa: DTZ001


def dag_header(
    *,
    runbook: str | None,
    description: str,
    topic: str,
    task_timeout: timedelta,
    schedule: str | Sequence[Asset] | NextTickTimetable | None = None,
    max_active_runs: int = 1,
    retries: int = 2,
    retry_delay: timedelta = timedelta(minutes=1),
    retry_exponential_backoff: bool = False,
    priority_weight: int = 1,
    on_failure: FailureAlert | None = None,
    on_task_failure: FailureAlert | None = None,
    runs_unless_paused: bool = False,
) -> dict[str, Any]:
    """Arguments of ``@dag``; what a DAG does not name is the same in all of them.

    Args:
        runbook: the docstring of the DAG file.
        description: one sentence for the list of DAGs.
        topic: a tag beside ``mailchimp``.
        task_timeout: after so long a task counts as hanging.
        schedule: a cron expression, assets, or None (or an empty text) to run by hand only.
        max_active_runs: how many runs may be active. More than one needs a lock of its own.
        retries: how often a task is tried again.
        retry_delay: between two attempts.
        retry_exponential_backoff: whether the delay doubles each time.
        priority_weight: of the tasks; more goes first.
        on_failure: who hears of a failed run; None leaves that to the tasks.
        on_task_failure: who hears of each failed task. Only this one knows the account.
        runs_unless_paused: the DAG is not paused when Airflow meets it first. Only for DAGs that
            do nothing by themselves: a person or another DAG starts their runs. Airflow starts no
            run of a paused DAG.
    """
    if isinstance(schedule, str):
        schedule = NextTickTimetable(schedule, timezone=settings.TIMEZONE) if schedule else None
    return {
        "doc_md": runbook,
        "description": description,
        "tags": ["mailchimp", topic],
        "schedule": schedule,
        "start_date": _FIRST_DAY,
        "catchup": False,
        "is_paused_upon_creation": False if runs_unless_paused else None,
        "max_active_runs": max_active_runs,
        "default_args": {
            "owner": "crm-mailchimp",
            "retries": retries,
            "retry_delay": retry_delay,
            "retry_exponential_backoff": retry_exponential_backoff,
            "execution_timeout": task_timeout,
            "priority_weight": priority_weight,
            "on_failure_callback": on_task_failure,
        },
        "on_failure_callback": on_failure,
        "on_success_callback": RecoveryNotice(),
    }
