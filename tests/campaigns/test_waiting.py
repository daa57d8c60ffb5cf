"""Waiting without a worker: the trigger in a process like the triggerer's, on the real sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign_world import CampaignWorld

TRIGGERS = """
import asyncio, json, sys, time
from datetime import UTC, datetime, timedelta
from airflow.serialization.encoders import encode_trigger
from airflow.sdk.module_loading import import_string
from mailchimp_provider.triggers.campaign import CampaignTrigger

# Modules of the first look: a slow machine needs seconds to read them.
import mailchimp_provider.connections
import mailchimp_marketing

began_at = datetime.now(UTC)

def moment(until):
    return until if isinstance(until, str) else (began_at + timedelta(seconds=until)).isoformat()

async def first_event(arguments):
    arguments["until"] = moment(arguments["until"])
    path, kept = CampaignTrigger(**arguments).serialize()
    # As the triggerer does: through JSON, then made again from the path and the arguments.
    again = import_string(path)(**json.loads(json.dumps(kept)))
    assert again.serialize() == (path, kept)
    events = [event.payload async for event in again.run()]
    (event,) = events
    return event

async def main(asked):
    beats = 0
    async def beat():
        nonlocal beats
        while True:
            await asyncio.sleep(0.05)
            beats += 1
    beating = asyncio.create_task(beat())
    began = time.monotonic()
    events = await asyncio.gather(*(first_event(arguments) for arguments in asked))
    beating.cancel()
    seconds = time.monotonic() - began
    return {"events": events, "beats": beats, "seconds": seconds, "began_at": began_at.isoformat()}

print("answer:" + json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
"""


def triggers(world: CampaignWorld, home: Path, asked: list[dict[str, Any]]) -> dict[str, Any]:
    """What each trigger says; a number as ``until`` means seconds from when they begin."""
    done = subprocess.run(
        [sys.executable, "-c", TRIGGERS, json.dumps(asked)],
        env=world.airflow_environment(home), capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    answer: dict[str, Any] = json.loads(line.removeprefix("answer:"))
    answer["log"] = done.stderr + done.stdout
    return answer


def test_moment_state_deletion_and_faults(world: CampaignWorld, tmp_path: Path) -> None:
    world.audience(1)
    world.campaign()
    world.step()
    world.design()
    world.campaign("B")
    world.step("B")
    world.design("B")
    world.schedule_by_hand(world.quarter_in(3), "B")
    # Scheduled by us; one of them is cancelled in the CRM, where nobody looks before its moment.
    world.schedule_early()
    for code in ("C", "D"):
        world.campaign(code, state="approved", planned_at=world.quarter_in(3))
        world.step(code)
        world.design(code)
        assert world.step(code).outcome == "scheduled"
    world.change_campaign("C", state="cancelled")
    soon = 16
    later = (datetime.now(UTC) + timedelta(hours=0.3)).isoformat()
    draft = {"provider_campaign_id": world.provider_id(), "poll_seconds": 1}
    # Looks are slow, and the first ones get no answer.
    world.sandbox.control(
        "POST",
        "faults",
        {
            "next": [
                {"kind": "drop_before", "count": 3, "method": "GET", "path": "/campaigns/*"},
                {"kind": "slow", "delay": 2, "count": 500, "method": "GET", "path": "/campaigns/*"},
            ]
        },
    )

    answer = triggers(
        world,
        tmp_path,
        [
            {**draft, "until": soon, "wanted": ["sent"]},
            {**draft, "until": later, "wanted": ["save"]},
            {**draft, "provider_campaign_id": "gone", "until": later, "wanted": ["deleted"]},
            {**draft, "until": "2026-01-01T02:00:00+02:00", "wanted": ["sent"]},
            {"until": soon, "wanted": []},
            *(
                {
                    **draft,
                    "provider_campaign_id": world.provider_id(code),
                    "until": until,
                    "wanted": ["sent", "save"],
                    "guarded_code": code,
                }
                for code, until in (("C", later), ("D", soon))
            ),
            {
                **draft,
                "provider_campaign_id": world.provider_id("B"),
                "until": soon,
                "wanted": ["sent"],
                "take_back": True,
            },
        ],
    )

    assert answer["events"] == [
        {"outcome": "due", "status": "save"},
        {"outcome": "reached", "status": "save"},
        {"outcome": "reached", "status": "deleted"},
        {"outcome": "due", "status": None},
        {"outcome": "due", "status": None},
        {"outcome": "reached", "status": "save"},
        {"outcome": "due", "status": "schedule"},
        {"outcome": "due", "status": "save"},
    ]
    began_at = datetime.fromisoformat(answer["began_at"])
    assert datetime.now(UTC) > began_at + timedelta(seconds=soon), "not before its moment"
    # A look that blocked the loop would leave next to none.
    assert answer["beats"] > 0.5 * answer["seconds"] / 0.05, "other triggers go on meanwhile"
    assert answer["log"].count("could not be read: ConnectionFault") == 3
    assert world.sandbox.key not in answer["log"]
    world.sandbox.control("POST", "faults", {"clear": True})
    assert world.remote_status("B") == "save", "taken back at its moment"
    assert world.remote_status("C") == "save", "taken back when it was cancelled"
    assert world.remote_status("D") == "schedule"


def test_a_moment_without_zone_is_refused() -> None:
    from mailchimp_provider.triggers.campaign import CampaignTrigger  # noqa: PLC0415

    with pytest.raises(ValueError, match="time zone"):
        CampaignTrigger(provider_campaign_id="1", until="2026-11-23T10:00:00", wanted=[])
