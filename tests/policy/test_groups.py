"""Tests of one ``xdist_group`` share one worker: they share servers that would not fit twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_MODULE = """
import os

import pytest

pytestmark = pytest.mark.xdist_group("servers")


@pytest.mark.parametrize("number", range(4))
def test_note_the_worker(number):
    with open({notes!r}, "a") as notes:
        notes.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_a_group_is_not_spread_over_workers(tmp_path: Path) -> None:
    notes = tmp_path / "workers"
    for name in ("test_one.py", "test_other.py"):
        (tmp_path / name).write_text(_MODULE.format(notes=str(notes)), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    alone = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *alone, str(tmp_path)],
        env=inherited,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    workers = notes.read_text(encoding="utf-8").split()
    assert len(workers) == 8
    assert len(set(workers)) == 1
