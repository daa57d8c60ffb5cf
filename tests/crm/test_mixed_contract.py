"""A CRM that has a part of the contract: own views or tables, and the rest created beside them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.schema import WRITE_BACK_TABLES, contract_columns
from local_installation.postgres import Server

NAME = "mixed_crm"
#: The CRM's own table, and a view of it that keeps the contract.
_OWN_TABLE = """
create schema enterprise;
create table enterprise.people (id int primary key, mail text, name text);
insert into enterprise.people values (1, 'μαρία@example.gr', 'Μαρία');
create schema crm;
"""
_CONTACT = """
create view crm.contact as
select
    id as contact_id, mail as email, name as first_name, null::text as last_name,
    null::text as company, null::text as phone, null::text as mobile, null::text as address1,
    null::text as address2, null::text as city, null::text as zip, null::text as country,
    'el'::text as language, null::date as birth_date, true as is_active,
    null::timestamptz as erasure_requested_at, null::bigint as merged_into_id,
    now() as updated_at
from enterprise.people
"""
_RESOURCE = (
    "create view crm.resource as select 1 as resource_id, 'Ζωή'::text as name, null::text as email"
)


@pytest.fixture
def own_crm(postgres: Server) -> Iterator[psycopg.Connection]:
    dsn = postgres.create_database(NAME)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_OWN_TABLE)
        yield connection
    postgres.drop_database(NAME)


@pytest.fixture
def dsn(postgres: Server) -> str:
    return postgres.dsn(NAME)


def relations(connection: psycopg.Connection) -> dict[str, str]:
    return dict(
        connection.execute(
            "select relname, relkind::text from pg_class "
            "where relnamespace = 'crm'::regnamespace and relkind in ('r', 'v')"
        ).fetchall()
    )


def test_what_is_missing_entirely_is_created_beside_own_views(
    own_crm: psycopg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own_crm.execute(_CONTACT)
    own_crm.execute(_RESOURCE)
    assert main(["create", "--dsn", dsn]) == 1
    error = capsys.readouterr().err
    absent = [name for name in contract_columns() if name not in {"contact", "resource"}]
    named = ", ".join(name for name in absent if name not in WRITE_BACK_TABLES)
    assert error.splitlines()[1:] == [
        f"  not there: {named}. To create these tables beside your views, add --missing-tables"
    ]
    assert relations(own_crm) == {"contact": "v", "resource": "v"}

    for _ in range(2):
        assert main(["create", "--dsn", dsn, "--missing-tables"]) == 0
    output = capsys.readouterr().out
    assert f"created beside them: {', '.join(absent)}" in output
    kinds = {name: "v" if name in {"contact", "resource"} else "r" for name in contract_columns()}
    assert relations(own_crm) == kinds
    # A view cannot have a foreign key, and tables among themselves can.
    own_crm.execute(
        "insert into crm.contact_collection (collection_id, code, description, owner_id)"
        " values (1, 'ΑΘΗΝΑ', 'Αθήνα', 7)"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        own_crm.execute("update crm.contact_collection set campaign_type = 'λείπει'")
    assert main(["create", "--dsn", dsn]) == 0


@pytest.mark.parametrize("form", ["view", "table"])
def test_missing_columns_are_grouped_alike_for_views_and_tables(
    own_crm: psycopg.Connection, dsn: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own_crm.execute(
        f"create {form} crm.contact as select id as contact_id, mail as email"
        " from enterprise.people"
    )
    own_crm.execute(
        f"create {form} crm.resource as select 1 as resource_id, 2 as name, 'ζ'::text as email"
    )
    for switches in ([], ["--missing-tables"]):
        assert main(["create", "--dsn", dsn, *switches]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "error: schema crm does not keep the contract:"
        assert "  resource: name is int4, must be text: cast it" in lines
        (contact,) = (line for line in lines if line.startswith("  contact: "))
        assert contact.startswith("  contact: missing, or hidden from this login: first_name, ")
        assert set(relations(own_crm)) == {"contact", "resource"}


def test_own_tables_without_keys_get_neighbours_without_references(
    own_crm: psycopg.Connection, dsn: str
) -> None:
    own_crm.execute("create table crm.resource (resource_id int, name text, email text)")
    assert main(["create", "--dsn", dsn]) == 0
    assert set(relations(own_crm)) == set(contract_columns())


def test_a_login_with_rights_on_its_schema_alone_creates_the_rest(
    own_crm: psycopg.Connection, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own_crm.execute("create role crm_maker login password 'κ'")
    own_crm.execute(f"grant connect on database {NAME} to crm_maker")
    maker = psycopg.conninfo.make_conninfo(dsn, user="crm_maker", password="κ")
    try:
        own_crm.execute("drop schema crm")
        assert main(["create", "--dsn", maker]) == 1
        error = capsys.readouterr().err
        assert "Nothing was created. The login of --dsn needs the right CREATE" in error
        own_crm.execute("create schema crm authorization crm_maker")
        assert main(["create", "--dsn", maker]) == 0
        assert set(relations(own_crm)) == set(contract_columns())
    finally:
        own_crm.execute("drop owned by crm_maker; drop role crm_maker")
