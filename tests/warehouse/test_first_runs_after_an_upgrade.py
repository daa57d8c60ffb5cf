"""An installation with one account is upgraded: its first runs ask Mailchimp for nothing more.

Commit c80e4b3e, the last one that knew a single account, left the files of ``one_account``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from conftest import MailchimpSandbox
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.sync.members.pull_statuses import mapped_codes, pull_statuses
from crm_mailchimp.warehouse.definitions import VIEWS
from crm_mailchimp.warehouse.migrations import MIGRATIONS, upgrade
from fresh_databases import fresh_databases
from local_installation.postgres import Server

LEFT_BY_IT = Path(__file__).with_name("one_account")
LEFT_AT = datetime(2026, 11, 29, 7, 12, 30, tzinfo=UTC)
FIRST_NEW = "0028"
CODES = ("NEWS", "OFFERS", "PALIA")

TIMES = """
    select columns.table_name, array_agg(columns.column_name::text)
    from information_schema.columns as columns
    inner join information_schema.tables as tables using (table_schema, table_name)
    where
        table_schema = 'sync' and tables.table_type = 'BASE TABLE'
        and columns.data_type like 'timestamp%' and columns.is_generated = 'NEVER'
    group by columns.table_name
"""

MEMBERS = "GET /lists/{list_id}/members"
#: What that commit asked for in the same state, where nothing had changed.
SYNC = {MEMBERS: 6, "GET /lists/{list_id}/merge-fields": 1}
PULLS = {MEMBERS: 6}
STEPS = {"GET /campaigns/{campaign_id}": 2}


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CampaignWorld]:
    """The installation right after the upgrade."""
    server: Server = request.getfixturevalue(request.param)
    with (
        fresh_databases(server) as (crm, warehouse),
        sandbox_with(tmp_path, LEFT_BY_IT / "mailchimp.json") as sandbox,
    ):
        bring_back(warehouse, tmp_path)
        load(crm, LEFT_BY_IT / "crm.sql")
        made = CampaignWorld(crm, warehouse, sandbox, rows="")
        yield made
        made.close()


@contextmanager
def sandbox_with(folder: Path, state: Path) -> Iterator[MailchimpSandbox]:
    """A sandbox that holds an account's state."""
    own = folder / "state.json"
    later = int((datetime.now(UTC) - LEFT_AT).total_seconds())
    # Seconds since 1970, as if it had been left just now.
    text = re.sub(r"\b17\d{8}\b", lambda at: str(int(at[0]) + later), state.read_text("utf-8"))
    own.write_text(text, "utf-8")
    command = [sys.executable, "-m", "crm_mailchimp.sandbox", "--port", "0", "--state", str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = re.fullmatch(r"ready (\S+)\n", process.stdout.readline())
            assert ready is not None
            yield MailchimpSandbox(ready[1], "sandbox-us1", process.pid)
        finally:
            process.terminate()


def bring_back(dsn: str, folder: Path) -> None:
    """Make the database as it was before the upgrade, and upgrade it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for schema in ("staging", "sync", "stats", "mart", "migration"):
            connection.execute(f"drop schema {schema} cascade")
    migrations, views = folder / "migrations", folder / "views"
    migrations.mkdir()
    # Without that commit's views: the upgrade makes all of them. It asks for one at least.
    shutil.copytree(VIEWS, views, ignore=all_but_one)
    for file in MIGRATIONS.iterdir():
        if file.name < FIRST_NEW:
            shutil.copy(file, migrations)
    upgrade(dsn, migrations, views)
    with psycopg.connect(dsn, autocommit=True) as connection:
        filled = connection.execute(
            "select string_agg(oid::regclass::text, ', ') from pg_class where relkind in ('r', 'p')"
            " and relnamespace::regnamespace::text in ('sync', 'stats') and not relispartition"
        ).fetchone()
        assert filled is not None
        connection.execute(f"truncate {filled[0]} cascade")
    load(dsn, LEFT_BY_IT / "warehouse.sql")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        # As if it had been left just now: else the weekly listing is due, and others.
        for table, columns in connection.execute(TIMES).fetchall():
            later = ", ".join(f"{name} = {name} + (now() - %(left_at)s)" for name in columns)
            connection.execute(f"update sync.{table} set {later}", {"left_at": LEFT_AT})
        connection.execute("update sync.staging_run set dropped_at = now()")
    assert len(upgrade(dsn).migrations) > 20


def all_but_one(folder: str, files: list[str]) -> list[str]:
    return [name for name in files if name.endswith(".sql") and name != "hmac_pad.sql"]


def load(dsn: str, file: Path) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(file.read_bytes())


def requests(world: CampaignWorld) -> Counter[str]:
    """How often Mailchimp was asked for what, so far."""
    asked = world.sandbox.control("GET", "ledger/requests?count=100000")["requests"]
    return Counter(f"{one['method']} {one['template']}" for one in asked)


def names(world: CampaignWorld) -> dict[str, Any]:
    """All names in Mailchimp, and those under which the warehouse knows them."""
    with world.provider() as provider:
        audiences = {one.list_id: one.settings.name for one in provider.audiences()}
        fields = {
            list_id: sorted((one.tag, one.name) for one in provider.merge_fields(list_id))
            for list_id in audiences
        }
        tags = {list_id: [one.name for one in provider.tags(list_id)] for list_id in audiences}
    known = world.warehouse.execute(
        "select collection_code, list_id, remote_name, account from sync.audience order by list_id"
    ).fetchall()
    mapped = world.warehouse.execute(
        "select list_id, tag, field_code from sync.merge_field order by list_id, tag"
    ).fetchall()
    titles = sorted(one["settings"]["title"] for one in world.remote_campaigns())
    return {
        "audiences": audiences, "fields": fields, "tags": tags, "known": known, "mapped": mapped,
        "campaigns": titles,
    }  # fmt: skip


def pull_each(world: CampaignWorld) -> None:
    with (
        world.provider() as provider,
        world.connect(world.warehouse_dsn) as warehouse,
        world.connect(world.crm_dsn, autocommit=True) as crm,
    ):
        for code in mapped_codes(warehouse):
            assert pull_statuses(warehouse, Accounts.only(provider), code, crm=crm) is not None


def test_the_first_runs_ask_for_nothing_more_and_rename_nothing(world: CampaignWorld) -> None:
    before = names(world)
    people = {code: world.remote(code) for code in CODES}
    assert set(before["audiences"].values()) == {f"Συλλογή {code} ({code})" for code in CODES}
    assert before["campaigns"] == ["Ενημερωτικό Νοεμβρίου (NL-11)", "Ενημερωτικό Νοεμβρίου (NL-12)"]

    for _ in range(2):
        start = requests(world)
        synced = world.sync()
        assert {code: one.state for code, one in synced.items()} == dict.fromkeys(
            CODES, "succeeded"
        )
        assert requests(world) - start == Counter(SYNC)

        start = requests(world)
        pull_each(world)
        assert requests(world) - start == Counter(PULLS)

        start = requests(world)
        for code in ("NL-11", "NL-12"):
            world.step(code)
        assert requests(world) - start == Counter(STEPS)

    assert names(world) == before
    assert {code: world.remote(code) for code in CODES} == people
    pages = world.warehouse.execute(
        "select distinct collection_code as code from mart.collection_runs order by 1"
    ).fetchall()
    assert [row["code"] for row in pages] == list(CODES)
