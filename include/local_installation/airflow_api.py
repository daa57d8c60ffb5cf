"""A small client of Airflow's public REST API (``/api/v2``, Airflow 3.3)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

_REQUEST_SECONDS = 30.0
_READ_ATTEMPTS = 3
_PAGE = 100
_POLL_SECONDS = 0.5
#: How often a wait looks at the tasks of a run when it shows nobody its progress.
_LOOK_SECONDS = 5.0
_ENDED = frozenset({"success", "failed"})
#: States of a task instance that never change by themselves (Airflow 3.3, ``TaskInstanceState``).
_TASK_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_COMPONENTS: Mapping[str, str] = {
    "metadatabase": "metadata database",
    "scheduler": "scheduler",
    "dag_processor": "dag-processor",
    "triggerer": "triggerer",
}


class AirflowApiError(RuntimeError):
    """Airflow could not be reached or refused; says the request and what came back."""


class AirflowTimeoutError(AirflowApiError):
    """What was waited for did not happen in time; says what was the case instead."""


@dataclass(frozen=True, kw_only=True)
class TaskInstance:
    """One try-holder of a task in a run.

    Attributes:
        task_id: as in the DAG.
        map_index: -1 unless the task is mapped.
        label: what people see for a mapped one, such as a collection's code.
        state: Airflow's word, None while nothing has happened.
        seconds: how long it ran, None while unknown.
    """

    task_id: str
    map_index: int
    label: str
    state: str | None
    try_number: int
    seconds: float | None


class AirflowApi:
    """Logged in at the first request, and again when the token has expired."""

    def __init__(self, url: str, *, user: str, password: str) -> None:
        self.url = url
        self._user = user
        self._password = password
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business between us and this machine

    def unhealthy_components(self) -> list[str]:
        """Names of the components that do not report as healthy, the API server's included."""
        answer = self._send("GET", "/api/v2/monitor/health", login=False)
        return [
            name
            for key, name in _COMPONENTS.items()
            if (answer.get(key) or {}).get("status") != "healthy"
        ]

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """JSON of ``GET /api/v2/<path>``."""
        return self._send("GET", f"/api/v2/{path}", query=query)

    def items(self, path: str, key: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Everything a listing holds, page by page; ``key`` names the list inside the answer."""
        offset = 0
        while True:
            rows = self.get(path, **query, limit=_PAGE, offset=offset)[key]
            yield from rows
            if len(rows) < _PAGE:
                return
            offset += len(rows)

    def wait_for_dags(self, dag_ids: Sequence[str], *, seconds: float = 600.0) -> None:
        """Wait until the dag-processor has read these DAGs, then switch them on.

        Raises:
            AirflowApiError: a DAG file does not import; with the reason.
            AirflowTimeoutError: they did not appear.
        """
        self.wait_until_read(dag_ids, seconds=seconds)
        self.unpause(dag_ids)

    def wait_until_read(self, dag_ids: Sequence[str], *, seconds: float = 600.0) -> None:
        """Wait until the dag-processor has read these DAGs.

        Raises:
            AirflowApiError: a DAG file does not import; with the reason.
            AirflowTimeoutError: they did not appear.
        """
        deadline = time.monotonic() + seconds
        while missing := [dag_id for dag_id in dag_ids if not self._is_known(dag_id)]:
            errors = self.get("importErrors")["import_errors"]
            if errors:
                raise AirflowApiError(
                    "\n".join(f"{item['filename']}: {item['stack_trace']}" for item in errors)
                )
            if time.monotonic() > deadline:
                raise AirflowTimeoutError(
                    f"Airflow has not read {', '.join(missing)} within {seconds:.0f} s"
                )
            time.sleep(_POLL_SECONDS)

    def unpause(self, dag_ids: Sequence[str]) -> None:
        """Switch DAGs on: their schedules start runs."""
        for dag_id in dag_ids:
            self._send("PATCH", f"/api/v2/dags/{dag_id}", body={"is_paused": False})

    def pause(self, dag_ids: Sequence[str]) -> None:
        """Switch DAGs off: their schedules start nothing."""
        for dag_id in dag_ids:
            self._send("PATCH", f"/api/v2/dags/{dag_id}", body={"is_paused": True})

    def trigger(self, dag_id: str, params: Mapping[str, Any] | None = None) -> str:
        """Start a run; gives its run id."""
        body = {"conf": dict(params or {}), "logical_date": None}
        answer = self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body=body)
        return str(answer["dag_run_id"])

    def run_ids(self, dag_id: str) -> list[str]:
        """Run ids of a DAG, oldest first."""
        rows = self.items(f"dags/{dag_id}/dagRuns", "dag_runs", order_by="run_after")
        return [row["dag_run_id"] for row in rows]

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Airflow's word for the state of a run."""
        return str(self.get(f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")["state"])

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        *,
        seconds: float,
        progress: Callable[[Sequence[TaskInstance]], None] | None = None,
    ) -> str:
        """Wait for the end of a run, for as long as its tasks change.

        A slow machine needs more time than anybody can say before. So only a standstill is an
        error.

        Args:
            seconds: how long at most no task instance may change its state or its try.
            progress: called with the task instances at every look.

        Returns:
            ``success`` or ``failed``.

        Raises:
            AirflowTimeoutError: nothing has changed for that time.
        """
        known: dict[tuple[str, int], tuple[str | None, int]] = {}
        moved_at = time.monotonic()
        looks_again = moved_at
        while (state := self.run_state(dag_id, run_id)) not in _ENDED:
            if progress is None and time.monotonic() < looks_again:
                time.sleep(_POLL_SECONDS)
                continue
            looks_again = time.monotonic() + min(_LOOK_SECONDS, seconds / 10)
            instances = self.task_instances(dag_id, run_id)
            if progress:
                progress(instances)
            now = {
                (task.task_id, task.map_index): (task.state, task.try_number) for task in instances
            }
            if now != known:
                known, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > seconds:
                raise AirflowTimeoutError(
                    f"run {run_id} of {dag_id} is still {state}, and no task of it has changed for "
                    f"{seconds:.0f} s: {_unfinished(instances)}. {_machine_load()}"
                )
            time.sleep(_POLL_SECONDS)
        return state

    def wait_for_new_run(self, dag_id: str, known: Sequence[str], *, seconds: float = 300.0) -> str:
        """Wait for a run that something else starts, such as an asset; gives its run id.

        Args:
            known: run ids from before.

        Raises:
            AirflowTimeoutError: none was started in time.
        """
        deadline = time.monotonic() + seconds
        while not (fresh := [run_id for run_id in self.run_ids(dag_id) if run_id not in known]):
            if time.monotonic() > deadline:
                raise AirflowTimeoutError(f"no run of {dag_id} was started in {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return fresh[-1]

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Every task instance of a run, mapped ones one by one."""
        rows = self.items(
            f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances", "task_instances"
        )
        return [
            TaskInstance(
                task_id=row["task_id"],
                map_index=row["map_index"],
                label=row.get("rendered_map_index") or "",
                state=row["state"],
                try_number=row["try_number"],
                seconds=row["duration"],
            )
            for row in rows
        ]

    def answer(
        self, dag_id: str, run_id: str, task_id: str, option: str, *, map_index: int = -1
    ) -> None:
        """Answer a waiting human-in-the-loop task with one of its options."""
        path = (
            f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}"
            f"/{map_index}/hitlDetails"
        )
        self._send("PATCH", path, body={"chosen_options": [option], "params_input": {}})

    def clear(
        self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1, after: bool = False
    ) -> None:
        """Run a task of an ended run again, as a person does who clears it.

        Args:
            map_index: of a mapped task.
            after: the tasks that come after it, too.
        """
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [task_id if map_index < 0 else [task_id, map_index]],
            "include_downstream": after,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._send("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body=body)

    def _is_known(self, dag_id: str) -> bool:
        rows = self.get("dags", dag_id_pattern=dag_id, limit=_PAGE)["dags"]
        return any(row["dag_id"] == dag_id and not row["is_stale"] for row in rows)

    def _login(self) -> None:
        body = {"username": self._user, "password": self._password}
        token = self._send("POST", "/auth/token", body=body, login=False)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        login: bool = True,
    ) -> dict[str, Any]:
        if login and "Authorization" not in self._session.headers:
            self._login()
        answer = self._request(method, path, query, body)
        if login and answer.status_code == requests.codes.unauthorized:
            self._login()
            answer = self._request(method, path, query, body)
        if not answer.ok:
            raise AirflowApiError(
                f"{method} {path}: HTTP {answer.status_code}: {answer.text[:500]}"
            )
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
    ) -> requests.Response:
        # Reading again is harmless; an overloaded machine may need it.
        attempts = _READ_ATTEMPTS if method == "GET" else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._session.request(
                    method, f"{self.url}{path}", params=query, json=body, timeout=_REQUEST_SECONDS
                )
            except requests.ConnectionError as error:
                raise AirflowApiError(f"{method} {path}: no answer from {self.url}") from error
            except requests.RequestException as error:
                if attempt == attempts:
                    raise AirflowApiError(
                        f"{method} {path}: {type(error).__name__} at {self.url}"
                    ) from error
        raise AssertionError("unreachable")


def _unfinished(instances: Sequence[TaskInstance]) -> str:
    """The tasks that have not ended, each with state and try; those under way come first."""
    waiting = [task for task in instances if task.state not in _TASK_ENDED]
    waiting.sort(key=lambda task: task.state is None)
    return ", ".join(map(_described, waiting)) or "every task has ended"


def _described(task: TaskInstance) -> str:
    mapped = f" [{task.label or task.map_index}]" if task.map_index >= 0 else ""
    return f"{task.task_id}{mapped} is {task.state or 'waiting'} (try {task.try_number})"


def _machine_load() -> str:
    """How busy this machine is; Linux and macOS count processes that want a processor."""
    minute, _, quarter = os.getloadavg()
    return (
        f"This machine's load is {minute:.1f} (in 15 minutes: {quarter:.1f}), and it has "
        f"{os.cpu_count()} processors"
    )
