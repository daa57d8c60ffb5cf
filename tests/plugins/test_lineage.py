"""Airflow's OpenLineage provider writes which tables and lists each task read and wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from dag_runs import AirflowWorld, Ended, migrated_home
from mailchimp_provider.assets import uri_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

Datasets = dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_home(tmp_path_factory.mktemp("airflow"))


@pytest.fixture
def world(
    home: Path, crm_db: str, warehouse_db: str, mailchimp_sandbox: Any
) -> Iterator[AirflowWorld]:
    made = AirflowWorld(crm_db, warehouse_db, mailchimp_sandbox)
    made.home = home
    news = made.collection("ΝΕΑ")
    made.contact("maria@ellada.gr", news, first_name="Μαρία")
    yield made
    made.close()


def _run(world: AirflowWorld, events: Path) -> Ended:
    transport = json.dumps({"type": "file", "log_file_path": str(events), "append": True})
    settings = {
        "AIRFLOW__OPENLINEAGE__TRANSPORT": transport,
        # Airflow ends a process that has not written its event in time.
        "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "120",
    }
    [ended] = world.run(("sync_collections", settings))
    return ended


def _datasets(events: Path) -> Datasets:
    """Inputs and outputs by task, of the events at their ends."""
    found: Datasets = {}
    for line in events.read_text().splitlines():
        event = json.loads(line)
        if event["eventType"] == "COMPLETE" and "." in event["job"]["name"]:
            task = event["job"]["name"].rpartition(".")[2]
            read, written = found.setdefault(task, (set(), set()))
            read |= {(one["namespace"], one["name"]) for one in event["inputs"]}
            written |= {(one["namespace"], one["name"]) for one in event["outputs"]}
    return found


def _server(dsn: str) -> tuple[str, str]:
    place = psycopg.conninfo.conninfo_to_dict(dsn)
    return f"postgres://{place['host']}:{place['port']}", str(place["dbname"])


def test_each_task_names_its_tables(world: AirflowWorld, tmp_path: Path) -> None:
    events = tmp_path / "events.json"
    ended = _run(world, events)
    assert ended.state == "success", ended.log[-3000:]
    found = _datasets(events)

    crm, crm_name = _server(world.crm_dsn)
    warehouse, warehouse_name = _server(world.warehouse_dsn)
    read, written = found["stage"]
    assert (crm, f"{crm_name}.crm.contact") in read
    assert (crm, f"{crm_name}.crm.consent") in read
    assert (warehouse, f"{warehouse_name}.staging.verdict") in written
    assert not [name for server, name in written if name.startswith(f"{crm_name}.")]

    read, written = found["sync_collection"]
    mailchimp = f"mailchimp://{urlsplit(world.sandbox.host).netloc}"
    assert (warehouse, f"{warehouse_name}.sync.member") in written
    assert (mailchimp, "lists") in written
    assert (mailchimp, "lists/members") in read
    assert all(
        world.warehouse.execute("select to_regclass(%s)", (name.partition(".")[2],)).fetchone()
        for server, name in read | written
        if server == warehouse and name.startswith(warehouse_name)
    )
    for secret in ("maria", "Μαρία", world.sandbox.key):
        assert secret not in events.read_text()


def test_what_cannot_be_noted_fails_no_task(world: AirflowWorld, tmp_path: Path) -> None:
    """The folder of the events is not there."""
    ended = _run(world, tmp_path / "nowhere" / "events.json")
    assert ended.state == "success", ended.log[-3000:]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/lists/{list_id}/members/{subscriber_hash}", "lists/members"),
        ("/reports/{campaign_id}/email-activity", "reports/email-activity"),
        ("/ping", "ping"),
    ],
)
def test_an_asset_has_no_ids(path: str, kind: str) -> None:
    assert uri_of("https://us1.api.mailchimp.com/3.0", path) == (
        f"mailchimp://us1.api.mailchimp.com/{kind}"
    )
