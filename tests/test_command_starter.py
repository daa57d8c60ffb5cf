"""A command from the starter is what the interpreter itself would give."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from command_starter import run_sync_command

_CASES = (
    ("--help",),
    ("explain", "--help"),
    ("explain", "--dsn", "host=127.0.0.1 port=1 dbname=x", "--email", "eleni@mail.gr"),
    ("αντίο",),
    (),
)


@pytest.mark.parametrize("words", _CASES, ids=" ".join)
def test_output_and_exit_code_are_the_same(words: tuple[str, ...]) -> None:
    itself = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.sync", *words],
        capture_output=True, check=False, encoding="utf-8",
    )  # fmt: skip
    started = run_sync_command(*words)
    assert started.returncode == itself.returncode
    assert (started.stdout, started.stderr) == (itself.stdout, itself.stderr)


def test_each_has_the_environment_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    wide = run_sync_command("--help").stdout
    monkeypatch.setenv("COLUMNS", "40")
    assert len(run_sync_command("--help").stdout.splitlines()) > len(wide.splitlines())
    assert os.environ["COLUMNS"] == "40"
