"""Query texts of dynamic collections: hostile and broken ones refused, useful ones right.

Two walls, shown one after the other: the text's own check, and, with that left out, the login.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.crm import query_allowed
from crm_mailchimp.crm.dynamic_query import (
    QueryFailedError,
    QueryRefusedError,
    check_query,
    run_query,
)
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.query_text import without_values
from crm_mailchimp.crm.sample import create_sample
from crm_mailchimp.crm.schema import contract_columns, create_contract
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sync.runs.collection_sync import CollectionResult, sync_collection
from crm_mailchimp.sync.staging.stage import stage
from local_installation.postgres import Server

ONE = "exactly one statement"
SELECT = "only a SELECT is allowed"
LIST = "is not on the list"
QUOTES = "parameters and dollar quotes"
PARAMETERS = "parameters are not allowed"
FROM = "functions in FROM"
COMMENT = "a comment does not end"
SQL = "not valid SQL"

#: Text → what the refusal says.
HOSTILE = {
    # not a SELECT
    "insert into contact (contact_id) values (9)": SELECT,
    "update crm.contact set is_active = false": SELECT,
    "delete from collection_member returning contact_id": SELECT,
    "merge into contact using consent on true when matched then delete": SELECT,
    "truncate crm.contact": SELECT,
    "drop table crm.contact": SELECT,
    "alter table crm.contact add column x int": SELECT,
    "create table crm.mine (a int)": SELECT,
    "create table mine as select contact_id from contact": SELECT,
    "create function crm.f() returns int language sql as 'select 1'": SELECT,
    "grant all on crm.contact to public": SELECT,
    "copy crm.contact to program 'id'": SELECT,
    "copy (select contact_id from contact) to '/tmp/x'": SELECT,
    "copy crm.contact from '/etc/passwd'": SELECT,
    "do 'begin perform 1; end'": SELECT,
    "call crm.evil()": SELECT,
    "set role postgres": SELECT,
    "set session authorization postgres": SELECT,
    "reset all": SELECT,
    "listen x": SELECT,
    "notify x": SELECT,
    "lock table crm.contact": SELECT,
    "vacuum": SELECT,
    "checkpoint": SELECT,
    "prepare a as select 1": SELECT,
    "declare c cursor for select 1": SELECT,
    "explain analyze select contact_id from contact": SELECT,
    "show all": SELECT,
    "table contact": SELECT,
    "values (1)": SELECT,
    "from contact": SELECT,
    "((table contact))": SELECT,
    "select contact_id from contact union table contact": "not TABLE",
    # writing inside a SELECT
    "with a as (delete from contact returning contact_id) select contact_id from a": SELECT,
    "with a as (insert into contact (contact_id) values (9) returning 1) select 1": SELECT,
    "with a as (update contact set city = '' returning contact_id) select * from a": SELECT,
    "select * from (delete from contact returning contact_id) as a": "",
    "select contact_id into mine from contact": "SELECT INTO",
    "select contact_id into temporary mine from contact": "SELECT INTO",
    # several statements, and ways out of the subquery around the text
    "select contact_id from contact; drop table crm.contact": ONE,
    "; select contact_id from contact": ONE,
    "begin; select contact_id from contact": ONE,
    "select 1 as contact_id) as m; drop table crm.contact; select (1": ONE,
    "select 1 as contact_id) as m cross join (select pg_sleep(9)": SQL,
    # comments, and what only looks like one
    "select 1 as contact_id /*": COMMENT,
    "select contact_id from contact /* /* όλοι */": COMMENT,
    "-- select contact_id from contact": "empty",
    "/* select contact_id from contact */ ;": "empty",
    "select contact_id from contact -- all\n; drop table crm.contact": ONE,
    "select contact_id from contact -- all\rwhere pg_sleep(9) is null": LIST,
    "select contact_id /* /* */ or */ from contact where pg_sleep(9) is null": LIST,
    "select contact_id from contact where city = '/*' or pg_sleep(9) is null -- */": LIST,
    "select contact_id from contact where city = '--' or pg_sleep(9) is null": LIST,
    'select contact_id as "/*" from contact where pg_sleep(9) is null /* "*/': LIST,
    "select pg_sleep/**/(9) as contact_id": LIST,
    "select pg_sleep -- all\n (9) as contact_id": LIST,
    "delete/**/from contact": SELECT,
    "select contact_id from contact where 1 </*>*/- 1 or pg_sleep(9) is null": LIST,
    "select contact_id from contact where city = e/**/'a'": "",
    # locks
    "select contact_id from contact for update": "row locks",
    "select contact_id from contact for no key update nowait": "row locks",
    "select contact_id from contact for share": "row locks",
    "select contact_id from contact for key share skip locked": "row locks",
    "select contact_id from (select contact_id from contact for update) as a": "row locks",
    # functions
    "select pg_read_file('/etc/passwd') as contact_id": "'pg_read_file' is not on the list",
    "select contact_id from contact where pg_sleep(60) is null": "'pg_sleep' is not on the list",
    "select set_config('role', 'postgres', false) as contact_id": "'set_config' is not on",
    "select current_setting('data_directory') as contact_id": LIST,
    "select nextval('crm.s') as contact_id": LIST,
    "select lo_import('/etc/passwd') as contact_id": LIST,
    "select pg_advisory_lock(1) as contact_id": LIST,
    "select pg_notify('a', 'b') as contact_id": LIST,
    "select pg_terminate_backend(1) as contact_id": LIST,
    "select query_to_xml('select 1', true, true, '') as contact_id": LIST,
    "select txid_current() as contact_id": LIST,
    "select setseed(0.1) as contact_id": LIST,
    "select random() as contact_id": LIST,
    "select dblink('dbname=postgres', 'select 1') as contact_id": LIST,
    "select public.dblink('dbname=postgres', 'select 1') as contact_id": "without a schema",
    "select pg_catalog.pg_sleep(60) as contact_id": "without a schema",
    "select crm.evil() as contact_id": "without a schema",
    "select evil() as contact_id": "'evil' is not on the list",
    "select version() as contact_id": LIST,
    "select current_user as contact_id": "CURRENT_USER",
    "select user as contact_id": "'user'",
    "select current_role as contact_id": "'current_role'",
    "select count(*) filter (where pg_sleep(60) is null) as contact_id from contact": LIST,
    "select contact_id from contact order by pg_sleep(60)": LIST,
    "select contact_id from contact limit length(pg_read_file('x'))": LIST,
    "select row_number() over (order by pg_sleep(9)) as contact_id from contact": LIST,
    "select xmlparse(document '<a/>') as contact_id": SQL,
    'select "pg_sleep"(60) as contact_id': LIST,
    'select "lower"(email) as contact_id from contact': "function '…'",
    "select ts_stat('select 1') as contact_id": LIST,
    # made out of nothing, or for ever
    "select generate_series(1, 1000000000000) as contact_id": LIST,
    "select contact_id from generate_series(1, 1000000000000) as contact_id": FROM,
    "with recursive a as (select 1 as contact_id union all select contact_id from a) "
    "select contact_id from a": "WITH RECURSIVE",
    "select length(repeat('x', 1000000000)) as contact_id": LIST,
    "select length(lpad('x', 1000000000)) as contact_id": LIST,
    # functions and other things in FROM
    "select contact_id from pg_ls_dir('.') as contact_id": FROM,
    "select contact_id from rows from (pg_ls_dir('.')) as contact_id": FROM,
    "select contact_id from xmltable('/a' passing '<a/>' columns contact_id int)": FROM,
    "select contact_id from json_table('[1]', '$[*]' columns (contact_id int path '$'))": FROM,
    "select contact_id from contact tablesample system (1)": "TableSample",
    "select contact_id from contact tablesample crm.mine (1)": "",
    # other places
    "select contact_id from pg_authid": "'pg_authid' is not part of the CRM contract",
    "select contact_id from pg_catalog.pg_authid": "schema 'pg_catalog'",
    'select contact_id from "pg_catalog"."pg_authid"': "schema 'pg_catalog'",
    "select contact_id from information_schema.tables": "schema 'information_schema'",
    "select contact_id from pg_temp.mine": "schema 'pg_temp'",
    "select contact_id from private.secret": "schema 'private'",
    "select contact_id from postgres.crm.contact": "other databases",
    "select contact_id from crm.provider_member_status": "not part of the CRM contract",
    'select contact_id from crm."CONTACT"': "table '…' is not part",
    "select contact_id from contact where exists (select from pg_shadow)": "'pg_shadow'",
    "with a as (select contact_id from pg_authid), pg_authid as (select 1 as contact_id) "
    "select contact_id from a": "'pg_authid'",
    "select contact_id from (with pg_authid as (select 1 as contact_id) select contact_id "
    "from pg_authid) as a, pg_authid": "'pg_authid'",
    "select pg_catalog.pg_class.oid as contact_id from contact": "columns of other schemas",
    # names and strings that two parsers may read differently
    'select U&"\\0070g_sleep"(60) as contact_id': "operator '&'",
    'select contact_id from U&"pg_authid"': "operator '&'",
    "select contact_id from contact where city = U&'\\0061'": "operator '&'",
    "select contact_id from contact where city = E'\\' or pg_sleep(9) is null or city = '": (
        "strings with a prefix"
    ),
    "select contact_id from contact where city = e'\\x41'": "strings with a prefix",
    "select contact_id from contact where city = X'1F'": "strings with a prefix",
    "select contact_id from contact where city = '\\' or pg_sleep(9) is null or city = ''": LIST,
    "select contact_id from contact where city = $$Αθήνα$$": QUOTES,
    "select contact_id from contact where city = $a$'$a$ or pg_sleep(9) is null": QUOTES,
    "select contact_id from contact where contact_id = $1": QUOTES,
    "select contact_id from contact where contact_id = %s": PARAMETERS,
    "select contact_id from contact where contact_id = %(a)s": PARAMETERS,
    "select contact_id from contact where contact_id = :a": PARAMETERS,
    "select contact_id from contact where contact_id = ?": PARAMETERS,
    "select contact_id from contact where contact_id = @a": "operator '@'",
    "select `contact_id` from contact": "character '`'",
    "select contact_id from contact # all": "operator '#'",
    "select contact_id from contact where {fn now()} is null": "character '{'",
    "select contact_id\u00a0from contact": "character '\\xa0'",
    "\u017felect contact_id from contact": "character 'ſ'",
    "select contact_id from contact where 1 operator(pg_catalog.=) 1": "OPERATOR",
    "select contact_id from contact where city ~<~ 'a'": "operator '~<~'",
    "select contact_id from contact where 'pg_authid'::regclass is null": "cast to 'regclass'",
    "select contact_id from contact where cast('a' as crm.contact) is null": "cast to '…'",
    "select contact_id from contact where regclass 'pg_authid' is null": "cast to 'regclass'",
    "select (contact).contact_id from contact": "(row).column",
    "select contact_id from contact unpivot (a for b in (c))": "Pivot",
    "select contact_id from contact for system_time as of '2020-01-01'": "Version",
    # broken
    "": "empty",
    "  ;; \n": "empty",
    "select contact_id from contact where city = 'a": "does not end",
    'select "contact_id from contact': "does not end",
    "select contact_id from contact where": SQL,
    "selct contact_id from contact": SELECT,
    "διάλεξε contact_id από contact": SELECT,
    "select contact_id from contact where city = 'a\x00b'": "NUL",
    "select contact_id from contact\x00": "NUL",
    "select " + "(" * 60 + "1" + ")" * 60 + " as contact_id": "nested deeper",
    "select " + "(" * 30_000 + "1": "nested deeper",
    "select " + "not " * 20_000 + "true as contact_id": "",
    "select " + "- " * 20_000 + "1 as contact_id": "",
    "select " + "case when true then " * 5_000 + "1" + " end" * 5_000 + " as contact_id": "",
    "select contact_id from contact where city = '" + "α" * 200_000 + "'": "longer than",
}

#: Text → an independent statement that finds the same contact ids.
USEFUL = {
    "-- Όλοι\nselect contact_id -- και οι ανενεργοί: 'ένα λάθος';\nfrom contact; -- τέλος": (
        "select contact_id from crm.contact"
    ),
    "select/**/contact_id from contact/* where /* is_active = */ $1 :a {}? */where city/**/=\n"
    "'Αθήνα' --": "select contact_id from crm.contact where city = 'Αθήνα'",
    "select contact_id from contact where contact_id <-- όσοι\n5 and '--' <> '/*'"
    " and 3 -/**/1 = 2": ("select contact_id from crm.contact where contact_id < 5"),
    "select contact_id from contact": "select contact_id from crm.contact",
    "SELECT Contact_Id FROM CRM.Contact;": "select contact_id from crm.contact",
    "select * from contact where city = 'Αθήνα'": (
        "select contact_id from crm.contact where city = 'Αθήνα'"
    ),
    "select contact_id from contact where city ilike 'αθ%' and email <> '-- /* ; $1'": (
        "select contact_id from crm.contact where lower(city) like 'αθ%' and email is not null"
    ),
    'select c.contact_id, c.city as "Πόλη; --" from contact as c '
    "join consent as k on k.contact_id = c.contact_id and k.granted": (
        "select contact_id from crm.consent where granted "
        "and contact_id in (select contact_id from crm.contact)"
    ),
    "select contact_id from contact where language = 'el' union "
    "select contact_id from contact where language = 'en'": (
        "select contact_id from crm.contact where language in ('el', 'en')"
    ),
    "(select contact_id from contact) except all (select contact_id from consent)": (
        "select contact_id from crm.contact as c where not exists "
        "(select from crm.consent as k where k.contact_id = c.contact_id)"
    ),
    "with contact as (select contact_id, city from contact where is_active), "
    "consent as materialized (select contact_id from crm.consent) "
    "select contact_id from contact where contact_id in (select contact_id from consent)": (
        "select contact_id from crm.contact where is_active and contact_id in "
        "(select contact_id from crm.consent)"
    ),
    "with a (contact_id, place) as (select contact_id, row_number() over w from contact "
    "window w as (partition by city order by contact_id desc)) "
    "select contact_id from a where place = 1": (
        "select max(contact_id) from crm.contact group by city"
    ),
    "select contact_id from consent group by contact_id "
    "having count(*) filter (where not granted) > 0": (
        "select contact_id from crm.consent where not granted"
    ),
    "select contact_id from contact where birth_date + interval '30 years' < date '2020-06-01' "
    "and extract(month from birth_date) = 5": (
        "select contact_id from crm.contact where birth_date < '1990-06-01' "
        "and to_char(birth_date, 'MM') = '05'"
    ),
    "select contact_id from contact where date_part('year', age(timestamp '2026-01-01', "
    "birth_date)) between 18 and 40 and updated_at at time zone 'Europe/Athens' < now()": (
        "select contact_id from crm.contact "
        "where birth_date > date '1985-01-01' - 1 and birth_date <= '2008-01-01'"
    ),
    "select contact_id from contact where exists (select 1 from contact_field_value as v "
    "where v.contact_id = contact.contact_id and v.field_code = 'shop')": (
        "select contact_id from crm.contact_field_value where field_code = 'shop' "
        "and contact_id in (select contact_id from crm.contact)"
    ),
    "select c.contact_id from contact as c left join lateral (select k.granted from consent k "
    "where k.contact_id = c.contact_id order by k.effective_at desc nulls last limit 1) as last "
    "on true where last.granted is not true": (
        "select contact_id from (select distinct on (c.contact_id) c.contact_id, k.granted "
        "from crm.contact c left join crm.consent k on k.contact_id = c.contact_id "
        "order by c.contact_id, k.effective_at desc) as a where granted is distinct from true"
    ),
    "select contact_id::text as contact_id from contact where contact_id = "
    "any(array[1, 2, 3]) or contact_id = any('{5,6}'::bigint[])": (
        "select contact_id from crm.contact where contact_id in (1, 2, 3, 5, 6)"
    ),
    "select case when is_active then contact_id end as contact_id from contact": (
        "select contact_id from crm.contact where is_active"
    ),
    "select distinct on (city) contact_id from contact where split_part(email, '@', 2) "
    "= 'example.com' order by city, contact_id": (
        "select min(contact_id) from crm.contact where email ~ '^[^@]*@example.com(@|$)' "
        "group by city"
    ),
    "select v.contact_id from (values (1), (2), (null)) as v (contact_id)": "values (1), (2)",
    "select unnest(array_agg(contact_id)) as contact_id from contact "
    "where regexp_replace(coalesce(first_name, ''), '[αά]', '', 'g') = ''": (
        "select contact_id from crm.contact "
        "where translate(coalesce(first_name, ''), 'αά', '') = ''"
    ),
    "select contact_id from contact where (city, language) in (select 'Αθήνα', 'el') "
    "and contact_id % 2 = 0 and not first_name ~* '^μ' and length(trim(last_name)) > -1": (
        "select contact_id from crm.contact where city = 'Αθήνα' and language = 'el' "
        "and mod(contact_id, 2) = 0 and left(lower(first_name), 1) <> 'μ' "
        "and last_name is not null"
    ),
}


@dataclass(frozen=True)
class Crm:
    admin: psycopg.Connection
    login: psycopg.Connection
    dsn: str

    def ids(self, query: str, **limits: float) -> list[int]:
        self.admin.rollback()
        self.admin.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = self.admin.execute("select pg_export_snapshot()").fetchone()
        assert row
        try:
            return list(run_query(self.login, query, snapshot=row[0], **limits))  # type: ignore[arg-type]
        finally:
            self.admin.rollback()

    def everything(self) -> list[object]:
        """What an attack could have changed: rows, relations, functions, logins, large objects."""
        rows = [
            self.admin.execute(
                "select count(*), md5(string_agg(t::text, '|' order by t::text)) "
                f"from crm.{table} as t"
            ).fetchone()
            for table in contract_columns()
        ]
        counts = self.admin.execute(
            "select (select count(*) from pg_class), (select count(*) from pg_proc), "
            "(select count(*) from pg_largeobject_metadata), (select count(*) from pg_namespace), "
            "(select md5(string_agg(rolname || rolsuper, ',' order by oid)) from pg_roles), "
            "(select count(*) from pg_db_role_setting), (select last_value from crm.s), "
            "(select count(*) from pg_locks where locktype = 'advisory')"
        ).fetchone()
        self.admin.rollback()
        return [*rows, counts]


@pytest.fixture(scope="module")
def crm(postgres: Server) -> Iterator[Crm]:
    name = "dynamic_queries"
    dsn = postgres.create_database(name)
    with psycopg.connect(dsn) as admin:
        create_contract(admin)
        create_sample(admin, contacts=400, seed=7)
        # What a real CRM's database may hold besides: all open to everybody by default.
        admin.execute("create sequence crm.s")
        admin.execute(
            "create function crm.evil() returns bigint language plpgsql security definer "
            "as 'begin update crm.contact set city = ''κακό''; return 1; end'"
        )
        admin.execute("create function crm.length(text) returns int language sql as 'select 666'")
        admin.execute("create schema private create table private.secret (contact_id int)")
        admin.commit()
        create_query_login(admin, name, "μυστικό")
        admin.commit()
        with psycopg.connect(postgres.dsn(name, user=name, password="μυστικό")) as login:
            yield Crm(admin, login, dsn)
    postgres.drop_database(name)
    with psycopg.connect(postgres.dsn(), autocommit=True) as server:
        server.execute(f"drop role {name}")


def test_hostile_texts_are_refused_with_their_reason(caplog: pytest.LogCaptureFixture) -> None:
    assert len(HOSTILE) >= 60
    wrong = {}
    for text, reason in HOSTILE.items():
        try:
            check_query(text)
        except QueryRefusedError as refused:
            if reason not in str(refused):
                wrong[text[:100]] = str(refused)
        else:
            wrong[text[:100]] = "admitted"
    assert wrong == {}
    assert caplog.text == ""  # sqlglot would log the text of what it cannot parse


def test_a_refusal_names_no_address() -> None:
    for text in (
        'select contact_id from "maria@mail.gr"',
        'select contact_id from "maria@mail.gr".contact',
        'select "maria@mail.gr"(1) as contact_id',
        'select cast(1 as "maria@mail.gr") as contact_id',
        'select contact_id from "Maria"',
        'select contact_id from "Maria".contact',
        'select "Maria"(1) as contact_id',
        'select contact_id from "Μαρία maria"',
        'select cast(1 as "Maria") as contact_id',
    ):
        with pytest.raises(QueryRefusedError) as refused:
            check_query(text)
        assert "maria" not in str(refused.value).lower()


#: What Postgres says about a text with a value in the wrong quotes: text → its message.
WRONG_QUOTES = {
    'select contact_id from crm.contact where last_name = "Παπαδοπούλου"': (
        'column "Παπαδοπούλου" does not exist'
    ),
    'select contact_id from crm.contact c where last_name = c."Papadopoulou"': (
        "column c.Papadopoulou does not exist"
    ),
    "select contact_id from crm.contact where last_name = Παπαδοπούλου": (
        'column "Παπαδοπούλου" does not exist'
    ),
    'select contact_id from crm.contact where company = "Ελιά ""Παπαδοπούλου"" Papadopoulou"': (
        'column "Ελιά "Παπαδοπούλου" Papadopoulou" does not exist'
    ),
    f'select contact_id from crm.contact where company = "{"Παπαδοπούλου" * 6}"': (
        f'column "{("Παπαδοπούλου" * 6).encode()[:63].decode(errors="ignore")}" does not exist'
    ),
    'select contact_id from crm.contact where email = "papadopoulou@mail.gr"': (
        'column "papadopoulou@mail.gr" does not exist'
    ),
}


@pytest.mark.parametrize("text", WRONG_QUOTES)
def test_a_value_in_the_wrong_quotes_is_not_repeated(text: str) -> None:
    shown = without_values(WRONG_QUOTES[text], text)
    assert "παπαδοπούλου" not in shown.lower()
    assert "papadopoulou" not in shown.lower()
    assert "does not exist" in shown
    assert "single quotes" in shown


def test_a_plain_name_is_repeated() -> None:
    message = 'column "colour" does not exist'
    assert without_values(message, "select contact_id from crm.contact where colour = 1") == message


def test_useful_texts_give_the_right_contacts(crm: Crm) -> None:
    wrong = {}
    for text, independent in USEFUL.items():
        expected = {row[0] for row in crm.admin.execute(independent.encode()).fetchall()}
        assert expected, f"the sample has nobody for {text}"
        found = set(crm.ids(check_query(text)))
        if found != expected:
            wrong[text] = (len(found), len(expected))
    assert wrong == {}


#: Past the parser: text → what Postgres itself says then.
PAST_THE_PARSER = {
    "select pg_read_file('/etc/passwd')::bigint as contact_id": "no right",
    "select length(pg_ls_dir('.')) as contact_id": "no right",
    "select length(set_config('role', 'postgres', false)) as contact_id": "no right",
    "select length(pg_sleep(60)::text) as contact_id": "no right",
    "select length(pg_advisory_lock(1)::text) as contact_id": "no right",
    "select lo_import('/etc/passwd')::bigint as contact_id": "no right",
    "select lo_create(0)::bigint as contact_id": "no right",
    "select length(pg_notify('a', 'b')::text) as contact_id": "no right",
    "select pg_terminate_backend(pg_backend_pid())::int as contact_id": "no right",
    "select length(query_to_xml('select 1', true, true, '')::text) as contact_id": "no right",
    "select nextval('crm.s') as contact_id": "no right",
    "select oid::bigint as contact_id from pg_authid": "no right",
    "select contact_id from private.secret": "no right",
    "select contact_id from crm.contact for update": "tries to write",
    "select contact_id from crm.contact for key share": "tries to write",
    # In a crm schema full of functions: what everybody may call still cannot write.
    "select crm.evil() as contact_id": "tries to write",
    "with a as (delete from crm.contact returning contact_id) select contact_id from a": "0A000",
    "select 1 as contact_id) as m; drop table crm.contact; select (1": "multiple commands",
    "select 1 as contact_id) as m; set role postgres; commit; select (1": "multiple commands",
    "select contact_id into mine from crm.contact": "42",
    "delete from crm.contact returning contact_id": "42",
    "set role postgres": "42",
    "do 'begin end'": "42",
    "copy crm.contact to program 'id'": "42",
    "select contact_id from contact": "42P01",  # only names with their schema are found
    "select evil() as contact_id": "42883",
}


def test_past_the_parser_the_login_stops_it_and_nothing_changes(crm: Crm) -> None:
    before = crm.everything()
    wrong = {}
    for text, reason in PAST_THE_PARSER.items():
        try:
            crm.ids(text)
        except (QueryRefusedError, QueryFailedError) as stopped:
            if reason not in str(stopped):
                wrong[text] = str(stopped)
        else:
            wrong[text] = "it ran"
    assert wrong == {}
    for text in HOSTILE:  # whatever they do, they change nothing
        try:
            crm.ids(text, timeout_seconds=0.3, row_limit=10_000)
        except (QueryRefusedError, QueryFailedError):
            continue
    assert crm.everything() == before
    # And the session is still the login's own, usable for the next collection.
    assert crm.login.execute("select current_user, pg_backend_pid() > 0").fetchone() == (
        "dynamic_queries",
        True,
    )
    crm.login.rollback()


#: Functions written like columns of a row: text → the function.
WRITTEN_LIKE_COLUMNS = {
    "select contact_id from contact c where c.row_to_json is not null": "row_to_json",
    "select contact_id from contact c where c.hash_record is not null": "hash_record",
    "select contact_id from contact where contact.pg_column_size > 0": "pg_column_size",
    "select contact_id from crm.contact where crm.contact.record_out is not null": "record_out",
    'select contact_id from contact c where c."to_jsonb" is not null': "to_jsonb",
    "select contact_id from contact c where c . Pg_TypeOf is not null": "pg_typeof",
    "select s.contact_id from (select contact_id, 1 as to_json from contact) s"
    " where s.row_to_json is not null": "row_to_json",
    "with a as (select contact_id from contact) select contact_id from a"
    " where a.quote_literal <> ''": "quote_literal",
}


def test_functions_written_like_columns_are_refused(crm: Crm) -> None:
    for text, function in WRITTEN_LIKE_COLUMNS.items():
        with pytest.raises(QueryRefusedError, match=f"function '{function}' is not allowed"):
            crm.ids(check_query(text))
    # A column of the contract is allowed, even with a function's name. Counts are allowed, too.
    crm.admin.execute("alter table crm.contact add column to_json text default 'ναι'")
    crm.admin.commit()
    try:
        for text in (
            "select c.contact_id from contact c where c.to_json = 'ναι'",
            "select s.contact_id from (select contact_id, count(*) from consent group by 1) s"
            " where s.count > 1",
        ):
            assert crm.ids(check_query(text)), text
    finally:
        crm.admin.execute("alter table crm.contact drop column to_json")
        crm.admin.commit()


def test_functions_of_the_crm_do_not_answer_to_allowed_names(crm: Crm) -> None:
    query = check_query("select contact_id from contact where length('α') = 1 limit 1")
    assert len(crm.ids(query)) == 1


def test_a_long_query_is_cancelled_from_our_side(crm: Crm) -> None:
    bomb = check_query(
        "select 1 as contact_id from contact a, contact b, contact c, contact d, contact e "
        "where a.city || b.city || c.city || d.city || e.city = ''"
    )
    crm.login.execute("set statement_timeout = 0")
    crm.login.commit()
    begun = time.monotonic()
    with pytest.raises(QueryFailedError, match="longer than"):
        crm.ids(bomb, timeout_seconds=0.5)
    assert time.monotonic() - begun < 10
    still_running = crm.admin.execute(
        "select count(*) from pg_stat_activity where usename = 'dynamic_queries' "
        "and state = 'active'"
    ).fetchone()
    assert still_running == (0,)
    assert crm.ids("select 5 as contact_id") == [5]


def test_time_spent_between_two_fetches_counts_too(crm: Crm) -> None:
    crm.admin.rollback()
    crm.admin.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    row = crm.admin.execute("select pg_export_snapshot()").fetchone()
    assert row
    ids = run_query(
        crm.login,
        check_query("select contact_id from contact"),
        snapshot=row[0],
        timeout_seconds=0.05,
    )
    with pytest.raises(QueryFailedError, match="longer than"):
        for _ in ids:
            time.sleep(0.1)  # a slow reader, not a wait
    crm.admin.rollback()


REFUSED_RESULTS = {
    "select email from contact": "must yield a column contact_id",
    "select contact_id as id from contact": "must yield a column contact_id",
    'select contact_id as "CONTACT_ID" from contact': "must yield a column contact_id",
    "select a.contact_id, b.contact_id from contact a join contact b using (email)": "2 columns",
    "select contact_id + 0.4 as contact_id from contact": "whole number (bigint), not numeric",
    "select contact_id::float as contact_id from contact": "whole number (bigint), not float8",
    "select birth_date as contact_id from contact": "not date",
    "select array[contact_id] as contact_id from contact": "whole number",
}
FAILED = {
    "select contact_id from contact where colour = 'μπλε'": 'column "colour" does not exist',
    "select contact_idd as contact_id from contact": 'column "contact_idd" does not exist',
    "select email as contact_id from contact where email is not null": (
        "InvalidTextRepresentation (22P02): a value cannot be read"
    ),
    "select '99999999999999999999' as contact_id": "NumericValueOutOfRange",
    "select contact_id / (contact_id - contact_id) as contact_id from contact": (
        "DivisionByZero (22012)"
    ),
    'select contact_id from contact where email = "maria@mail.gr"': "UndefinedColumn (42703)",
    "select contact_id from contact where email = 'maria@mail.gr' 'x'": "SyntaxError (42601)",
    "select (select contact_id from contact) as contact_id": "CardinalityViolation (21000)",
    "select to_date(email, 'YYYY') - current_date as contact_id from contact": "(22007)",
    "select date(email) - current_date as contact_id from contact": "22007",
}


def test_results_that_are_no_contact_ids(crm: Crm) -> None:
    for expected, kind in ((REFUSED_RESULTS, QueryRefusedError), (FAILED, QueryFailedError)):
        for text, reason in expected.items():
            query = check_query(text)
            with pytest.raises((QueryRefusedError, QueryFailedError)) as stopped:
                crm.ids(query)
            assert type(stopped.value) is kind, (text, stopped.value)
            assert reason in str(stopped.value), text
            assert "@" not in str(stopped.value)
            assert "example" not in str(stopped.value)


def test_row_limit_and_null_ids(crm: Crm) -> None:
    query = check_query("select contact_id from contact")
    assert len(crm.ids(query, row_limit=400)) == 400
    with pytest.raises(QueryRefusedError, match="more than 399 rows"):
        crm.ids(query, row_limit=399)
    assert crm.ids(check_query("select null::bigint as contact_id from contact")) == []


def test_a_login_that_may_write_is_refused(crm: Crm) -> None:
    query = check_query("select contact_id from contact")
    name = "dynamic_queries"
    for give, take in (
        (f"grant insert on crm.consent to {name}", f"revoke insert on crm.consent from {name}"),
        (f"grant pg_read_server_files to {name}", f"revoke pg_read_server_files from {name}"),
        (f"alter role {name} createdb", f"alter role {name} nocreatedb"),
    ):
        crm.admin.rollback()
        crm.admin.execute(give)
        crm.admin.commit()
        with pytest.raises(QueryRefusedError, match="may do more than read"):
            crm.ids(query)
        crm.admin.execute(take)
        crm.admin.commit()
    assert crm.ids(query)


def test_a_snapshot_of_another_database_is_reported(crm: Crm, crm_db: str) -> None:
    with psycopg.connect(crm_db) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = other.execute("select pg_export_snapshot()").fetchone()
        assert row
        for snapshot in (row[0], "00000003-00000001-1"):
            with pytest.raises(QueryFailedError, match="same database as crm_db"):
                list(run_query(crm.login, "select 1 as contact_id", snapshot=snapshot))


def test_a_lost_connection_is_reported(crm: Crm, postgres: Server) -> None:
    with psycopg.connect(
        postgres.dsn("dynamic_queries", user="dynamic_queries", password="μυστικό")
    ) as login:
        crm.admin.execute("select pg_terminate_backend(%s)", (login.info.backend_pid,))
        with pytest.raises(QueryFailedError, match=r"\(57P01\)|connection crm_query_db was lost"):
            list(run_query(login, "select 1 as contact_id", snapshot="x"))
    crm.admin.rollback()


def test_every_allowed_function_is_one_of_postgres_without_side_effects(crm: Crm) -> None:
    """The list is held against the server's own catalog: a volatile function is a mistake."""
    rows = crm.admin.execute(
        "select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace "
        "and proname = any(%s) and provolatile = 'v'",
        (sorted(query_allowed.ALLOWED_FUNCTIONS),),
    ).fetchall()
    crm.admin.rollback()
    assert {name for (name,) in rows} <= {"clock_timestamp"}


def test_a_refused_collection_stops_only_itself(
    crm: Crm, warehouse_db: str, mailchimp_sandbox: Any
) -> None:
    codes = ("NEWSLETTER", "OFFERS_ATHENS", "BROKEN_QUERY", "REFUSED_QUERY")

    def sync(
        login: psycopg.Connection | QueryFailedError | None, synced: tuple[str, ...]
    ) -> dict[str, CollectionResult]:
        run_id = f"with {type(login).__name__}"
        client = MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)
        with (
            psycopg.connect(warehouse_db) as warehouse,
            psycopg.connect(crm.dsn) as snapshot,
            psycopg.connect(crm.dsn, autocommit=True) as rechecking,
            Mailchimp(client) as provider,
        ):
            staging_id = stage(warehouse, snapshot, login, run_id=run_id, codes=codes)
            return {
                code: sync_collection(
                    warehouse,
                    rechecking,
                    Accounts.only(provider),
                    staging_id=staging_id,
                    collection_code=code,
                )
                for code in synced
            }

    before = crm.everything()
    results = sync(crm.login, codes)

    assert {code: result.state for code, result in results.items()} == {
        "NEWSLETTER": "succeeded",
        "OFFERS_ATHENS": "succeeded",
        "BROKEN_QUERY": "failed",
        "REFUSED_QUERY": "failed",
    }
    athens = crm.admin.execute("select count(*) from crm.contact where city = 'Αθήνα'").fetchone()
    assert athens == (results["OFFERS_ATHENS"].counts["staged"],)
    assert results["BROKEN_QUERY"].detail == (
        'query_failed: UndefinedColumn (42703): column "colour" does not exist'
    )
    assert str(results["REFUSED_QUERY"].detail).startswith(
        "query_refused: only a SELECT is allowed"
    )

    unset = sync(None, ("OFFERS_ATHENS", "NEWSLETTER"))

    assert unset["NEWSLETTER"].state == "succeeded"
    assert unset["OFFERS_ATHENS"].state == "failed"
    assert str(unset["OFFERS_ATHENS"].detail).startswith("query_refused: ")
    assert "crm_query_db" in str(unset["OFFERS_ATHENS"].detail)
    assert unset["OFFERS_ATHENS"].counts["removed"] == 0

    unreachable = sync(QueryFailedError("could not be opened"), ("OFFERS_ATHENS", "NEWSLETTER"))

    assert unreachable["NEWSLETTER"].state == "succeeded"
    assert unreachable["OFFERS_ATHENS"].state == "failed"
    assert unreachable["OFFERS_ATHENS"].detail == "query_failed: could not be opened"
    assert crm.everything() == before
