"""Work in a process of its own, as an Airflow task is, and what it took."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

from benchmarks.far_end import FarEnd
from benchmarks.place import CALLS, most_at_once
from benchmarks.statements import noted_statements
from benchmarks.table import Measured

#: Each process is a copy of one that imported what takes long, as with Airflow's executors.
_COPIES = get_context("forkserver")
_COPIES.set_forkserver_preload(
    [
        "pytest",
        "crm_mailchimp.mailchimp.mailchimp",
        "crm_mailchimp.stats.audience_extract",
        "crm_mailchimp.stats.extract",
        "crm_mailchimp.sync.members.pull_statuses",
        "crm_mailchimp.sync.runs.collection_sync",
        "crm_mailchimp.sync.runs.finish",
        "crm_mailchimp.sync.staging.stage",
    ]
)
#: Seconds for all processes of an executor to start.
_START_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """What a task returned, and what it took.

    Attributes:
        result: what the task returned.
        cost: of the task, without the start of its process and its imports.
        templates: calls by method and path, such as ``POST /lists/{list_id}``.
        read: paths of the GETs with their parameters, below ``/3.0``.
        first_batch: body of the first batch that was started; None: no batch.
        spans: begin and end of each call, by the machine's own clock.
    """

    result: Any
    cost: Measured
    templates: Counter[str]
    read: list[str]
    first_batch: Any
    spans: list[tuple[float, float]]


def run_task(work: Callable[..., Any], *arguments: Any, far_end: FarEnd) -> Done:
    """Run a function in a new process, and measure it there.

    Args:
        work: a function of a module; what the module imports is imported before.
        arguments: of the function.
        far_end: its CPU seconds are measured meanwhile.
    """
    ((done,), cost) = run_tasks(work, [arguments], processes=1, far_end=far_end)
    return replace(done, cost=replace(done.cost, server_cpu=cost.server_cpu))


def run_tasks(
    work: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    *,
    processes: int,
    far_end: FarEnd,
) -> tuple[list[Done], Measured]:
    """Run tasks in so many processes, as an executor with so many slots does.

    Args:
        work: as for ``run_task``.
        arguments: of each task.

    Returns:
        each task, and what all of them took together.
    """
    barrier = _COPIES.Barrier(processes)
    with ProcessPoolExecutor(processes, _COPIES, _meet_at, (barrier,)) as executor:
        # Every process is there, and has imported what it needs, before the first task begins.
        for ready in [executor.submit(_ready, work) for _ in range(processes)]:
            ready.result()
        cpu, began = far_end.cpu_seconds(), time.perf_counter()
        started = [executor.submit(_measured, work, one) for one in arguments]
        done = [one.result() for one in started]
        seconds, after = time.perf_counter() - began, far_end.cpu_seconds()
    cost = replace(
        together(one.cost for one in done),
        seconds=seconds,
        in_flight=most_at_once(span for one in done for span in one.spans),
        server_cpu=None if cpu is None or after is None else after - cpu,
    )
    return done, cost


def together(costs: Iterable[Measured]) -> Measured:
    """What tasks took that ran one after the other: sums, and the most memory and connections."""
    tasks = list(costs)
    servers = [one.server_cpu for one in tasks if one.server_cpu is not None]
    return Measured(
        seconds=sum(one.seconds for one in tasks),
        calls=sum(one.calls or 0 for one in tasks),
        writes=sum(one.writes or 0 for one in tasks),
        statements=sum(one.statements or 0 for one in tasks),
        in_flight=max(one.in_flight or 0 for one in tasks),
        peak_mib=max(one.peak_mib or 0 for one in tasks),
        server_cpu=sum(servers) if servers else None,
    )


class _Start:
    """Where the processes of an executor wait for each other."""

    barrier: Any = None


def _meet_at(barrier: Any) -> None:
    _Start.barrier = barrier


def _ready(work: Callable[..., Any]) -> None:
    # Unpickling the function imported its module.
    try:
        _Start.barrier.wait(_START_SECONDS)
    except BrokenBarrierError:
        raise RuntimeError(f"{work.__name__}: a process did not start") from None


def _measured(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Done:
    CALLS.reset()
    # Peak memory of this process from here on (proc(5), clear_refs and VmHWM).
    Path("/proc/self/clear_refs").write_text("5")
    sent: list[str] = []
    with noted_statements(sent):
        began = time.perf_counter()
        result = work(*arguments)
        seconds = time.perf_counter() - began
    cost = Measured(
        seconds=seconds,
        calls=CALLS.sent,
        writes=CALLS.writes,
        statements=len(sent),
        in_flight=most_at_once(CALLS.spans),
        peak_mib=_peak_mib(),
    )
    return Done(result, cost, CALLS.templates, CALLS.read, CALLS.first_batch, CALLS.spans)


def _peak_mib() -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
