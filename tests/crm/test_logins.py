"""The rights that docs/crm_contract.md tells to grant: enough for everything, and for no more."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.crm.extract import snapshot
from crm_mailchimp.crm.provider_defaults import fill_provider_defaults
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.readiness.logins import crm_login, write_back_rights
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.staging.stage import stage
from documented_grants import grants
from local_installation.postgres import Server
from sync_world import World


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[World]:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()


@pytest.fixture
def pipeline(world: World) -> Iterator[str]:
    """A DSN of the login `pipeline` with the documented rights."""
    with login_with(world, slice(None)) as dsn:
        yield dsn


@contextmanager
def login_with(world: World, blocks: slice) -> Iterator[str]:
    """A DSN of the login `pipeline` with some of the documented blocks."""
    database = str(psycopg.conninfo.conninfo_to_dict(world.crm_dsn)["dbname"])
    world.crm.execute("create role pipeline login password 'μυστικό'")
    try:
        for block in grants(database, "pipeline")[blocks]:
            world.crm.execute(block.encode())
        yield psycopg.conninfo.make_conninfo(world.crm_dsn, user="pipeline", password="μυστικό")
    finally:
        world.crm.execute("drop owned by pipeline; drop role pipeline")


def test_the_documented_rights_are_enough_and_no_more(world: World, pipeline: str) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)

    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(pipeline) as snapshot,
        psycopg.connect(pipeline, autocommit=True) as crm,
        world.provider() as provider,
    ):
        staging_id = stage(warehouse, snapshot, None, run_id="by pipeline")
        result = sync_collection(
            warehouse, crm, Accounts.only(provider), staging_id=staging_id, collection_code="NEWS"
        )
        assert (result.state, result.counts["added"]) == ("succeeded", 1)
        write_back_members(warehouse, crm)
        fill_provider_defaults(crm, "mailchimp", {"company": "Ελαιώνες"}, overwrite=True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            crm.execute("update crm.contact set first_name = 'Ζωή'")

    written = world.crm.execute("select status from crm.provider_member_status").fetchall()
    assert written == [("subscribed",)]


def test_the_first_block_is_enough_without_write_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the write-back of members makes a temporary table in the CRM."""
    news = world.collection()
    world.contact("maria@mail.gr", news)

    with (
        login_with(world, slice(1)) as dsn,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(dsn) as snapshot,
        psycopg.connect(dsn, autocommit=True) as crm,
        world.provider() as provider,
    ):
        may_stream = "select has_database_privilege(current_database(), 'temporary')"
        assert crm.execute(may_stream).fetchone() == (False,)
        assert [verdict for verdict, _ in crm_login(crm)] == ["fine"]
        staging_id = stage(warehouse, snapshot, None, run_id="by pipeline")
        result = sync_collection(
            warehouse, crm, Accounts.only(provider), staging_id=staging_id, collection_code="NEWS"
        )
        assert (result.state, result.counts["added"]) == ("succeeded", 1)

        monkeypatch.setenv("WRITE_BACK_MEMBERS", "true")
        world.crm.execute("grant insert, update, delete on crm.provider_member_status to pipeline")
        assert [
            (verdict, "may make no temporary tables" in words)
            for verdict, words in write_back_rights(crm)
        ] == [("to do", True), ("fine", False)]
        database = psycopg.conninfo.conninfo_to_dict(world.crm_dsn)["dbname"]
        world.crm.execute(f"grant temporary on database {database} to pipeline".encode())
        assert [verdict for verdict, _ in write_back_rights(crm)] == ["fine", "fine"]
        assert write_back_members(warehouse, crm).written == 1


@pytest.mark.parametrize("on", ["postgres", "debian_postgres"])
def test_a_login_made_after_that_of_the_queries_gets_the_missing_right_by_name(
    on: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(on)
    mark = uuid.uuid4().hex[:10]
    database, late, query = f"late_{mark}", f"pipeline_{mark}", f"query_{mark}"
    dsn = server.create_database(database)
    try:
        with psycopg.connect(dsn, autocommit=True) as admin:
            create_contract(admin)
            assert create_query_login(admin, query, "κωδικός") == []
            admin.execute(f"create role {late} login password 'μυστικό'".encode())
            admin.execute(grants(database, late)[0].encode())
            with psycopg.connect(server.dsn(database, user=late, password="μυστικό")) as crm:
                found = list(crm_login(crm))
                assert [verdict for verdict, _ in found] == ["to do"]
                assert "pg_export_snapshot" in found[0][1]
                crm.rollback()
                with pytest.raises(psycopg.errors.InsufficientPrivilege), snapshot(crm):
                    pass
            admin.execute(f"grant execute on function pg_export_snapshot() to {late}".encode())
            with psycopg.connect(server.dsn(database, user=late, password="μυστικό")) as crm:
                assert [verdict for verdict, _ in crm_login(crm)] == ["fine"]
                crm.rollback()
                with snapshot(crm) as taken:
                    assert taken.name
    finally:
        server.drop_database(database)
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(f"drop role {late}; drop role {query}".encode())
