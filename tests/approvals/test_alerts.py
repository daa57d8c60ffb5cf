"""Mail and webhook report blocked, failed and late collections: once, and without people."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from approvals.mail_and_web import MailServer, Webhook, serving
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import AlertSettings, require_usable
from crm_mailchimp.sync.runs.alert_messages import Message, Trouble, write_message
from crm_mailchimp.sync.runs.run_alerts import (
    AlertTimes,
    alert_about_dag,
    alert_about_late,
    alert_about_run,
    end_alert_about_dag,
    usable_alert_times,
)
from sync_world import World

TIMES = AlertTimes()
HOUR = timedelta(hours=1)


class Inbox:
    """Takes messages, unless it is out of order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.works = True

    def __call__(self, message: Message) -> bool:
        if self.works:
            self.messages.append(message)
        return self.works


def test_times_come_from_the_environment() -> None:
    times = usable_alert_times({"ALERT_LATE_HOURS": "1.5", "ALERT_REPEAT_HOURS": " "})
    assert (times.late_after, times.repeat_after) == (1.5 * HOUR, 24 * HOUR)
    for text in ("-1", "αύριο", "nan"):
        with pytest.raises(SettingError, match="ALERT_LATE_HOURS"):
            require_usable({AlertSettings: ()}, {"ALERT_LATE_HOURS": text})
        assert usable_alert_times({"ALERT_LATE_HOURS": text}) == TIMES, "alerts go on"


def test_one_message_says_all() -> None:
    blocked = Trouble(
        collection_code="ΝΕΑ", state="blocked", reason="removal_guard", plan_id=3, removals=6,
        members=20,
    )  # fmt: skip
    failed = Trouble(collection_code="B", state="failed", reason="query_failed")
    message = write_message([blocked, failed])
    assert message.subject == "Mailchimp sync: 1 failed, 1 blocked"
    assert "6 of 20" in message.text
    assert "Required Actions in Airflow (plan 3)" in message.text
    assert message.text.index("query_failed") < message.text.index("removal_guard")


def test_what_goes_on_is_reported_once_and_a_relapse_again(world: World) -> None:
    news = world.collection("ΝΕΑ")
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(8)]
    world.collection("NOTYPE", campaign_type=None)
    inbox = Inbox()

    def run(times: AlertTimes = TIMES) -> list[str]:
        staging_id = world.stage()
        for code in ("ΝΕΑ", "NOTYPE"):
            world.push(staging_id, code)
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            troubles = alert_about_run(warehouse, staging_id, times, inbox)
        return [f"{trouble.collection_code} {trouble.reason}" for trouble in troubles]

    inbox.works = False
    assert run() == []
    inbox.works = True
    assert run() == ["NOTYPE no_campaign_type"]
    assert run() == []
    assert run(AlertTimes(repeat_after=timedelta(0))) == ["NOTYPE no_campaign_type"]
    for contact in contacts:
        world.leave(news, contact)
    assert run() == ["ΝΕΑ empty_collection"]
    assert "8 of 8 members would be removed" in inbox.messages[-1].text
    assert "NOTYPE" not in inbox.messages[-1].text
    for contact in contacts:
        world.join(news, contact)
    assert run() == []
    for contact in contacts[1:]:
        world.leave(news, contact)
    assert run() == ["ΝΕΑ removal_guard"]
    texts = " ".join(message.subject + message.text for message in inbox.messages)
    assert "@" not in texts
    assert "Μαρία" not in texts

    # A task that died without a word counts as failed.
    staging_id = world.stage(["NOTYPE"])
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        (trouble,) = alert_about_run(warehouse, staging_id, TIMES, inbox)
    assert (trouble.state, trouble.reason) == ("failed", "unknown")


def test_late_is_who_has_not_succeeded_for_long(crm_db: str, warehouse_db: str) -> None:
    inbox = Inbox()
    with psycopg.connect(crm_db) as crm, psycopg.connect(warehouse_db) as warehouse:
        crm.execute(
            "insert into crm.external_provider (code, connection_id) values ('mailchimp', 'm');"
            "insert into crm.resource (resource_id, name) values (1, 'Αλεξάνδρα')"
        )
        collections = [
            # code, active, provider, hours since it was changed
            ("SYNCED", True, "mailchimp", 90), ("STALE", True, "mailchimp", 90),
            ("NEVER", True, "mailchimp", 90), ("NEW", True, "mailchimp", 1),
            ("INACTIVE", False, "mailchimp", 90), ("ELSEWHERE", True, None, 90),
        ]  # fmt: skip
        for number, (code, active, provider, hours) in enumerate(collections):
            crm.execute(
                "insert into crm.contact_collection (collection_id, code, description, owner_id,"
                " is_shared, is_static, external_provider, use_provider_defaults,"
                " sync_merge_fields, is_active, updated_at) values (%s, %s, %s, 1, true, true, %s,"
                " true, false, %s, now() - %s)",
                (number, code, code, provider, active, hours * HOUR),
            )
        for code, state, hours in [
            ("SYNCED", "succeeded", 2), ("STALE", "succeeded", 30), ("STALE", "failed", 1),
            ("STALE", "dry_run", 1), ("NEVER", "blocked", 1),
        ]:  # fmt: skip
            warehouse.execute(
                "insert into sync.collection_run (run_id, collection_code, started_at, finished_at,"
                " state) values (%s, %s, now() - %s, now() - %s, %s)",
                (f"{state}-{hours}", code, hours * HOUR, hours * HOUR, state),
            )

        def late(times: AlertTimes = TIMES) -> list[str]:
            troubles = alert_about_late(warehouse, crm, times, inbox)
            return [trouble.collection_code for trouble in troubles]

        assert late() == ["NEVER", "STALE"]
        assert late() == []
        assert late(AlertTimes(late_after=timedelta(0))) == []
        assert late(AlertTimes(late_after=HOUR / 2, repeat_after=timedelta(0))) == [
            "NEVER", "NEW", "STALE", "SYNCED",
        ]  # fmt: skip


def test_a_dag_that_runs_often_is_reported_once_in_a_while(warehouse_db: str) -> None:
    inbox, message = Inbox(), Message("Airflow: pull_statuses failed", "")
    with psycopg.connect(warehouse_db) as warehouse:
        assert alert_about_dag(warehouse, "pull_statuses", HOUR, message, inbox)
        assert not alert_about_dag(warehouse, "pull_statuses", HOUR, message, inbox)
        assert alert_about_dag(warehouse, "extract_reports", HOUR, message, inbox)
        warehouse.execute("update sync.alert set sent_at = sent_at - interval '2 hours'")
        assert alert_about_dag(warehouse, "pull_statuses", HOUR, message, inbox)
    assert inbox.messages == [message] * 3


@pytest.mark.parametrize(
    "order", list(itertools.permutations([DEFAULT_ACCOUNT, "brand", "brand_2"]))
)
def test_each_account_of_a_dag_is_reported(warehouse_db: str, order: tuple[str, ...]) -> None:
    inbox, message = Inbox(), Message("Airflow: pull_statuses failed", "")
    with psycopg.connect(warehouse_db) as warehouse:

        def tell(*accounts: str) -> bool:
            return alert_about_dag(
                warehouse, "pull_statuses", HOUR, message, inbox, accounts=accounts
            )

        for account in order:
            assert tell(account)
            assert not tell(account)
        assert not tell(*order)
        # An unknown account counts as the default one.
        assert not tell()
        assert tell(*order, "new")
        # Another DAG's name may begin alike.
        assert alert_about_dag(warehouse, "pull", HOUR, message, inbox, accounts=order)
        end_alert_about_dag(warehouse, "pull", inbox)
        assert not tell(*order)
        assert inbox.messages[-1].subject == "Mailchimp sync: 3 well again"
        end_alert_about_dag(warehouse, "pull_statuses", inbox)
        assert inbox.messages[-1].subject == "Mailchimp sync: 4 well again"
        assert tell(order[0])


def test_tasks_that_fail_together_tell_once(warehouse_db: str) -> None:
    heard: list[Message] = []
    message = Message("Airflow: pull_statuses failed", "")
    first = threading.Event()

    def send(message: Message) -> bool:
        heard.append(message)
        first.set()
        # The other tasks wait for the lock meanwhile.
        with psycopg.connect(warehouse_db, autocommit=True) as watcher:
            while watcher.execute(_WAITING).fetchone() is None:
                pass
        return True

    def fail() -> None:
        with psycopg.connect(warehouse_db) as warehouse:
            alert_about_dag(warehouse, "pull_statuses", HOUR, message, send, accounts=["brand"])

    with ThreadPoolExecutor() as pool:
        earlier = pool.submit(fail)
        assert first.wait(60)
        later = pool.submit(fail)
        earlier.result(60)
        later.result(60)
    assert heard == [message]


_WAITING = (
    "select from pg_locks where locktype = 'advisory' and not granted"
    " and database = (select oid from pg_database where datname = current_database())"
)


# ---- the channels, in a process of their own: importing Airflow takes seconds


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with serving(MailServer()) as server:
        yield server


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as server:
        yield server


SEND = """
import logging
from datetime import timedelta
from types import SimpleNamespace
logging.basicConfig(level="DEBUG")
from airflow.serialization.serialized_objects import SerializedDAG
from crm_mailchimp.sync.runs.alert_messages import Message
from mailchimp_provider.alerts import FailureAlert, deliver

# Names come out of the CRM: they are no templates, and no HTML.
delivered = deliver(Message("Mailchimp sync: 1 blocked", "{{ 7 * 7 }} <b>ΝΕΑ</b>: removal_guard"))
dag_run = SimpleNamespace(dag_id="pull_statuses", run_id="manual__2026-11-23T10:00:00+00:00")
context = {"dag_run": dag_run, "exception": ValueError("maria@mail.gr"),
           "task_instance": SimpleNamespace(task_id="pull"),
           "dag": object.__new__(SerializedDAG)}  # as `airflow dags test` has it
# Without a warehouse to ask, the alert goes out all the same.
FailureAlert(quiet_for=timedelta(hours=6))(dict(context))
from mailchimp_provider.outcomes import AnnouncedFailure
FailureAlert(unless_announced=True)(context | {"exception": AnnouncedFailure("announced already")})
print("answer:", delivered)
"""


def send(tmp_path: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")
    }
    return subprocess.run(
        [sys.executable, "-c", SEND],
        env={**environment, "AIRFLOW_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def connection(port: int, **login: str) -> str:
    extra: dict[str, Any] = {"disable_ssl": True, "disable_tls": True, "retry_limit": 1}
    described = {"conn_type": "smtp", "host": "127.0.0.1", "port": port}
    return json.dumps({**described, "extra": json.dumps(extra), **login})


def test_mail_and_webhook_get_every_alert(
    tmp_path: Path, mail: MailServer, webhook: Webhook
) -> None:
    done = send(
        tmp_path,
        {
            "ALERT_EMAILS": "data@galaxy.gr, dpo@galaxy.gr",
            "ALERT_FROM_EMAIL": "airflow@galaxy.gr",
            "ALERT_WEBHOOK_URL": webhook.url,
            "AIRFLOW_CONN_SMTP_DEFAULT": connection(mail.port),
        },
    )
    assert "answer: True" in done.stdout, done.stderr[-2000:]
    # At each log level, also when all goes well.
    assert "DEBUG" in done.stderr
    for secret in ("s3cret-part", "data@galaxy.gr", "dpo@galaxy.gr"):
        assert secret not in done.stdout + done.stderr
    assert [recipients for recipients, _ in mail.mails] == [["data@galaxy.gr", "dpo@galaxy.gr"]] * 2
    blocked, failed = (message for _, message in mail.mails)
    assert blocked["Subject"] == "Mailchimp sync: 1 blocked"
    assert blocked["From"] == "airflow@galaxy.gr"
    body = "".join(part.get_content() for part in blocked.walk() if not part.is_multipart())
    assert "{{ 7 * 7 }} &lt;b&gt;ΝΕΑ&lt;/b&gt;: removal_guard" in body
    assert failed["Subject"] == "Airflow: pull_statuses failed"
    assert len(webhook.texts) == 2
    assert webhook.texts[0].endswith("{{ 7 * 7 }} <b>ΝΕΑ</b>: removal_guard")
    assert "Task pull: ValueError" in webhook.texts[1]
    assert "runs/manual__2026-11-23T10%3A00%3A00%2B00%3A00" in webhook.texts[1]
    assert "maria@mail.gr" not in webhook.texts[1] + str(failed)


def test_an_alert_that_cannot_be_sent_stops_nothing_and_tells_no_secret(
    tmp_path: Path, webhook: Webhook
) -> None:
    webhook.status = 500
    done = send(
        tmp_path,
        {
            "ALERT_EMAILS": "data@galaxy.gr",
            "ALERT_FROM_EMAIL": "airflow@galaxy.gr",
            "ALERT_WEBHOOK_URL": webhook.url,
            "AIRFLOW_CONN_SMTP_DEFAULT": connection(1, login="galaxy.gr", password="s3cret-part"),
        },
    )
    output = done.stdout + done.stderr
    assert "answer: False" in output
    assert "alert by mail not sent" in output
    assert "alert by webhook not sent: the webhook of ALERT_WEBHOOK_URL: HTTP 500" in output
    assert "s3cret-part" not in output
    assert "galaxy.gr" not in output
    gone = send(tmp_path, {"ALERT_WEBHOOK_URL": "http://127.0.0.1:1/services/s3cret-part"})
    output = gone.stdout + gone.stderr
    assert "ALERT_WEBHOOK_URL: ConnectionError" in output
    assert "s3cret-part" not in output


@pytest.mark.parametrize(
    ("sender", "extra", "words"),
    [
        ("", {}, "ValueError, the mail has no sender: set ALERT_FROM_EMAIL"),
        ("airflow@galaxy.gr", None, "AirflowException, define the connection smtp_default"),
        ("airflow@galaxy.gr", {"disable_ssl": False}, "SSLError, the server speaks no TLS"),
        ("airflow@galaxy.gr", {"disable_tls": False}, "SMTPNotSupportedError, the server has no"),
    ],
)
def test_mail_that_cannot_be_sent_says_what_to_do(
    tmp_path: Path, mail: MailServer, sender: str, extra: dict[str, bool] | None, words: str
) -> None:
    settings = {"ALERT_EMAILS": "data@galaxy.gr", "ALERT_FROM_EMAIL": sender}
    if extra is not None:
        described = json.loads(connection(mail.port))
        described["extra"] = json.dumps({**json.loads(described["extra"]), **extra})
        settings["AIRFLOW_CONN_SMTP_DEFAULT"] = json.dumps(described)
    done = send(tmp_path, settings)
    output = done.stdout + done.stderr
    assert f"alert by mail not sent: {words}" in output
    assert "galaxy.gr" not in output


def test_without_channels_nothing_is_sent(tmp_path: Path) -> None:
    assert "answer: False" in send(tmp_path, {}).stdout
