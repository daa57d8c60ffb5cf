"""``python -m mailchimp_provider.migrate``: the warehouse of Airflow's connection, in any form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from local_installation.postgres import Server


@pytest.fixture(params=["postgres", "debian_postgres"])
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """DSN of an empty database, on both servers."""
    server: Server = request.getfixturevalue(request.param)
    name = f"migrate_{uuid.uuid4().hex[:8]}"
    yield server.create_database(name)
    server.drop_database(name)


def migrate(folder: Path, connection: str | None) -> subprocess.CompletedProcess[str]:
    """Run the command with a connection of the environment, and without any other."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    given = {} if connection is None else {"AIRFLOW_CONN_WAREHOUSE_DB": connection}
    database = f"sqlite:///{folder}/airflow.db"
    return subprocess.run(
        [sys.executable, "-m", "mailchimp_provider.migrate"],
        env={
            **kept, **given, "AIRFLOW_HOME": str(folder),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        },
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def as_json(dsn: str, **changed: object) -> str:
    """A DSN as Airflow's JSON, with what libpq alone knows in the extra."""
    parts = urlsplit(dsn)
    described = {
        "conn_type": "postgres", "host": parts.hostname, "port": parts.port,
        "login": parts.username, "password": parts.password, "schema": parts.path.lstrip("/"),
        "extra": {"sslmode": "disable", "application_name": "migration"},
    }  # fmt: skip
    return json.dumps({**described, **changed})


def test_an_empty_database_becomes_the_warehouse(empty: str, tmp_path: Path) -> None:
    first = migrate(tmp_path, as_json(empty))
    assert first.returncode == 0, first.stderr
    assert "0002_sync" in first.stdout
    with psycopg.connect(empty) as warehouse:
        assert warehouse.execute("select count(*) from sync.member").fetchone() == (0,)

    second = migrate(tmp_path, empty)
    assert second.returncode == 0, second.stderr
    assert second.stdout.endswith("the warehouse is up to date: no new migration\n")


def test_a_missing_connection_is_named(tmp_path: Path) -> None:
    done = migrate(tmp_path, None)
    assert done.returncode == 1
    assert "warehouse_db" in done.stderr
    assert "AIRFLOW_CONN_WAREHOUSE_DB" in done.stderr


def test_a_wrong_password_is_not_shown(empty: str, tmp_path: Path) -> None:
    done = migrate(tmp_path, as_json(empty, password="μυστικό-s3cret"))
    assert done.returncode == 1
    assert "s3cret" not in done.stdout + done.stderr
    assert "28P01" in done.stderr or "no connection" in done.stderr
