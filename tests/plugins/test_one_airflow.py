"""Two real Airflows with one warehouse: the second does nothing until it is handed over."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.warehouse import deployment as holders
from crm_mailchimp.warehouse_commands import main
from dag_runs import AirflowWorld, migrated_home
from mailchimp_provider import alerts, connections, deployment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAGS = ("sync_collections", "sync_campaigns")


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[AirflowWorld]:
    world = AirflowWorld(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()


def traces(world: AirflowWorld) -> tuple[int, list[Any]]:
    """What an Airflow leaves: requests to Mailchimp, and rows of runs in the warehouse."""
    requests = world.sandbox.control("GET", "ledger/requests?count=100000")["requests"]
    rows = world.warehouse.execute(
        "select (select count(*) from sync.staging_run) as stagings,"
        " (select count(*) from sync.collection_run) as runs, (select max(run_id) from"
        " sync.collection_run) as run, (select count(*) from sync.alert) as alerts"
    ).fetchall()
    return len(requests), rows


def test_a_second_airflow_does_nothing_until_the_warehouse_is_its_own(
    world: AirflowWorld, tmp_path: Path
) -> None:
    news = world.collection("NEWS", description="Τα νέα μας")
    world.contact("anna@mail.gr", news, first_name="Άννα")
    old = migrated_home(tmp_path / "old")
    new = Path(shutil.copytree(old, tmp_path / "new"))
    world.home = old
    (run,) = world.run(("sync_collections", {}))
    assert run.state == "success", run.log[-3000:]
    assert [row["status"] for row in members(world)] == ["subscribed"]
    world.contact("nikos@mail.gr", news, first_name="Νίκος")
    before = traces(world)

    world.home = new
    for dag_id, run in zip(DAGS, world.run(*((dag_id, {}) for dag_id in DAGS)), strict=True):
        assert run.state == "failed", dag_id
        assert "belongs to another Airflow since" in run.log, dag_id
        assert "connection warehouse_db (host " in run.log, dag_id
    assert traces(world) == before, "it asked Mailchimp, or left rows"
    (own_id,) = set(re.findall(r"hand-over --dsn … --to ([0-9a-f]{12})\.", run.log))

    assert main(["hand-over", "--dsn", world.warehouse_dsn, "--to", own_id]) == 0
    (run,) = world.run(("sync_collections", {}))
    assert run.state == "success", run.log[-3000:]
    assert [row["status"] for row in members(world)] == ["subscribed"] * 2


def members(world: AirflowWorld) -> list[Any]:
    return world.warehouse.execute("select status from sync.member order by contact_id").fetchall()


class Variables:
    """Airflow's variables, with an API server that may be in trouble."""

    def __init__(self, value: str | None, *, is_well: bool = True) -> None:
        self.value, self.is_well = value, is_well

    def get(self, key: str, default: Any) -> Any:
        return default if self.value is None or not self.is_well else self.value

    def keys(self, prefix: str) -> list[str]:
        return [] if self.value is None else [prefix]

    def set(self, key: str, value: str, description: str) -> None:
        self.value = value


@pytest.fixture
def in_a_task(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    context: dict[str, Any] = {}
    monkeypatch.setattr("airflow.sdk.get_current_context", lambda: context)
    yield context


def test_an_api_server_in_trouble_gives_no_new_id(
    warehouse_db: str, in_a_task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow then says that there is no such variable. A new id would lock this Airflow out."""
    variables = Variables("ours", is_well=False)
    monkeypatch.setattr("airflow.sdk.Variable", variables)
    with psycopg.connect(warehouse_db) as warehouse:
        with pytest.raises(deployment.DeploymentUnknownError, match="does not give its value"):
            deployment.require_own_warehouse(warehouse)
        assert (variables.value, holders.find_holder(warehouse)) == ("ours", None)
        variables.is_well = True
        deployment.require_own_warehouse(warehouse)
        assert getattr(holders.find_holder(warehouse), "deployment_id", None) == "ours"
        assert in_a_task, "a task asks once"
        monkeypatch.setattr("airflow.sdk.Variable", Variables("another"))
        deployment.require_own_warehouse(warehouse)
        in_a_task.clear()
        with pytest.raises(holders.OtherDeploymentError):
            deployment.require_own_warehouse(warehouse)


def test_a_variable_that_does_not_stay_is_no_id(
    warehouse_db: str, in_a_task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow.sdk.Variable", Variables(None, is_well=False))
    with psycopg.connect(warehouse_db) as warehouse:
        with pytest.raises(deployment.DeploymentUnknownError, match="does not show it"):
            deployment.require_own_warehouse(warehouse)
        warehouse.rollback()
        assert holders.find_holder(warehouse) is None


def test_a_wrong_variable_is_named(
    warehouse_db: str, in_a_task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(warehouse_db) as warehouse:
        for value in ("", "  ", "our Airflow"):
            monkeypatch.setattr("airflow.sdk.Variable", Variables(value))
            with pytest.raises(holders.UnusableDeploymentIdError, match="AIRFLOW_VAR_MAILCHIMP_"):
                deployment.require_own_warehouse(warehouse)
            assert holders.find_holder(warehouse) is None


def test_a_refused_airflow_does_not_quieten_the_other_one_s_alerts(
    warehouse_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "warehouse_connection", lambda: psycopg.connect(warehouse_db))
    monkeypatch.setattr(alerts, "deliver", lambda message: True)
    alert = alerts.FailureAlert(quiet_for=alerts.timedelta(hours=1))
    message = alerts.failure_message({"dag_run": type("Run", (), {"dag_id": "d", "run_id": "r"})})
    with psycopg.connect(warehouse_db, autocommit=True) as warehouse:
        holders.hand_over(warehouse, "ours")
        monkeypatch.setattr("airflow.sdk.Variable", Variables("theirs"))
        assert not alert._deliver_unless_repeated("d", message)
        assert warehouse.execute("select from sync.alert").fetchall() == []
        monkeypatch.setattr("airflow.sdk.Variable", Variables("ours"))
        assert alert._deliver_unless_repeated("d", message)
        assert len(warehouse.execute("select from sync.alert").fetchall()) == 1
