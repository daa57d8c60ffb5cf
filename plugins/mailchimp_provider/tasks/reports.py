"""Tasks of ``extract_reports`` and ``refresh_marts``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from crm_mailchimp.accounts import AccountsFailedError, AccountsPostponedError, work_in_each
from mailchimp_provider.connections import opened, warehouse_connection
from mailchimp_provider.outcomes import Problems, fail_without_retry
from mailchimp_provider.spans import note_figures
from mailchimp_provider.tasks.accounts import accounts_to_work_in


@fail_without_retry()
def choose_campaigns(params: Mapping[str, Any], ti: Any) -> list[list[str]]:
    """Ids of the campaigns to read, in batches of one account each. What is wrong with the lists or
    with an account goes to the XCom ``problems``."""
    from crm_mailchimp.stats.campaign_choice import (
        Choice,
        UnreadableListError,
        batches_of_campaigns,
        choose_campaigns,
        list_campaigns,
    )
    from crm_mailchimp.stats.other_accounts import InOtherAccountError
    from crm_mailchimp.stats.period import parse_period

    since, until = parse_period(params["since"], params["until"])
    choice = Choice(since=since, until=until, campaigns=params["campaigns"])
    problems = []
    with opened() as connections:
        warehouse = connections.warehouse()
        names = accounts_to_work_in(warehouse)

        def list_all(provider: Any, account: str) -> None:
            try:
                list_campaigns(warehouse, provider, choice, account=account)
            except (UnreadableListError, InOtherAccountError) as error:
                problems.append(str(error))

        try:
            listed = list(work_in_each(connections.accounts(), names, list_all))
        except (AccountsFailedError, AccountsPostponedError) as error:
            if not error.done:
                raise
            listed = list(error.done)
            problems.append(str(error))
        chosen = choose_campaigns(warehouse, choice, listed)
    ti.xcom_push(key="problems", value=problems)
    return batches_of_campaigns(*chosen.values())


@fail_without_retry()
def read_campaigns(campaign_ids: Sequence[str], params: Mapping[str, Any]) -> dict[str, int]:
    """Everything new of a batch of campaigns; returns the rows read by stream."""
    from crm_mailchimp.data_protection.retention import cautious_ages, ips_kept_since
    from crm_mailchimp.stats.extract import extract_campaigns
    from crm_mailchimp.stats.report_snapshots import account_of_campaign
    from mailchimp_provider.metrics import count_events

    with opened() as connections:
        warehouse = connections.warehouse()
        account = account_of_campaign(warehouse, campaign_ids[0])
        rows_read = extract_campaigns(
            warehouse,
            connections.mailchimp(account),
            campaign_ids,
            full=bool(params["since"] or params["until"] or params["campaigns"]),
            ips_since=ips_kept_since(cautious_ages()),
            connect=warehouse_connection,
        )
    count_events(rows_read)
    note_figures(rows_read)
    return rows_read


@fail_without_retry()
def read_audiences() -> dict[str, int]:
    """Audiences, their months and days once a day, departed members; returns rows by kind."""
    from crm_mailchimp.data_protection.retention import cautious_ages, events_kept_since
    from crm_mailchimp.stats.audience_extract import extract_audiences

    since = events_kept_since(cautious_ages())
    with opened() as connections:
        warehouse = connections.warehouse()

        def read(provider: Any, account: str) -> dict[str, int]:
            return extract_audiences(warehouse, provider, account=account, since=since)

        names = accounts_to_work_in(warehouse)
        done = work_in_each(connections.accounts(), names, read)
    counts: Counter[str] = Counter()
    for rows in done.values():
        counts.update(rows)
    return dict(counts)


@fail_without_retry()
def check_figures(params: Mapping[str, Any], dag_run: Any) -> dict[str, int]:
    """Insist that what differs from Mailchimp's figures is explained within a day."""
    from crm_mailchimp.stats.period import parse_period
    from crm_mailchimp.stats.reconciliation import (
        accept_differences,
        require_explained,
        summarise_figures,
    )

    with opened() as connections:
        warehouse = connections.warehouse()
        if params["accept_differences"]:
            since, until = parse_period(params["since"], params["until"])
            accept_differences(
                warehouse,
                accepted_by=f"{dag_run.triggering_user_name or 'somebody'} (run {dag_run.run_id})",
                reason=params["accept_differences"],
                since=since,
                until=until,
                campaigns=params["campaigns"],
            )
        require_explained(warehouse)
        return summarise_figures(warehouse)


@fail_without_retry()
def announce() -> None:
    """Let Airflow start the DAGs that wait for ``stats``."""


@fail_without_retry()
def finish(problems: Sequence[str]) -> None:
    """Fail the run if a list could not be read, or a setting is wrong."""
    from crm_mailchimp.errors import PermanentError
    from crm_mailchimp.settings import RetentionSettings, Schedules, require_usable

    found = Problems()
    for problem in problems:
        with found.noted():
            raise PermanentError(problem)
    with found.noted():
        require_usable(
            {
                RetentionSettings: ("keep_ips_days", "keep_events_days"),
                Schedules: "reports_schedule",
            }
        )
    found.require_none()


@fail_without_retry()
def refresh(params: Mapping[str, Any]) -> dict[str, int]:
    """Count again what changed; returns the rows counted."""
    from crm_mailchimp.settings import ReportSettings
    from crm_mailchimp.stats.marts import refresh_marts
    from mailchimp_provider.time_zones import known_to_postgres, report_time_zone

    ReportSettings.read()
    time_zone = report_time_zone()
    with opened() as connections, known_to_postgres(time_zone):
        counted = refresh_marts(
            connections.warehouse(), time_zone=time_zone, rebuild=params["rebuild"]
        )
    return asdict(counted)
