"""What a new user does first, on a real scheduler: unpause DAGs, and look at a preview."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from airflow_world import AirflowWorld, installed_airflow, wait_until
from local_installation.airflow_processes import USER
from local_installation.mailchimp_account import MailchimpAccount

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1200)]

#: Their next runs are far away, but their last ticks have passed.
QUIET = {
    "sync_collections": ("SYNC_SCHEDULE", "@monthly"),
    "extract_reports": ("REPORTS_SCHEDULE", "@yearly"),
    "erase_contacts": ("ERASURE_SCHEDULE", "@quarterly"),
    "sync_campaigns": ("CAMPAIGNS_SCHEDULE", "0 3 1 * *"),
}
EACH_MINUTE = "pull_statuses"
#: As Airflow does by itself: it reads the file also between a tick and its start.
READ_OFTEN = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30"}
#: The page's own stylesheet begins some of its rules with the sign of an address.
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
ALL = (*QUIET, EACH_MINUTE, "refresh_marts", "preview_collections")


@pytest.fixture(scope="module")
def world() -> Iterator[AirflowWorld]:
    with installed_airflow(
        "first-steps",
        dags=("preview_collections",),
        contacts=300,
        extra={**dict(QUIET.values()), "PULL_SCHEDULE": "* * * * *", **READ_OFTEN},
    ) as world:
        world.airflow.wait_until_read(ALL)
        yield world


@pytest.fixture(scope="module")
def paused_at(world: AirflowWorld) -> datetime:
    """Since then the DAG of each minute is paused, and no run of it is under way."""
    wait_until(lambda: all(run["state"] == "success" for run in runs(world, EACH_MINUTE)))
    world.airflow.pause([EACH_MINUTE])
    return datetime.now(UTC)


def next_run(world: AirflowWorld, dag_id: str) -> datetime | None:
    stored = world.airflow.get(f"dags/{dag_id}")["next_dagrun_run_after"]
    return datetime.fromisoformat(stored) if stored else None


def lies_ahead(world: AirflowWorld, dag_id: str) -> bool:
    following = next_run(world, dag_id)
    return following is not None and following > datetime.now(UTC)


def runs(world: AirflowWorld, dag_id: str) -> list[dict[str, Any]]:
    return list(world.airflow.items(f"dags/{dag_id}/dagRuns", "dag_runs"))


def moments(world: AirflowWorld, dag_id: str) -> list[datetime]:
    return [datetime.fromisoformat(run["run_after"]) for run in runs(world, dag_id)]


def login(world: AirflowWorld) -> dict[str, str]:
    answer = requests.post(
        f"{world.airflow.url}/auth/token",
        json={"username": USER, "password": world.installation.secrets().airflow_password},
        timeout=60,
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def page(world: AirflowWorld, path: str) -> requests.Response:
    return requests.get(
        f"{world.airflow.url}/mailchimp-page/{path}", headers=login(world), timeout=60
    )


def test_unpausing_starts_nothing(world: AirflowWorld) -> None:
    """The last tick of each schedule has passed, and Airflow's own timetables would start it."""
    unpaused_at = datetime.now(UTC)
    world.airflow.unpause([EACH_MINUTE, *QUIET, "refresh_marts"])
    obeyed_at = datetime.now(UTC)
    # The scheduler has gone round often when the DAG of each minute has had two ticks.
    wait_until(lambda: len(moments(world, EACH_MINUTE)) >= 2)
    assert min(moments(world, EACH_MINUTE)) > unpaused_at
    # And the first tick is not lost, whenever Airflow reads the file.
    assert min(moments(world, EACH_MINUTE)) <= obeyed_at + timedelta(minutes=1)
    for dag_id in QUIET:
        assert runs(world, dag_id) == [], dag_id
        # On the first day of a month, a read file names the tick that passed until the next look.
        wait_until(partial(lies_ahead, world, dag_id))
    assert runs(world, "refresh_marts") == []


@pytest.mark.usefixtures("paused_at")
def test_a_preview_needs_no_unpausing_and_cannot_write(world: AirflowWorld) -> None:
    """It runs while the next test waits for ticks to pass."""
    account = MailchimpAccount(world.services.mailchimp_url, world.services.mailchimp_key)
    assert world.airflow.get("dags/preview_collections")["is_paused"] is False
    before = len(list(account.requests()))
    crm = world.crm("select count(*) as rows from crm.provider_member_status")

    run_id, state = world.run("preview_collections")

    # Two queries of the sample are broken: a preview says that, too.
    assert state == "failed"
    methods = {row["method"] for row in list(account.requests())[before:]}
    assert methods <= {"GET"}
    assert crm == world.crm("select count(*) as rows from crm.provider_member_status")
    states = {
        row["collection_code"]: row["state"]
        for row in world.warehouse("select * from sync.collection_run where run_id = %s", run_id)
    }
    assert states["NEWSLETTER"] == "dry_run"
    assert "succeeded" not in states.values()
    (run,) = runs(world, "preview_collections")
    assert "mailchimp-page/plan?run=" in run["note"]
    assert "BROKEN_QUERY failed: query_failed" in run["note"]
    tasks = {
        task.label: task.state
        for task in world.airflow.task_instances("preview_collections", run_id)
        if task.task_id == "preview_collection"
    }
    assert (tasks["NEWSLETTER"], tasks["NO_TYPE"]) == ("success", "skipped")

    shown = page(world, f"plan?run={requests.utils.quote(run_id)}")
    assert shown.status_code == 200
    assert "To be added" in shown.text and "Nothing of this was done" in shown.text
    file = page(world, f"plan.csv?run={requests.utils.quote(run_id)}&collection=NEWSLETTER")
    text = file.content.decode("utf-8").removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    (planned,) = world.warehouse(
        "select count(*) as rows from staging.plan join sync.staged_collection"
        " using (staging_id, collection_id) where collection_code = 'NEWSLETTER'"
        " and action <> 'unchanged'"
    )
    added = [row for row in rows if row["action"] == "add"]
    assert len(added) == planned["rows"] > 50
    held_back = [row for row in rows if row["action"] == "held_back"]
    assert len(held_back) == len(rows) - len(added) > 5
    assert all(row["cause"] and row["explanation"] for row in held_back)
    assert all(row["contact_id"].isdigit() for row in rows)
    assert "@" not in text + _STYLE.sub("", shown.text)
    assert page(world, "plan?run=manual__nothing").status_code == 404
    assert page(world, "plan?run=%00").status_code == 400
    refused = requests.post(
        f"{world.airflow.url}/api/v2/dags/preview_collections/dagRuns",
        json={"logical_date": None, "conf": {"dry_run": False}},
        headers=login(world),
        timeout=60,
    )
    assert refused.status_code == 400


def test_unpausing_after_a_pause_starts_nothing(world: AirflowWorld, paused_at: datetime) -> None:
    """Ticks passed meanwhile, and Airflow has stored one of them as the next run."""
    wait_until(lambda: datetime.now(UTC) > paused_at + timedelta(minutes=2))
    # The tick that Airflow has stored is over: the scheduler would start it.
    wait_until(lambda: (next_run(world, EACH_MINUTE) or paused_at) < datetime.now(UTC))
    before = len(moments(world, EACH_MINUTE))
    unpaused_at = datetime.now(UTC)
    world.airflow.unpause([EACH_MINUTE])
    obeyed_at = datetime.now(UTC)
    wait_until(lambda: len(moments(world, EACH_MINUTE)) > before)
    started = [moment for moment in moments(world, EACH_MINUTE) if moment > paused_at]
    assert unpaused_at < min(started) <= obeyed_at + timedelta(minutes=1)
