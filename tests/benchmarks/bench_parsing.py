"""Parsing each DAG file against the import of ``airflow.sdk`` alone, in fresh processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.settings import Settings
from benchmarks.table import Case, Table, at_most_more

_ROOT = Path(__file__).parents[2]
_SDK = "import airflow.sdk"
#: As the DAG processor does: the file becomes a module.
_PARSE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("parsed", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""


@pytest.mark.timeout(1800)
def test_parsing_a_dag_file(settings: Settings, table: Table, tmp_path: Path) -> None:
    files = sorted((_ROOT / "dags").glob("*.py"))
    assert files
    _seconds(tmp_path, _PARSE, str(files[0]))  # Airflow's home and compiled files are there
    alone: list[float] = []
    parsed: dict[Path, list[float]] = {file: [] for file in files}
    # In turn: what else the machine does meets all of them.
    for _ in range(settings.repeats):
        alone.append(_seconds(tmp_path, _SDK))
        for file in files:
            parsed[file].append(_seconds(tmp_path, _PARSE, str(file)))
    for file in files:
        table.add(
            Case(
                name=f"parsing {file.name}",
                value=statistics.median(parsed[file]),
                target=at_most_more(0.15),
                against="import airflow.sdk",
                against_value=statistics.median(alone),
            )
        )


def _seconds(home: Path, *arguments: str) -> float:
    """Of a process from its start to its end."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(_ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
    }
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", *arguments], env=env, cwd=home, check=True)
    return time.perf_counter() - began
