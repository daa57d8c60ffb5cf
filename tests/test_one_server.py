"""Each story runs on one of the two servers, and on both if somebody asks for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from one_server import ON_DEBIAN, turn

_ROOT = Path(__file__).parents[1]
STORIES = "tests/sync/shared/test_refusals_of_moves.py"
BACKUPS = "tests/data_protection/test_restored_backups.py"


def collected(*arguments: str, **environment: str) -> list[tuple[str, str]]:
    """Names of tests without their server, and their servers."""
    kept = {name: value for name, value in os.environ.items() if name != "BOTH_SERVERS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:xdist", "-q", "--collect-only", *arguments],
        cwd=_ROOT, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    found = (line for line in done.stdout.splitlines() if "::" in line)
    servers = ((line, re.search(r"\b(debian_)?postgres\b", line)) for line in found)
    return [(line.replace(one[0], ""), one[0]) for line, one in servers if one is not None]


def test_stories_take_turns_and_backups_do_not() -> None:
    in_turn = collected(STORIES, BACKUPS)
    on_both = collected(STORIES, BACKUPS, BOTH_SERVERS="1")
    stories = [one for one in in_turn if STORIES in one[0]]
    assert len({name for name, _ in stories}) == len(stories)
    assert {server for _, server in stories} == {"postgres", "debian_postgres"}
    assert {name for name, _ in in_turn} == {name for name, _ in on_both}
    assert len([one for one in on_both if STORIES in one[0]]) == 2 * len(stories)
    assert [one for one in in_turn if BACKUPS in one[0]] == [
        one for one in on_both if BACKUPS in one[0]
    ]


def test_long_tests_run_on_debians_server() -> None:
    names = [f"{path}::test_{number}[]" for path in ON_DEBIAN for number in range(9)]
    assert set(map(turn, names)) == {"debian_postgres"}, "whatever they are called"
    assert {server for _, server in collected(*ON_DEBIAN)} == {"debian_postgres"}
    on_both = collected(*ON_DEBIAN, BOTH_SERVERS="1")
    assert Counter(server for _, server in on_both) == {
        server: len(ON_DEBIAN) for server in ("debian_postgres", "postgres")
    }
    assert {server for _, server in collected(*ON_DEBIAN, "-k", "not debian")} == {"postgres"}


@pytest.mark.parametrize("server", ["debian_postgres", "not debian_postgres"])
def test_who_asks_for_a_server_gets_all_stories_of_it(server: str) -> None:
    assert len(collected(STORIES, "-k", server)) == len(collected(STORIES))
