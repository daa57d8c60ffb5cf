"""``make demo`` as a stranger runs it: twice, and after a kill in the middle of the first."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from local_installation.clean import clean
from local_installation.installation import HOME_SETTING, Installation

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(2400)]


@pytest.fixture
def home() -> Iterator[Path]:
    # Not pytest's own folders: root's Postgres runs under another account, which must get there.
    folder = Path(tempfile.mkdtemp(prefix="crm-demo-"))
    folder.chmod(0o755)
    yield folder / "home"
    clean(Installation(folder / "home"))
    shutil.rmtree(folder)


def command(home: Path, module: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"local_installation.{module}"],
        env={**os.environ, HOME_SETTING: str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Tests in the background of a shell ignore the signal, and the child would do the same.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def running_below(home: Path) -> list[str]:
    """Command lines of live processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:  # ended meanwhile, or not ours to look at
                continue
            if str(home) in words or f"AIRFLOW_HOME={home}" in environment:
                found.append(words)
    return found


def finished_demo(home: Path) -> str:
    """What a demo printed; it went well and left nothing running."""
    demo = command(home, "demo")
    output, _ = demo.communicate()
    assert demo.returncode == 0, output
    assert running_below(home) == []
    return output


def counts(output: str) -> list[str]:
    """The rows of the tables of collections and quarantine; API calls may differ by repeats."""
    start = output.index("Collections: what")
    rows = output[start : output.index("Campaigns: what")].splitlines()
    return [re.sub(r"\s+\d+( {2}\S.*)?$", "", row) for row in rows if not re.match(r" \d/\d", row)]


def test_after_a_kill_in_the_middle_it_runs_and_leaves_nothing_running(home: Path) -> None:
    killed = command(home, "demo")
    deadline = time.monotonic() + 600
    while not (home / "running" / "airflow-triggerer.json").exists():
        assert killed.poll() is None, killed.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    assert running_below(home), "the kill left nothing behind: the test shows nothing"

    after_the_kill, after_a_whole_run = finished_demo(home), finished_demo(home)
    assert counts(after_a_whole_run) == counts(after_the_kill), "it starts over, from nothing"
    for word in ("NEWSLETTER", "query_refused", "no_campaign_type", "Νέα Νοεμβρίου", "make up"):
        assert word in after_a_whole_run
    assert "@" not in after_a_whole_run.replace("@@", ""), "the demo prints an address"

    # What it left is the same installation with the web page.
    up = command(home, "up")
    assert up.stdout
    lines = []
    for line in up.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    assert any("password" in line for line in lines), "".join(lines)
    up.send_signal(signal.SIGINT)
    up.communicate(timeout=300)
    assert up.returncode == 0
    assert running_below(home) == []
