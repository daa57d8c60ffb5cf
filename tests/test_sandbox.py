"""The sandbox under this project's name, `crm_mailchimp.sandbox`, with all its options."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow


def start(*options: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_mailchimp.sandbox", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:"), process.stderr.read()
    return process, line.split()[1]


def test_all_options_and_the_control_routes_work(tmp_path: Path) -> None:
    state = tmp_path / "κατάσταση.json"
    process, base_url = start(
        *("--host", "127.0.0.1", "--port", "0", "--latency-ms", "1", "--fault", "none"),
        *("--state", str(state), "--key", "κλειδί-us1", "--seed", "7"),
    )
    try:
        control = base_url.removesuffix("/3.0") + "/_sandbox"
        identity = httpx.get(f"{control}/").json()
        assert (identity["name"], identity["pid"]) == ("crm-mailchimp sandbox", process.pid)
        assert (identity["seed"], identity["fault_profile"]) == (7, "none")
        assert httpx.get(f"{base_url}/ping", auth=("any", "κλειδί-us1")).status_code == 200
        assert httpx.get(f"{base_url}/ping", auth=("any", "sandbox-us1")).status_code == 401
        for path in ("clock", "faults", "ledger/events", "ledger/requests"):
            assert httpx.get(f"{control}/{path}").status_code == 200, path
        assert httpx.post(f"{control}/clock/advance", json={"days": 1}).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(state.read_text(encoding="utf-8"))["clock_offset"] == 86_400


def test_the_documented_request_sets_a_campaigns_body(mailchimp_sandbox: Any) -> None:
    page = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    (put,) = re.findall(r"^curl -u any:\S+ -X PUT (\S+) --json '(.*)'$", page, re.MULTILINE)
    (drafts,) = re.findall(r"^curl -u any:\S+ '(\S+)'$", page, re.MULTILINE)
    place = mailchimp_sandbox.host.removesuffix("/3.0")
    with httpx.Client(auth=("any", mailchimp_sandbox.key)) as client:
        made = client.post(f"{place}/3.0/campaigns", json={"type": "regular"}).json()["id"]
        found = client.get(drafts.replace("http://127.0.0.1:8099", place)).json()["campaigns"]
        assert made in [one["id"] for one in found]
        address = put[0].replace("http://127.0.0.1:8099", place).replace("CAMPAIGN_ID", made)
        assert client.put(address, json=json.loads(put[1])).status_code == 200
        assert "Καλημέρα!" in client.get(address).json()["html"]


def test_the_help_names_this_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.sandbox", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("usage: python -m crm_mailchimp.sandbox ")
    for option in ("--host", "--port", "--latency-ms", "--fault", "--state", "--key", "--seed"):
        assert option in done.stdout


def test_without_the_distribution_one_line_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mailchimp_sandbox.py").write_text("", encoding="utf-8")  # not our package
    done = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.sandbox", "--port", "0"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("pip install ./include/mailchimp_sandbox first: ")
    assert done.stderr.count("\n") == 1
