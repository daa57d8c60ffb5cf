"""The real Airflow on this machine: API server, scheduler, dag-processor and triggerer.

Configured by environment variables alone, so that nothing outside the installation's folder is
read or written. Names of the settings: Airflow 3.3 configuration reference.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local_installation.airflow_api import AirflowApi, AirflowApiError
from local_installation.installation import (
    CHECKOUT,
    LOCALHOST,
    Installation,
    InstallationError,
    Secrets,
    write_private,
)
from local_installation.own_processes import OwnProcess, start_process, stop_processes

USER = "admin"
#: Limits for a slow, busy machine. A process that ends is noticed at once.
_MIGRATE_SECONDS = 600.0
_HEALTHY_SECONDS = 600.0
#: Airflow reads each DAG file again after half a minute. That costs much of a small machine, and
#: shows nothing while nobody changes a file.
READ_RARELY: Mapping[str, str] = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300"}
_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "airflow-api-server": ("api-server",),
    # Logs are read from the folder that all share: no log server, hence no port of its own.
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dag-processor": ("dag-processor",),
    "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
}


@dataclass(frozen=True, kw_only=True)
class AirflowSettings:
    """What one run of Airflow is configured with.

    Attributes:
        port: of the API server and web page, on 127.0.0.1.
        metadata_dsn: ``postgresql://...`` of the metadata database.
        connections: connection id to its URI or JSON, as ``AIRFLOW_CONN_*`` holds it.
        dags: folder of the DAG files.
        plugins: folder of the plugins.
        extra: further environment variables, which win.
    """

    port: int
    metadata_dsn: str = field(repr=False)
    connections: Mapping[str, str] = field(repr=False)
    dags: Path = CHECKOUT / "dags"
    plugins: Path = CHECKOUT / "plugins"
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class RunningAirflow:
    """Airflow while it runs."""

    api: AirflowApi
    processes: Sequence[OwnProcess]

    def require_alive(self) -> None:
        """
        Raises:
            InstallationError: a component has ended; with the end of its log.
        """
        for process in self.processes:
            process.require_alive()


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would change how our processes behave."""
    foreign = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # A proxy is for the world outside; everything here talks to this very machine.
    local = ",".join(filter(None, [kept.get("NO_PROXY"), LOCALHOST, "localhost"]))
    return {**kept, "NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1"}


def airflow_environment(
    installation: Installation, secrets: Secrets, settings: AirflowSettings
) -> dict[str, str]:
    """The whole environment of Airflow's components and of ``airflow`` commands."""
    passwords = installation.airflow_home / "passwords.json"
    config = {
        "core__dags_folder": str(settings.dags),
        "core__plugins_folder": str(settings.plugins),
        "core__load_examples": "False",
        "core__executor": "LocalExecutor",
        # Each worker is a process of its own that first imports for seconds: more would be slower.
        "core__parallelism": "2",
        "core__fernet_key": secrets.fernet_key,
        "core__execution_api_server_url": f"{settings.url}/execution/",
        "core__auth_manager": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "core__simple_auth_manager_users": f"{USER}:admin",
        "core__simple_auth_manager_passwords_file": str(passwords),
        "core__test_connection": "Enabled",
        "core__max_active_tasks_per_dag": "4",
        "database__sql_alchemy_conn": _with_driver(settings.metadata_dsn),
        "api__host": LOCALHOST,
        "api__port": str(settings.port),
        "api__base_url": settings.url,
        "api__workers": "1",
        "api__secret_key": secrets.api_secret_key,
        "api_auth__jwt_secret": secrets.jwt_secret,
        "logging__base_log_folder": str(installation.task_logs),
        "logging__dag_processor_child_process_log_directory": str(
            installation.task_logs / "dag_processor"
        ),
        "dag_processor__parsing_processes": "1",
        "scheduler__scheduler_idle_sleep_time": "0.5",
    }
    return {
        **clean_environment(),
        "AIRFLOW_HOME": str(installation.airflow_home),
        **{f"AIRFLOW__{name.upper()}": value for name, value in config.items()},
        **{f"AIRFLOW_CONN_{name.upper()}": uri for name, uri in settings.connections.items()},
        **settings.extra,
    }


def prepare_airflow(
    installation: Installation, secrets: Secrets, settings: AirflowSettings
) -> None:
    """Bring the metadata database to the installed version, and write the password file.

    Raises:
        InstallationError: the migration failed or hangs; with the end of its output.
    """
    write_private(
        installation.airflow_home / "passwords.json", json.dumps({USER: secrets.airflow_password})
    )
    log = installation.logs / "airflow-db-migrate.log"
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"],
                env=airflow_environment(installation, secrets, settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_MIGRATE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InstallationError(
                f"airflow db migrate did not end within {_MIGRATE_SECONDS:.0f} s, see {log}"
            ) from error
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise InstallationError("airflow db migrate failed:\n    " + "\n    ".join(lines))


def start_component(
    name: str, installation: Installation, secrets: Secrets, settings: AirflowSettings
) -> OwnProcess:
    """Start one of Airflow's components, such as ``airflow-scheduler``."""
    return start_process(
        name,
        [sys.executable, "-m", "airflow", *_COMPONENTS[name]],
        env=airflow_environment(installation, secrets, settings),
        logs=installation.logs,
        running=installation.running,
    )


@contextmanager
def running_airflow(
    installation: Installation, secrets: Secrets, settings: AirflowSettings
) -> Iterator[RunningAirflow]:
    """Airflow's components, all healthy, as long as the context lasts.

    Raises:
        InstallationError: one ended or did not become healthy; with the end of its log.
    """
    processes: list[OwnProcess] = []
    try:
        processes.extend(
            start_component(name, installation, secrets, settings) for name in _COMPONENTS
        )
        api = AirflowApi(settings.url, user=USER, password=secrets.airflow_password)
        _wait_healthy(api, processes)
        yield RunningAirflow(api=api, processes=processes)
    finally:
        stop_processes(processes)


def _wait_healthy(api: AirflowApi, processes: list[OwnProcess]) -> None:
    deadline = time.monotonic() + _HEALTHY_SECONDS
    unhealthy = ["api-server"]
    while time.monotonic() < deadline:
        for process in processes:
            process.require_alive()
        try:
            unhealthy = api.unhealthy_components()
        except AirflowApiError:
            unhealthy = ["api-server"]
        if not unhealthy:
            return
        time.sleep(0.25)
    slow = [process for process in processes if process.name.removeprefix("airflow-") in unhealthy]
    raise InstallationError(
        f"Airflow is not healthy after {_HEALTHY_SECONDS:.0f} s: {', '.join(unhealthy)}. "
        + "\n".join(process.log_tail() for process in slow)
    )


def _with_driver(dsn: str) -> str:
    # Airflow derives its asynchronous driver from this scheme too (asyncpg).
    return dsn.replace("postgresql://", "postgresql+psycopg2://", 1)
