"""The BI login reads stats and mart, also what comes later, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.warehouse.__main__ import main


@pytest.fixture
def login(postgres: Any, warehouse_db: str) -> Iterator[str]:
    name = f"δείκτες_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(warehouse_db, autocommit=True) as owner:
        owner.execute(f'create role "{name}" login')
        yield name
        owner.execute(f'drop owned by "{name}"')
        owner.execute(f'drop role "{name}"')


def test_it_reads_what_is_for_bi_and_nothing_else(warehouse_db: str, login: str) -> None:
    for _ in range(2):
        assert main(["grant-bi", "--dsn", warehouse_db, "--login", login]) == 0
    with psycopg.connect(warehouse_db) as owner:
        assert owner.execute(
            "select has_database_privilege(%s, current_database(), 'CONNECT')", (login,)
        ).fetchone() == (True,)
    with psycopg.connect(warehouse_db, autocommit=True) as reader:
        reader.execute("create table stats.later (x integer)")
        reader.execute("select stats.ensure_activity_month('2031-05-01')")
        reader.execute(f'set session authorization "{login}"')
        for readable in (
            "stats.campaign_activities",
            "stats.later",
            "mart.contact_engagement",
            "mart.campaign_recipients",
            "mart.contact_segments",
            "mart.dates",
        ):
            reader.execute(f"select count(*) from {readable}")
        for refused in (
            "select * from sync.member",
            "select * from sync.suppression",
            "select * from staging.contact",
            "insert into stats.later values (1)",
            "delete from stats.campaigns",
            "update mart.setting set report_time_zone = 'UTC'",
            "delete from mart.contact_engagement",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(refused)


def test_a_login_that_is_not_there_is_named(
    warehouse_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grant-bi", "--dsn", warehouse_db, "--login", "κανείς"]) == 1
    assert capsys.readouterr().err.startswith("error: there is no login 'κανείς'")
