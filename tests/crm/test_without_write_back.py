"""``crm create --without-write-back``: no table that is only written to, and all else works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.schema import WRITE_BACK_TABLES, contract_columns
from crm_mailchimp.readiness.contract import contract_tables
from crm_mailchimp.readiness.logins import write_back_rights
from crm_mailchimp.sync.members.write_back import write_back_members
from fresh_databases import fresh_databases
from local_installation.postgres import Server
from sync_world import World

pytestmark = pytest.mark.slow

NAME = "without_write_back"
READ = [name for name in contract_columns() if name not in WRITE_BACK_TABLES]


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    yield server.create_database(NAME)
    server.drop_database(NAME)


def relations(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select relname from pg_class where relnamespace = 'crm'::regnamespace"
            " and relkind in ('r', 'v')"
        ).fetchall()
    return sorted(row[0] for row in rows)


def test_only_what_is_read_is_created(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["create", "--dsn", dsn, "--without-write-back"]) == 0
        assert relations(dsn) == sorted(READ)
    assert "only for write-back, and not there: provider_campaign" in capsys.readouterr().out
    assert main(["sample", "--dsn", dsn, "--contacts", "50"]) == 0
    assert relations(dsn) == sorted(READ), "the sample makes none either"
    with psycopg.connect(dsn) as connection:
        verdicts = list(contract_tables(connection))
    assert {verdict for verdict, _ in verdicts} == {"fine", "note"}
    assert [words for verdict, words in verdicts if verdict == "note"] == [
        f"crm.{table} is not there: only the write-back needs it"
        for table in ("provider_member_status", "provider_campaign")
    ]

    assert main(["create", "--dsn", dsn]) == 0
    assert relations(dsn) == sorted(contract_columns())
    with psycopg.connect(dsn) as connection:
        connection.execute("insert into crm.provider_member_status values (1, 1, 'subscribed')")
    assert main(["create", "--dsn", dsn, "--without-write-back"]) == 0
    assert relations(dsn) == sorted(contract_columns()), "what is there stays"
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*) from crm.provider_member_status").fetchone() == (
            1,
        )


def test_beside_views_only_what_is_read_is_created(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "create schema crm; create view crm.resource as"
            " select 1 as resource_id, 'Ζωή'::text as name, null::text as email"
        )
    assert main(["create", "--dsn", dsn, "--without-write-back"]) == 1
    assert "add --missing-tables" in capsys.readouterr().err
    assert main(["create", "--dsn", dsn, "--without-write-back", "--missing-tables"]) == 0
    assert relations(dsn) == sorted(READ)
    made = capsys.readouterr().out.partition("created beside them: ")[2].splitlines()[0]
    assert made == ", ".join(name for name in READ if name != "resource")


def test_a_sync_needs_none_of_them(
    server: Server, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = [f"drop table crm.{table}" for table in sorted(WRITE_BACK_TABLES)]
    with fresh_databases(server, *drop) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        news = world.collection()
        world.contact("maria@mail.gr", news)
        leaving = world.contact("nikos@mail.gr", news)
        assert world.sync()["NEWS"].counts["added"] == 2
        world.consent(leaving, granted=False)
        assert world.sync()["NEWS"].counts["removed"] == 1
        assert world.remote() == {"maria@mail.gr": "subscribed", "nikos@mail.gr": "unsubscribed"}

        # The write-back is switched on all the same: the doctor says what to do.
        monkeypatch.setenv("WRITE_BACK_MEMBERS", "true")
        words = [words for verdict, words in write_back_rights(world.crm) if verdict == "to do"]
        assert len(words) == 1
        assert "crm.provider_member_status is not there: make it" in words[0]
        with (
            psycopg.connect(warehouse) as into,
            psycopg.connect(crm, autocommit=True) as own,
            pytest.raises(psycopg.errors.UndefinedTable),
        ):
            write_back_members(into, own)
        world.close()
