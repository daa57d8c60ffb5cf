"""What we started is stopped whole, after a kill too; what is somebody else's is left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_installation.installation import InstallationError
from local_installation.own_processes import (
    OwnProcess,
    start_process,
    stop_leftovers,
    stop_processes,
)

# A component with a worker of its own, as Airflow's have; it writes the worker's pid.
WITH_WORKER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(worker.pid, flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str, str], OwnProcess]]:
    started: list[OwnProcess] = []
    for name in ("logs", "running"):
        (tmp_path / name).mkdir()

    def start_python(name: str, code: str) -> OwnProcess:
        process = start_process(
            name,
            [sys.executable, "-c", code],
            env=os.environ,
            logs=tmp_path / "logs",
            running=tmp_path / "running",
        )
        started.append(process)
        return process

    yield start_python
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
            process.popen.wait()


def first_line(process: OwnProcess) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        text = process.log.read_text(encoding="utf-8")
        if "\n" in text:
            return text.splitlines()[0]
        time.sleep(0.02)
    raise AssertionError("it said nothing")


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_workers_end_with_their_component(start: Callable[[str, str], OwnProcess]) -> None:
    process = start("with-worker", WITH_WORKER)
    worker = int(first_line(process))
    stop_processes([process])
    assert not lives(process.popen.pid)
    assert not lives(worker)
    assert not process.record.exists()


def test_who_ignores_the_polite_signal_is_killed(
    start: Callable[[str, str], OwnProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_installation.own_processes._STOP_SECONDS", 0.5)
    process = start("stubborn", STUBBORN)
    first_line(process)
    stop_processes([process])
    assert process.popen.returncode == -signal.SIGKILL


def test_leftovers_of_a_killed_run_are_stopped(
    start: Callable[[str, str], OwnProcess], tmp_path: Path
) -> None:
    process = start("left-over", WITH_WORKER)
    worker = int(first_line(process))
    assert stop_leftovers(tmp_path / "running") == ["left-over"]
    process.popen.wait()
    assert not lives(worker)
    assert stop_leftovers(tmp_path / "running") == []


def test_workers_whose_leader_is_gone_are_stopped_too(
    start: Callable[[str, str], OwnProcess], tmp_path: Path
) -> None:
    process = start("headless", WITH_WORKER)
    worker = int(first_line(process))
    process.popen.kill()
    process.popen.wait()
    assert lives(worker)
    assert stop_leftovers(tmp_path / "running") == ["headless"]
    assert not lives(worker)


@pytest.mark.parametrize("forged", [{"born": "1"}, {"boot": "another start of the machine"}])
def test_a_process_that_only_has_the_number_is_left_alone(
    start: Callable[[str, str], OwnProcess], tmp_path: Path, forged: dict[str, str]
) -> None:
    process = start("reused", WITH_WORKER)
    known = json.loads(process.record.read_text(encoding="utf-8"))
    process.record.write_text(json.dumps({**known, **forged}), encoding="utf-8")
    assert stop_leftovers(tmp_path / "running") == []
    assert process.popen.poll() is None
    assert not process.record.exists()


def test_the_end_of_the_log_tells_why_it_ended(start: Callable[[str, str], OwnProcess]) -> None:
    process = start("broken", textwrap.dedent("import sys\nsys.exit('δεν γίνεται')"))
    process.popen.wait()
    with pytest.raises(InstallationError, match=r"broken ended with code 1(.|\n)*δεν γίνεται"):
        process.require_alive()


def test_ctrl_c_in_the_terminal_does_not_reach_it(start: Callable[[str, str], OwnProcess]) -> None:
    process = start("own-session", WITH_WORKER)
    first_line(process)
    assert os.getsid(process.popen.pid) == process.popen.pid
    assert process.popen.poll() is None


# ``make up`` in small: a component that needs a second to end.
COMPONENT = """
import signal, sys, threading
def end(*_):
    threading.Event().wait(1)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
threading.Event().wait(600)
"""
UP = """
import os, sys, threading
from contextlib import ExitStack
from pathlib import Path
from local_installation.console import unwind_on_termination
from local_installation.own_processes import start_process, stop_leftovers, stop_processes

folder, how, component = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
unwind_on_termination()
try:
    with ExitStack() as running:
        running.callback(stop_leftovers, folder / "running")
        process = start_process(
            "component", [sys.executable, "-c", component], env=os.environ,
            logs=folder / "logs", running=folder / "running",
        )
        if how == "started":
            running.callback(stop_processes, [process])
        while "ready" not in process.log.read_text():
            threading.Event().wait(0.02)
        print(process.popen.pid, flush=True)
        threading.Event().wait(600)
except KeyboardInterrupt:
    print("Stopped.", flush=True)
"""


@pytest.mark.parametrize("how", ["started", "left over"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopped_is_said_when_all_processes_are_gone(
    tmp_path: Path, how: str, number: signal.Signals
) -> None:
    """Also when the signal comes again while they end."""
    for name in ("logs", "running"):
        (tmp_path / name).mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", UP, str(tmp_path), how, COMPONENT], stdout=subprocess.PIPE, text=True
    ) as up:
        try:
            assert up.stdout is not None
            component = int(up.stdout.readline())
            assert lives(component)
            while up.poll() is None and lives(component):
                up.send_signal(number)
                time.sleep(0.05)
            assert up.stdout.readline() == "Stopped.\n"
            assert not lives(component)
            assert up.wait(10) == 0
        finally:
            up.kill()
    assert not list((tmp_path / "running").iterdir())
