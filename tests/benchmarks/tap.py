"""``tap-mailchimp`` copies campaigns and their reports to nowhere."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailchimp_sandbox.tests.contract.tap_environment import DRIVER, tap_python
from mailchimp_sandbox.tests.running import KEY

_STREAMS = {"campaigns", "unsubscribes", "reports_email_activity"}


class Copied(NamedTuple):
    """What a run of the tap took.

    Attributes:
        seconds: of its own, without its start.
        start: seconds of a run that only lists the streams.
        records: that it wrote.
    """

    seconds: float
    start: float
    records: int


@dataclass(frozen=True)
class Tap:
    """An interpreter with the tap."""

    python: Path

    def copy(self, host: str) -> Copied:
        """Copy the reports of all campaigns once to /dev/null, and once to count the records.

        Args:
            host: of the other end, without ``/3.0``.
        """
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = {"api_key": KEY, "dc": "us1", "start_date": "2020-01-01T00:00:00Z"}
            (folder / "config.json").write_text(json.dumps(config))
            began = time.perf_counter()
            catalog = json.loads(self._run(host, folder, "--discover"))
            start = time.perf_counter() - began
            (folder / "catalog.json").write_text(json.dumps(_selected(catalog)))
            began = time.perf_counter()
            self._run(host, folder, "--catalog", "catalog.json", output=subprocess.DEVNULL)
            seconds = time.perf_counter() - began
            lines = self._run(host, folder, "--catalog", "catalog.json")
        records = sum(line.startswith('{"type": "RECORD"') for line in lines.splitlines())
        return Copied(seconds - start, start, records)

    def _run(self, host: str, folder: Path, *arguments: str, output: int = subprocess.PIPE) -> str:
        done = subprocess.run(
            [self.python, DRIVER, host, "--config", "config.json", *arguments],
            cwd=folder,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout or ""


def made_tap(config: pytest.Config) -> Tap | None:
    """The tap in an environment of its own; None when the package index is out of reach."""
    try:
        return Tap(tap_python(config))
    except pytest.skip.Exception as missing:
        print(f"\nwithout tap-mailchimp: {missing}", flush=True)
        return None


def _selected(catalog: dict[str, Any]) -> dict[str, Any]:
    """Every field of the streams that a report is made of."""
    for stream in catalog["streams"]:
        stream["metadata"].append({"breadcrumb": [], "metadata": {}})  # the stream itself
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["stream"] in _STREAMS
    return catalog
