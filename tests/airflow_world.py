"""A whole installation for a test's story: real Postgres, Mailchimp sandbox and Airflow."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from local_installation.airflow_api import AirflowApi
from local_installation.airflow_processes import READ_RARELY, AirflowSettings, running_airflow
from local_installation.demo import NO_SCHEDULES
from local_installation.installation import Installation, free_port, held
from local_installation.local_services import Services, running_services
from local_installation.preparation import SAMPLE_CONTACTS, prepare

RUN_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class AirflowWorld:
    """What runs, and what a test asks of it."""

    installation: Installation
    services: Services
    airflow: AirflowApi

    def run(self, dag_id: str, **params: Any) -> tuple[str, str]:
        """Run a DAG to its end: the run's id and its state."""
        run_id = self.airflow.trigger(dag_id, params)
        return run_id, self.airflow.wait_for_run(dag_id, run_id, seconds=RUN_SECONDS)

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Of a run's task instances, by task id."""
        return {task.task_id: task.state for task in self.airflow.task_instances(dag_id, run_id)}

    def note(self, dag_id: str, run_id: str) -> str:
        """What a run says in Airflow's list of runs."""
        return self.airflow.get(f"dags/{dag_id}/dagRuns/{run_id}")["note"] or ""

    def asks(self, dag_id: str, run_id: str) -> bool:
        """Whether task ``ask`` waits for a person, and the scheduler knows that it is parked for
        that: an answer that comes before makes Airflow 3.3.2 take the task for killed."""
        for task in self.airflow.task_instances(dag_id, run_id):
            if (task.task_id, task.state) == ("ask", "awaiting_input"):
                key = f"task_id='ask', run_id='{run_id}', try_number={task.try_number},"
                log = self.installation.logs / "airflow-scheduler.log"
                return any(
                    "Received executor event with state success" in line and key in line
                    for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
                )
        return False

    def warehouse(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return _rows(self.services.warehouse, query, values)

    def crm(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return _rows(self.services.crm, query, values)


def _rows(dsn: str, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def installed_airflow(
    name: str,
    *,
    dags: Sequence[str],
    contacts: int = SAMPLE_CONTACTS,
    extra: Mapping[str, str] | None = None,
    before_airflow: Callable[[Services], None] = lambda _: None,
    begin_days_ago: int = 0,
) -> Iterator[AirflowWorld]:
    """Everything running, with the sample CRM, as long as the context lasts.

    Args:
        name: of the folder, for a person who finds it.
        dags: wait until the scheduler knows these.
        contacts: how many the sample CRM has.
        extra: environment variables of Airflow's components; no DAG has a schedule but by these.
        before_airflow: what to do to the databases before Airflow starts.
        begin_days_ago: the sandbox's account begins so many days in the past.
    """
    # Not pytest's own folders: root's Postgres runs under another account, which must get there.
    folder = Path(tempfile.mkdtemp(prefix=f"crm-{name}-"))
    folder.chmod(0o755)
    installation = Installation(folder / "εγκατάσταση")
    try:
        with ExitStack() as running:
            running.enter_context(held(installation))
            secrets = installation.secrets()
            services = running.enter_context(
                running_services(installation, secrets, begin_days_ago=begin_days_ago)
            )
            settings = AirflowSettings(
                port=free_port(),
                metadata_dsn=services.airflow,
                connections=services.connections(),
                extra={**NO_SCHEDULES, **READ_RARELY, **(extra or {})},
            )
            prepare(installation, secrets, services, settings, contacts=contacts)
            before_airflow(services)
            airflow = running.enter_context(running_airflow(installation, secrets, settings)).api
            airflow.wait_for_dags(dags)
            yield AirflowWorld(installation=installation, services=services, airflow=airflow)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(happened: Callable[[], bool], *, seconds: float = RUN_SECONDS) -> None:
    """Until it is so; fails the test when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)
