"""The DAGs with two accounts, by ``airflow dags test``: each task opens its own connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from approvals.mail_and_web import Webhook, serving
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from dag_runs import AirflowWorld, migrated_home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


class World(AccountsWorld, AirflowWorld):
    """Two accounts behind connections of Airflow; a broken one is broken there, too."""

    def connections(self) -> dict[str, str]:
        found = AirflowWorld.connections(self)
        for account in (DEFAULT_ACCOUNT, SECOND):
            found.pop(f"AIRFLOW_CONN_{account.upper()}", None)
        for account, place in self.places.items():
            found[f"AIRFLOW_CONN_{account.upper()}"] = json.dumps(
                {
                    "conn_type": "mailchimp", "password": place.key, "host": place.host,
                    "extra": {"retry_deadline": 0},
                }
            )  # fmt: skip
        return found


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_home(tmp_path_factory.mktemp("airflow"))


@pytest.fixture
def world(
    crm_db: str, warehouse_db: str, mailchimp_sandbox: Any, second_sandbox: Any, airflow_home: Path
) -> Iterator[World]:
    world = World(crm_db, warehouse_db, mailchimp_sandbox, second_sandbox)
    world.home = airflow_home
    yield world
    world.close()


def test_the_dags_work_in_both_accounts(world: World) -> None:
    news = world.collection("NEWS", description="Τα νέα μας")
    club = world.collection("CLUB", description="Η λέσχη", external_provider=SECOND_PROVIDER)
    anna = world.contact("anna@mail.gr", news, club, first_name="Άννα")
    world.contact("nikos@mail.gr", news, first_name="Νίκος")
    world.contact("eleni@mail.gr", club, first_name="Ελένη")
    dags = ("sync_collections", "extract_reports", "sync_campaigns", "get_mailchimp_defaults")
    for run in world.run(*((dag_id, {}) for dag_id in (*dags, "pull_statuses"))):
        assert run.state == "success", run.log[-3000:]
    assert sorted(world.people(DEFAULT_ACCOUNT)) == ["anna@mail.gr", "nikos@mail.gr"]
    assert sorted(world.people(SECOND)) == ["anna@mail.gr", "eleni@mail.gr"]
    lists = world.warehouse.execute("select account from stats.lists order by account").fetchall()
    assert [row["account"] for row in lists] == sorted([DEFAULT_ACCOUNT, SECOND])
    slots = world.warehouse.execute(
        "select count(*) as held from pg_locks where locktype = 'advisory'"
    ).fetchone()
    assert slots == {"held": 0}

    # One key is wrong: its part alone fails, and the run names it. No output has a key.
    world.break_down("wrong key")
    key = world.places[SECOND].key
    world.consent(anna, granted=False)
    world.change_contact(anna, erasure_requested_at="2026-01-01T00:00:00Z")
    for run in world.run(*((one, {}) for one in (*dags, "pull_statuses", "erase_contacts"))):
        assert run.state == "failed"
        assert SECOND in run.log
        assert key not in run.log
        assert "anna@mail.gr" not in run.log
    assert "anna@mail.gr" not in world.people(DEFAULT_ACCOUNT)
    states = world.warehouse.execute(
        "select distinct on (collection_code) collection_code, state, detail"
        " from sync.collection_run order by collection_code, started_at desc"
    ).fetchall()
    assert {row["collection_code"]: row["state"] for row in states} == {
        "CLUB": "failed", "NEWS": "succeeded",
    }  # fmt: skip

    # So does a connection that nobody defined.
    del world.places[SECOND]
    (run,) = world.run(("sync_collections", {}))
    assert run.state == "failed"
    row = world.warehouse.execute(
        "select detail from sync.collection_run where collection_code = 'CLUB'"
        " order by started_at desc limit 1"
    ).fetchone()
    assert row and f"connection {SECOND} is not defined" in row["detail"]
    assert f"AIRFLOW_CONN_{SECOND.upper()}" in row["detail"]

    world.mend()
    for run in world.run(("sync_collections", {}), ("erase_contacts", {})):
        assert run.state == "success", run.log[-3000:]
    assert sorted(world.people(SECOND)) == ["eleni@mail.gr"]


def test_trouble_in_one_account_hides_none_in_the_other(world: World) -> None:
    """``pull_statuses`` runs often, and tells about an account once in six hours."""
    for number, provider in enumerate(({}, {}, {"external_provider": SECOND_PROVIDER})):
        code = world.collection(f"NEWS{number}", description=f"Τα νέα {number}", **provider)
        world.contact(f"anna{number}@mail.gr", code, first_name="Άννα")
    with serving(Webhook()) as webhook:
        well = {"ALERT_WEBHOOK_URL": webhook.url}
        one = well | _wrong_key(world, DEFAULT_ACCOUNT)
        both = one | _wrong_key(world, SECOND)
        pull = "pull_statuses"
        runs = world.run(
            ("sync_collections", well), *((pull, one), (pull, one), (pull, both), (pull, both)),
            *((pull, well), (pull, well), (pull, one), (pull, well)),
        )  # fmt: skip
        assert [run.state for run in runs] == [
            "success", *["failed"] * 4, "success", "success", "failed", "success"
        ]  # fmt: skip
        texts = webhook.texts
    assert [text.partition("\n")[0] for text in texts] == [
        *[f"Airflow: {pull} failed"] * 2, "Mailchimp sync: 2 well again",
        f"Airflow: {pull} failed", "Mailchimp sync: 1 well again",
    ]  # fmt: skip
    named = [[one for one in (DEFAULT_ACCOUNT, SECOND) if one in text] for text in texts]
    assert named[:2] == [[DEFAULT_ACCOUNT], [SECOND]]
    assert named[3] == [DEFAULT_ACCOUNT]
    assert f"DAG {pull}: no longer failed" in texts[2]
    assert f"DAG {pull}, connection {SECOND}: no longer failed" in texts[2]


def _wrong_key(world: World, account: str) -> dict[str, str]:
    name = f"AIRFLOW_CONN_{account.upper()}"
    return {name: json.dumps(json.loads(world.connections()[name]) | {"password": "wrong-us1"})}
