"""A trouble opens an incident, and its end closes it: in words for people, and as events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from approvals.mail_and_web import Silent, Webhook, serving
from crm_mailchimp.sync.runs.alert_messages import Message, Trouble
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_run
from crm_mailchimp.sync.runs.sent_alerts import tell, tell_over
from sync_world import World

KEY = "0123456789abcdef0123456789abcdeF"
DAY = timedelta(days=1)


class Inbox:
    """Takes messages, unless it is out of order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.works = True

    def __call__(self, message: Message) -> bool:
        if self.works:
            self.messages.append(message)
        return self.works


def test_the_end_of_a_trouble_is_said_once_and_a_relapse_is_sent(world: World) -> None:
    world.contact("eleni@mail.gr", world.collection("ΝΕΑ", campaign_type=None))
    inbox = Inbox()

    def run(campaign_type: str | None) -> list[str]:
        world.crm.execute("update crm.contact_collection set campaign_type = %s", (campaign_type,))
        staging_id = world.stage()
        world.push(staging_id, "ΝΕΑ")
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            alert_about_run(warehouse, staging_id, AlertTimes(), inbox)
        said = [message.subject for message in inbox.messages]
        kept.extend(inbox.messages)
        inbox.messages.clear()
        return said

    kept: list[Message] = []
    assert run("NEWS") == []
    (begun,) = run(None)
    assert begun in ("Mailchimp sync: 1 failed", "Mailchimp sync: 1 blocked")
    assert run(None) == []
    inbox.works = False
    assert run("NEWS") == []
    inbox.works = True
    assert run("NEWS") == ["Mailchimp sync: 1 well again"]
    assert run("NEWS") == []
    assert run(None) == [begun]

    first, well, again = kept
    assert "ΝΕΑ: no longer" in well.text
    (opened,), (closed,), (reopened,) = first.events, well.events, again.events
    assert (opened.is_over, closed.is_over, reopened.is_over) == (False, True, False)
    assert opened.key == closed.key == reopened.key
    assert "ΝΕΑ: no_campaign_type" in opened.summary
    texts = " ".join(f"{one.subject} {one.text} {one.events}" for one in kept)
    assert "mail.gr" not in texts
    assert "Μαρία" not in texts

    # Where nobody can be reached for a day, the alert is forgotten, and the page is right again.
    inbox.works = False
    with psycopg.connect(world.warehouse_dsn, autocommit=True) as warehouse:
        alerts = "select collection_code from sync.alert"
        assert run("NEWS") == []
        assert warehouse.execute(alerts).fetchall() == [("ΝΕΑ",)]
        warehouse.execute("update sync.alert set sent_at = now() - interval '25 hours'")
        assert run("NEWS") == []
        assert warehouse.execute(alerts).fetchall() == []


@pytest.mark.parametrize("works", [True, False])
def test_what_failed_and_is_blocked_now_is_not_well(warehouse_db: str, *, works: bool) -> None:
    failed, blocked = (
        Trouble(collection_code="ΝΕΑ", state=state, reason="x") for state in ("failed", "blocked")
    )
    inbox = Inbox()
    with psycopg.connect(warehouse_db) as warehouse:
        tell(warehouse, [failed], DAY, inbox)
        inbox.works = works
        tell_over(warehouse, ("failed", "blocked"), ["ΝΕΑ"], [blocked], inbox)
        inbox.works = True
        tell(warehouse, [blocked], DAY, inbox)
        tell_over(warehouse, ("failed", "blocked"), ["ΆΛΛΑ"], [], inbox)
        first, *between, last = inbox.messages
        assert [(one.text, [event.is_over for event in one.events]) for one in between] == (
            [("", [True])] if works else []
        )
        assert (first.events[0].severity, last.events[0].severity) == ("error", "warning")
        assert first.events[0].key != last.events[0].key
        # A failure after that is sent at once, although it is the same within the day.
        assert tell(warehouse, [failed], DAY, inbox) == [failed]


# ---- over the wire, in a process of its own: importing Airflow takes seconds

SEND = """
import logging, os, sys
from types import SimpleNamespace
logging.basicConfig(level="DEBUG")
from crm_mailchimp.sync.runs.alert_messages import SentAlert, Trouble, write_message, write_over
from mailchimp_provider import alert_receivers
from mailchimp_provider.alerts import FailureAlert, deliver

if sys.argv[1] == "impatient":
    alert_receivers._WAIT_SECONDS = 1.5
long = "Μ" * 2000
troubles = [Trouble(collection_code=code, state="failed", reason="query_failed")
            for code in ("ΝΕΑ", long)]
over = [SentAlert("ΝΕΑ", "failed", "query_failed")]
print("answer:", deliver(write_message(troubles)), deliver(write_over(over, [])),
      deliver(write_over(over, troubles)))
dag_run = SimpleNamespace(dag_id="erase_contacts", run_id="manual__1")
FailureAlert()({"dag_run": dag_run, "exception": ValueError("maria@mail.gr")})
"""


def send(tmp_path: Path, word: str = "", **settings: str) -> tuple[str, str]:
    """What deliver answered, and all that was written."""
    inherited = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", SEND, word],
        env={**inherited, "AIRFLOW_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    output = done.stdout + done.stderr
    for secret in (KEY, KEY.lower(), "s3cret-part", "maria@mail.gr"):
        assert secret not in output
    (answer,) = (line for line in done.stdout.splitlines() if line.startswith("answer: "))
    return answer.removeprefix("answer: "), output


def test_events_open_and_resolve_incidents(tmp_path: Path) -> None:
    with serving(Webhook()) as service, serving(Webhook()) as chat:
        service.status = 202
        answer, output = send(
            tmp_path,
            ALERT_EVENTS_KEY=KEY,
            ALERT_EVENTS_URL=service.url,
            ALERT_WEBHOOK_URL=chat.url,
        )
    assert answer == "True True True", output[-2000:]
    assert "DEBUG" in output
    opened, opened_long, *closed, failed_dag = service.posts
    assert opened == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "crm-mailchimp failed ΝΕΑ",
        "payload": {
            "summary": "failed: ΝΕΑ: query_failed", "source": "crm-mailchimp", "severity": "error",
        },
    }  # fmt: skip
    resolved = {"routing_key": KEY, "event_action": "resolve", "dedup_key": opened["dedup_key"]}
    assert closed == [resolved, resolved]
    # The service's limits.
    assert len(opened_long["dedup_key"]) == 255
    assert len(opened_long["payload"]["summary"]) == 1024
    assert failed_dag["payload"]["summary"] == "failed: DAG erase_contacts: run"
    # People hear of what is well, and nothing of a collection that goes on failing.
    assert [text.splitlines()[0] for text in chat.texts] == [
        "Mailchimp sync: 2 failed", "Mailchimp sync: 1 well again",
        "Airflow: erase_contacts failed",
    ]  # fmt: skip
    assert "maria@mail.gr" not in json.dumps(service.posts)


@pytest.mark.parametrize("status", [429, 500])
def test_a_service_that_refuses_stops_nothing(tmp_path: Path, status: int) -> None:
    with serving(Webhook()) as service:
        service.status = status
        answer, output = send(tmp_path, ALERT_EVENTS_KEY=KEY, ALERT_EVENTS_URL=service.url)
    assert answer == "False False False"
    assert f"alert by events not sent: the service of ALERT_EVENTS_URL: HTTP {status}" in output
    # After the first refusal the other events of the alert are not tried.
    assert len(service.posts) == 4


def test_a_service_that_is_down_or_slow_stops_nothing(tmp_path: Path) -> None:
    answer, output = send(
        tmp_path, ALERT_EVENTS_KEY=KEY, ALERT_EVENTS_URL="http://127.0.0.1:1/s3cret-part"
    )
    assert answer == "False False False"
    assert "the service of ALERT_EVENTS_URL: ConnectionError" in output
    with serving(Silent()) as service, serving(Webhook()) as chat:
        answer, output = send(
            tmp_path,
            "impatient",
            ALERT_EVENTS_KEY=KEY,
            ALERT_EVENTS_URL=service.url,
            ALERT_WEBHOOK_URL=chat.url,
        )
    # The other channel gets it all the same; what has no words is for the service alone.
    assert answer == "True True False"
    assert "the service of ALERT_EVENTS_URL: ReadTimeout" in output
    assert service.asked == 4
    assert len(chat.posts) == 3


def test_a_wrong_key_is_named_and_not_shown(tmp_path: Path) -> None:
    answer, output = send(tmp_path, ALERT_EVENTS_KEY=f"{KEY}s3cret-part")
    assert answer == "False False False"
    assert "ALERT_EVENTS_KEY" in output
    assert "32 letters and digits" in output
