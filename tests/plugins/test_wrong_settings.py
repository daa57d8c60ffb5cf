"""DAGs under wrong settings, by ``airflow dags test``: named once, and the rest goes on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campaign_world import postgres_connection
from sync_world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]


#: Of each DAG that runs here: wrong settings that it names, none of them twice.
SYNC_WRONG = {
    "SYNC_SCHEDULE": "every hour",
    "REMOVAL_GUARD_PERCENT": "5%",
    "WRITE_BACK_MEMBERS": "maybe",
    "DATA_DOCS_DIR": "data_docs",
    "ALERT_LATE_HOURS": "a day",
}


#: Runs DAGs one after the other in one process: starting Airflow takes longer than a run.
RUNNER = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.cli import get_bagged_dag

for dag_id, settings in json.loads(sys.argv[1]):
    kept = dict(os.environ)
    os.environ.update(settings)
    print("=== begin", flush=True)
    run = get_bagged_dag(bundle_names=None, dag_id=dag_id).test()
    print("=== end", run.state, flush=True)
    os.environ.clear()
    os.environ.update(kept)
"""


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    Attributes:
        state: of the run.
        log: all that it printed.
    """

    state: str
    log: str

    def refusals(self) -> list[str]:
        """Settings by which tasks failed, in order."""
        failures = re.findall(r"Task failed with exception: (.*)", self.log)
        return [
            name
            for words in failures
            for name in re.findall(r"environment variable ([A-Z_]+) is", words)
        ]


class AirflowWorld(World):
    """A world whose DAGs run in a process of their own."""

    home: Path

    def run(self, *runs: tuple[str, Mapping[str, str]]) -> list[Ended]:
        """Run DAGs one after the other, each under settings of its own."""
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, json.dumps(runs)],
            env={**_environment(self.home), **self._connections()},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        found = re.findall(r"=== begin\n(.*?)=== end (\w+)", done.stdout, re.DOTALL)
        assert len(found) == len(runs), done.stdout[-3000:]
        return [Ended(state, log) for log, state in found]

    def _connections(self) -> dict[str, str]:
        mailchimp = {
            "conn_type": "mailchimp", "password": self.sandbox.key, "host": self.sandbox.host,
        }  # fmt: skip
        return {
            "AIRFLOW_CONN_CRM_DB": postgres_connection(self.crm_dsn),
            "AIRFLOW_CONN_WAREHOUSE_DB": postgres_connection(self.warehouse_dsn),
            "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(mailchimp),
        }


def _environment(home: Path) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # One failure is one line, whatever the terminal's width.
        "COLUMNS": "10000",
    }


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=_environment(home), check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return home


@pytest.fixture
def world(
    crm_db: str, warehouse_db: str, mailchimp_sandbox: Any, airflow_home: Path
) -> Iterator[AirflowWorld]:
    world = AirflowWorld(crm_db, warehouse_db, mailchimp_sandbox)
    world.home = airflow_home
    yield world
    world.close()


def statuses(world: World) -> list[str]:
    rows = world.warehouse.execute("select status from sync.member order by contact_id").fetchall()
    return [row["status"] for row in rows]


def test_a_sync_under_wrong_settings_does_all_that_it_can(world: AirflowWorld) -> None:
    news = world.collection("NEWS")
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    (run,) = world.run(("sync_collections", {}))
    assert (run.state, run.refusals()) == ("success", [])
    assert statuses(world) == ["subscribed"] * 20

    # One withdraws, one leaves: of 20 members, 5 % and 10 % would let both go.
    world.consent(people[0], granted=False)
    world.crm.execute("delete from crm.collection_member where contact_id = %s", (people[1],))
    (run,) = world.run(("sync_collections", SYNC_WRONG))
    assert run.state == "failed"
    assert sorted(run.refusals()) == sorted(SYNC_WRONG), "each is named, and none twice"
    assert statuses(world) == ["unsubscribed", *["subscribed"] * 19], "a strict guard"
    (ended,) = world.warehouse.execute(
        "select state, detail from sync.collection_run order by started_at desc limit 1"
    ).fetchall()
    assert ended["state"] == "blocked"

    # Once the settings are right, the rest follows.
    (run,) = world.run(("sync_collections", {}))
    assert run.state == "success"
    assert statuses(world)[:2] == ["unsubscribed", "archived"]


def test_each_other_dag_names_its_own_settings_once(world: AirflowWorld) -> None:
    wrong = {
        "pull_statuses": ["PULL_SCHEDULE", "ALERT_EMAILS"],
        "erase_contacts": [
            "ERASURE_SCHEDULE",
            "KEEP_STAGING_DAYS",
            "KEEP_PROOF_DAYS",
            "KEEP_IPS_DAYS",
            "ALERT_EMAILS",
        ],
        "extract_reports": ["REPORTS_SCHEDULE", "KEEP_IPS_DAYS"],
        "sync_campaigns": ["CAMPAIGNS_SCHEDULE", "WRITE_BACK_CAMPAIGNS"],
        "approve_removals": ["APPROVAL_TIMEOUT_HOURS"],
        "release_campaigns": ["APPROVAL_TIMEOUT_HOURS"],
        "refresh_marts": ["REPORT_TIME_ZONE"],
    }
    # Wrong for every DAG: those that a DAG does not use are no matter to it.
    settings = {name: "+02:00" for names in wrong.values() for name in names}
    settings |= {"SYNC_SCHEDULE": "+02:00", "REMOVAL_GUARD_PERCENT": "5%"}
    runs = world.run(
        *((dag_id, settings) for dag_id in wrong),
        ("sync_campaigns", {"CAMPAIGN_MAX_SYNC_AGE": "2h", "CAMPAIGN_WAIT": "20m"}),
    )
    assert {run.state for run in runs} == {"failed"}
    named = [sorted(run.refusals()) for run in runs]
    assert "write a whole number of days from 1 to 36500" in runs[1].log
    assert named == [*(sorted(names) for names in wrong.values()), [
        "CAMPAIGN_MAX_SYNC_AGE", "CAMPAIGN_WAIT",
    ]]  # fmt: skip


def test_what_is_right_is_obeyed(world: AirflowWorld, tmp_path: Path) -> None:
    world.contact("maria@mail.gr", world.collection("NEWS"))
    zones = []
    for settings in ({"REPORT_TIME_ZONE": "Europe/Athens"}, {}):
        (run,) = world.run(("refresh_marts", settings))
        assert run.state == "success"
        row = world.warehouse.execute("select report_time_zone from mart.setting").fetchone()
        assert row
        zones.append(row["report_time_zone"])
    assert zones == ["Europe/Athens", "UTC"], "without the setting it is Airflow's own"
    (run,) = world.run(("sync_collections", {"DATA_DOCS_DIR": str(tmp_path / "docs")}))
    assert run.state == "success"
    assert list((tmp_path / "docs").glob("staging-*/index.html"))
