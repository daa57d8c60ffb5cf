"""Airflow plugin: what Airflow's scheduler gets of ours, the timetable and the notes on runs."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from mailchimp_provider import run_notes
from mailchimp_provider.next_tick import NextTickTimetable


class MailchimpScheduler(AirflowPlugin):
    """Unpausing a DAG starts nothing; a run says what waits for a person."""

    name = "mailchimp_scheduler"
    timetables = [NextTickTimetable]  # noqa: RUF012 - Airflow's own form
    listeners: list[Any] = [run_notes]  # noqa: RUF012
