"""Rules every DAG keeps, checked on what Airflow itself reads from ``dags/``."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crm_mailchimp.settings import GROUPS, Schedules

ROOT = Path(__file__).parents[2]
#: One campaign, one question a run: they keep apart by the audience's lock and the gate's row.
SIDE_BY_SIDE = {"approve_removals", "release_campaigns", "send_campaigns"}
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
TASK_FILES = sorted((ROOT / "plugins/mailchimp_provider/tasks").glob("[!_]*.py"))

# In a process of its own: Airflow reads its settings at import, and importing it takes seconds.
READER = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
found = []
for dag in bag.dags.values():
    found.append({
        "dag_id": dag.dag_id,
        "file": dag.fileloc,
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "schedule": getattr(dag.schedule, "summary", None),
        "timetable": type(dag.timetable).__name__,
        "max_active_runs": dag.max_active_runs,
        "doc_md": dag.doc_md or "",
        "description": dag.description or "",
        "params": {name: dag.params.get_param(name).description for name in dag.params},
        "tells": bool(dag.on_failure_callback),
        "tasks": [
            {"task_id": task.task_id, "owner": task.owner, "retries": task.retries,
             "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
             "tells": bool(task.on_failure_callback),
             "answer_within": getattr(task, "response_timeout", None)
                 and task.response_timeout.total_seconds()}
            for task in dag.tasks
        ],
    })
heavy = [name for name in ("pandas", "great_expectations", "numpy") if name in sys.modules]
print(json.dumps({"dags": found, "errors": bag.import_errors, "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_dags(tmp_path_factory.mktemp("airflow"))


def read_dags(home: Path, chosen: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What Airflow reads from ``dags/`` with some settings of ours, and no others."""
    ours = {name.upper() for group in GROUPS for name in group.model_fields}
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AIRFLOW") and name not in ours
    }
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Nothing may be asked of a database while a DAG file is read: there is none.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
    }
    done = subprocess.run(
        [sys.executable, "-c", READER, str(ROOT / "dags")],
        env={**env, **settings, **(chosen or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_file_imports(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}


def test_one_dag_a_file_named_like_it(bag: dict[str, Any]) -> None:
    assert DAG_FILES
    found = sorted((Path(dag["file"]).stem, dag["dag_id"]) for dag in bag["dags"])
    assert found == [(path.stem, path.stem) for path in DAG_FILES]


def test_people_can_find_and_run_it(bag: dict[str, Any]) -> None:
    for dag in bag["dags"]:
        name = dag["dag_id"]
        assert dag["tags"], f"{name} has no tags"
        assert dag["catchup"] is False, f"{name} would run for the whole past"
        if name not in SIDE_BY_SIDE:
            assert dag["max_active_runs"] == 1, (
                f"two runs of {name} would work on the same audience"
            )
        assert len(dag["doc_md"].splitlines()) >= 10, f"{name}: its doc_md is no runbook"
        for param, description in dag["params"].items():
            assert description, f"{name}: nobody explains the parameter {param}"
            assert param in dag["doc_md"], f"{name}: the runbook does not name {param}"


def test_every_task_has_an_owner_and_heals(bag: dict[str, Any]) -> None:
    for dag in bag["dags"]:
        for task in dag["tasks"]:
            name = f"{dag['dag_id']}.{task['task_id']}"
            assert task["owner"] not in ("", "airflow"), f"{name} belongs to nobody"
            assert task["retries"] >= 1, f"{name} gives up at the first fault"
            assert task["timeout"], f"{name} may hang for ever"


def test_a_failure_is_reported(bag: dict[str, Any]) -> None:
    for dag in bag["dags"]:
        # The last task of the run reports the trouble of a single collection.
        silent = [
            task["task_id"]
            for task in dag["tasks"]
            if not (dag["tells"] or task["tells"] or task["task_id"] == "sync_collection")
        ]
        assert silent == [], f"{dag['dag_id']}: nobody hears of it when these fail"


SCHEDULED = {
    "sync_collections": "SYNC_SCHEDULE",
    "pull_statuses": "PULL_SCHEDULE",
    "extract_reports": "REPORTS_SCHEDULE",
    "erase_contacts": "ERASURE_SCHEDULE",
    "sync_campaigns": "CAMPAIGNS_SCHEDULE",
    "watch_sendings": "SENDINGS_SCHEDULE",
}


def schedules(bag: dict[str, Any]) -> dict[str, str | None]:
    return {dag["dag_id"]: dag["schedule"] for dag in bag["dags"] if dag["dag_id"] in SCHEDULED}


def hours_to_answer(bag: dict[str, Any]) -> dict[str, float]:
    return {
        dag["dag_id"]: task["answer_within"] / 3600
        for dag in bag["dags"]
        for task in dag["tasks"]
        if task["answer_within"]
    }


def hours_to_refresh(bag: dict[str, Any]) -> list[float]:
    (dag,) = (dag for dag in bag["dags"] if dag["dag_id"] == "refresh_marts")
    return [task["timeout"] / 3600 for task in dag["tasks"]]


def test_schedules_and_timeouts_are_those_of_the_settings(
    bag: dict[str, Any], tmp_path: Path
) -> None:
    asking = ("approve_removals", "release_campaigns")
    defaults = Schedules()
    presets = {"@hourly": "0 * * * *", "@daily": "0 0 * * *"}
    assert schedules(bag) == {
        dag_id: presets.get(default := getattr(defaults, name.lower()), default)
        for dag_id, name in SCHEDULED.items()
    }
    assert hours_to_answer(bag) == dict.fromkeys(asking, 24)
    assert hours_to_refresh(bag) == [2]
    chosen = {name: f"{minute} 3 * * *" for minute, name in enumerate(SCHEDULED.values())}
    chosen["SYNC_SCHEDULE"] = ""
    hours = {"APPROVAL_TIMEOUT_HOURS": "1.5", "REFRESH_MARTS_HOURS": "9.5"}
    found = read_dags(tmp_path, {**chosen, **hours})
    assert schedules(found) == {dag_id: chosen[name] or None for dag_id, name in SCHEDULED.items()}
    assert hours_to_answer(found) == dict.fromkeys(asking, 1.5)
    assert hours_to_refresh(found) == [9.5]


def test_unpausing_a_scheduled_dag_starts_nothing(bag: dict[str, Any]) -> None:
    """Airflow's own cron timetables start the tick that has passed last."""
    timetables = {dag["dag_id"]: dag["timetable"] for dag in bag["dags"]}
    assert {timetables[dag_id] for dag_id in SCHEDULED} == {"NextTickTimetable"}
    rest = {name for dag_id, name in timetables.items() if dag_id not in SCHEDULED}
    assert rest == {"NullTimetable", "AssetTriggeredTimetable"}


def test_no_wrong_setting_unloads_a_dag(bag: dict[str, Any], tmp_path: Path) -> None:
    wrong = {name.upper(): "24h" for group in GROUPS for name in group.model_fields}
    found = read_dags(tmp_path, wrong)
    assert found["errors"] == {}
    assert found["dags"] == bag["dags"], "wrong values count as not set"


def test_reading_the_dags_loads_nothing_heavy(bag: dict[str, Any]) -> None:
    assert bag["heavy"] == []


def test_a_list_of_dags_says_what_each_does(bag: dict[str, Any]) -> None:
    for dag in bag["dags"]:
        words = dag["description"].split()
        assert dag["description"].endswith("."), dag["dag_id"]
        assert 5 <= len(words) <= 20, f"{dag['dag_id']}: {dag['description']!r}"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_is_a_table_of_contents(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions] == [path.stem], "tasks are calls, their work is below"
    (wiring,) = functions
    assert not [node for node in ast.walk(wiring) if isinstance(node, ast.Import | ast.ImportFrom)]
    (header,) = wiring.decorator_list
    assert "**dag_header(" in ast.unparse(header), "owner, retries and alerts are defined once"


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: path.name)
def test_every_task_fails_without_retry_on_what_no_retry_heals(path: Path) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name in called_by_dags():
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            assert decorators == ["fail_without_retry()"], f"{path.name}: {node.name}"


def called_by_dags() -> set[str]:
    """Names of the functions that are tasks."""
    return {
        node.attr
        for path in DAG_FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_dag_files_hold_neither_sql_nor_http_nor_frames(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    ]
    closed = ("requests", "httpx", "urllib", "pandas", "psycopg", "great_expectations")
    assert not [name for name in modules if name.split(".")[0] in closed]
    docstring = ast.get_docstring(tree) or ""
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    statements = ("select ", "insert into ", "update ", "delete from ")
    assert not [
        text
        for text in texts
        if text.strip().lower().startswith(statements) and text.strip() not in docstring
    ]
