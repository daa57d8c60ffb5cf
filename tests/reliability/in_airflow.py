"""Trials through a real Airflow: its processes are killed, its tasks are cleared over its API."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from airflow_world import wait_until
from local_installation.airflow_api import AirflowApi, AirflowApiError, AirflowTimeoutError
from local_installation.airflow_processes import (
    AirflowSettings,
    prepare_airflow,
    running_airflow,
    start_component,
)
from local_installation.demo import NO_SCHEDULES
from local_installation.installation import Installation, free_port, held
from local_installation.own_processes import OwnProcess, stop_processes
from reliability.dump import compare, dump_world
from reliability.lines import Bad, DatabaseLine, MailchimpLine, Trap
from reliability.servers import postgres_server, sandbox_with
from reliability.story import CHAPTERS, Scene
from reliability.trial import QUERY_LOGIN, QUERY_PASSWORD, Theatre, Verdict

_NAME = "airflow"
_DAG = "sync_collections"
_SCHEDULER = "airflow-scheduler"
#: Chapters whose only DAG is ``sync_collections``.
_CHAPTERS = (0, 1)
#: A machine that does much else is slow.
_RUN_SECONDS = 900.0
#: Airflow notices a dead task or scheduler in seconds, not in minutes.
_ATTENTIVE = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "5",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "WRITE_BACK_MEMBERS": "true",
}
_WAITING = ("failed", "up_for_retry", "upstream_failed")
_PATIENCE = 4


class AirflowStage:
    """A running Airflow whose connections lead to whatever world is there."""

    def __init__(
        self,
        theatre: Theatre,
        api: AirflowApi,
        processes: Sequence[OwnProcess],
        start: Callable[[str], OwnProcess],
        lines: tuple[DatabaseLine, DatabaseLine, MailchimpLine],
    ) -> None:
        self.theatre, self.api, self._start = theatre, api, start
        self.scheduler = next(one for one in processes if one.name == _SCHEDULER)
        self.crm_line, self.warehouse_line, self.mailchimp_line = lines

    # ---- its processes

    def workers(self) -> list[int]:
        """The executor's processes: the scheduler's children."""
        return _children(self.scheduler.popen.pid)

    def tasks(self) -> list[int]:
        """The processes in which tasks run: the workers' children."""
        return [task for worker in self.workers() for task in _children(worker)]

    def start_scheduler_again(self) -> None:
        stop_processes([self.scheduler])
        self.scheduler = self._start(_SCHEDULER)

    # ---- a world

    @contextmanager
    def world_at(self, chapter: int) -> Iterator[Scene]:
        """A chapter's world behind Airflow's connections."""
        theatre = self.theatre
        servers = ((theatre.crm, "crm"), (theatre.warehouse, "warehouse"))
        state = theatre.folder / f"{_NAME}.json"
        shutil.copy(theatre.state_of(chapter), state)
        for server, kind in servers:
            server.drop(f"{kind}_{_NAME}")
            server.copy(f"{kind}_{_NAME}", f"{kind}_{theatre.seed}_{chapter}")
        theatre.let_query_login_in(_NAME)
        with (
            sandbox_with(state) as sandbox,
            psycopg.connect(theatre.crm.dsn(f"crm_{_NAME}"), autocommit=True) as crm,
        ):
            self.mailchimp_line.aim(sandbox.host)
            # A trial may end the warehouse's sessions, so this connection is made when it is used.
            yield Scene(crm, _Later(theatre.warehouse.dsn(f"warehouse_{_NAME}")), sandbox, _ANY)

    # ---- a person at Airflow's page

    def has_ended(self, run_id: str) -> bool:
        """Whether a run has ended; a server that does not answer now is asked again later."""
        with suppress(AirflowApiError):
            return self.api.run_state(_DAG, run_id) in ("success", "failed")
        return False

    def run_to_success(self, run_id: str, verdict: Verdict) -> bool:
        """Wait for a run; clear what failed, and then all of it, until it ends well."""
        for attempt in range(_PATIENCE):
            stuck = self._wait(run_id)
            if self.api.run_state(_DAG, run_id) == "success":
                return True
            verdict.log.append(f"attempt {attempt}: {', '.join(stuck)}")
            if attempt == 0 and stuck:
                for task_id, map_index in stuck.values():
                    self.api.clear(_DAG, run_id, task_id, map_index=map_index, after=True)
            else:
                self.api.clear(_DAG, run_id, "stage", after=True)
        return False

    def _wait(self, run_id: str) -> dict[str, tuple[str, int]]:
        """Until a run has ended, or only waits; gives the tasks that did not end well."""
        deadline = time.monotonic() + _RUN_SECONDS
        while True:
            with suppress(AirflowApiError, AirflowTimeoutError):
                state = self.api.run_state(_DAG, run_id)
                tasks = self.api.task_instances(_DAG, run_id)
                bad = {
                    f"{task.task_id} {task.label} {task.state}": (task.task_id, task.map_index)
                    for task in tasks
                    if task.state in _WAITING
                }
                moving = any(task.state in ("running", "queued", "scheduled") for task in tasks)
                if state in ("success", "failed") or (bad and not moving):
                    return bad
            if time.monotonic() > deadline:
                # Nothing moves: a person starts the scheduler again.
                self.start_scheduler_again()
                deadline = time.monotonic() + _RUN_SECONDS
            time.sleep(1)


_ANY = random.Random(0)


class _Later:
    """A connection that is opened for each statement."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def execute(self, query: str, values: Any = None) -> Any:
        with psycopg.connect(self._dsn) as connection:
            return _Rows(connection.execute(query, values).fetchall())

    @contextmanager
    def cursor(self, **options: Any) -> Iterator[Any]:
        with psycopg.connect(self._dsn) as connection, connection.cursor(**options) as cursor:
            yield cursor


@dataclass(frozen=True)
class _Rows:
    rows: list[Any]

    def fetchall(self) -> list[Any]:
        return self.rows

    def fetchone(self) -> Any:
        return self.rows[0] if self.rows else None


@contextmanager
def airflow_stage(theatre: Theatre) -> Iterator[AirflowStage]:
    """A real Airflow for a theatre's worlds, as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="crm-reliability-airflow-"))
    folder.chmod(0o755)
    installation = Installation(folder / "εγκατάσταση")
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        running.enter_context(held(installation))
        secrets = installation.secrets()
        metadata = running.enter_context(postgres_server())
        metadata.create("airflow")
        crm_line = DatabaseLine(theatre.crm.port)
        warehouse_line = DatabaseLine(theatre.warehouse.port)
        mailchimp_line = MailchimpLine("http://127.0.0.1:1")
        for line in (crm_line, warehouse_line, mailchimp_line):
            running.callback(line.close)
        crm = theatre.crm.dsn(f"crm_{_NAME}", port=crm_line.port)
        login = {"user": QUERY_LOGIN, "password": QUERY_PASSWORD}
        settings = AirflowSettings(
            port=free_port(),
            metadata_dsn=metadata.plain_dsn("airflow"),
            connections={
                "crm_db": crm,
                "crm_query_db": _with_login(crm, **login),
                "warehouse_db": theatre.warehouse.dsn(
                    f"warehouse_{_NAME}", port=warehouse_line.port
                ),
                "mailchimp_default": _mailchimp(mailchimp_line.host),
            },
            extra={**NO_SCHEDULES, **_ATTENTIVE},
        )
        prepare_airflow(installation, secrets, settings)
        airflow = running.enter_context(running_airflow(installation, secrets, settings))
        airflow.api.wait_for_dags([_DAG])
        stage = AirflowStage(
            theatre,
            airflow.api,
            airflow.processes,
            lambda name: start_component(name, installation, secrets, settings),
            (crm_line, warehouse_line, mailchimp_line),
        )
        running.callback(lambda: stop_processes([stage.scheduler]))
        yield stage


def _with_login(dsn: str, *, user: str, password: str) -> str:
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password)}@{place}"))


def _mailchimp(host: str) -> str:
    return json.dumps({"conn_type": "mailchimp", "password": "sandbox-us1", "host": host})


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if int(fields[1]) == pid and fields[0] not in "ZX":
                    found.append(int(entry.name))
    return found


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# ---- the faults


@dataclass(frozen=True)
class AirflowFault:
    """A fault in a run of ``sync_collections``; ``act`` gets the stage, at a drawn message."""

    name: str
    act: Callable[[AirflowStage], object]
    line: str = "warehouse"
    cuts: bool = False


def _kill_tasks(stage: AirflowStage) -> None:
    _kill(stage.tasks())


def _kill_workers(stage: AirflowStage) -> None:
    _kill([worker for worker in stage.workers() if _children(worker)])


def _kill_scheduler(stage: AirflowStage) -> None:
    _kill([stage.scheduler.popen.pid])


def _kill_everything(stage: AirflowStage) -> None:
    _kill([stage.scheduler.popen.pid, *stage.tasks(), *stage.workers()])


def _storm(stage: AirflowStage) -> None:
    stage.mailchimp_line.set(bad=Bad("429", 1, count=12))


def _restart_warehouse(stage: AirflowStage) -> None:
    stage.theatre.warehouse.restart(signal.SIGQUIT)


IN_AIRFLOW = (
    AirflowFault("Airflow: kill -9 of the running tasks", _kill_tasks),
    AirflowFault("Airflow: kill -9 of the executor's workers", _kill_workers),
    AirflowFault("Airflow: kill -9 of the scheduler, which is started again", _kill_scheduler),
    AirflowFault("Airflow: kill -9 of scheduler, workers and tasks", _kill_everything),
    AirflowFault("Airflow: the warehouse's server is stopped at once", _restart_warehouse),
    AirflowFault("Airflow: 429 storm", _storm),
    AirflowFault("Airflow: tasks cleared in any order, two runs at once", lambda stage: None),
)


def try_in_airflow(stage: AirflowStage, fault: AirflowFault, number: int) -> Verdict:
    """One trial: a run with a fault, a person who clears, a run without one, the comparison."""
    theatre = stage.theatre
    draw = random.Random(f"{theatre.seed}/{fault.name}/{number}")
    verdict = Verdict(f"{fault.name}, story {theatre.seed}, trial {number}")
    chapter = draw.choice(_CHAPTERS)
    messages = sum(reach.warehouse for reach in theatre.endings[chapter].reach.values())
    at = draw.randint(1, messages)
    verdict.log.append(f"chapter: {CHAPTERS[chapter].name}; message {at} to the warehouse")
    with stage.world_at(chapter) as scene:
        trap = Trap(at, lambda: fault.act(stage))
        stage.mailchimp_line.set()
        stage.warehouse_line.set(trap)
        run_id = stage.api.trigger(_DAG)
        if "two runs" in fault.name:
            _clear_in_any_order(stage, run_id, draw, verdict)
        try:
            wait_until(lambda: trap.struck or stage.has_ended(run_id), seconds=_RUN_SECONDS)
        finally:
            verdict.struck = trap.struck and trap.over.wait(60)
            stage.warehouse_line.set(None)
        if stage.scheduler.popen.poll() is not None:
            stage.start_scheduler_again()
        if not stage.run_to_success(run_id, verdict):
            verdict.stuck = {run_id: "the run never ended well"}
            return verdict
        again = stage.api.trigger(_DAG)
        if not stage.run_to_success(again, verdict):
            verdict.stuck = {again: "the run never ended well"}
            return verdict
        verdict.differences = compare(theatre.endings[chapter].dump, dump_world(scene))
    return verdict


def _clear_in_any_order(
    stage: AirflowStage, run_id: str, draw: random.Random, verdict: Verdict
) -> None:
    """Two runs are asked for; then tasks of both are cleared, one after the other."""
    runs = [run_id, stage.api.trigger(_DAG)]
    for one in runs:
        stage.run_to_success(one, verdict)
    for _ in range(3):
        one = draw.choice(runs)
        task = draw.choice(stage.api.task_instances(_DAG, one))
        verdict.log.append(f"cleared: {task.task_id} {task.label}")
        stage.api.clear(
            _DAG, one, task.task_id, map_index=task.map_index, after=draw.random() < 0.5
        )
        stage.api.wait_for_run(_DAG, one, seconds=_RUN_SECONDS)
