"""What the login for dynamic queries may not do, by its rights alone: no parser in between, and
its read-only default switched off first, as any session may do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.schema import contract_columns, create_contract
from crm_mailchimp.sessions import prepared
from local_installation.postgres import Server

PASSWORD = "κωδικός ' \" %s"


@dataclass(frozen=True)
class Login:
    name: str
    dsn: str
    admin_dsn: str

    def session(self) -> psycopg.Connection:
        connection = psycopg.connect(self.dsn, autocommit=True)
        connection.execute("set default_transaction_read_only = off")
        return connection


@pytest.fixture(scope="module")
def login(postgres: Server) -> Iterator[Login]:
    name = database = "query_login"
    dsn = postgres.create_database(database)
    with psycopg.connect(dsn, autocommit=True) as admin:
        create_contract(admin)
        admin.execute("create role bystander login")
        admin.execute(f"grant connect, temporary on database {database} to public")
        admin.execute("create schema private create table private.secret (word text)")
        admin.execute("grant select on private.secret to public")
        admin.execute("grant usage on schema private to public")
        # What a database may hold already: here in place of the extension dblink.
        admin.execute(
            "create function public.dblink(text, text) returns text language sql "
            "security definer as 'select current_user::text'"
        )
        admin.execute("insert into crm.contact (contact_id, email) values (1, 'ζωή@example.com')")
        assert create_query_login(admin, name, PASSWORD) == []
    yield Login(name, postgres.dsn(database, user=name, password=PASSWORD), dsn)
    postgres.drop_database(database)
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute(f"drop role bystander; drop role {name}")


def test_it_reads_every_contract_table(login: Login) -> None:
    with login.session() as session:
        for table in contract_columns():
            session.execute(f"select * from crm.{table}")
        assert session.execute("select email from contact").fetchall() == [("ζωή@example.com",)]
        session.execute("begin isolation level repeatable read read only")


def test_its_session_is_prepared_like_every_other_one(login: Login) -> None:
    with prepared(lambda: psycopg.connect(login.dsn), keep_limits=True) as session:
        shown = [
            session.execute(f"show {name}").fetchone()
            for name in ("timezone", "datestyle", "statement_timeout", "search_path")
        ]
    assert shown == [("UTC",), ("ISO, YMD",), ("5min",), ("pg_catalog, crm",)]


def test_a_snapshot_of_the_main_connection_can_be_joined(login: Login) -> None:
    with psycopg.connect(login.admin_dsn) as main, login.session() as session:
        main.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = main.execute("select pg_export_snapshot()").fetchone()
        assert row
        session.execute("begin isolation level repeatable read read only")
        session.execute(f"set transaction snapshot '{row[0]}'")
        assert session.execute("select count(*) from contact").fetchone() == (1,)


HOSTILE = {
    "insert": "insert into crm.contact (contact_id) values (9)",
    "update": "update crm.contact set is_active = false",
    "delete": "delete from crm.consent",
    "truncate": "truncate crm.contact",
    "drop": "drop table crm.contact",
    "write-back status": "insert into crm.provider_member_status values (1, 1, 'subscribed')",
    "write-back campaign": "delete from crm.provider_campaign",
    "write-back provider": "update crm.external_provider set company = 'x'",
    "dml in a cte": "with gone as (delete from crm.contact returning 1) select * from gone",
    "create table": "create table crm.mine (a int)",
    "create in public": "create table public.mine (a int)",
    "create schema": "create schema mine",
    "temporary table": "create temporary table mine (a int)",
    "select into temp": "select 1 as a into temporary mine",
    "function": "create function crm.f() returns int language sql as 'select 1'",
    "do block": "do $$ begin perform 1; end $$",
    "set role": "set role postgres",
    "set role bystander": "set role bystander",
    "set_config role": "select set_config('role', 'postgres', false)",
    "set_config timeout": "select set_config('statement_timeout', '0', false)",
    "session authorization": "set session authorization postgres",
    "alter self": "alter role current_user superuser",
    "alter other password": "alter role bystander password 'x'",
    "read file": "select pg_read_file('/etc/passwd')",
    "read binary file": "select pg_read_binary_file('PG_VERSION')",
    "list folder": "select pg_ls_dir('.')",
    "stat file": "select pg_stat_file('PG_VERSION')",
    "copy from file": "copy crm.contact (email) from '/etc/passwd'",
    "copy to file": "copy crm.contact to '/tmp/contact'",
    "copy program": "copy (select 1) to program 'id'",
    "copy from program": "copy crm.contact (email) from program 'id'",
    "dblink": "select public.dblink('dbname=postgres', 'select 1')",
    "extension": "create extension vector",
    "large object": "select lo_create(0)",
    "large object from bytes": "select lo_from_bytea(0, 'x')",
    "large object import": "select lo_import('/etc/passwd')",
    "large object export": "select lo_export(1, '/tmp/x')",
    "for update": "select * from crm.contact for update",
    "for share": "select * from crm.contact for share",
    "for key share": "select * from crm.contact for key share",
    "lock exclusive": "begin; lock table crm.contact in access exclusive mode",
    "lock share": "begin; lock table crm.contact in share mode",
    "lock row share": "begin; lock table crm.contact in row share mode",
    "advisory lock": "select pg_advisory_lock(1)",
    "advisory try": "select pg_try_advisory_xact_lock_shared(1, 2)",
    "sleep": "select pg_sleep(1)",
    "sleep until": "select pg_sleep_until(now())",
    "notify function": "select pg_notify('a', 'b')",
    "wal message": "select pg_logical_emit_message(false, 'a', 'b')",
    "terminate": "select pg_terminate_backend(pg_backend_pid())",
    "query as text": "select query_to_xml('select 1', true, true, '')",
    "text search query": "select ts_stat('select to_tsvector(email) from crm.contact')",
    "other schema": "select * from private.secret",
    "passwords": "select * from pg_authid",
    "shadow": "select * from pg_shadow",
    "samples of columns": "select stavalues1 from pg_statistic",
    "settings file": "select * from pg_hba_file_rules",
    "alter system": "alter system set fsync = off",
    "reload": "select pg_reload_conf()",
    "checkpoint": "checkpoint",
    "temp file limit": "set temp_file_limit = -1",
    "create database": "create database mine",
    "create role": "create role mine",
    "subscription": "create publication mine for all tables",
    "replication slot": "select pg_create_logical_replication_slot('a', 'pgoutput')",
    "comment": "comment on table crm.contact is 'x'",
    "trigger": "create trigger t before insert on crm.contact "
    "execute function suppress_redundant_updates_trigger()",
    "vacuum full": "reindex table crm.contact",
    "prepared transaction": "begin; prepare transaction 'a'",
    "security label": "security label on table crm.contact is 'x'",
    "event trigger": "create event trigger t on ddl_command_start execute function lo_manage()",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_rights_alone_refuse(login: Login, text: str) -> None:
    with login.session() as session, pytest.raises(psycopg.Error) as refused:
        session.execute(text)
    assert refused.type in {
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.ObjectNotInPrerequisiteState,  # logical replication, prepared transactions
        psycopg.errors.InvalidParameterValue,  # security label without a provider
    }, refused.value
    with psycopg.connect(login.admin_dsn) as admin:
        assert admin.execute("select count(*) from crm.contact").fetchone() == (1,)


def test_other_databases_are_closed_to_it(
    login: Login, postgres: Server, warehouse_db: str
) -> None:
    for database in (psycopg.conninfo.conninfo_to_dict(warehouse_db)["dbname"], "postgres"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(postgres.dsn(str(database), user=login.name, password=PASSWORD))


def test_defaults_of_its_sessions(login: Login) -> None:
    with psycopg.connect(login.dsn) as session:
        shown = [
            session.execute(f"show {name}").fetchone()
            for name in ("default_transaction_read_only", "statement_timeout", "temp_file_limit")
        ]
    assert shown == [("on",), ("5min",), ("4GB",)]


def test_the_other_logins_keep_what_everybody_had(login: Login) -> None:
    with psycopg.connect(login.admin_dsn) as admin:
        admin.execute("set role bystander")
        admin.execute("create temporary table mine as select * from private.secret")
        admin.execute("select pg_advisory_xact_lock(1), lo_create(0)")
        admin.execute("select public.dblink('', '')")


def test_creating_again_sets_password_and_takes_rights_back(login: Login, postgres: Server) -> None:
    with psycopg.connect(login.admin_dsn, autocommit=True) as admin:
        admin.execute(f"grant insert on crm.contact to {login.name}")
        admin.execute(f"grant bystander to {login.name}")
        admin.execute(f"grant usage on schema private to {login.name}")
        assert create_query_login(admin, login.name, "νέος") == []
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(login.dsn)
        database = str(psycopg.conninfo.conninfo_to_dict(login.admin_dsn)["dbname"])
        fresh = Login(login.name, postgres.dsn(database, user=login.name, password="νέος"), "")
        for text in (HOSTILE["insert"], HOSTILE["other schema"], HOSTILE["set role bystander"]):
            with fresh.session() as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(text)
        create_query_login(admin, login.name, PASSWORD)


def test_rights_elsewhere_are_reported(login: Login, warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as warehouse:
        warehouse.execute(f"grant usage on schema sync to {login.name}")
    database = psycopg.conninfo.conninfo_to_dict(warehouse_db)["dbname"]
    with psycopg.connect(login.admin_dsn, autocommit=True) as admin:
        still_open = create_query_login(admin, login.name, PASSWORD)
    with psycopg.connect(warehouse_db) as warehouse:
        warehouse.execute(f"revoke usage on schema sync from {login.name}")
    assert still_open == [f"rights in database {database}"]


@pytest.mark.parametrize("name", ["postgres", "owner_of_things"])
def test_a_login_with_other_duties_is_left_alone(crm_db: str, name: str) -> None:
    with psycopg.connect(crm_db) as admin:
        admin.execute("create role owner_of_things login")
        admin.execute(
            "create table public.thing (); alter table public.thing owner to owner_of_things"
        )
        with pytest.raises(ContractError, match="need a login of their own"):
            create_query_login(admin, name, PASSWORD)
        admin.rollback()


def test_the_command(postgres: Server) -> None:
    dsn = postgres.create_database("command")
    command = [sys.executable, "-m", "crm_mailchimp.crm", "create", "--dsn", dsn]
    command += ["--query-login", "Ερωτήσεις"]
    try:
        for _ in range(2):
            done = subprocess.run(
                command,
                check=False,
                env={**os.environ, "CRM_QUERY_PASSWORD": PASSWORD},
                capture_output=True,
                text=True,
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert PASSWORD not in done.stdout
        with psycopg.connect(
            postgres.dsn("command", user="Ερωτήσεις", password=PASSWORD)
        ) as session:
            session.execute("select * from crm.contact")
        bare = {name: value for name, value in os.environ.items() if name != "CRM_QUERY_PASSWORD"}
        done = subprocess.run(command, check=False, env=bare, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr == "error: no password for Ερωτήσεις: set CRM_QUERY_PASSWORD\n"
    finally:
        postgres.drop_database("command")
        with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
            admin.execute('drop role "Ερωτήσεις"')
