"""The official Node SDK against the sandbox, pointed there as its users can: by ``basePath``."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mailchimp_sandbox.tests.contract.description import PROGRAMS, Description, cache_of, npm
from mailchimp_sandbox.tests.contract.every_operation import key
from mailchimp_sandbox.tests.contract.recorded import Recorded
from mailchimp_sandbox.tests.contract.simulated_days import happened, live_through
from mailchimp_sandbox.tests.running import KEY, Running

SOURCE = Path(__file__).parent / "node_sdk"


@pytest.fixture(scope="module")
def packages(pytestconfig: pytest.Config) -> Path:
    """A folder with the SDK installed as the lock file says; skips without the registry."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    cache = cache_of(pytestconfig)
    folder = cache / f"node-sdk-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache) as name:
            new = Path(name) / "new"
            new.mkdir()
            for file in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / file, new)
            npm("ci", "--ignore-scripts", folder=new)
            if not folder.exists():
                new.rename(folder)
    return folder


def drive(packages: Path, base_url: str, *arguments: str) -> dict[str, Any]:
    """What the SDK saw."""
    done = subprocess.run(
        [PROGRAMS / "node", SOURCE / "drive.cjs", packages, base_url, KEY, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_the_node_sdk_works(packages: Path, recorded: Recorded, description: Description) -> None:
    assert drive(packages, recorded.recording.base_url, key("eleni@otenet.gr")) == {
        "ping": "Everything's Chimpy!",
        "list": "Πελάτες",
        "fields": ["ADDRESS", "FNAME", "LNAME", "PHONE", "POLI"],
        "added": [3, 0],
        "member": ["subscribed", "Γεωργίου", "Πιστή"],
        "again": {"status": 400, "title": "Member Exists"},
        "page": [1, 3],
        "tagged": [2, 0],
        "untagged": [1, 0],
        "strangers": {"status": 400, "title": "Invalid Resource"},
        "found": ["Πιστοί"],
        "inside": ["eleni@otenet.gr"],
        "reached": 1,
        "batch": [1, 0],
        "results": 200,
        "ready": True,
        "report": [3, "Νέα σοδειά ☀"],
        "clicks": ["https://elaiones.gr/λάδι"] * 2,
        "links": 1,
        "recipients": 3,
    }
    assert [
        (exchange.title, wrong)
        for exchange in recorded.recording.everything()
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []


def test_the_node_sdk_reads_what_simulated_days_left(
    packages: Path, sandbox_process: Running, recorded: Recorded, description: Description
) -> None:
    sandbox_process.control("POST", "reset")
    past = live_through(sandbox_process)
    begun = len(recorded.recording.exchanges)
    where = recorded.recording.base_url, "past", past.list_id, past.campaign_id
    true = happened(sandbox_process, past.campaign_id)
    assert drive(packages, *where) == {
        "campaigns": 1,
        "opens": true["open"],
        "clicks": true["click"],
        "unsubscribed": true["unsubscribe"],
        "activity": {name: true[name] for name in ("open", "click", "bounce")},
    }
    assert [
        (exchange.title, wrong)
        for exchange in recorded.recording.exchanges[begun:]
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []
