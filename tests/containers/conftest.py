"""One installation of ``docker-compose.yaml`` for all tests of the folder, without Docker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from airflow_world import wait_until
from compose_file import REQUIRED, Service, services
from containers.native import Containers
from local_installation.airflow_api import AirflowApi
from local_installation.installation import free_port
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.member_check import wrong_members
from local_installation.results import CollectionResult, collection_results

SETTINGS = {
    "SYNC_SCHEDULE": "", "PULL_SCHEDULE": "", "REPORTS_SCHEDULE": "", "ERASURE_SCHEDULE": "",
    "CAMPAIGNS_SCHEDULE": "", "SENDINGS_SCHEDULE": "",
    "SUPERSET_ADMIN_PASSWORD": "supersetpass", "SUPERSET_SECRET_KEY": "supersetsecret" * 4,
    "BI_PASSWORD": "bipass",
}  # fmt: skip
#: A machine with two cores, and a test that does not wait for minutes.
MORE = {
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
}
#: What the services need of this machine, and Debian's package of each.
PROGRAMS = {"redis-server": "redis-server", "redis-cli": "redis-tools", "curl": "curl"}
CELERY = "CeleryExecutor"
KEY = "sandbox-us1"
PASSWORD = REQUIRED["POSTGRES_PASSWORD"]


@dataclass(frozen=True)
class World:
    """What runs, and what a test asks of it."""

    containers: Containers
    airflow: AirflowApi

    @property
    def crm(self) -> str:
        return self.dsn("crm")

    @property
    def crm_query(self) -> str:
        """The CRM by the login of dynamic queries."""
        return self.dsn("crm", "crm_query")

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.containers.ports['mailchimp-sandbox']}"

    def dsn(self, database: str, login: str = "postgres", password: str = PASSWORD) -> str:
        port = self.containers.ports["postgres"]
        return f"postgresql://{login}:{password}@127.0.0.1:{port}/{database}"

    def errors(self, run_id: str) -> str:
        """What the tasks of a run say of errors, wherever their logs are."""
        logs = (self.containers.folder / "volumes").glob(f"logs*/dag_id=*/run_id={run_id}/**/*.log")
        lines = (
            f"{path.parent.name}: {line[:1500]}"
            for path in sorted(logs)
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
            if '"level":"error"' in line
        )
        return "\n".join(lines)

    def results(self, run_id: str) -> list[CollectionResult]:
        """What a run of ``sync_collections`` did, by collection."""
        with psycopg.connect(self.dsn("warehouse")) as warehouse:
            return collection_results(warehouse, run_id)

    def wrong_members(self, run_id: str, codes: list[str]) -> list[str]:
        """Where the sandbox's members differ from who may be there."""
        account = MailchimpAccount(self.sandbox, KEY)
        return wrong_members(self, account, self.results(run_id), codes)


def described(folder: Path, port: int, executor: str) -> dict[str, Service]:
    """The services of all profiles, with an executor; others than the scheduler do not use it."""
    settings = {**SETTINGS, "AIRFLOW_PORT": str(port), "AIRFLOW_EXECUTOR": executor}
    return services(folder, "sandbox", "celery", "bi", **settings)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The services without a profile, and those of the profile ``sandbox``, all healthy."""
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            missing = f"{program} is not installed: apt-get install {package}"
            pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    # Not pytest's own folders: those belong to root alone when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="crm-containers-"))
    folder.chmod(0o755)
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        port = free_port()
        containers = Containers(
            folder, described(folder, port, CELERY), more=MORE, own_ports={"api-server": port}
        )
        running.callback(containers.close)
        # Before Celery is used, `init` looks for Redis.
        containers.up("redis")
        containers.run_again("init")
        containers.services.update(described(folder, port, "LocalExecutor"))
        containers.up("mailchimp-sandbox", "api-server")
        containers.run_again("sample-crm")
        airflow = ("scheduler", "dag-processor", "triggerer")
        containers.up(*airflow)
        containers.wait_until_healthy("api-server")
        api = AirflowApi(
            f"http://127.0.0.1:{port}", user="admin", password=REQUIRED["AIRFLOW_ADMIN_PASSWORD"]
        )
        # The checks of the file take seconds each: they are asked when there is hope.
        wait_until(lambda: not api.unhealthy_components())
        containers.wait_until_healthy(*airflow)
        yield World(containers, api)
