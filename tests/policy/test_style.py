"""What `make check` asks before a commit, asked again by the whole suite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # `make check` runs the same commands itself

ROOT = Path(__file__).parents[2]
LOCAL_SQL = "include/local_installation/sql"
COMMANDS = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy", "include", "plugins"],
    "sqlfluff": ["sqlfluff", "lint", "--disable-progress-bar", "sql", LOCAL_SQL, "examples"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_house_style(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-2000:]}"


def test_make_check_runs_the_same() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\ncheck:")[2].partition("\n\n")[0]
    for command in COMMANDS.values():
        asked = " ".join(command).replace("lint", "lint --processes 2")
        assert f"$(PY) -m {asked}" in recipe
