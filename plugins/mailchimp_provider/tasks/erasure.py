"""Tasks of ``erase_contacts``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from airflow.sdk import conf

from mailchimp_provider.connections import data_docs_folder, opened
from mailchimp_provider.outcomes import fail_without_retry

log = logging.getLogger(__name__)


@fail_without_retry()
def erase(params: Mapping[str, Any], run_id: str) -> dict[str, object]:
    """Forget the people who asked for it; returns how many, and how much was deleted."""
    from crm_mailchimp.data_protection.erasure import erase_contacts

    with opened() as connections:
        result = erase_contacts(
            connections.warehouse(),
            connections.crm(),
            connections.accounts(),
            run_id=run_id,
            contacts=params["contacts"],
            dry_run=params["dry_run"],
        )
        return asdict(result)


@fail_without_retry()
def apply_retention(params: Mapping[str, Any]) -> dict[str, int]:
    """Remove what has reached its age; returns how much, by kind."""
    from crm_mailchimp.accounts import DEFAULT_ACCOUNT
    from crm_mailchimp.data_protection import present_time, retention
    from crm_mailchimp.error_words import words_of
    from crm_mailchimp.errors import PassingError, ProviderError
    from crm_mailchimp.settings import DataDocsSettings, RetentionSettings, require_usable
    from crm_mailchimp.sync.audience.accounts_in_use import accounts_with_audiences

    if params["dry_run"]:
        return {}
    logs = conf.get("logging", "base_log_folder")
    with opened() as connections:
        warehouse = connections.warehouse()
        mailchimp_time = latest = None
        accounts = connections.accounts()
        for account in accounts_with_audiences(warehouse) or [DEFAULT_ACCOUNT]:
            try:
                with accounts.lent(account) as provider:
                    mailchimp_time = provider.present_time()
            except (ProviderError, PassingError) as error:
                # What is old goes all the same: an account may be closed.
                log.warning("Mailchimp cannot be asked for the time: %s", words_of(error))
            if mailchimp_time is not None:
                break
        if mailchimp_time is None:
            latest = present_time.latest_possible(warehouse)
        removed = retention.apply(
            warehouse,
            retention.cautious_ages(),
            log_folder=Path(logs) if logs else None,
            data_docs_folder=data_docs_folder(),
            mailchimp_time=mailchimp_time,
            latest=latest,
        )
    require_usable({RetentionSettings: (), DataDocsSettings: ()})
    return removed


@fail_without_retry()
def report_undecided(params: Mapping[str, Any]) -> list[str]:
    """Alert about contacts that asked and were merged into one that did not; returns them."""
    from crm_mailchimp.settings import AlertSettings, Schedules, require_usable
    from crm_mailchimp.sync.runs import run_alerts
    from mailchimp_provider.alerts import deliver

    if params["dry_run"]:
        return []
    with opened() as connections:
        undecided = run_alerts.alert_about_undecided(
            connections.warehouse(), connections.crm(), run_alerts.usable_alert_times(), deliver
        )
    require_usable({AlertSettings: (), Schedules: "erasure_schedule"})
    return [trouble.collection_code for trouble in undecided]
