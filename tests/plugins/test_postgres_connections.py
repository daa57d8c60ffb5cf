"""Connections to Postgres in a real Airflow: the password, the TLS mode and options as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

import mailchimp_provider
from local_installation import postgres as embedded

PLUGINS = Path(mailchimp_provider.__file__).parents[1]
#: What one of several texts of a DSN would read in another way: URI, libpq, SQLAlchemy, templates.
PASSWORDS = (
    "δύο λέξεις με κενά",
    "100%25 %s %(name)s",
    "a@b:c/d?e#f&g",
    "$HOME ${PATH} \\$x",
    "quote' double\" back\\slash",
)
CODE = """
import json, os, sys
from pathlib import Path
from crm_mailchimp.quality.invariants import check
from mailchimp_provider.connections import warehouse_connection

for uri in json.loads(sys.argv[1]):
    os.environ["AIRFLOW_CONN_WAREHOUSE_DB"] = uri
    try:
        with warehouse_connection() as warehouse:
            who = warehouse.execute("select current_user, current_setting('timezone')").fetchone()
            warehouse.commit()
            broken = check(warehouse, staging_id=1, data_docs=Path(sys.argv[2]))
        print("answer:", *who, broken)
    except Exception as error:
        print("answer:", type(error).__name__, error)
"""


@pytest.fixture
def logins(postgres: embedded.Server, warehouse_db: str) -> Iterator[dict[str, str]]:
    """Logins with their passwords, and a staging to check."""
    passwords = {f"σύνδεση {number}": password for number, password in enumerate(PASSWORDS)}
    database = sql.Identifier(warehouse_db.rpartition("/")[2])
    with psycopg.connect(warehouse_db, autocommit=True) as admin:
        for name, password in passwords.items():
            admin.execute(
                sql.SQL("create role {} login superuser password {}").format(
                    sql.Identifier(name), password
                )
            )
        admin.execute(
            "insert into sync.staging_run (run_id, clock, rules_version, dry_run, full_refresh)"
            " values ('x', now(), '1', false, false)"
        )
        admin.execute(sql.SQL("alter database {} set datestyle = 'German'").format(database))
    yield passwords
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        for name in passwords:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_any_password_serves_and_without_tls_nothing_connects(
    postgres: embedded.Server, warehouse_db: str, logins: dict[str, str], tmp_path: Path
) -> None:
    database = warehouse_db.rpartition("/")[2]
    uris = [
        f"postgresql://{quote(login, safe='')}:{quote(password, safe='')}"
        f"@127.0.0.1:{postgres.port}/{database}?sslmode=disable"
        for login, password in logins.items()
    ]
    strict = [
        uris[0].replace("sslmode=disable", mode)
        for mode in ("sslmode=require", "sslmode=verify-full&sslrootcert=system")
    ]

    *served, required, verified = _answers(tmp_path, [*uris, *strict])

    assert served == [f"{login} UTC {{}}" for login in logins]
    for answer in (required, verified):
        assert answer.startswith("OperationalError")
        assert "SSL" in answer


def test_a_connection_of_another_type_is_refused(warehouse_db: str, tmp_path: Path) -> None:
    place = warehouse_db.partition("://")[2]
    described = {"conn_type": "mysql", "host": "127.0.0.1", "login": "λ", "password": "μυστικό"}
    answers = _answers(tmp_path, [f"http://{place}", f"mailchimp://{place}", json.dumps(described)])
    for answer, kind in zip(answers, ("http", "mailchimp", "mysql"), strict=True):
        assert answer.startswith("WrongConnectionTypeError connection warehouse_db is of type ")
        for part in (f"of type {kind}, ", "postgres", "Admin, Connections", "postgresql://"):
            assert part in answer
        assert "μυστικό" not in answer
    (answer,) = _answers(tmp_path, [json.dumps({**_described(warehouse_db), "conn_type": ""})])
    assert answer.startswith("postgres UTC")


def _described(dsn: str) -> dict[str, object]:
    parts = urlsplit(dsn)
    return {
        "host": parts.hostname,
        "port": parts.port,
        "login": parts.username,
        "password": parts.password,
        "schema": parts.path.removeprefix("/"),
    }


def _answers(tmp_path: Path, uris: list[str]) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    environment |= {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(uris), str(tmp_path / "docs")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [
        line.removeprefix("answer: ")
        for line in done.stdout.splitlines()
        if line.startswith("answer: ")
    ]
