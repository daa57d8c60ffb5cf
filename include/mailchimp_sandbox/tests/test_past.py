"""An account that begins in the past: its time passes up to the machine's, and never beyond."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running, running

PEOPLE = [f"p{n}@example.gr" for n in range(120)]


@pytest.fixture
def old() -> Iterator[Running]:
    with running("--begin-days-ago", "100") as server:
        yield server


def now(server: Running) -> datetime:
    return datetime.fromisoformat(server.control("GET", "clock")["now"])


def test_a_campaign_of_the_past_is_played_at_its_moments(old: Running) -> None:
    begun = now(old)
    assert begun < datetime.now(UTC) - timedelta(days=99)
    list_id = old.new_list()
    old.subscribe(list_id, *PEOPLE)
    campaign_id = old.new_campaign(list_id)
    old.advance(days=10)
    old.send(campaign_id)
    old.control("POST", "clock/present")
    report = old.call("GET", f"reports/{campaign_id}")
    sent_at = datetime.fromisoformat(report["send_time"])
    assert begun + timedelta(days=10) <= sent_at < datetime.now(UTC) - timedelta(days=88)
    events = old.events(campaign_id=campaign_id)
    opens = [one for one in events if one["action"] == "open"]
    assert report["opens"]["opens_total"] == len(opens) > 50
    assert all(sent_at <= datetime.fromisoformat(one["time"]) for one in opens)
    assert all(datetime.fromisoformat(one["time"]) <= datetime.now(UTC) for one in events)


def test_the_present_comes_once(old: Running) -> None:
    old.control("POST", "clock/present")
    assert now(old) <= datetime.now(UTC)
    assert now(old) > datetime.now(UTC) - timedelta(days=1)
    old.control("POST", "clock/present")
    assert now(old) <= datetime.now(UTC)
    old.advance(days=3)
    ahead = now(old)
    assert ahead > datetime.now(UTC)
    old.control("POST", "clock/present")
    assert now(old) >= ahead, "time never runs backwards"


def test_a_kept_account_goes_on_where_it_was(tmp_path: Path) -> None:
    options: tuple[Any, ...] = ("--state", str(tmp_path / "state"), "--begin-days-ago", "50")
    with running(*options) as server:
        server.advance(days=20)
        before = now(server)
    with running(*options) as server:
        assert before <= now(server) < before + timedelta(days=1)


@pytest.mark.parametrize("days", ["-1", "some", "99999", "1.5"])
def test_a_wrong_number_of_days_is_refused(days: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailchimp_sandbox", "--port", "0", f"--begin-days-ago={days}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "is no number of days" in done.stderr
