"""What a waiting campaign's task does when its moment has come, in a process like a worker's."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns.next_action import next_quarter

NOBODY_LISTENS = "postgresql://nobody@127.0.0.1:1/nothing"
WORKER = """
import json, os, sys
from airflow.sdk.exceptions import TaskDeferred
from mailchimp_provider.tasks import campaigns
from mailchimp_provider.operators.campaign import CampaignWhenDueOperator

class Left:
    def __init__(self):
        self.xcoms = {}

    def xcom_push(self, key, value):
        self.xcoms[key] = value

def carry_out(case):
    left = Left()
    os.environ.update(case.get("settings", {}))
    try:
        if case["call"] == "choose":
            return {"result": campaigns.choose({"campaigns": [], "test_to": [], "recreate": False})}
        if case["call"] == "sync_campaign":
            params = {"test_to": [], "recreate": False}
            return {"result": campaigns.sync_campaign(case["code"], params, "δοκιμή", left)}
        operator = CampaignWhenDueOperator(task_id="when_due", **case["operator"])
        if case["call"] == "execute":
            return {"result": operator.execute({})}
        event = {"outcome": "due", "status": None}
        known = case.get("provider_campaign_id")
        result = getattr(operator, case["call"])(
            {"ti": left}, event, provider_campaign_id=known
        )
        return {"result": result}
    except TaskDeferred as deferred:
        path, arguments = deferred.trigger.serialize()
        return {"deferred": deferred.method_name, "kwargs": deferred.kwargs, **arguments}
    except Exception as error:
        return {"raised": type(error).__name__, "text": str(error), "left": left.xcoms}

print("answer:" + json.dumps([carry_out(case) for case in json.loads(sys.argv[1])]))
"""


def worker(
    world: CampaignWorld, home: Path, cases: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], str]:
    """What came of each case, and the log."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, json.dumps(cases)],
        env={**world.airflow_environment(home), "CAMPAIGN_SCHEDULE_IN_MAILCHIMP": "false"},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert world.sandbox.key not in done.stderr + done.stdout
    assert "@mail.gr" not in done.stderr + done.stdout
    [line] = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    answers: list[dict[str, Any]] = json.loads(line.removeprefix("answer:"))
    return answers, done.stderr + done.stdout


def prepared(world: CampaignWorld, code: str, **columns: Any) -> str:
    world.campaign(code, **{"state": "approved", "description": f"Εκστρατεία {code}", **columns})
    world.step(code)
    world.design(code)
    return world.provider_id(code)


def test_when_its_moment_has_come(world: CampaignWorld, tmp_path: Path) -> None:
    world.audience(2)
    late = world.in_hours(-0.1)
    later = world.in_hours(0.2)
    held = prepared(world, "ΚΛΕΙΣΤΗ", campaign_type="OFFER", planned_at=late)
    moved = prepared(world, "ΑΛΛΗ-ΩΡΑ", planned_at=later)
    deleted = prepared(world, "ΣΒΗΣΜΕΝΗ", planned_at=late)
    with world.provider() as provider:
        provider.delete_campaign(deleted)
    cancelled = prepared(world, "ΑΚΥΡΗ", planned_at=late)
    world.change_campaign("ΑΚΥΡΗ", state="cancelled")
    sent = prepared(world, "ΣΩΣΤΗ", planned_at=late)
    # Scheduled by people, and near: what cannot be judged is taken back.
    soon = next_quarter(world.now() + timedelta(minutes=4))
    at_risk = [prepared(world, code) for code in ("Α", "Β", "Γ", "Δ", "Ε")]
    for code in ("Α", "Β", "Γ", "Δ", "Ε"):
        world.schedule_by_hand(soon, code)
        assert world.step(code).outcome == "scheduled"

    def go_on(code: str, provider_campaign_id: str | None, **settings: str) -> dict[str, Any]:
        return {
            "call": "go_on",
            "operator": {"campaign_code": code},
            "provider_campaign_id": provider_campaign_id,
            "settings": settings,
        }

    warehouse, crm = "AIRFLOW_CONN_WAREHOUSE_DB", "AIRFLOW_CONN_CRM_DB"
    mailchimp = "AIRFLOW_CONN_MAILCHIMP_DEFAULT"
    here = world.airflow_environment(tmp_path)
    nowhere = json.loads(here[mailchimp]) | {"host": "http://127.0.0.1:1"}
    answers, log = worker(
        world,
        tmp_path,
        [
            {
                "call": "execute",
                "operator": {
                    "campaign_code": "ΑΛΛΗ-ΩΡΑ",
                    "wait_until": later.isoformat(),
                    "provider_campaign_id": moved,
                    "is_ours": "True",
                },
            },
            go_on("ΚΛΕΙΣΤΗ", held),
            go_on("ΑΛΛΗ-ΩΡΑ", moved),
            go_on("ΣΒΗΣΜΕΝΗ", deleted),
            go_on("ΑΚΥΡΗ", cancelled),
            go_on("ΣΩΣΤΗ", sent),
            # The warehouse, then the CRM, then a setting: none of them keeps it from being held.
            go_on("Α", at_risk[0], **{warehouse: NOBODY_LISTENS}),
            go_on("Β", None, **{warehouse: here[warehouse], crm: NOBODY_LISTENS}),
            go_on("Γ", at_risk[2], **{crm: here[crm], "CAMPAIGN_MAX_SYNC_AGE": "δύο ώρες"}),
            # Nothing answers where Mailchimp should be.
            go_on("Ε", at_risk[4], **{"CAMPAIGN_MAX_SYNC_AGE": "", mailchimp: json.dumps(nowhere)}),
            {"call": "choose", "settings": {mailchimp: here[mailchimp], crm: NOBODY_LISTENS}},
        ],
    )

    waits, is_held, is_moved, is_deleted, is_cancelled, is_sent, *failed = answers
    assert (waits["deferred"], waits["until"]) == ("go_on", later.isoformat())
    assert (waits["provider_campaign_id"], waits["take_back"]) == (moved, True)
    # Held: the task is not green, and the run says why.
    assert is_held["raised"] == "AirflowSkipException"
    assert is_held["left"]["return_value"]["outcome"] == "held"
    assert "no_valid_consent" in is_held["left"]["return_value"]["detail"]
    note = is_held["left"]["crm_mailchimp_run_note"]
    assert note.startswith("campaign ΚΛΕΙΣΤΗ is held: gate ")
    assert "no_valid_consent" in note
    assert note.endswith(f"/mailchimp-page/#campaign-{quote('ΚΛΕΙΣΤΗ')}")
    # Moved in the CRM: the task waits again.
    assert (is_moved["deferred"], is_moved["until"]) == ("go_on", later.isoformat())
    assert is_moved["kwargs"] == {"provider_campaign_id": moved}
    assert is_deleted["raised"] == "AirflowSkipException"
    assert is_deleted["text"].startswith("campaign ΣΒΗΣΜΕΝΗ is held: deleted:")
    assert is_cancelled["result"]["outcome"] == "deleted"
    # Sent: its end is waited for.
    assert is_sent["deferred"] == "end"
    assert "sent" in is_sent["wanted"]
    assert world.went_out() == [sent]

    assert [answer.get("raised") for answer in failed] == [
        "DatabaseError", "DatabaseError", "AirflowFailException",
        "ConnectionFault", "DatabaseError",
    ]  # fmt: skip
    assert [world.remote_status(code) for code in ("Α", "Β", "Γ", "Δ", "Ε")] == ["save"] * 5
    assert log.count("take it back there by hand") == 1, "one failure is held back once"
    assert world.gate_codes("Β") == ["gate_undecided"]
    assert world.gate_codes("Δ") == ["gate_undecided"], "not even chosen"
    world.pass_time(hours=1)
    assert world.went_out() == [sent]


def test_what_no_retry_heals_is_asked_once(world: CampaignWorld, tmp_path: Path) -> None:
    world.audience(2)
    refused = prepared(world, "ΜΑΚΡΥ", state="draft")
    # Mailchimp takes 150 characters.
    world.change_campaign("ΜΑΚΡΥ", subject_line="Νέα " * 50)
    here = world.airflow_environment(tmp_path)
    mailchimp = "AIRFLOW_CONN_MAILCHIMP_DEFAULT"
    wrong_key = json.loads(here[mailchimp]) | {"password": "xωρίς-us1"}
    go_on = {
        "call": "go_on",
        "operator": {"campaign_code": "ΜΑΚΡΥ"},
        "provider_campaign_id": refused,
    }
    asked = "GET", "ledger/requests?method=PATCH&template=/campaigns/{campaign_id}"
    before = len(world.sandbox.control(*asked)["requests"])
    answers, _ = worker(
        world,
        tmp_path,
        [
            {"call": "sync_campaign", "code": "ΜΑΚΡΥ"},
            go_on,
            {**go_on, "settings": {mailchimp: json.dumps(wrong_key)}},
        ],
    )
    # Airflow tries no task again that fails with this exception.
    assert [answer["raised"] for answer in answers] == ["AirflowFailException"] * 3, answers
    assert all("subject_line" in answer["text"] for answer in answers[:2]), answers
    assert len(world.sandbox.control(*asked)["requests"]) - before == 2, "once in each of the two"
