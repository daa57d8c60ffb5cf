"""A test that talks to Postgres stays on one core, with its server and its sandbox.

Such a test and its server take turns: one of them waits while the other works. On two cores each
turn wakes a core that sleeps. That took a quarter of the suite's time. Each worker of pytest-xdist
has a core of its own, and what it starts meanwhile stays there. Tests that start Airflow or a
browser use all cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_WORKER = "PYTEST_XDIST_WORKER"


def own_core(cores: set[int], worker: str | None, process: int) -> int:
    """The core of one worker.

    Args:
        cores: those that this process may use; one at least.
        worker: its name, such as ``gw0``; None: it is the only one of its session.
        process: its id. Sessions without workers, side by side, seldom share a core.
    """
    number = process if worker is None else int(worker.removeprefix("gw"))
    return sorted(cores)[number % len(cores)]


@contextmanager
def on_own_core() -> Iterator[None]:
    """Keep this thread, and the processes that it starts, on one core as long as the block lasts.

    Only Linux has that. Elsewhere nothing changes.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {own_core(cores, os.environ.get(_WORKER), os.getpid())})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
