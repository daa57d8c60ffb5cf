"""Whole stories under another clock: midnight, the nights when clocks change, a leap day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from reliability.dump import Dump, compare
from reliability.servers import fake_time_library
from reliability.trial import Verdict

#: Local times in Athens, some seconds before it happens, and what the table calls them.
MOMENTS = {
    "2027-03-28T02:59:40": "the story begins as summer time begins",
    "2027-10-31T03:59:40": "the story begins as summer time ends",
    "2027-12-31T23:59:40": "the story begins at midnight, as a year ends",
    "2028-02-28T23:59:40": "the story begins as a leap day begins",
}
_SECONDS = 3600.0


def try_moment(moment: str, story: int, folder: Path) -> Verdict:
    """Play a story at the machine's own time and at another moment, and compare the endings.

    Args:
        moment: a local time in Athens.
        folder: for the output of the two.

    Raises:
        NotPermittedError: this machine has no ``libfaketime``.
    """
    library = fake_time_library()
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Athens"))
    offset = round(local.timestamp() - time.time())
    elsewhere = {"LD_PRELOAD": str(library), "FAKETIME": f"{offset:+d}s"}
    verdict = Verdict(f"story {story} at {moment}", struck=True)
    ours, theirs = _play(story, {}), _play(story, elsewhere)
    if isinstance(ours, str) or isinstance(theirs, str):
        verdict.stuck = {"the story": f"{ours if isinstance(ours, str) else theirs}"}
    else:
        verdict.differences = compare(ours, theirs)
    return verdict


def _play(story: int, environment: dict[str, str]) -> Dump | str:
    """The ending of a story, or why there is none."""
    done = subprocess.run(
        [sys.executable, "-m", "reliability.whole_story", str(story)],
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        return done.stderr[-3000:]
    return {place: Counter(rows) for place, rows in json.loads(done.stdout).items()}
