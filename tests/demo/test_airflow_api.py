"""How long the demo waits for a run: a slow machine is no error, a standstill is one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local_installation.airflow_api import AirflowApi, AirflowTimeoutError

#: Seconds without a change that are an error here.
_STANDSTILL = 1.0


def _task(task_id: str, state: str | None, try_number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "task_id": task_id, "map_index": -1, "rendered_map_index": None, "state": state,
        "try_number": try_number, "duration": None, **more,
    }  # fmt: skip


class _Airflow:
    """Airflow's two answers about a run; the tasks change at moments that a test chooses."""

    def __init__(self, changes: list[list[dict[str, Any]]], *, every: float, ends: bool) -> None:
        self.changes, self.every, self.ends = changes, every, ends
        self.begun = time.monotonic()

    def answer(self, path: str) -> dict[str, Any]:
        if path.startswith("/auth/token"):
            return {"access_token": "x"}
        place = int((time.monotonic() - self.begun) / self.every)
        if "taskInstances" in path:
            return {"task_instances": self.changes[min(place, len(self.changes) - 1)]}
        ended = self.ends and place >= len(self.changes)
        return {"state": "success" if ended else "running"}


@contextmanager
def _served(airflow: _Airflow) -> Iterator[AirflowApi]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(airflow.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_words: object) -> None:
            pass  # pytest shows what a test prints

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield AirflowApi(f"http://127.0.0.1:{server.server_port}", user="u", password="p")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _slow_run() -> list[list[dict[str, Any]]]:
    states = [None, "scheduled", "queued", "running", "up_for_retry"]
    first = [[_task("stage", state)] for state in states]
    return [*first, *[[_task("stage", "running", number)] for number in (2, 3)]]


def test_a_run_may_take_longer_while_its_tasks_change() -> None:
    changes = _slow_run()
    every = _STANDSTILL * 0.6
    with _served(_Airflow(changes, every=every, ends=True)) as api:
        begun = time.monotonic()
        assert api.wait_for_run("sync_collections", "ένα", seconds=_STANDSTILL) == "success"
    assert time.monotonic() - begun > 2 * _STANDSTILL


def test_a_standstill_names_the_task_its_try_and_the_load() -> None:
    tasks = [
        _task("stage", "success"),
        _task("finish", None, 0),
        _task("sync.push", "running", 2, map_index=3, rendered_map_index="ΑΘΗΝΑ"),
    ]
    with (
        _served(_Airflow([tasks], every=1000.0, ends=False)) as api,
        pytest.raises(AirflowTimeoutError) as stopped,
    ):
        api.wait_for_run("sync_collections", "ένα", seconds=_STANDSTILL)
    words = str(stopped.value)
    assert "no task of it has changed for 1 s: sync.push [ΑΘΗΝΑ] is running (try 2), " in words
    assert "finish is waiting (try 0)" in words
    assert "stage is" not in words
    assert "This machine's load is " in words
