"""What the two DAGs that ask a person leave at their runs: alike, for each answer and for none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import release

NEWS, CAMPAIGN = "ΝΕΑ", "ΝΕΑ-11"
MARIA = {"id": "maria", "name": "Μαρία"}
PERSON_SAYS = {
    option: {"chosen_options": [option], "responded_by_user": MARIA}
    for option in ("Approve", "Reject")
}
#: Both DAGs: the module of their tasks, and the param that names what is asked about.
REMOVALS, RELEASES = ("removals", "collection", "plan_id"), ("releases", "campaign", "gate_id")
#: Carries out the tasks ``find_request`` and ``decide`` of runs, as a worker does.
WORKER = """
import importlib, json, sys

class Left:
    def __init__(self):
        self.xcoms = {}

    def xcom_push(self, key, value):
        self.xcoms[key] = value

def carry_out(case):
    tasks, left = importlib.import_module(f"mailchimp_provider.tasks.{case['module']}"), Left()
    try:
        request = tasks.find_request(case["params"], left)
        started = tasks.decide(request, case["answer"], left)
        return {"started": started, "note": left.xcoms.get("crm_mailchimp_run_note")}
    except Exception as error:
        note = left.xcoms.get("crm_mailchimp_run_note")
        return {"raised": type(error).__name__, "text": str(error), "note": note}

print("answer:" + json.dumps([carry_out(case) for case in json.loads(sys.argv[1])]))
"""

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[CampaignWorld]:
    """A collection whose removals wait for a person, and a campaign whose gate waits for one."""
    world = CampaignWorld(crm_db, warehouse_db, mailchimp_sandbox)
    people = world.audience(12, description="Ενημερωτικό δελτίο")
    world.schedule_early()
    world.campaign(CAMPAIGN, state="approved", planned_at=world.quarter_in(48))
    world.step(CAMPAIGN)
    world.design(CAMPAIGN)
    world.crm.execute("update crm.contact_collection set code = %s", (NEWS,))
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    assert world.step(CAMPAIGN).outcome == "held"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert release.request_releases(warehouse, [CAMPAIGN])
    yield world
    world.close()


@pytest.fixture
def run(world: CampaignWorld, tmp_path: Path) -> Run:
    def run(*cases: tuple[tuple[str, str, str], dict[str, Any], Any]) -> list[dict[str, Any]]:
        wanted = [
            {"module": module, "params": {about: None, number: None, **params}, "answer": answer}
            for (module, about, number), params, answer in cases
        ]
        done = subprocess.run(
            [sys.executable, "-c", WORKER, json.dumps(wanted)],
            env=world.airflow_environment(tmp_path),
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        [line] = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
        ended: list[dict[str, Any]] = json.loads(line.removeprefix("answer:"))
        for one in ended:
            assert "@" not in str(one)
            assert "maria" not in str(one).lower(), "the page says who"
        return ended

    return run


def test_what_is_not_known_is_an_error_that_says_what_to_do(run: Run) -> None:
    ended = run(
        (REMOVALS, {"collection": "ΑΓΝΩΣΤΗ"}, None),
        (RELEASES, {"campaign": "ΑΓΝΩΣΤΗ"}, None),
        (REMOVALS, {"plan_id": 99}, None),
        (RELEASES, {"gate_id": 99}, None),
        (REMOVALS, {"plan_id": 1, "collection": "ΑΛΛΗ"}, None),
        (RELEASES, {"gate_id": 2, "campaign": "ΑΛΛΗ"}, None),
    )
    assert [one["raised"] for one in ended] == ["AirflowFailException"] * 6, ended
    for one, (param, value) in zip(
        ended,
        (
            ("collection", "'ΑΓΝΩΣΤΗ'"), ("campaign", "'ΑΓΝΩΣΤΗ'"), ("plan_id", "99"),
            ("gate_id", "99"), ("plan_id", "1"), ("gate_id", "2"),
        ),
        strict=True,
    ):  # fmt: skip
        assert one["text"].startswith(f"param '{param}' is {value}"), one
    assert all("leave it empty" in one["text"] for one in ended[:2])


@pytest.mark.parametrize(
    ("says", "starts", "of_removals", "of_release"),
    [
        ("Approve", True, "approved. sync_collections is started", "approved for 24 hours"),
        ("Reject", False, "rejected, so nobody is removed", "rejected, so nothing is released"),
        (
            None,
            False,
            "nobody answered in time, so nobody is removed",
            "nobody answered in time, so nothing is released",
        ),
    ],
)
def test_each_answer_leaves_a_note_with_a_link(
    run: Run, says: str | None, starts: bool, of_removals: str, of_release: str
) -> None:
    answer = PERSON_SAYS[says] if says else None
    removal, releasing = run(
        (REMOVALS, {"collection": NEWS}, answer), (RELEASES, {"campaign": CAMPAIGN}, answer)
    )
    assert (bool(removal["started"]), bool(releasing["started"])) == (starts, starts)
    assert removal["note"].startswith(f"removals of {NEWS} (plan 1): {of_removals}")
    assert removal["note"].endswith(f"/mailchimp-page/#collection-{quote(NEWS)}")
    assert releasing["note"].startswith(f"campaign {CAMPAIGN} (gate ")
    assert of_release in releasing["note"]
    assert releasing["note"].endswith(f"/mailchimp-page/#campaign-{quote(CAMPAIGN)}")


def test_nothing_that_waits_is_said_at_the_run(world: CampaignWorld, run: Run) -> None:
    [gate] = world.warehouse.execute("select gate_id from sync.campaign_release").fetchall()
    ended = run(
        (REMOVALS, {}, PERSON_SAYS["Reject"]),
        (RELEASES, {}, PERSON_SAYS["Reject"]),
        (REMOVALS, {}, None),
        (RELEASES, {}, None),
        (REMOVALS, {"collection": NEWS}, None),
        (RELEASES, {"campaign": CAMPAIGN}, None),
        (REMOVALS, {"plan_id": 1}, None),
        (RELEASES, {"gate_id": gate["gate_id"]}, None),
    )
    assert [one.get("raised") for one in ended] == [None, None, *["AirflowSkipException"] * 6]
    for one in ended[2:]:
        assert one["note"].startswith("nobody is asked: "), one
    for one in ended[2:6]:
        assert "waits for a decision" in one["note"]
        assert one["note"].endswith("/mailchimp-page/")
    for one in ended[6:]:
        assert "is already rejected" in one["note"]


def test_a_gate_that_opened_meanwhile_is_passed_over(world: CampaignWorld, run: Run) -> None:
    """The newest question has ended, and nobody is asked about it."""
    world.warehouse.execute(
        "insert into sync.campaign_gate (campaign_id, campaign_code, provider_campaign_id, list_id,"
        " occasion, is_open) select campaign_id, campaign_code, provider_campaign_id, list_id,"
        " occasion, true from sync.campaign_gate order by gate_id desc limit 1"
    )
    [ended] = run((RELEASES, {"campaign": CAMPAIGN}, PERSON_SAYS["Approve"]))
    assert ended["raised"] == "AirflowSkipException"
    decisions = world.warehouse.execute("select decision from sync.campaign_release").fetchall()
    assert [row["decision"] for row in decisions] == ["superseded"]
