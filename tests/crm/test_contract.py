"""The contract's DDL against the contract, written out here a second time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.consents import CONSENT_WORDS
from crm_mailchimp.crm.opening import NoContractError, require_contract
from crm_mailchimp.crm.schema import (
    ContractError,
    contract_columns,
    create_contract,
    missing_write_back,
)
from local_installation.postgres import Server

_SENDER = "company? address1? address2? city? state? zip? country? phone?"
_DEFAULTS = "from_name? from_email? subject? language? permission_reminder?"
#: Table: columns in order; ? = may be null.
CONTRACT = {
    "external_provider": f"code connection_id {_SENDER} {_DEFAULTS} email_type_option",
    "campaign_type": "code description gdpr_category",
    "resource": "resource_id name email?",
    "contact": "contact_id email? first_name? last_name? company? phone? mobile? address1? "
    "address2? city? zip? country? language? birth_date? is_active erasure_requested_at? "
    "merged_into_id? updated_at",
    "contact_field": "code label data_type choices?",
    "contact_field_value": "contact_id field_code value",
    "consent": "consent_id contact_id channel gdpr_category granted effective_at expires_at? "
    "source? recorded_at",
    "contact_collection": "collection_id code description owner_id comments? is_shared is_static "
    "query_text? external_provider? campaign_type? use_provider_defaults sync_merge_fields "
    f"{_SENDER} {_DEFAULTS} email_type_option? provider_list_id? is_active updated_at",
    "collection_member": "collection_id contact_id added_at",
    "campaign": "campaign_id code description collection_id campaign_type subject_line "
    "preview_text? from_name? reply_to? planned_at? state updated_at",
    "provider_member_status": "collection_id contact_id status reason? changed_at",
    "provider_campaign": "campaign_id provider_campaign_id status emails_sent? unique_opens? "
    "unique_clicks? sent_at? detail? changed_at",
}


def test_tables_columns_and_nulls(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        rows = connection.execute(
            "select table_name, string_agg(column_name || "
            "case is_nullable when 'YES' then '?' else '' end, ' ' order by ordinal_position) "
            "from information_schema.columns where table_schema = 'crm' group by table_name"
        ).fetchall()
    assert dict(rows) == CONTRACT
    bare = {table: columns.replace("?", "").split() for table, columns in CONTRACT.items()}
    assert contract_columns() == bare


def test_the_words_of_a_consent_are_those_that_it_is_read_by(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        checks = [
            words
            for (words,) in connection.execute(
                "select pg_get_constraintdef(oid) from pg_constraint "
                "where conrelid = 'crm.consent'::regclass and contype = 'c'"
            )
        ]
    allowed = {tuple(re.findall(r"'(\w+)'", words)) for words in checks}
    assert allowed == {tuple(CONSENT_WORDS["channels"]), tuple(CONSENT_WORDS["categories"])}


def test_times_have_zones_and_ids_are_wide(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        kinds = connection.execute(
            "select distinct substring(column_name from '_(at|id)$'), data_type "
            "from information_schema.columns where table_schema = 'crm' "
            "and column_name ~ '_(at|id)$' and data_type <> 'text'"
        ).fetchall()
    assert sorted(kinds) == [("at", "timestamp with time zone"), ("id", "bigint")]


def test_every_table_and_column_is_commented(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        bare = connection.execute(
            "select attrelid::regclass::text, attname from pg_attribute "
            "where attrelid in (select oid from pg_class where relnamespace = 'crm'::regnamespace "
            "and relkind = 'r') and attnum >= 0 and not attisdropped "
            "and col_description(attrelid, attnum) is null"
        ).fetchall()
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'crm'::regnamespace "
            "and relkind = 'r' and obj_description(oid) is null"
        ).fetchall()
    assert (bare, tables) == ([], [])


@pytest.mark.parametrize(
    "statement",
    [
        "insert into crm.campaign_type values ('Χ', 'Χ', 'other')",
        "insert into crm.contact_field (code, label, data_type) values ('x', 'Χ', 'colour')",
        "insert into crm.consent values (1, 1, 'fax', 'offer', true, now())",
        "insert into crm.consent values (1, 1, 'email', 'unclassified', true, now())",
        "insert into crm.campaign (campaign_id, code, description, collection_id, campaign_type, "
        "subject_line, state) values (1, 'X', 'Χ', 1, 'X', 'Χ', 'sent')",
        "insert into crm.provider_member_status values (1, 1, 'transactional')",
    ],
)
def test_words_outside_the_contract_are_refused(crm_db: str, statement: str) -> None:
    with psycopg.connect(crm_db) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(statement)


def test_collection_points_at_what_exists(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        connection.execute("insert into crm.resource values (1, 'Ζωή', null)")
        for column in ("external_provider", "campaign_type"):
            with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
                connection.execute(
                    f"insert into crm.contact_collection (collection_id, code, description, "
                    f"owner_id, {column}) values (1, 'A', 'Α', 1, 'missing')"
                )


def test_creating_again_changes_nothing(crm_db: str) -> None:
    with psycopg.connect(crm_db) as connection:
        connection.execute("insert into crm.resource values (1, 'Ζωή', null)")
        assert create_contract(connection).created == []
        assert connection.execute("select name from crm.resource").fetchall() == [("Ζωή",)]


@pytest.fixture
def empty_db(postgres: Server) -> Iterator[str]:
    yield postgres.create_database("somebodys_crm")
    postgres.drop_database("somebodys_crm")


#: Types as somebody's CRM may have them: widened ones, and a domain.
KINDS = {
    "timestamptz": "timestamptz", "boolean": "boolean", "bigint": "integer", "date": "date",
    "text": "crm.short", "text[]": "varchar[]",
}  # fmt: skip


def _kind(column: str) -> str:
    if column.endswith("_at"):
        return "timestamptz"
    if column.startswith(("is_", "sync_", "use_")) or column in ("granted", "email_type_option"):
        return "boolean"
    if column in ("merged_into_id", "emails_sent", "unique_opens", "unique_clicks"):
        return "bigint"
    if column.endswith("_id") and column not in (
        "connection_id", "provider_list_id", "provider_campaign_id",
    ):  # fmt: skip
        return "bigint"
    return {"birth_date": "date", "choices": "text[]"}.get(column, "text")


def _views(
    without: str = "", *, leave_out: tuple[str, ...] = (), kinds: dict[str, str] | None = None
) -> str:
    return "create schema crm; create domain crm.short as varchar(80); " + "; ".join(
        f"create {'materialized ' * (table == 'resource')}view crm.{table} as select "
        + ", ".join(
            f"null::{(kinds or {}).get(f'{table}.{column}') or KINDS[_kind(column)]} as {column}"
            for column in columns.replace("?", "").split()
            if f"{table}.{column}" != without
        )
        for table, columns in CONTRACT.items()
        if table not in leave_out
    )


def test_a_contract_made_of_views_is_left_alone(empty_db: str) -> None:
    with psycopg.connect(empty_db) as connection:
        connection.execute(_views())
        assert create_contract(connection) == (True, [])
        assert missing_write_back(connection) == []


def test_what_views_leave_out_is_named(empty_db: str) -> None:
    with psycopg.connect(empty_db) as connection:
        connection.execute(_views(without="consent.expires_at"))
        with pytest.raises(ContractError, match=r"consent: missing, .* hidden .*: expires_at$"):
            create_contract(connection)


def test_other_types_are_named(empty_db: str) -> None:
    kinds = {"consent.granted": "text", "consent.effective_at": "timestamp"}
    with psycopg.connect(empty_db) as connection:
        connection.execute(_views(kinds=kinds))
        with pytest.raises(ContractError) as refused:
            create_contract(connection)
    assert str(refused.value).splitlines()[1:] == [
        "consent: granted is text, must be boolean: cast it; "
        "effective_at is timestamp, must be timestamptz: cast it"
    ]


def test_views_need_no_tables_to_write_back(
    empty_db: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(empty_db) as connection:
        connection.execute(_views(leave_out=("provider_campaign", "provider_member_status")))
    monkeypatch.setenv("CRM_QUERY_PASSWORD", "μυστικό")
    login = "query_views_only"
    try:
        assert main(["create", "--dsn", empty_db, "--query-login", login]) == 0
        output = capsys.readouterr().out
        assert "not there: provider_campaign, provider_member_status" in output
        assert f"the login {login} may read the contract" in output
        with psycopg.connect(empty_db, user=login, password="μυστικό") as query:
            assert query.execute("select count(*) from crm.contact").fetchone() == (1,)
    finally:
        with psycopg.connect(empty_db) as connection:
            connection.execute(f"drop owned by {login}; drop role {login}")


@pytest.mark.parametrize(
    ("made", "kind", "name"),
    [
        ("create sequence crm.contact", "a sequence", "contact"),
        ("create type crm.consent as (ναι boolean)", "a type", "consent"),
        ("create type crm.campaign as enum ('ναι', 'όχι')", "a type", "campaign"),
        ("create domain crm.resource as text", "a domain", "resource"),
        (
            "create table crm.δικά_μας (a int); create index contact_field on crm.δικά_μας (a)",
            "an index",
            "contact_field",
        ),
    ],
)
@pytest.mark.parametrize("beside", ["", "create view crm.campaign_type as select 1 as code"])
def test_something_else_with_the_name_of_a_table_is_named(
    postgres: Server, made: str, kind: str, name: str, beside: str, capsys: pytest.CaptureFixture
) -> None:
    dsn = postgres.create_database("occupied")
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute(f"create schema crm; {made}; {beside}")
        assert main(["create", "--dsn", dsn]) == 1
        words = capsys.readouterr().err
        assert f"crm.{name} is {kind}" in words
        assert f"alter {kind.split()[1]} crm.{name} rename to" in words
        with psycopg.connect(dsn, autocommit=True) as connection, pytest.raises(NoContractError):
            require_contract(connection)
    finally:
        postgres.drop_database("occupied")
