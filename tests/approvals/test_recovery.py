"""After a failed run the next success of its DAG is said once, by the channels of alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from approvals.mail_and_web import Webhook, serving
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import alert_about_dag, end_alert_about_dag
from dag_runs import AirflowWorld, migrated_home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

_NEVER = timedelta(0)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as server:
        yield server


@pytest.fixture
def world(
    tmp_path: Path, crm_db: str, warehouse_db: str, mailchimp_sandbox: Any
) -> Iterator[AirflowWorld]:
    made = AirflowWorld(crm_db, warehouse_db, mailchimp_sandbox)
    made.home = migrated_home(tmp_path)
    yield made
    made.close()


def test_a_dag_that_failed_is_well_again_once(world: AirflowWorld, webhook: Webhook) -> None:
    right = {"ALERT_WEBHOOK_URL": webhook.url}
    key = {"conn_type": "mailchimp", "password": "wrong-us1", "host": world.sandbox.host}
    wrong = right | {"AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(key)}
    dag = "get_mailchimp_defaults"
    runs = world.run((dag, right), (dag, wrong), (dag, wrong), (dag, right), (dag, right))

    assert [run.state for run in runs] == ["success", "failed", "failed", "success", "success"]
    subjects = [text.partition("\n")[0] for text in webhook.texts]
    assert subjects == [
        f"Airflow: {dag} failed", f"Airflow: {dag} failed", "Mailchimp sync: 1 well again"
    ]  # fmt: skip
    assert f"DAG {dag}" in webhook.texts[2]


def test_another_dag_and_a_channel_that_is_down(warehouse_db: str) -> None:
    heard: list[Message] = []
    failed = Message("Airflow: pull_statuses failed", "")
    with psycopg.connect(warehouse_db) as warehouse:
        assert not alert_about_dag(warehouse, "unheard", _NEVER, failed, lambda _: False)
        assert alert_about_dag(warehouse, "pull_statuses", _NEVER, failed, lambda _: True)

        def hear(message: Message) -> bool:
            heard.append(message)
            return True

        end_alert_about_dag(warehouse, "unheard", hear)
        end_alert_about_dag(warehouse, "refresh_marts", hear)
        assert heard == []
        end_alert_about_dag(warehouse, "pull_statuses", lambda _: False)
        end_alert_about_dag(warehouse, "pull_statuses", hear)
        end_alert_about_dag(warehouse, "pull_statuses", hear)
    [message] = heard
    assert [event.is_over for event in message.events] == [True]
