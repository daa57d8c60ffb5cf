"""No warehouse, a warehouse behind the code, and a lost suppression list get their own words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import mailchimp_provider
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.refusals.suppression import SuppressionLostError, open_suppression
from crm_mailchimp.warehouse.migrations import migration_files, upgrade
from crm_mailchimp.warehouse.opening import (
    NoWarehouseError,
    OldWarehouseError,
    require_current,
)

PLUGINS = Path(mailchimp_provider.__file__).parents[1]
MIGRATE = "python -m crm_mailchimp.warehouse migrate"


@pytest.fixture
def empty_db(postgres: Any) -> Iterator[str]:
    yield postgres.create_database("αποθήκη")
    postgres.drop_database("αποθήκη")


def refusal(dsn: str) -> PermanentError:
    """How the database is refused; its words name host and database."""
    with open_session(dsn) as connection, pytest.raises(PermanentError) as caught:
        require_current(connection)
    assert f"database {conninfo_to_dict(dsn)['dbname']}" in str(caught.value)
    assert "host 127.0.0.1" in str(caught.value)
    assert MIGRATE in str(caught.value)
    return caught.value


def test_the_warehouse_itself_is_let_in(warehouse_db: str) -> None:
    with open_session(warehouse_db) as connection:
        require_current(connection)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_the_crm_and_a_new_database_are_no_warehouse(crm_db: str, empty_db: str) -> None:
    for dsn in (crm_db, empty_db):
        error = refusal(dsn)
        assert isinstance(error, NoWarehouseError)
        assert "Correct the connection" in str(error)
        assert "suppression" not in str(error)
    with psycopg.connect(empty_db) as connection:
        connection.execute("create schema sync; create schema migration")
    assert isinstance(refusal(empty_db), NoWarehouseError)
    with psycopg.connect(empty_db) as connection:
        connection.execute("drop schema sync")
    upgrade(empty_db)
    with open_session(empty_db) as connection:
        require_current(connection)


def test_a_warehouse_behind_the_code_is_to_be_migrated(warehouse_db: str) -> None:
    newest = migration_files()[-1].name
    with psycopg.connect(warehouse_db) as connection:
        connection.execute("delete from migration.applied_file where file_name = %s", (newest,))
    error = refusal(warehouse_db)
    assert isinstance(error, OldWarehouseError)
    assert newest in str(error)
    with psycopg.connect(warehouse_db) as connection:
        # Newer than this code: old processes end their work.
        connection.execute(
            "insert into migration.applied_file (file_name, checksum)"
            " values (%s, ''), ('9999_νέο.sql', '')",
            (newest,),
        )
        connection.execute("update migration.applied_definition set checksum = 'x'")
    with open_session(warehouse_db) as connection:
        require_current(connection)
    with psycopg.connect(warehouse_db) as connection:
        connection.execute(
            "delete from migration.applied_file where checksum = '' and file_name > '9'"
        )
    assert "views" in str(refusal(warehouse_db))
    with psycopg.connect(warehouse_db) as connection:
        connection.execute("drop table migration.applied_definition")
    assert isinstance(refusal(warehouse_db), OldWarehouseError)


@pytest.mark.parametrize("lost", ["sync.suppression", "sync.suppression_key", "sync.installation"])
def test_a_lost_suppression_list_is_named(warehouse_db: str, lost: str) -> None:
    with psycopg.connect(warehouse_db) as connection:
        connection.execute(f"drop table {lost} cascade")
    with open_session(warehouse_db) as connection:
        require_current(connection)
        with pytest.raises(SuppressionLostError) as caught:
            open_suppression(connection)
    words = str(caught.value)
    assert f"the warehouse has lost {lost}. Restore" in words
    assert "from the same backup" in words
    assert warehouse_db.rpartition("/")[2] in words


CODE = """
import json, os, sys
from crm_mailchimp.error_words import located
from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry

answers = {}
for name, (kind, uri) in json.loads(sys.argv[1]).items():
    os.environ["AIRFLOW_CONN_" + kind.upper()] = uri
    try:
        with fail_without_retry(), opened() as connections:
            if kind == "warehouse_db":
                connections.warehouse()
            elif kind == "crm_db":
                connections.crm()
            else:
                answers[name] = str(connections.crm_snapshot()[1])
    except Exception as error:
        answers[name] = f"{type(error).__name__}: {located(error)}"
print("answer:" + json.dumps(answers))
"""


def test_each_connection_of_a_task_names_itself(
    crm_db: str, warehouse_db: str, empty_db: str, tmp_path: Path
) -> None:
    """All tasks open their connections through ``connections.py``."""
    cases = {
        "crm for warehouse": ("warehouse_db", crm_db),
        "empty for warehouse": ("warehouse_db", empty_db),
        "warehouse for crm": ("crm_db", warehouse_db),
        "right crm": ("crm_db", crm_db),
        "empty for query": ("crm_query_db", empty_db),
        "right warehouse": ("warehouse_db", warehouse_db),
    }
    kept = {name: text for name, text in os.environ.items() if "AIRFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(cases)],
        env={**kept, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    answers = json.loads(line.removeprefix("answer:"))
    assert set(answers) == {name for name in cases if not name.startswith("right")}
    for name in ("crm for warehouse", "empty for warehouse"):
        assert answers[name].startswith("AirflowFailException: connection warehouse_db (host")
        assert MIGRATE in answers[name]
    for name, kind in (("warehouse for crm", "crm_db"), ("empty for query", "crm_query_db")):
        assert f"connection {kind} (host 127.0.0.1" in answers[name]
        assert "without the CRM contract" in answers[name]
        assert "python -m crm_mailchimp.crm create" in answers[name]
    assert answers["warehouse for crm"].startswith("AirflowFailException")
