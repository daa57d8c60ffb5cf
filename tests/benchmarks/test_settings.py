"""Settings of the benchmarks: what a first run needs, and what is refused by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.settings import SettingError, read_settings

ROOT = Path(__file__).parents[2]


def test_without_settings_a_run_is_whole() -> None:
    settings = read_settings({"BENCH_CONTACTS": "", "MAILCHIMP_BENCH_HOST": ""})
    assert (settings.contacts, settings.latencies_ms) == (100_000, (0, 150))
    assert (settings.postgres, settings.host, settings.pid) == ("embedded", None, None)


def test_settings_are_obeyed() -> None:
    settings = read_settings(
        {
            "BENCH_EVENTS": "50000",
            "BENCH_GROWTH": "10, 20",
            "BENCH_POSTGRES": "debian",
            "MAILCHIMP_BENCH_HOST": "http://127.0.0.1:8099",
            "MAILCHIMP_BENCH_PID": str(os.getpid()),
        }
    )
    assert (settings.events, settings.growth, settings.postgres) == (50_000, (10, 20), "debian")
    assert (settings.host, settings.pid) == ("http://127.0.0.1:8099", os.getpid())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BENCH_CONTACTS", "πολλές", "BENCH_CONTACTS is 'πολλές': write whole numbers"),
        ("BENCH_CONTACTS", "0", "BENCH_CONTACTS is 0: the least is 1"),
        ("BENCH_EVENTS", "1000", "BENCH_EVENTS is 1000: the least is 50000"),
        ("BENCH_GROWTH", "10;20", "BENCH_GROWTH is '10;20': write whole numbers"),
        ("BENCH_LATENCY_MS", "-1", "BENCH_LATENCY_MS is -1: the least is 0"),
        ("BENCH_POSTGRES", "mine", "BENCH_POSTGRES is 'mine': write embedded or debian"),
        ("MAILCHIMP_BENCH_HOST", "127.0.0.1:80", "MAILCHIMP_BENCH_HOST is '127.0.0.1:80': write"),
        ("MAILCHIMP_BENCH_PID", "999999999", "this machine has no such process"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({name: value})
    assert words in str(refused.value)


def test_a_run_ends_with_one_line_about_the_setting() -> None:
    arguments = ["-p", "no:xdist", "-o", "python_files=bench_*.py", "tests/benchmarks"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "BENCH_SAMPLE": "λίγες"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    said = (done.stdout + done.stderr).strip().splitlines()
    assert said == ["ERROR: BENCH_SAMPLE is 'λίγες': write whole numbers"]
