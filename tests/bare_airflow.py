"""A bare Airflow: what ``requirements.txt`` locks, and nothing of this project but its wheel."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_installation.airflow_processes import clean_environment
from locked_packages import install_locked, make_environment

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class BareAirflow:
    """An installation of Airflow, and its home.

    Attributes:
        home: Airflow's home. Its folder ``dags`` is for DAG files, and ``plugins`` is empty.
        python: its interpreter.
    """

    home: Path
    python: Path

    def run(self, *arguments: str, **variables: str) -> str:
        """All that its interpreter prints; fails if it fails.

        Args:
            arguments: of Python.
            variables: further environment variables.
        """
        command = [str(self.python), *arguments]
        return _printed(command, env=self.environment(variables), cwd=self.home)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of its processes, with further variables."""
        config = {
            "core__dags_folder": str(self.home / "dags"),
            "core__plugins_folder": str(self.home / "plugins"),
            "core__load_examples": "False",
            "database__sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}",
        }
        return {
            **clean_environment(),
            **{f"AIRFLOW__{name.upper()}": value for name, value in config.items()},
            "AIRFLOW_HOME": str(self.home),
            # A table or a failure has no line breaks, whatever the terminal's width.
            "COLUMNS": "10000",
            **variables,
        }


def make_bare_airflow(folder: Path) -> BareAirflow:
    """Make one, with its own database.

    pip installs the wheel without an index: it refuses a wheel that needs more than the lock has.
    """
    environment = folder / "environment"
    make_environment(environment)
    made = BareAirflow(folder / "home", environment / "bin" / "python")
    for name in ("dags", "plugins", "logs", "running"):
        (made.home / name).mkdir(parents=True)
    install_locked(made.python, ROOT / "requirements.txt")
    pip = [sys.executable, "-m", "pip", "--python", str(made.python), "--isolated", "install"]
    _printed([*pip, "--quiet", "--no-index", str(build_wheel(ROOT, folder / "dist"))])
    made.run("-m", "airflow", "db", "migrate")
    return made


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of a project, without a network."""
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    _printed([sys.executable, "-m", "pip", *build, "--wheel-dir", str(folder), str(project)])
    [path] = folder.glob("*.whl")
    return path


def _printed(
    command: list[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    done = subprocess.run(
        command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout
