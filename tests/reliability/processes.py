"""Processes of trials: forked from a server that has imported everything once."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import forkserver

PROCESSES = multiprocessing.get_context("forkserver")


def begin_with_all_modules() -> None:
    """Let the server that forks import the tasks and the sandbox: each process is there at once.

    Python 3.11 does not give that server our ``sys.path``; the environment does.
    """
    PROCESSES.set_forkserver_preload(["reliability.work", "reliability.servers"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
