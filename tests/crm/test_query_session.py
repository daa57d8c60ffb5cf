"""A query that Postgres does not interrupt is given up, on each server, and the rest goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.dynamic_query import QueryFailedError, check_query, open_again, run_query
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.query_session import LOGIN_SETTINGS, SESSION_SETTINGS, QuerySession
from crm_mailchimp.crm.sample import create_sample
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.sync.staging.stage import stage
from local_installation.postgres import Server

NAME = "given_up"
PASSWORD = "κωδικός"
#: Of characters. Postgres compares each with each one of a set of 900, and looks for no interrupt.
LONG = 800_000
SLOW = f"select contact_id from contact where translate(address1, '{'β' * 900}', '') = 'x'"


@dataclass(frozen=True)
class World:
    server: Server
    dsn: str
    login_dsn: str


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    server: Server = request.getfixturevalue(request.param)
    dsn = server.create_database(NAME)
    with psycopg.connect(dsn) as admin:
        create_contract(admin)
        create_sample(admin, contacts=300, seed=7)
        admin.commit()
        create_query_login(admin, NAME, PASSWORD)
    yield World(server, dsn, server.dsn(NAME, user=NAME, password=PASSWORD))
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (NAME,)
        )
        server.drop_database(NAME)
        admin.execute(f"drop role {NAME}")


@pytest.fixture
def long_value(world: World) -> Iterator[None]:
    """A value of the CRM that is much longer than any that the text's check supposes."""
    change = "update crm.contact set address1 = {} where contact_id = 1"
    with psycopg.connect(world.dsn) as admin:
        before = admin.execute("select address1 from crm.contact where contact_id = 1").fetchone()
        admin.execute(change.format(f"repeat('α', {LONG})"))
    yield
    with psycopg.connect(world.dsn) as admin:
        admin.execute(change.format("%s"), before)


def wait_until_idle(world: World) -> None:
    """Wait until no query of the login is left on the server."""
    ends = time.monotonic() + 240
    with psycopg.connect(world.dsn, autocommit=True) as admin:
        while time.monotonic() < ends:
            left = admin.execute(
                "select count(*) from pg_stat_activity where usename = %s", (NAME,)
            ).fetchone()
            if left == (0,):
                return
            threading.Event().wait(0.1)
    pytest.fail("a query that was given up goes on")


def test_what_postgres_cannot_interrupt_is_given_up(world: World, long_value: None) -> None:
    begun = time.monotonic()
    with (
        psycopg.connect(world.login_dsn) as first,
        pytest.raises(QueryFailedError, match="Postgres could not stop it"),
    ):
        session = QuerySession(first)
        list(
            run_query(
                first,
                check_query(SLOW),
                snapshot=None,
                timeout_seconds=1.0,
                grace_seconds=0.5,
            )
        )
    waited = time.monotonic() - begun
    assert first.closed
    with session, psycopg.connect(world.dsn, autocommit=True) as admin:
        still_running = admin.execute(
            "select count(*) from pg_stat_activity where usename = %s and state = 'active'", (NAME,)
        ).fetchone()
        assert still_running == (1,), f"it ended by itself after {waited:.1f} s"
        # The next collection's query gets a connection of its own.
        second = open_again(session)
        assert second is not first
        assert list(run_query(second, "select 5 as contact_id", snapshot=None)) == [5]
    assert second.closed
    wait_until_idle(world)


def test_the_other_collections_go_on(
    world: World, long_value: None, warehouse_db: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(world.dsn) as admin:
        admin.execute(
            "update crm.contact_collection set query_text = %s where code = 'BROKEN_QUERY'", (SLOW,)
        )
        codes = ("BROKEN_QUERY", "NEWSLETTER", "OFFERS_ATHENS")
    with (
        psycopg.connect(warehouse_db) as warehouse,
        psycopg.connect(world.dsn) as crm,
        psycopg.connect(world.login_dsn) as login,
        QuerySession(login, timeout_seconds=1.0, grace_seconds=0.3) as session,
    ):
        staging_id = stage(warehouse, crm, session, run_id="given up", codes=codes)
        staged: dict[str, Any] = {
            code: (problem, detail)
            for code, problem, detail in warehouse.execute(
                "select collection_code, problem_code, problem_detail from sync.staged_collection"
                " where staging_id = %s",
                (staging_id,),
            )
        }
        members = warehouse.execute(
            "select count(distinct collection_id) from staging.membership where staging_id = %s",
            (staging_id,),
        ).fetchone()
        # The run's own transaction in the CRM is over: it does not wait for the query.
        assert crm.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert staged["NEWSLETTER"] == staged["OFFERS_ATHENS"] == (None, None)
    assert members == (2,)
    problem, detail = staged["BROKEN_QUERY"]
    assert problem == "query_failed"
    assert "1 s" in detail
    assert "its connection was given up" in detail
    assert "translate" not in caplog.text
    wait_until_idle(world)


def test_the_login_has_its_settings(world: World) -> None:
    with psycopg.connect(world.login_dsn, autocommit=True) as login:
        shown = {name: login.execute(f"show {name}").fetchone() for name in LOGIN_SETTINGS}
        assert shown == {name: (value,) for name, value in LOGIN_SETTINGS.items()}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute("set temp_file_limit = -1")


def test_a_login_made_long_ago_gets_the_settings_in_each_query(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as admin:
        admin.execute(f"alter role {NAME} in database {NAME} reset all")
        try:
            with psycopg.connect(world.login_dsn) as login:
                ids = run_query(login, "select 1 as contact_id", snapshot=None)
                assert next(ids) == 1
                shown = {
                    name: login.execute(f"show {name}").fetchone() for name in SESSION_SETTINGS
                }
                ids.close()  # type: ignore[attr-defined]
        finally:
            create_query_login(admin, NAME, PASSWORD)
    assert shown == {name: (value,) for name, value in SESSION_SETTINGS.items()}


def test_what_an_ordinary_owner_may_set(world: World) -> None:
    """The CRM's database often has an owner that is no superuser."""
    server = world.server
    with psycopg.connect(server.dsn(), autocommit=True) as superuser:
        superuser.execute("create role crm_owner login createrole password 'owner'")
        superuser.execute("create database owned owner crm_owner")
        owner_dsn = server.dsn("owned", user="crm_owner", password="owner")
        try:
            with psycopg.connect(owner_dsn, autocommit=True) as owner:
                create_contract(owner)
                still_open = create_query_login(owner, "owned_query", PASSWORD)
                assert [what for what in still_open if "temp_file_limit" in what] == [
                    "no temp_file_limit: this login or this server does not take the setting. A"
                    " superuser can give the right: grant set on parameter temp_file_limit to the"
                    " login that runs this command"
                ]
                superuser.execute("grant set on parameter temp_file_limit to crm_owner")
                again = create_query_login(owner, "owned_query", PASSWORD)
                assert not [what for what in again if what.startswith("no ")]
            dsn = server.dsn("owned", user="owned_query", password=PASSWORD)
            with psycopg.connect(dsn) as login:
                shown = {name: login.execute(f"show {name}").fetchone() for name in LOGIN_SETTINGS}
            assert shown == {name: (value,) for name, value in LOGIN_SETTINGS.items()}
        finally:
            superuser.execute("drop database owned with (force)")
            superuser.execute("drop role owned_query")
            superuser.execute("revoke set on parameter temp_file_limit from crm_owner")
            superuser.execute("drop role crm_owner")
