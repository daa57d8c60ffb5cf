"""Tests of one ``xdist_group`` share one worker and its servers, and these end with the group."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Fixtures that hold something until all tests have run: most tests need them.
OF_ALL_TESTS = {
    ("tests/conftest.py", "postgres"),
    ("tests/conftest.py", "debian_postgres"),
    ("tests/conftest.py", "_starter"),
    # It holds no process, and prints when all has been measured.
    ("tests/benchmarks/conftest.py", "table"),
}

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


def scopes_of(path: Path) -> Iterator[tuple[str, str]]:
    """Scope and name of each fixture in a file that holds something, hence yields."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and any(
            isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)
        ):
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.fixture":
                    for argument in mark.keywords:
                        if argument.arg == "scope":
                            yield ast.literal_eval(argument.value), function.name


def test_an_installation_ends_with_the_last_test_that_needs_it() -> None:
    """Until then it costs part of a processor. So few fixtures last as long as all tests."""
    found: dict[str, set[tuple[str, str]]] = {}
    for folder in ("tests", "include/mailchimp_sandbox/tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for scope, name in scopes_of(path):
                found.setdefault(scope, set()).add((str(path.relative_to(ROOT)), name))
    assert found["session"] == OF_ALL_TESTS
    for place, name in found["package"]:
        # In a folder that is no package, pytest takes the scope for the whole session.
        assert (ROOT / place).with_name("__init__.py").is_file(), f"{name} in {place}"
