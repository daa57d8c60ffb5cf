"""The BI login reads stats and mart, also what comes later, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.warehouse.__main__ import main
from crm_mailchimp.warehouse.bi_login import grant_reading
from listed_campaigns import campaigns_to_read
from stats.simulated_account import SENT_AT, Account, Campaign


@pytest.fixture
def login(postgres: Any, warehouse_db: str) -> Iterator[str]:
    name = f"δείκτες_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(warehouse_db, autocommit=True) as owner:
        owner.execute(f'create role "{name}" login')
        yield name
        owner.execute(f'reassign owned by "{name}" to current_user')
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
        reader.execute("create table stats.later (x integer, extra jsonb, z integer)")
        reader.execute("select stats.ensure_activity_month('2031-05-01')")
        assert main(["migrate", "--dsn", warehouse_db]) == 0
        reader.execute(f'set session authorization "{login}"')
        for readable in (
            "stats.campaign_activities",
            "stats.later",
            "mart.contact_engagement",
            "mart.campaign_recipients",
            "mart.contact_segments",
            "mart.api_calls",
            "mart.bill",
            "mart.bill_audiences",
            "mart.member_performance",
            "mart.collection_runs",
            "mart.quarantine_days",
            "mart.refusal_months",
            "mart.campaign_clicks",
            "mart.dates",
        ):
            reader.execute(f"select count(*) from {readable}")
        reader.execute("select x, z from stats.later")
        reader.execute("select reason from stats.accepted_difference")
        for refused in (
            "select extra from stats.later",
            "select accepted_by from stats.accepted_difference",
            "select * from mart.changed_member",
            "select * from mart.changed_campaign",
            "select * from mart.member_engagement",
            "select * from mart.campaign_quarter_hours",
            "select * from mart.contact_limit",
            "select * from stats.bi_login",
            "select * from stats.stream_state",
            "select * from stats.named_member",
            "select lo_create(0)",
            "select lo_creat(0)",
            "select lo_from_bytea(0, 'a')",
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


PLANTED = {"first_name": "Μαρία", "sms_phone_number": "+306900000000"}


def test_new_fields_about_a_person_do_not_reach_it(warehouse_db: str, login: str) -> None:
    campaign = Campaign("καμπάνια1")
    campaign.send(2)
    member = campaign.recipients[0]
    campaign.happens(member, "open", 60)
    campaign.happens(member, "click", 70, url="https://example.gr")
    campaign.unsubscribes[member] = (SENT_AT + timedelta(hours=1), "")
    campaign.complaints[1] = member
    account = Account(campaign)
    rows, link_members = account.rows, account.link_members

    def planted(row: dict[str, Any]) -> dict[str, Any]:
        for inner in ("activity", "opens"):
            if isinstance(row.get(inner), list):
                row[inner] = [{**entry, **PLANTED} for entry in row[inner]]
        return {**row, **PLANTED}

    account.rows = lambda *a, **k: map(planted, rows(*a, **k))  # type: ignore[method-assign, assignment, return-value]
    account.link_members = lambda *a: map(planted, link_members(*a))  # type: ignore[method-assign, assignment, return-value]
    report = account._report
    account._report = lambda of: {**report(of), **PLANTED}  # type: ignore[method-assign]
    with psycopg.connect(warehouse_db) as owner:
        extract_campaigns(owner, account, campaigns_to_read(owner, account))
        refresh_marts(owner)
        grant_reading(owner, login)
        kept = _tables_that_say(owner, PLANTED, reader=None)
        assert {
            "stats.campaign_recipients",
            "stats.campaign_activities",
            "stats.campaign_unsubscribes",
            "stats.campaign_abuse_reports",
            "stats.link_member_clicks",
            "stats.report_snapshots",
            "stats.latest_report",
        } <= kept, "they are kept"
        assert _tables_that_say(owner, PLANTED, reader=login) == set(), "and not for BI"


def _tables_that_say(owner: Any, planted: dict[str, str], *, reader: str | None) -> set[str]:
    """Tables and views in which a login, or the owner, reads one of the values."""
    relations = owner.execute(
        """
        select
            relation.oid::regclass::text,
            array_agg(quote_ident(attribute.attname)) filter (
                where has_column_privilege(
                    coalesce(%s, current_user), relation.oid, attribute.attnum, 'select'
                )
            )
        from pg_class as relation
        inner join pg_attribute as attribute on relation.oid = attribute.attrelid
        where
            relation.relnamespace in ('stats'::regnamespace, 'mart'::regnamespace)
            and relation.relkind in ('r', 'p', 'v', 'm')
            and attribute.attnum > 0
            and not attribute.attisdropped
        group by relation.oid
        """,
        (reader,),
    ).fetchall()
    assert sum(columns is not None for _, columns in relations) > 40
    found = set()
    if reader:
        owner.execute(psycopg.sql.SQL("set role {}").format(psycopg.sql.Identifier(reader)))
    for relation, columns in relations:
        for column in columns or ():
            said = owner.execute(
                f"select exists (select 1 from {relation} where {column}::text like any(%s))",
                ([f"%{value}%" for value in planted.values()],),
            ).fetchone()
            found |= {relation} if said[0] else set()
    owner.execute("reset role")
    return found


def test_a_login_that_is_not_there_is_named(
    warehouse_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grant-bi", "--dsn", warehouse_db, "--login", "κανείς"]) == 1
    assert capsys.readouterr().err.startswith("error: there is no login 'κανείς'")


@pytest.mark.parametrize(
    "right",
    [
        'alter role "{login}" superuser',
        'grant usage on schema sync to "{login}"; grant select on sync.member to "{login}"',
        'grant usage on schema staging to "{login}";'
        ' grant select (address_key) on staging.contact to "{login}"',
        'grant pg_read_all_data to "{login}"',
        'alter role "{login}" noinherit; grant pg_read_all_data to "{login}"',
        'alter role "{login}" createrole',
        'alter role "{login}" replication',
        'grant pg_read_server_files to "{login}"',
        'grant pg_execute_server_program to "{login}"',
        'alter schema sync owner to "{login}"',
        'grant usage on schema sync to "{login}"; alter table sync.member owner to "{login}";'
        ' revoke all on sync.member from "{login}"',
        'alter default privileges in schema staging grant select on tables to "{login}"',
    ],
)
def test_a_login_that_reads_people_is_refused(
    warehouse_db: str, login: str, right: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(warehouse_db, autocommit=True) as owner:
        for one in right.format(login=login).split(";"):
            owner.execute(one.encode())
        assert main(["grant-bi", "--dsn", warehouse_db, "--login", login]) == 1
        assert "may read people's data in sync or staging" in capsys.readouterr().err
        assert owner.execute("select count(*) from stats.bi_login").fetchone() == (0,)


def test_a_member_of_a_superuser_is_refused(
    warehouse_db: str, login: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The power of a superuser is not inherited, but a member may take the role."""
    with psycopg.connect(warehouse_db, autocommit=True) as owner:
        owner.execute(f'create role "{login}_all" superuser')
        owner.execute(f'grant "{login}_all" to "{login}"')
        try:
            assert main(["grant-bi", "--dsn", warehouse_db, "--login", login]) == 1
            assert "may read people's data" in capsys.readouterr().err
        finally:
            owner.execute(f'drop role "{login}_all"')
