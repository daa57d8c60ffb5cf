"""Runs DAGs as ``airflow dags test`` does, in a process of their own, against a small world."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from campaign_world import postgres_connection
from sync_world import World

ROOT = Path(__file__).parents[1]
_DATABASE = "airflow.db"

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
    # One write each: threads of Airflow's listeners may write between two.
    os.write(1, b"=== begin\\n")
    # With its bundle's name, Airflow only reads the files: the test itself stores what it found.
    run = get_bagged_dag(bundle_names=["dags-folder"], dag_id=dag_id).test()
    sys.stdout.flush()
    os.write(1, f"\\n=== end {run.state}\\n".encode())
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
            env={**environment_of(self.home), **self.connections()},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        found = re.findall(r"=== begin\n(.*?)=== end (\w+)", done.stdout, re.DOTALL)
        assert len(found) == len(runs), done.stdout[-3000:]
        return [Ended(state, log) for log, state in found]

    def connections(self) -> dict[str, str]:
        """Environment variables of the connections."""
        mailchimp = {
            "conn_type": "mailchimp", "password": self.sandbox.key, "host": self.sandbox.host,
        }  # fmt: skip
        return {
            "AIRFLOW_CONN_CRM_DB": postgres_connection(self.crm_dsn),
            "AIRFLOW_CONN_WAREHOUSE_DB": postgres_connection(self.warehouse_dsn),
            "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(mailchimp),
        }


def environment_of(home: Path) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # One failure is one line, whatever the terminal's width.
        "COLUMNS": "10000",
    }


def migrated_home(home: Path) -> Path:
    """A folder with Airflow's own database, and nothing in it: a copy of what Airflow made once."""
    home.mkdir(exist_ok=True)
    # Only the database. Airflow writes its settings at the first start, and they name the folder.
    (home / _DATABASE).write_bytes(_empty_database())
    return home


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory(prefix="crm-airflow-") as folder:
        subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=environment_of(Path(folder)), check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return (Path(folder) / _DATABASE).read_bytes()
