"""``make bench`` with small numbers on Debian's Postgres: every case runs, and has its form.

How long anything takes is shown by the benchmarks themselves, and is not asserted here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from local_installation import postgres as embedded

ROOT = Path(__file__).parents[2]
SMALL = {
    "BENCH_CONTACTS": "2000",
    "BENCH_GROWTH": "500",
    "BENCH_LATENCY_MS": "5",
    "BENCH_POSTGRES": "debian",
    "BENCH_RECIPIENTS": "300",
    "BENCH_CAMPAIGNS": "20",
    "BENCH_EVENTS": "50000",
    "BENCH_MEMBERS": "20",
    "BENCH_SAMPLE": "10",
    "BENCH_REPEATS": "1",
}
#: Rows by what their names begin with, and what each is compared with; empty: nothing.
ROWS = {
    "push of ready contacts": {"bare additions"},
    "first sync, all steps": {"bare additions", "official SDK, batches of", "one PUT a contact"},
    "calls of the first sync": {"pages of 500"},
    "of these, calls that add members": {"pages of 500"},
    "second sync, nothing changed": {"COPY and a hash join"},
    "third sync, nothing changed": {"COPY and a hash join"},
    "writes when nothing changed": {""},
    "Great Expectations": {"third sync, nothing changed"},
    "1 % changed": {"nothing changed"},
    "one field of all changed": {"bare /batches"},
    "pull-back of changed members": {"bare paging"},
    "all withdraw": {"bare /batches"},
    "memory at 2,000 contacts": {"memory at 200 contacts", "a task that does nothing"},
    "statements for a further page of 500": {""},
    "report of 300 recipients": {"bare paging"},
    "the same four weeks later": {""},
    "first reading of 20 small campaigns": {"bare loop of the same calls"},
    "nothing new in 20 campaigns": {"bare loop of the same calls", ""},
    "3 of 20 campaigns changed": {""},
    "25 collections, 8 processes": {"one after the other"},
    "nothing changed in 25 collections": {""},
    "marts: 3 of 5,000 campaigns changed": {"full rebuild"},
    "bytes of a contact, staging of a first sync": {""},
    "bytes of a contact, staging without changes": {""},
    "bytes of a contact, state of the sync": {""},
    "bytes of an event": {""},
    "bytes of a recipient": {""},
    "bytes of a person, marts": {""},
    "parsing": {"import airflow.sdk"},
    "growth: first sync, 500": {""},
    "growth: pull-back of all, 500": {""},
    "growth: nothing changed, 500": {""},
}


@pytest.mark.timeout(1800)
def test_every_case_runs_and_is_of_the_right_form(
    debian_postgres: embedded.Server, tmp_path: Path
) -> None:
    cases = _measured(tmp_path)
    for name, compared_with in ROWS.items():
        found = {case["against"] for case in _rows(cases, name)}
        for expected in compared_with:
            matching = [one for one in found if one.startswith(expected) and (expected or not one)]
            assert matching, f"{name} against {expected or 'nothing'}: {found}"
    for case in cases:
        assert case["value"] > 0 or case["unit"] in ("writes", "s"), case["name"]
        assert (case["against_value"] is None) == (case["against"] == ""), case["name"]

    [adding] = _rows(cases, "of these, calls that add members")
    assert adding["reached"], adding
    [push] = _rows(cases, "push of ready contacts")
    assert push["cost"]["in_flight"] > 1, push
    [parallel] = _rows(cases, "25 collections, 8 processes")
    assert parallel["cost"]["in_flight"] > 1, parallel
    for name in ("writes when nothing changed", "nothing changed in 25 collections"):
        [unchanged] = _rows(cases, name)
        assert unchanged["cost"]["writes"] == 0, unchanged
    [calls] = [case for case in _rows(cases, "nothing new in 20") if case["unit"] == "calls"]
    assert calls["reached"], calls
    assert len(_rows(cases, "parsing")) == len(list((ROOT / "dags").glob("*.py")))

    picture = Tree.parse(tmp_path / "growth.svg").getroot()
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2 * 3, "two panels of three runs"


def _measured(folder: Path) -> list[dict[str, Any]]:
    settings = {
        **SMALL,
        "BENCH_RESULTS": str(folder / "table.json"),
        "BENCH_PICTURE": str(folder / "growth.svg"),
    }
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "BENCH_", "MAILCHIMP_BENCH_"))
    }
    arguments = ["-p", "no:xdist", "-o", "python_files=bench_*.py", "tests/benchmarks"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", *arguments],
        env={**env, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    written = json.loads((folder / "table.json").read_text())["cases"]
    printed = re.findall(r"^(\d+) cases, \d+ of them missed", done.stdout, re.MULTILINE)
    assert printed == [str(len(written))], "one table of all files"
    return list(written)


def _rows(cases: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [case for case in cases if case["name"].startswith(name)]
