"""Singer's tap-mailchimp copies the account: empty, after simulated days, and again after more."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailchimp_sandbox.tests.contract.simulated_days import (
    DAYS,
    MEMBERS,
    actions,
    happened,
    live_through,
)
from mailchimp_sandbox.tests.contract.tap_environment import DRIVER, tap_python
from mailchimp_sandbox.tests.running import KEY, Running, running

ACTIVITY = "reports_email_activity"


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Path:
    """The interpreter of an environment with the tap."""
    return tap_python(pytestconfig)


@dataclass
class Copied:
    """What one run of the tap wrote: records by stream, and the state for the next run."""

    records: defaultdict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    state: dict[str, Any] = field(default_factory=dict)


@dataclass
class Tap:
    """The tap in front of one sandbox."""

    python: Path
    world: Running
    folder: Path
    catalog: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str) -> str:
        config = {"api_key": KEY, "dc": "us1", "start_date": "2020-01-01T00:00:00Z"}
        (self.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        address = self.world.base_url.removesuffix("/3.0")
        done = subprocess.run(
            [self.python, DRIVER, address, "--config", "config.json", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def discover(self) -> None:
        """Read the catalog, and select every field of every stream."""
        self.catalog = json.loads(self.run("--discover"))
        for stream in self.catalog["streams"]:
            stream["metadata"].append({"breadcrumb": [], "metadata": {}})  # the stream itself
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = True

    def copy(self, state: dict[str, Any] | None = None) -> Copied:
        for name, content in (("catalog", self.catalog), ("state", state or {})):
            (self.folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        copied = Copied()
        for line in self.run("--catalog", "catalog.json", "--state", "state.json").splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                copied.records[message["stream"]].append(message["record"])
            elif message["type"] == "STATE":
                copied.state = message["value"]
        return copied


@pytest.fixture
def tap(python: Path) -> Iterator[Tap]:
    with running("--seed", "7") as world, tempfile.TemporaryDirectory() as folder:
        yield Tap(python, world, Path(folder))


def counted(copied: Copied) -> Counter[str]:
    return Counter(row["action"] for row in copied.records[ACTIVITY])


def read_later(world: Running, campaign_id: str) -> Counter[str]:
    """What the API itself says people did, page by page."""
    return actions(world.rows(f"reports/{campaign_id}/email-activity", "emails"))


def test_the_tap_copies_the_account(tap: Tap) -> None:
    world = tap.world
    tap.discover()
    streams = {stream["stream"] for stream in tap.catalog["streams"]}
    assert {"lists", "list_members", "campaigns", "unsubscribes", ACTIVITY} <= streams

    fresh = tap.copy()
    assert dict(fresh.records) == {}

    past = live_through(world)
    first = tap.copy(fresh.state)
    assert [row["id"] for row in first.records["lists"]] == [past.list_id]
    assert [row["id"] for row in first.records["campaigns"]] == [past.campaign_id]
    members = {row["email_address"] for row in first.records["list_members"]}
    listed = world.rows(f"lists/{past.list_id}/members", "members")
    assert members == {row["email_address"] for row in listed}
    assert len(members) >= MEMBERS > 1000
    assert [row["id"] for row in first.records["list_segments"]] == [str(past.segment_id)]
    segment = world.call("GET", f"lists/{past.list_id}/segments/{past.segment_id}")
    assert len(first.records["list_segment_members"]) == segment["member_count"] > 0
    found, true = counted(first), happened(world, past.campaign_id)
    assert found == read_later(world, past.campaign_id)
    assert {name: true[name] for name in ("open", "click", "bounce")} == dict(found)
    assert len(first.records["unsubscribes"]) == true["unsubscribe"] > 0

    again = tap.copy(first.state)
    assert counted(again) == Counter()
    assert len(again.records["list_members"]) < MEMBERS / 10

    world.advance(days=DAYS * 5)
    later = tap.copy(first.state)
    assert counted(later)
    assert counted(later) + found == read_later(world, past.campaign_id)
