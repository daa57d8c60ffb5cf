"""Sandboxes from one process that has read their program: it forks, which takes a few milliseconds.

A test starts one or two sandboxes. To read the program takes half a second of a core each time.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = "crm-mailchimp sandbox"


class SandboxStarter:
    """Starts sandboxes, each in a process of its own.

    Args:
        process: runs this file.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, key: str, log: Path) -> tuple[int, str]:
        """The process id of a new sandbox and its first line of output.

        Args:
            key: the API key.
            log: where its errors go; the folder must exist.
        """
        assert self._process.stdin
        assert self._process.stdout
        output = log.with_suffix(".out")
        os.mkfifo(output)
        print(json.dumps([key, str(log), str(output)]), file=self._process.stdin, flush=True)
        pid = int(self._process.stdout.readline())
        # Both wait until the sandbox prints its one line, or ends; pytest's timeout bounds it.
        with output.open(encoding="utf-8") as lines:
            return pid, lines.readline()


@contextmanager
def sandbox_starter() -> Iterator[SandboxStarter]:
    """A starter; its process ends with the block."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield SandboxStarter(process)
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(20)
        assert process.stdout
        process.stdout.close()


def stop(pid: int) -> None:
    """Kill a sandbox at once: nothing of it is needed any more. A test may have done it before."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _read_what_servers_read() -> None:
    """Modules that a server reads when it begins: here once, else in each child."""
    import uvicorn  # noqa: PLC0415

    from mailchimp_sandbox.account import Sandbox  # noqa: PLC0415
    from mailchimp_sandbox.app import create_app  # noqa: PLC0415
    from mailchimp_sandbox.server import Server  # noqa: PLC0415

    server = Server(sandbox=Sandbox(), key="", name=_NAME)
    uvicorn.Config(create_app(server)).load()


def _serve() -> None:
    from mailchimp_sandbox.__main__ import main  # noqa: PLC0415 - not in the process that tests

    _read_what_servers_read()
    # Else each child's first collection writes into, and so copies, all that was read here.
    gc.collect()
    gc.freeze()
    # Who ends leaves nothing behind.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        key, log, output = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT, 0o600), 2)
        os.dup2(os.open(output, os.O_WRONLY), 1)
        sys.exit(main(["--port", "0", "--key", key], name=_NAME))


if __name__ == "__main__":
    _serve()
