"""The blocks of grants in docs/crm_contract.md, pasted into psql: for tables and for views."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.schema import WRITE_BACK_TABLES, contract_columns, create_contract
from documented_grants import grants
from local_installation.postgres import Server

pytestmark = pytest.mark.slow

#: Views in place of all tables but those that are written.
_AS_VIEWS = [
    f"alter table crm.{table} rename to {table}_own; create view crm.{table} as table"
    f" crm.{table}_own"
    for table in contract_columns()
    if table not in WRITE_BACK_TABLES
]


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["tables", "views", "without write-back"])
def crm(server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[str, str, bool]]:
    """DSN of the owner, name of the pipeline's login, and whether it has the written tables."""
    mark = uuid.uuid4().hex[:10]
    database, login, owner = f"granted_{mark}", f"pipeline_{mark}", f"owner_{mark}"
    server.create_database(database)
    has_written = request.param != "without write-back"
    with psycopg.connect(server.dsn(database), autocommit=True) as admin:
        admin.execute(f"create role {login} login; create role {owner} login password 'κ'".encode())
        admin.execute(f"alter database {database} owner to {owner}".encode())
    dsn = server.dsn(database, user=owner, password="κ")
    with psycopg.connect(dsn, autocommit=True) as connection:
        create_contract(connection, with_write_back=has_written)
        if request.param == "views":
            for statement in _AS_VIEWS:
                connection.execute(statement.encode())
    yield dsn, login, has_written
    server.drop_database(database)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"drop role {login}; drop role {owner}".encode())


def test_each_block_pastes_without_an_error(crm: tuple[str, str, bool]) -> None:
    dsn, login, has_written = crm
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed: apt-get install postgresql-client")
    database = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    for_all, members, campaigns, defaults = grants(database, login)
    pasted = [for_all, defaults, *([members, campaigns] if has_written else [])]
    for block in pasted:
        done = subprocess.run(
            [psql, "-X", "-v", "ON_ERROR_STOP=0", dsn],
            input=block, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == ["GRANT"] * block.count(";")
    with psycopg.connect(dsn) as connection:
        may = {
            (table, right)
            for table in contract_columns()
            for right in ("select", "insert", "update", "delete", "truncate")
            if has_written or table not in WRITE_BACK_TABLES
            if connection.execute(
                "select has_table_privilege(%s, %s, %s)", (login, f"crm.{table}", right)
            ).fetchone() == (True,)
        }  # fmt: skip
    written = {
        (table, right)
        for table in (WRITE_BACK_TABLES if has_written else ())
        for right in ("insert", "update", "delete")
    }
    read = {
        (table, "select")
        for table in contract_columns()
        if has_written or table not in WRITE_BACK_TABLES
    }
    assert may == read | written | {("external_provider", "update")}
