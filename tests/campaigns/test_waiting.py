"""Waiting without a worker: the trigger in a process like the triggerer's, on the real sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign_world import CampaignWorld

TRIGGERS = """
import asyncio, json, sys
from airflow.serialization.encoders import encode_trigger
from airflow.sdk.module_loading import import_string

async def first_event(arguments):
    from mailchimp_provider.triggers.campaign import CampaignTrigger
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
    events = await asyncio.gather(*(first_event(arguments) for arguments in asked))
    beating.cancel()
    return {"events": events, "beats": beats}

print("answer:" + json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
"""


def triggers(world: CampaignWorld, home: Path, asked: list[dict[str, Any]]) -> dict[str, Any]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")
    }
    port = world.sandbox.host
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_WAREHOUSE_DB": as_uri(world.warehouse_dsn),
        "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(
            {"conn_type": "mailchimp", "password": world.sandbox.key, "host": port}
        ),
    }
    done = subprocess.run(
        [sys.executable, "-c", TRIGGERS, json.dumps(asked)],
        env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    answer: dict[str, Any] = json.loads(line.removeprefix("answer:"))
    answer["log"] = done.stderr + done.stdout
    return answer


def as_uri(dsn: str) -> str:
    """A connection of Airflow from a DSN, as JSON."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    parts = conninfo_to_dict(dsn)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": parts.get("host"),
            "login": parts.get("user"),
            "password": parts.get("password"),
            "port": int(str(parts["port"])) if parts.get("port") else None,
            "schema": parts.get("dbname"),
        }
    )


def test_moment_state_deletion_and_faults(world: CampaignWorld, tmp_path: Path) -> None:
    world.audience(1)
    world.campaign()
    world.step()
    soon = (datetime.now(UTC) + timedelta(seconds=25)).isoformat()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    draft = {"provider_campaign_id": world.provider_id(), "poll_seconds": 1}
    # One look fails in a way that no retry inside the client heals.
    world.sandbox.control(
        "POST",
        "faults",
        {"next": [{"kind": "drop_before", "method": "GET", "path": "/campaigns/*"}]},
    )

    answer = triggers(
        world,
        tmp_path,
        [
            {**draft, "until": soon, "wanted": ["sent"]},
            {**draft, "until": later, "wanted": ["save"]},
            {**draft, "provider_campaign_id": "gone", "until": later, "wanted": ["deleted"]},
            {**draft, "until": "2026-01-01T02:00:00+02:00", "wanted": ["sent"]},
        ],
    )

    assert answer["events"] == [
        {"outcome": "due", "status": "save"},
        {"outcome": "reached", "status": "save"},
        {"outcome": "reached", "status": "deleted"},
        {"outcome": "due", "status": None},
    ]
    assert datetime.now(UTC).isoformat() > soon, "not before its moment"
    assert answer["beats"] > 20, "other triggers go on meanwhile"
    assert world.sandbox.key not in answer["log"]


def test_a_moment_without_zone_is_refused() -> None:
    from mailchimp_provider.triggers.campaign import CampaignTrigger  # noqa: PLC0415

    with pytest.raises(ValueError, match="time zone"):
        CampaignTrigger(provider_campaign_id="1", until="2026-11-23T10:00:00", wanted=[])
