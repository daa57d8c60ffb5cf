"""Airflow reads each DAG file again and again: a file imports nothing that only its tasks need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
#: Each of them takes 0.04 to 3 s. Airflow's database models are among them.
HEAVY = (
    "great_expectations", "pandas", "numpy", "psycopg", "mailchimp_marketing", "requests", "httpx",
    "sqlglot", "jinja2.sandbox", "airflow.models.dagrun", "airflow.models.taskinstance",
    "airflow.models.serialized_dag", "airflow.serialization.serialized_objects",
)  # fmt: skip

READER = """
import json, runpy, sys
from pathlib import Path

import airflow.sdk

heavy, found = json.loads(sys.argv[2]), {}
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    before = set(sys.modules)
    runpy.run_path(str(path))
    found[path.stem] = [name for name in heavy if name in set(sys.modules) - before]
print(json.dumps(found))
"""

DRAWER = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

arrows = []
for dag in DagBag(sys.argv[1]).dags.values():
    for arrow in DagSerialization.serialize_dag(dag)["dag_dependencies"]:
        if arrow["dependency_type"] == "trigger":
            arrows.append([arrow["source"], arrow["target"], arrow["label"]])
print(json.dumps(sorted(arrows)))
"""


def test_no_file_imports_what_only_tasks_need(tmp_path: Path) -> None:
    found = _read(READER, tmp_path, json.dumps(HEAVY))
    assert sorted(found) == sorted(path.stem for path in (ROOT / "dags").glob("*.py"))
    assert {name: heavy for name, heavy in found.items() if heavy} == {}


def test_airflow_draws_which_dag_starts_which(tmp_path: Path) -> None:
    """Our light operator counts as Airflow's own."""
    assert _read(DRAWER, tmp_path) == [
        ["approve_removals", "sync_collections", "start_sync"],
        ["release_campaigns", "sync_campaigns", "go_on"],
        ["send_campaigns", "release_campaigns", "ask_for_release"],
        ["sync_campaigns", "release_campaigns", "ask_for_release"],
        ["sync_campaigns", "send_campaigns", "wait_for_due"],
        ["sync_campaigns", "send_campaigns", "wait_for_planned"],
        ["sync_collections", "approve_removals", "ask_for_approval"],
    ]


@pytest.mark.parametrize("heavy", ["psycopg", "airflow.models.dagrun"])
def test_a_heavy_import_is_found(tmp_path: Path, heavy: str) -> None:
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "one.py").write_text(f"import {heavy}\n", encoding="utf-8")
    assert heavy in _read(READER, tmp_path, json.dumps(HEAVY), dags=dags)["one"]


def _read(code: str, home: Path, *arguments: str, dags: Path = ROOT / "dags") -> Any:
    """What code prints about the DAG files, in a process of its own."""
    settings = {
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
    }
    path = os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "include")])
    done = subprocess.run(
        [sys.executable, "-c", code, str(dags), *arguments],
        env={**os.environ, **settings, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
