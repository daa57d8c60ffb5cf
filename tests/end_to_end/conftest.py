"""One real installation for all end-to-end tests: real Airflow, Postgres and sandbox processes.

Starting it takes most of a minute and each run some ten seconds. So the story is played once, and
the tests look at its chapters:

1. ``first``: the sample CRM with planted markers is synced into an empty account.
2. ``second``: nothing changed, and it is synced again.
3. three campaigns go out, one of them to a tag, five days pass,
   ``extract_reports`` and ``refresh_marts`` run.
4. ``third``: synced once more, now that people have unsubscribed.
5. ``fourth``: and again, as one audience's complaints and bounces count in the others, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest

from airflow_world import RUN_SECONDS, installed_airflow
from end_to_end.planted import plant
from local_installation.airflow_api import AirflowApi, TaskInstance
from local_installation.airflow_processes import USER
from local_installation.campaign_story import Sent, send_campaigns, tag_of
from local_installation.demo import DAGS
from local_installation.installation import Installation
from local_installation.local_services import Services
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.results import CollectionResult, collection_results


@dataclass(frozen=True, kw_only=True)
class SyncRun:
    """A finished run of ``sync_collections``, and how the world was right after it.

    Attributes:
        state: Airflow's word for the run.
        results: by collection code.
        tasks: task instances.
        quarantine: open rows as (collection code, contact id, reason).
        members: by collection code, (address, status, CRMREF) of everybody but the archived. Of a
            collection in a shared audience: of those that carry its tag.
        requests: (method, template) of the API requests that this run made.
        clock: the time at which consents were judged.
    """

    run_id: str
    state: str
    results: dict[str, CollectionResult]
    tasks: list[TaskInstance]
    quarantine: set[tuple[str, int, str]]
    members: dict[str, set[tuple[str, str, str]]]
    requests: list[tuple[str, str]]
    clock: datetime


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that ran, still up for questions."""

    installation: Installation
    services: Services
    airflow: AirflowApi
    account: MailchimpAccount
    first: SyncRun
    second: SyncRun
    third: SyncRun
    fourth: SyncRun
    campaigns: list[Sent]
    reports_state: str
    marts_state: str


#: Users of Airflow; it writes passwords of those without one into its file.
_PEOPLE = {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin,user:user,viewer:viewer",
}


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    with installed_airflow(
        "end-to-end", dags=DAGS, before_airflow=_plant, extra=_PEOPLE
    ) as installed:
        services = installed.services
        account = MailchimpAccount(services.mailchimp_url, services.mailchimp_key)
        yield _tell(installed.installation, services, installed.airflow, account)


def _plant(services: Services) -> None:
    with psycopg.connect(services.crm) as crm:
        plant(crm)


def _tell(
    installation: Installation, services: Services, airflow: AirflowApi, account: MailchimpAccount
) -> World:
    first = _sync(services, airflow, account)
    second = _sync(services, airflow, account)
    campaigns = send_campaigns(account, list(first.results.values()), lambda _: None)
    before = airflow.run_ids("refresh_marts")
    reports = airflow.trigger("extract_reports")
    reports_state = airflow.wait_for_run("extract_reports", reports, seconds=RUN_SECONDS)
    marts = airflow.wait_for_new_run("refresh_marts", before)
    marts_state = airflow.wait_for_run("refresh_marts", marts, seconds=RUN_SECONDS)
    third = _sync(services, airflow, account)
    return World(
        installation=installation,
        services=services,
        airflow=airflow,
        account=account,
        first=first,
        second=second,
        third=third,
        fourth=_sync(services, airflow, account),
        campaigns=campaigns,
        reports_state=reports_state,
        marts_state=marts_state,
    )


def _sync(services: Services, airflow: AirflowApi, account: MailchimpAccount) -> SyncRun:
    seen = sum(1 for _ in account.requests())
    run_id = airflow.trigger("sync_collections")
    state = airflow.wait_for_run("sync_collections", run_id, seconds=RUN_SECONDS)
    requests = [(row["method"], row["template"]) for row in account.requests()][seen:]
    with psycopg.connect(services.warehouse) as warehouse:
        results = {row.collection_code: row for row in collection_results(warehouse, run_id)}
        quarantine = warehouse.execute(
            "select collection_code, contact_id, reason_code from sync.quarantine "
            "where resolved_at is null"
        ).fetchall()
        clock = warehouse.execute(
            "select clock from sync.staging_run where run_id = %s", [run_id]
        ).fetchone()
    assert clock, "the run staged nothing"
    return SyncRun(
        run_id=run_id,
        state=state,
        results=results,
        tasks=airflow.task_instances("sync_collections", run_id),
        quarantine=set(quarantine),
        members={
            code: members_of(account, code, result.list_id)
            for code, result in results.items()
            if result.list_id
        },
        requests=requests,
        clock=clock[0],
    )


def members_of(account: MailchimpAccount, code: str, list_id: str) -> set[tuple[str, str, str]]:
    """What ``SyncRun.members`` has for a collection, or for a shared audience."""
    _, tag_id = tag_of(account, list_id, code)
    rows = account.members(list_id) if tag_id is None else account.tag_members(list_id, tag_id)
    return {
        (row["email_address"], row["status"], row["merge_fields"].get("CRMREF", "")) for row in rows
    }
