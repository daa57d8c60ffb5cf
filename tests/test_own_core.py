"""Each worker has a core, and only tests with a server of Postgres or a sandbox stay on it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local_installation.postgres import Server
from own_core import on_own_core, own_core

_CORES_OF_A_CHILD = "import os; print(len(os.sched_getaffinity(0)))"

only_linux = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="only Linux keeps a process on a core"
)


@pytest.mark.parametrize(
    ("worker", "process", "core"), [("gw0", 8, 2), ("gw1", 8, 5), ("gw2", 8, 7), ("gw3", 8, 2)]
)
def test_workers_take_the_cores_in_turn(worker: str, process: int, core: int) -> None:
    assert own_core({7, 2, 5}, worker, process) == core


def test_sessions_without_workers_take_the_cores_in_turn() -> None:
    assert [own_core({2, 5}, None, process) for process in (8, 9, 10)] == [2, 5, 2]


@only_linux
def test_the_block_and_what_it_starts_stay_on_one_core() -> None:
    before = os.sched_getaffinity(0)
    with on_own_core():
        assert len(os.sched_getaffinity(0)) == 1
        started = subprocess.run(
            [sys.executable, "-c", _CORES_OF_A_CHILD], capture_output=True, text=True, check=True
        )
    assert started.stdout.strip() == "1"
    assert os.sched_getaffinity(0) == before


@only_linux
def test_a_test_with_a_server_shares_its_core_with_it(postgres: Server) -> None:
    assert os.sched_getaffinity(postgres.pid) == os.sched_getaffinity(0)
    assert len(os.sched_getaffinity(0)) == 1


@only_linux
def test_a_test_without_servers_uses_all_cores() -> None:
    assert len(os.sched_getaffinity(0)) == os.cpu_count() or "PYTEST_XDIST_WORKER" not in os.environ
