"""The DAGs on a real scheduler: gate closed by a withdrawal, released by a person, sent in time."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from campaign_world import BODY
from crm_mailchimp.mailchimp import campaigns as campaign_calls
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.provider import Mailchimp
from crm_mailchimp.sandbox.airflow_api import AirflowApi
from crm_mailchimp.sandbox.airflow_processes import AirflowSettings, running_airflow
from crm_mailchimp.sandbox.demo import NO_SCHEDULES
from crm_mailchimp.sandbox.installation import Installation, free_port, held
from crm_mailchimp.sandbox.local_services import Services, running_services
from crm_mailchimp.sandbox.preparation import prepare
from crm_mailchimp.sync.collection import sync_collection
from crm_mailchimp.sync.stage import stage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1200)]

DAGS = ("sync_campaigns", "release_campaigns")
RUN_SECONDS = 420.0
#: Long enough for a run to begin waiting before its moment, on a busy machine too.
AHEAD = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class World:
    services: Services
    airflow: AirflowApi

    def run(self, dag_id: str, **params: Any) -> tuple[str, str]:
        run_id = self.airflow.trigger(dag_id, params)
        return run_id, self.airflow.wait_for_run(dag_id, run_id, seconds=RUN_SECONDS)

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        return {task.task_id: task.state for task in self.airflow.task_instances(dag_id, run_id)}

    def warehouse(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.services.warehouse, row_factory=dict_row) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def crm(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.services.crm, row_factory=dict_row) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def campaign(self) -> dict[str, Any]:
        (row,) = self.warehouse("select * from sync.campaign where campaign_code = 'NL-11'")
        return row


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="crm-campaigns-"))
    folder.chmod(0o755)
    installation = Installation(folder / "εγκατάσταση")
    try:
        with ExitStack() as running:
            running.enter_context(held(installation))
            secrets = installation.secrets()
            services = running.enter_context(running_services(installation, secrets))
            settings = AirflowSettings(
                port=free_port(),
                metadata_dsn=services.airflow,
                connections=services.connections(),
                extra={
                    **NO_SCHEDULES,
                    "CAMPAIGNS_SCHEDULE": "",
                    "CAMPAIGN_SCHEDULE_IN_MAILCHIMP": "false",
                    "WRITE_BACK_CAMPAIGNS": "true",
                },
            )
            prepare(installation, secrets, services, settings, contacts=200)
            airflow = running.enter_context(running_airflow(installation, secrets, settings)).api
            airflow.wait_for_dags(DAGS)
            yield World(services=services, airflow=airflow)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_from_plan_to_inbox(world: World) -> None:
    sync_newsletter(world.services)
    world.crm(
        "insert into crm.campaign (campaign_id, code, description, collection_id, campaign_type,"
        " subject_line, state) select 9001, 'NL-11', 'Ενημερωτικό', collection_id,"
        " campaign_type, 'Τα νέα μας', 'draft' from crm.contact_collection"
        " where code = 'NEWSLETTER'"
    )

    def sync_campaign(**params: Any) -> None:
        run_id, state = world.run("sync_campaigns", campaigns=["NL-11"], **params)
        assert state == "success", world.states("sync_campaigns", run_id)

    sync_campaign()
    provider_id = world.campaign()["provider_campaign_id"]
    with MailchimpClient(world.services.mailchimp_key, host=world.services.mailchimp_url) as client:
        campaign_calls.set_content(client, provider_id, BODY)
    (member,) = world.warehouse(
        "select contact_id from sync.member where status = 'subscribed' order by 1 limit 1"
    )

    # Approved, but somebody withdrew since the sync, which is too old besides.
    world.crm("update crm.campaign set state = 'approved', planned_at = %s", _soon(hours=5))
    world.crm(
        "insert into crm.consent select max(consent_id) + 1, %s, 'email', 'newsletter', false,"
        " now(), null, 'test', now() from crm.consent",
        member["contact_id"],
    )
    world.warehouse("update sync.collection_run set started_at = now() - interval '3 hours'")
    sync_campaign()
    (gate,) = world.warehouse("select * from sync.campaign_gate")
    codes = [reason["code"] for reason in gate["reasons"]]
    assert codes == ["audience_stale", "no_valid_consent", "refused_address"]
    assert world.campaign()["action"] == "held"
    assert world.airflow.run_ids("release_campaigns") == [], "nobody is asked about consent"

    # The consent is restored: what is left a person may release.
    world.crm(
        "insert into crm.consent select max(consent_id) + 1, %s, 'email', 'newsletter', true,"
        " now(), null, 'test', now() from crm.consent",
        member["contact_id"],
    )
    sync_campaign()
    release = world.airflow.wait_for_new_run("release_campaigns", [])
    wait_until(lambda: world.states("release_campaigns", release).get("ask") == "awaiting_input")
    before = world.airflow.run_ids("sync_campaigns")
    world.crm("update crm.campaign set planned_at = %s where code = 'NL-11'", _soon(AHEAD))
    world.airflow.answer("release_campaigns", release, "ask", "Approve")
    run_id = world.airflow.wait_for_new_run("sync_campaigns", before)

    # Waiting takes no worker; it is sent at its time and followed to the end.
    wait_until(lambda: world.states("sync_campaigns", run_id).get("when_due") == "deferred")
    assert world.airflow.wait_for_run("sync_campaigns", run_id, seconds=RUN_SECONDS) == "success"
    campaign = world.campaign()
    assert (campaign["status"], campaign["action"]) == ("sent", "followed")
    assert campaign["send_called_at"] >= campaign["planned_at"]
    occasions = world.warehouse("select occasion, is_open from sync.campaign_gate order by gate_id")
    assert [tuple(row.values()) for row in occasions] == [
        ("schedule", False), ("schedule", False), ("schedule", True), ("send", True),
    ]  # fmt: skip
    (back,) = world.crm("select * from crm.provider_campaign where campaign_id = 9001")
    assert (back["status"], back["emails_sent"]) == ("sent", gate["recipients"])
    (shown,) = world.warehouse(
        "select origin, status from stats.campaign_overview where provider_campaign_id = %s",
        provider_id,
    )
    assert shown == {"origin": "crm", "status": "sent"}


def sync_newsletter(services: Services) -> None:
    with (
        Mailchimp(MailchimpClient(services.mailchimp_key, host=services.mailchimp_url)) as provider,
        psycopg.connect(services.warehouse) as warehouse,
        psycopg.connect(services.crm) as snapshot,
        psycopg.connect(services.crm, autocommit=True) as crm,
    ):
        staging_id = stage(warehouse, snapshot, None, run_id="by hand", codes=["NEWSLETTER"])
        result = sync_collection(
            warehouse, crm, provider, staging_id=staging_id, collection_code="NEWSLETTER"
        )
    assert result.state == "succeeded", result.detail


def _soon(ahead: timedelta | None = None, *, hours: int = 0) -> datetime:
    return datetime.now(UTC) + (ahead or timedelta(hours=hours))
