"""`… | head`: a command whose reader has left says nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def _run_without_reader(*words: str) -> tuple[int, str]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            # Without a buffer argparse itself swallows the error of its help.
            env={name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"},
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["crm", "warehouse", "quality", "sync"])
def test_help_without_a_reader(command: str) -> None:
    assert _run_without_reader(f"crm_mailchimp.{command}", "--help") == (141, "")


@pytest.mark.parametrize(
    "words",
    [
        ("warehouse", "migrate"),
        ("quality", "export"),
        ("sync", "explain", "--contact", "1"),
    ],
)
def test_an_answer_of_the_warehouse_without_a_reader(
    warehouse_db: str, words: tuple[str, ...]
) -> None:
    command, *rest = words
    ended = _run_without_reader(f"crm_mailchimp.{command}", *rest, "--dsn", warehouse_db)
    assert ended == (141, "")


def test_an_answer_of_the_crm_without_a_reader(crm_db: str) -> None:
    assert _run_without_reader("crm_mailchimp.crm", "create", "--dsn", crm_db) == (141, "")


@pytest.mark.parametrize("command", ["quality export", "sync explain --contact 1"])
def test_a_full_disk_is_named(warehouse_db: str, command: str) -> None:
    module, *rest = command.split()
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", f"crm_mailchimp.{module}", *rest, "--dsn", warehouse_db],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr == "error: standard output: No space left on device\n"


@pytest.mark.parametrize("command", ["crm create", "warehouse migrate", "quality export"])
def test_an_argument_that_is_not_utf_8(command: str) -> None:
    """A terminal for Greek may write ISO 8859-7. The words name no value: it may be an address."""
    module, *rest = command.split()
    code = "Νέα".encode("iso8859-7")
    done = subprocess.run(
        [sys.executable, "-m", f"crm_mailchimp.{module}", *rest, "--dsn", b"dbname=" + code],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "error: argument 3 is not UTF-8, so nothing was done. Set the terminal to UTF-8, and "
        "write the command once more\n"
    )
