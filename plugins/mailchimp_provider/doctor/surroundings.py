"""Looks at the settings, the folder of Data Docs, and Airflow's own configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator

from airflow.configuration import conf

from crm_mailchimp.readiness.finding import Check, Verdict
from crm_mailchimp.readiness.surroundings import folder_of_data_docs, usable_settings
from crm_mailchimp.settings import AlertSettings, DataDocsSettings
from crm_mailchimp.warehouse.connection_slots import SLOT_COUNT
from mailchimp_provider.connections import data_docs_folder, is_undefined_connection
from mailchimp_provider.doctor.airflow_database import pool_slots
from mailchimp_provider.time_zones import report_time_zone

#: The connection through which mail goes.
SMTP = "smtp_default"
#: A run waits in one task while another works.
_FEWEST_TASKS = 2


def surrounding_checks() -> Iterator[Check]:
    """Settings, Data Docs, and what Airflow is configured to do."""
    yield Check(subject="settings", look=lambda: usable_settings(os.environ))
    yield Check(subject="settings", look=_data_docs)
    yield Check(subject="alerts", look=_alerts)
    yield Check(subject="airflow", look=_auth_manager)
    yield Check(subject="airflow", look=_executor)
    yield Check(subject="airflow", look=_tasks_at_once)
    yield Check(subject="airflow", look=_time_zones)


def _data_docs() -> Iterator[tuple[Verdict, str]]:
    is_chosen = DataDocsSettings.read_usable().data_docs_dir is not None
    return folder_of_data_docs(data_docs_folder(), is_chosen=is_chosen)


def _alerts() -> Iterator[tuple[Verdict, str]]:
    settings = AlertSettings.read_usable()
    channels = {
        "mail (ALERT_EMAILS)": settings.alert_emails,
        "webhook (ALERT_WEBHOOK_URL)": settings.alert_webhook_url,
        "calls (ALERT_EVENTS_KEY)": settings.alert_events_key,
    }
    chosen = [name for name, value in channels.items() if value]
    if not chosen:
        yield (
            "note",
            "nobody hears of trouble: ALERT_EMAILS, ALERT_WEBHOOK_URL and ALERT_EVENTS_KEY are"
            " empty",
        )
        return
    problem = _mail_problem(settings) if settings.alert_emails else None
    if problem:
        yield "to do", f"alerts by mail reach nobody: {problem}"
    else:
        yield "fine", f"alerts go out by {', '.join(chosen)}. The doctor sends none"


def _mail_problem(settings: AlertSettings) -> str | None:
    from airflow.sdk import BaseHook  # noqa: PLC0415 - takes seconds

    try:
        connection = BaseHook.get_connection(SMTP)
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        return (
            f"connection {SMTP} is not defined (Admin, Connections, type SMTP, or"
            f" AIRFLOW_CONN_{SMTP.upper()} in the environment)"
        )
    if settings.alert_from_email or connection.extra_dejson.get("from_email"):
        return None
    return "they have no sender. Set ALERT_FROM_EMAIL"


def _auth_manager() -> Iterator[tuple[Verdict, str]]:
    name = str(conf.get("core", "auth_manager")).rpartition(".")[2]
    if name != "SimpleAuthManager":
        yield "fine", f"people log in by {name}"
    elif conf.getboolean("core", "simple_auth_manager_all_admins"):
        yield (
            "to do",
            "everybody who reaches the page of Airflow is its administrator: unset"
            " core.simple_auth_manager_all_admins, and configure core.auth_manager (FAB, Keycloak)",
        )
    else:
        yield (
            "note",
            "people log in by a file of users (SimpleAuthManager). That suits a team behind a VPN;"
            " elsewhere configure core.auth_manager (FAB, Keycloak)",
        )


def _executor() -> Iterator[tuple[Verdict, str]]:
    yield "fine", f"tasks run by {conf.get('core', 'executor')}"
    if str(conf.get("database", "sql_alchemy_conn")).startswith("sqlite"):
        yield (
            "to do",
            "Airflow's own database is SQLite, which is for trying only: set"
            " database.sql_alchemy_conn to a Postgres database",
        )
    else:
        yield "fine", "Airflow's own database is a server"


def _tasks_at_once() -> Iterator[tuple[Verdict, str]]:
    slots = pool_slots("default_pool")
    if slots is None:
        yield "to do", "the pool default_pool is missing: make it (airflow pools set)"
        return
    limits = {
        "the pool default_pool": slots,
        "core.parallelism": conf.getint("core", "parallelism"),
    }
    per_dag = conf.getint("core", "max_active_tasks_per_dag")
    limits["core.max_active_tasks_per_dag"] = per_dag
    # 0 and negative numbers of slots mean: no limit.
    narrow = {name: number for name, number in limits.items() if number > 0}
    name, number = min(narrow.items(), key=lambda one: one[1], default=("", 0))
    if not narrow:
        yield "note", f"no limit on tasks; {SLOT_COUNT} of an account's tasks use Mailchimp at once"
    elif number < _FEWEST_TASKS:
        yield "to do", f"only {number} task runs at once ({name}): raise it to {SLOT_COUNT} or more"
    elif number < SLOT_COUNT:
        yield (
            "note",
            f"{number} tasks run at once ({name}), and each account has {SLOT_COUNT} slots: raise"
            " it if syncs take too long",
        )
    else:
        yield (
            "fine",
            f"{number} tasks of a DAG run at once ({name}). Of these, {SLOT_COUNT} use a Mailchimp"
            " account at a time, the others wait",
        )


def _time_zones() -> Iterator[tuple[Verdict, str]]:
    name = str(conf.get("core", "default_timezone"))
    yield "fine", f"schedules are in the time zone {name}, and the marts in {report_time_zone()}"
