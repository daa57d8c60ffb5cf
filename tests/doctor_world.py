"""An installation as docs describe it, and the doctor's command in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from campaign_world import postgres_connection
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.warehouse.migrations import upgrade
from dag_runs import environment_of
from local_installation.postgres import Server
from sync_world import World

PASSWORD = "μυστικό"
#: Tables of the warehouse and of the CRM, with their rows.
_TABLES = (
    "select format('%I.%I', schemaname, tablename) from pg_tables"
    " where schemaname = any('{crm, sync, stats, mart, staging, migration}') order by 1"
)


@dataclass(frozen=True)
class Report:
    """What the doctor said."""

    code: int
    output: str
    log: str

    @property
    def findings(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.output)["findings"]
        return found

    def words(self, verdict: str) -> str:
        """The words of all findings with a verdict, line by line."""
        return "\n".join(one["words"] for one in self.findings if one["verdict"] == verdict)


class Installation:
    """A CRM, a warehouse and an Airflow on one server, each with its own low-right login."""

    def __init__(self, server: Server, sandbox: Any, home: Path) -> None:
        self.server, self.home = server, home
        mark = uuid.uuid4().hex[:10]
        self.databases = {kind: f"{kind}_{mark}" for kind in ("crm", "dwh", "airflow")}
        self.logins = {kind: f"{kind}_{mark}" for kind in ("pipeline", "query", "owner")}
        dsns = {kind: server.create_database(name) for kind, name in self.databases.items()}
        self.admin_dsn = dsns["crm"]
        self.airflow_dsn = dsns["airflow"]
        with psycopg.connect(self.admin_dsn, autocommit=True) as admin:
            create_contract(admin)
            for kind in ("pipeline", "owner"):
                self._run(admin, "create role {} login password {}", kind, PASSWORD)
            assert create_query_login(admin, self.logins["query"], PASSWORD) == []
            for words in (
                f"connect on database {self.databases['crm']}",
                "usage on schema crm",
                "select on all tables in schema crm",
            ):
                admin.execute(f"grant {words} to {self.logins['pipeline']}".encode())
            admin.execute(
                f"alter database {self.databases['dwh']} owner to {self.logins['owner']}".encode()
            )
        upgrade(self.dsn("dwh", "owner"))
        self.world = World(self.admin_dsn, self.dsn("dwh", "owner"), sandbox)
        self.folder = home / f"data_docs_{mark}"
        self.folder.mkdir()

    def _run(self, admin: psycopg.Connection, text: str, kind: str, *values: str) -> None:
        name = sql.Identifier(self.logins[kind])
        admin.execute(sql.SQL(text).format(name, *map(sql.Literal, values)))

    def dsn(self, database: str, login: str) -> str:
        return self.server.dsn(self.databases[database], user=self.logins[login], password=PASSWORD)

    def environment(self) -> dict[str, str]:
        """Variables with which everything is fine."""
        mailchimp = {
            "conn_type": "mailchimp",
            "password": self.world.sandbox.key,
            "host": self.world.sandbox.host,
        }
        return {
            **environment_of(self.home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.airflow_dsn.replace(
                "postgresql://", "postgresql+psycopg2://", 1
            ),
            "AIRFLOW_CONN_CRM_DB": postgres_connection(self.dsn("crm", "pipeline")),
            "AIRFLOW_CONN_CRM_QUERY_DB": postgres_connection(self.dsn("crm", "query")),
            "AIRFLOW_CONN_WAREHOUSE_DB": postgres_connection(self.dsn("dwh", "owner")),
            "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(mailchimp),
            "DATA_DOCS_DIR": str(self.folder),
            "MAILCHIMP_CONTACT_LIMIT": "50000",
        }

    def prepare_airflow(self) -> None:
        for command in (["db", "migrate"], ["dags", "reserialize"]):
            subprocess.run(
                [sys.executable, "-m", "airflow", *command],
                env=self.environment(), check=True, capture_output=True, timeout=300,
            )  # fmt: skip

    def ask(self, *options: str, **changes: str | None) -> Report:
        """Run the doctor.

        Args:
            options: of the command.
            changes: variables of the environment; None takes one away.
        """
        wanted: Mapping[str, str | None] = {**self.environment(), **changes}
        done = subprocess.run(
            [sys.executable, "-m", "mailchimp_provider.doctor", *options],
            env={name: text for name, text in wanted.items() if text is not None},
            capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        return Report(done.returncode, done.stdout, done.stderr)

    def counts(self) -> dict[str, int]:
        """Rows of each table of the CRM and the warehouse."""
        found: dict[str, int] = {}
        for dsn in (self.admin_dsn, self.dsn("dwh", "owner")):
            with psycopg.connect(dsn) as connection:
                for (name,) in connection.execute(_TABLES).fetchall():
                    (rows,) = connection.execute(f"select count(*) from {name}").fetchall()
                    found[name] = rows[0]
        return found

    def close(self) -> None:
        self.world.close()
        for name in self.databases.values():
            self.server.drop_database(name)
        with psycopg.connect(self.server.dsn(), autocommit=True) as admin:
            for kind in self.logins:
                self._run(admin, "drop role {}", kind)


@contextmanager
def installed(server: Server, sandbox: Any, home: Path) -> Iterator[Installation]:
    installation = Installation(server, sandbox, home)
    try:
        installation.prepare_airflow()
        yield installation
    finally:
        installation.close()
