"""The real Superset on this machine, in an environment of its own (``.venv-bi``).

Its packages and Airflow's do not fit together, so nothing of it is imported here.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from local_installation.airflow_processes import clean_environment
from local_installation.installation import (
    CHECKOUT,
    LOCALHOST,
    InstallationError,
    free_port,
)
from local_installation.own_processes import OwnProcess, start_process, stop_processes

USER = "admin"
ENVIRONMENT = CHECKOUT / ".venv-bi"
_DASHBOARDS = CHECKOUT / "include" / "dashboards"
#: Limits for a slow, busy machine. A process that ends is noticed at once.
_PREPARE_SECONDS = 600.0
_READY_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class SupersetSettings:
    """What one run of Superset is configured with.

    Attributes:
        home: folder for the files that it writes.
        logs: folder of its log files.
        running: folder in which running processes are written down.
        metadata_dsn: ``postgresql://...`` of the database for its own tables.
        password: of its admin.
        secret_key: it encrypts the BI login's password with this.
        environment: virtual environment that Superset is installed in.
    """

    home: Path
    logs: Path
    running: Path
    metadata_dsn: str = field(repr=False)
    password: str = field(repr=False)
    secret_key: str = field(repr=False)
    environment: Path = ENVIRONMENT


@dataclass(frozen=True, kw_only=True)
class RunningSuperset:
    """Superset while it runs."""

    url: str
    process: OwnProcess


@contextmanager
def running_superset(settings: SupersetSettings) -> Iterator[RunningSuperset]:
    """Superset with its tables and its admin, as long as the context lasts; without dashboards.

    It listens on 127.0.0.1, on a port that the system chooses.

    Raises:
        InstallationError: it is not installed, or does not start.
    """
    python = settings.environment / "bin" / "python"
    if not python.is_file():
        raise InstallationError(
            "Superset is not installed: run make bi, or tools/install_beside bi"
        )
    settings.home.mkdir(mode=0o700, exist_ok=True)
    environment = _environment(settings)
    _prepare(python, settings, environment)
    port = free_port()
    process = start_process(
        "superset",
        [
            *(str(python), "-m", "gunicorn", "--bind", f"{LOCALHOST}:{port}"),
            *("--workers", "1", "--worker-class", "gthread", "--threads", "8"),
            *("--timeout", "120", "superset.app:create_app()"),
        ],
        env=environment,
        logs=settings.logs,
        running=settings.running,
    )
    url = f"http://{LOCALHOST}:{port}"
    try:
        _wait_until_ready(url, process)
        yield RunningSuperset(url=url, process=process)
    finally:
        stop_processes([process])


def _environment(settings: SupersetSettings) -> dict[str, str]:
    others = ("SUPERSET", "FLASK")
    kept = {
        name: value for name, value in clean_environment().items() if not name.startswith(others)
    }
    return {
        **kept,
        "SUPERSET_CONFIG_PATH": str(_DASHBOARDS / "superset_config.py"),
        "SUPERSET_METADATA_URI": settings.metadata_dsn.replace(
            "postgresql://", "postgresql+psycopg2://", 1
        ),
        "SUPERSET_SECRET_KEY": settings.secret_key,
        "SUPERSET_HOME": str(settings.home),
    }


def _prepare(python: Path, settings: SupersetSettings, environment: dict[str, str]) -> None:
    log = settings.logs / "superset-prepare.log"
    with log.open("wb") as output:
        try:
            done = subprocess.run(  # noqa: S603
                [str(python), str(_DASHBOARDS / "prepare_superset.py")],
                env={
                    **environment,
                    "SUPERSET_USER": USER,
                    "SUPERSET_PASSWORD": settings.password,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_PREPARE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InstallationError(
                f"Superset's tables were not ready within {_PREPARE_SECONDS:.0f} s, see {log}"
            ) from error
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise InstallationError("Superset's tables could not be made:\n    " + "\n    ".join(lines))


def _wait_until_ready(url: str, process: OwnProcess) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while True:
            process.require_alive()
            try:
                if session.get(f"{url}/health", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > deadline:
                raise InstallationError(
                    f"Superset does not answer after {_READY_SECONDS:.0f} s. " + process.log_tail()
                )
            time.sleep(0.2)
