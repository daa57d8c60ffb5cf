"""DAGs under wrong settings, by ``airflow dags test``: named once, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dag_runs import AirflowWorld, migrated_home
from sync_world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

#: Of each DAG that runs here: wrong settings that it names, none of them twice.
SYNC_WRONG = {
    "SYNC_SCHEDULE": "every hour",
    "REMOVAL_GUARD_PERCENT": "5%",
    "WRITE_BACK_MEMBERS": "maybe",
    "DATA_DOCS_DIR": "data_docs",
    "ALERT_LATE_HOURS": "a day",
}


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_home(tmp_path_factory.mktemp("airflow"))


@pytest.fixture
def world(
    crm_db: str, warehouse_db: str, mailchimp_sandbox: Any, airflow_home: Path
) -> Iterator[AirflowWorld]:
    world = AirflowWorld(crm_db, warehouse_db, mailchimp_sandbox)
    world.home = airflow_home
    yield world
    world.close()


def statuses(world: World) -> list[str]:
    rows = world.warehouse.execute("select status from sync.member order by contact_id").fetchall()
    return [row["status"] for row in rows]


def test_a_sync_under_wrong_settings_does_all_that_it_can(world: AirflowWorld) -> None:
    news = world.collection("NEWS")
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    (run,) = world.run(("sync_collections", {}))
    assert (run.state, run.refusals()) == ("success", [])
    assert statuses(world) == ["subscribed"] * 20

    # One withdraws, one leaves: of 20 members, 5 % and 10 % would let both go.
    world.consent(people[0], granted=False)
    world.crm.execute("delete from crm.collection_member where contact_id = %s", (people[1],))
    (run,) = world.run(("sync_collections", SYNC_WRONG))
    assert run.state == "failed"
    assert sorted(run.refusals()) == sorted(SYNC_WRONG), "each is named, and none twice"
    assert statuses(world) == ["unsubscribed", *["subscribed"] * 19], "a strict guard"
    (ended,) = world.warehouse.execute(
        "select state, detail from sync.collection_run order by started_at desc limit 1"
    ).fetchall()
    assert ended["state"] == "blocked"

    # Once the settings are right, the rest follows.
    (run,) = world.run(("sync_collections", {}))
    assert run.state == "success"
    assert statuses(world)[:2] == ["unsubscribed", "archived"]


def test_each_other_dag_names_its_own_settings_once(world: AirflowWorld) -> None:
    wrong = {
        "pull_statuses": ["PULL_SCHEDULE", "ALERT_EMAILS"],
        "erase_contacts": [
            "ERASURE_SCHEDULE",
            "KEEP_STAGING_DAYS",
            "KEEP_PROOF_DAYS",
            "KEEP_IPS_DAYS",
            "ALERT_EMAILS",
        ],
        "extract_reports": ["REPORTS_SCHEDULE", "KEEP_IPS_DAYS"],
        "sync_campaigns": ["CAMPAIGNS_SCHEDULE", "WRITE_BACK_CAMPAIGNS"],
        "watch_sendings": ["SENDINGS_SCHEDULE", "SENDING_LEAST_MAILS"],
        "approve_removals": ["APPROVAL_TIMEOUT_HOURS"],
        "release_campaigns": ["APPROVAL_TIMEOUT_HOURS"],
        "refresh_marts": ["REFRESH_MARTS_HOURS", "REPORT_TIME_ZONE"],
    }
    # Wrong for every DAG: those that a DAG does not use are no matter to it.
    settings = {name: "+02:00" for names in wrong.values() for name in names}
    settings |= {"SYNC_SCHEDULE": "+02:00", "REMOVAL_GUARD_PERCENT": "5%"}
    runs = world.run(
        *((dag_id, settings) for dag_id in wrong),
        ("sync_campaigns", {"CAMPAIGN_MAX_SYNC_AGE": "2h", "CAMPAIGN_WAIT": "20m"}),
    )
    assert {run.state for run in runs} == {"failed"}
    named = [sorted(run.refusals()) for run in runs]
    assert "write a whole number of days from 1 to 36500" in runs[1].log
    assert named == [*(sorted(names) for names in wrong.values()), [
        "CAMPAIGN_MAX_SYNC_AGE", "CAMPAIGN_WAIT",
    ]]  # fmt: skip


def test_sendings_are_watched(world: AirflowWorld) -> None:
    (run,) = world.run(("watch_sendings", {"SENDING_LEAST_MAILS": "500"}))
    assert run.state == "success", run.log[-2000:]


def test_what_is_right_is_obeyed(world: AirflowWorld, tmp_path: Path) -> None:
    world.contact("maria@mail.gr", world.collection("NEWS"))
    zones = []
    for settings in ({"REPORT_TIME_ZONE": "Europe/Athens"}, {}):
        (run,) = world.run(("refresh_marts", settings))
        assert run.state == "success"
        row = world.warehouse.execute("select report_time_zone from mart.setting").fetchone()
        assert row
        zones.append(row["report_time_zone"])
    assert zones == ["Europe/Athens", "UTC"], "without the setting it is Airflow's own"
    (run,) = world.run(("sync_collections", {"DATA_DOCS_DIR": str(tmp_path / "docs")}))
    assert run.state == "success"
    assert list((tmp_path / "docs").glob("staging-*/index.html"))
