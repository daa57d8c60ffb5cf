"""Processes that we start: each leads a session of its own and is written down until it ended.

So the next run can clean up after one that was killed. Processes of others are never touched.
Nothing but the standard library is imported here (see ``installation``).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from local_installation.installation import InstallationError, write_private

_STOP_SECONDS = 12.0
_TAIL_LINES = 25
_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class OwnProcess:
    """A running component.

    Attributes:
        name: what people call it, also the name of its log file.
        log: where its output goes.
    """

    name: str
    log: Path
    popen: subprocess.Popen[bytes] = field(repr=False)
    record: Path = field(repr=False)

    def require_alive(self) -> None:
        """
        Raises:
            InstallationError: it has ended; with the end of its log.
        """
        code = self.popen.poll()
        if code is not None:
            raise InstallationError(
                f"{self.name} ended with code {code}. {_described_tail(self.log)}"
            )

    def log_tail(self) -> str:
        """The end of its log, with where to find the rest."""
        return _described_tail(self.log)


def start_process(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    logs: Path,
    running: Path,
) -> OwnProcess:
    """Start a component in a session of its own (Ctrl-C in the terminal is for us to handle).

    Args:
        name: unique within the installation.
        command: program and arguments.
        env: its whole environment.
        logs: folder of the log files; this run's log replaces the last one's.
        running: folder in which running processes are written down.
    """
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(  # noqa: S603
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    record = running / f"{name}.json"
    known = {"pid": popen.pid, "born": _born(popen.pid), "boot": _boot()}
    write_private(record, json.dumps(known))
    return OwnProcess(name=name, log=log, popen=popen, record=record)


def stop_processes(processes: Sequence[OwnProcess]) -> None:
    """Stop components, all at once; whole sessions, so that no worker is left behind."""
    # First the leaders alone: they know best how to end their workers.
    for process in processes:
        process.popen.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.popen.wait(max(0.1, deadline - time.monotonic()))
    for process in processes:
        _end_session(process.popen.pid)
        process.popen.wait()
        process.record.unlink(missing_ok=True)


def stop_leftovers(running: Path) -> list[str]:
    """Stop what a killed run left behind; gives the names of what was still there."""
    found = []
    for record in sorted(running.glob("*.json")):
        known = json.loads(record.read_text(encoding="utf-8"))
        pid = int(known["pid"])
        # A process id is given out again, but never while its session has a process left. So the
        # number is ours if its first owner lives, or if nobody has it and the session goes on.
        same = known["boot"] == _boot() and _born(pid) in (known["born"], None)
        if same and _members(pid):
            found.append(record.stem)
            _end_session(pid)
        record.unlink()
    return found


def _end_session(leader: int) -> None:
    for signal_number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        while members := _members(leader):
            if time.monotonic() > deadline:
                break
            for pid in members:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
            time.sleep(0.1)
        else:
            return


def _stat(pid: int | str) -> list[str] | None:
    """Fields of ``/proc/<pid>/stat`` from the third on (proc(5)); None if there is no such one."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def _born(pid: int) -> str | None:
    """When a process started, in clock ticks since the machine did."""
    fields = _stat(pid)
    return fields[19] if fields else None


def _members(session: int) -> list[int]:
    """Live processes of a session (zombies have ended, only nobody has asked for their code)."""
    members = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(entry.name)
            if fields and fields[0] not in "ZX" and int(fields[3]) == session:
                members.append(int(entry.name))
    return members


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _described_tail(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        if lines:
            return f"The end of {log}:\n" + "\n".join(f"    {line}" for line in lines)
    return f"Its log is empty: {log}"
