"""Row-level security of the CRM hides no withdrawal: Postgres refuses, and the words say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from crm_mailchimp.campaigns.consent_now import judge_members
from crm_mailchimp.crm import dynamic_query, extract
from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.consents import judge
from crm_mailchimp.crm.hidden_rows import HiddenRowsError
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.database_errors import SettledDatabaseError, without_data
from crm_mailchimp.named_connection import connect_named
from crm_mailchimp.sessions import prepared
from crm_mailchimp.sync.staging.stage import stage
from local_installation import postgres as embedded
from sync_world import PROVIDER_ROWS

PEOPLE = """
insert into crm.contact (contact_id, email, is_active, updated_at)
values (1, 'ζωή@galaxy.gr', true, now());
insert into crm.consent
(consent_id, contact_id, channel, gdpr_category, granted, effective_at, recorded_at) values
(1, 1, 'email', 'newsletter', true, '2024-01-01', now()),
(2, 1, 'email', 'newsletter', false, '2025-01-01', now());
"""
POLICY = """
alter table {table} enable row level security;
create policy μόνο_ναι on {table} for select to public using (granted);
"""
PASSWORD = "μυστικό"
ROLES = ("rls_pipeline", "rls_owner")


@pytest.fixture(params=["postgres", "debian_postgres"])
def crm(request: pytest.FixtureRequest) -> Iterator[str]:
    """DSN of the owner of a CRM with a withdrawal, and the logins of ROLES that read it."""
    server: embedded.Server = request.getfixturevalue(request.param)
    dsn = server.create_database("row_security")
    with psycopg.connect(dsn, autocommit=True) as admin:
        create_contract(admin)
        admin.execute(PEOPLE)
        for role in ROLES:
            admin.execute(f"create role {role} login password '{PASSWORD}'")
            admin.execute(f"grant connect on database row_security to {role}")
            admin.execute(f"grant usage on schema crm to {role}")
            admin.execute(f"grant select on all tables in schema crm to {role}")
    yield dsn
    with psycopg.connect(dsn, autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"drop owned by {role} cascade")
    server.drop_database("row_security")
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for role in ROLES:
            admin.execute(f"drop role {role}")


def as_admin(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        for words in statements:
            admin.execute(sql.SQL(words))


def pipeline(dsn: str) -> psycopg.Connection:
    parameters = conninfo_to_dict(make_conninfo(dsn, user="rls_pipeline", password=PASSWORD))
    return prepared(lambda: connect_named("crm_db", dict(parameters)))


def move_consents(kind: str, *, owner: str = "rls_owner") -> tuple[str, ...]:
    """Statements that put a view or materialized view in the place of the table of consents."""
    return (
        "create schema βάση",
        "alter table crm.consent set schema βάση",
        f"grant usage on schema βάση to {', '.join(ROLES)}",
        f"grant select on βάση.consent to {', '.join(ROLES)}",
        POLICY.format(table="βάση.consent"),
        f"create {kind} as select * from βάση.consent",
        f"grant create, usage on schema crm to {owner}",
        f"alter {kind.partition(' with ')[0]} owner to {owner}",
        "grant select on crm.consent to rls_pipeline",
    )


def refused(dsn: str, work: Callable[[psycopg.Connection], object]) -> str:
    with (
        closing(pipeline(dsn)) as connection,
        pytest.raises(SettledDatabaseError) as caught,
        without_data(),
    ):
        work(connection)
    return str(caught.value)


def test_a_policy_stops_the_reading_instead_of_hiding_a_withdrawal(crm: str) -> None:
    with closing(pipeline(crm)) as connection:
        assert not judge(connection, [1])[(1, "newsletter")].in_force
    as_admin(crm, POLICY.format(table="crm.consent"))
    words = refused(crm, lambda connection: judge(connection, [1]))
    for part in ("connection crm_db", '"consent"', "BYPASSRLS", "view", "withdrawal"):
        assert part in words
    assert "It may heal" not in words
    as_admin(crm, "alter role rls_pipeline bypassrls")
    with closing(pipeline(crm)) as connection:
        assert not judge(connection, [1])[(1, "newsletter")].in_force


@pytest.mark.parametrize("behind_a_view", [False, True])
@pytest.mark.parametrize("table", ["consent", "contact", "collection_member"])
def test_a_run_over_a_policy_names_the_relation_of_the_crm(
    crm: str, warehouse_db: str, table: str, behind_a_view: bool
) -> None:
    """Also where the rows go straight into the staging by COPY."""
    hidden = f"crm.{table}"
    if behind_a_view:
        hidden = f'"βάση".{table}'
        as_admin(
            crm,
            "create schema βάση",
            f"grant usage on schema βάση to {', '.join(ROLES)}",
            f"alter table crm.{table} set schema βάση",
            f"create view crm.{table} with (security_invoker = on) as select * from βάση.{table}",
            f"grant select on crm.{table}, βάση.{table} to rls_pipeline",
        )
    as_admin(
        crm,
        PROVIDER_ROWS,
        "insert into crm.contact_collection (collection_id, code, description, owner_id, is_shared,"
        " is_static, external_provider, campaign_type, use_provider_defaults, sync_merge_fields,"
        " is_active, updated_at) values"
        " (1, 'ΝΕΑ', 'Νέα', 1, false, true, 'mailchimp', 'NEWS', true, false, true, now())",
        "insert into crm.collection_member values (1, 1, now())",
        f"alter table {hidden} enable row level security",
        f"create policy μόνο on {hidden} for select to public using (contact_id > 7)",
    )
    with psycopg.connect(warehouse_db) as warehouse:
        words = refused(crm, lambda connection: stage(warehouse, connection, None, run_id="r"))
    host = conninfo_to_dict(crm)["host"]
    for part in (f"connection crm_db (host {host}", f"crm.{table}: {hidden} ", "BYPASSRLS"):
        assert part in words
    assert "COPY" not in words
    assert "staging" not in words


def test_a_run_over_a_policy_behind_a_function_names_the_function(
    crm: str, warehouse_db: str
) -> None:
    """Postgres refuses there too, unless the function sets row_security itself."""
    as_admin(crm, *replace_consents(MOVE_OWNER, function("security definer"), VIEW_OF_FUNCTION))
    with psycopg.connect(warehouse_db) as warehouse:
        words = refused(crm, lambda connection: stage(warehouse, connection, None, run_id="r"))
    for part in ("connection crm_db", 'crm.consent reads the function "βάση"."όλα"()', "BYPASSRLS"):
        assert part in words


@pytest.mark.parametrize("options", ["", " with (security_invoker = on)"])
def test_a_view_over_a_policy_stops_the_reading_too(crm: str, options: str) -> None:
    as_admin(crm, *move_consents(f"view crm.consent{options}"))
    words = refused(crm, lambda connection: judge(connection, [1]))
    assert '"consent"' in words
    assert "BYPASSRLS" in words


def test_a_materialized_view_that_a_policy_filtered_is_refused(crm: str, warehouse_db: str) -> None:
    as_admin(crm, *move_consents("materialized view crm.consent"))

    def reading() -> None:
        with closing(pipeline(crm)) as connection, extract.snapshot(connection):
            pass

    def judging() -> None:
        with closing(pipeline(crm)) as connection, psycopg.connect(warehouse_db) as warehouse:
            judge_members(
                warehouse,
                connection,
                list_id="a1",
                collection_id=1,
                gdpr_category="newsletter",
            )

    with pytest.raises(HiddenRowsError):
        judging()
    with pytest.raises(HiddenRowsError) as caught:
        reading()
    for part in ("crm.consent", '"βάση".consent', "rls_owner", "BYPASSRLS"):
        assert part in str(caught.value)
    as_admin(crm, "alter role rls_owner bypassrls")
    reading()
    judging()


@pytest.mark.parametrize(
    "kind",
    ["view crm.consent", "materialized view crm.consent"],
)
def test_crm_create_refuses_views_whose_owner_does_not_see_everything(
    crm: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    as_admin(crm, *move_consents(kind))
    assert main(["create", "--dsn", crm]) == 1
    words = capsys.readouterr().err
    for part in ("crm.consent", '"βάση".consent', "rls_owner", "BYPASSRLS"):
        assert part in words
    as_admin(crm, "alter role rls_owner bypassrls")
    assert main(["create", "--dsn", crm]) == 0
    assert "row-level security" not in capsys.readouterr().out


def replace_consents(*words: str) -> tuple[str, ...]:
    """Statements that put a view over what ``words`` make in the place of the table of consents."""
    return (
        *move_consents("view crm.consent"),
        "drop view crm.consent",
        *words,
        "create or replace view crm.consent as select * from βάση.πηγή",
        "grant select on βάση.πηγή, crm.consent to rls_pipeline",
    )


def function(options: str, body: str = "$$ select * from βάση.consent $$") -> str:
    return (
        f"create function βάση.όλα() returns setof βάση.consent language sql {options} as {body};"
        "alter function βάση.όλα() owner to rls_owner"
    )


VIEW_OF_FUNCTION = "create view βάση.πηγή as select * from βάση.όλα()"
MOVE_OWNER = "grant create on schema βάση to rls_owner"
# Each hides the withdrawal, and Postgres gives no error.
UNSEEN = {
    "function that sets row_security": (
        'function "βάση"."όλα"()',
        "rls_owner",
        (MOVE_OWNER, function("security definer set row_security = on"), VIEW_OF_FUNCTION),
    ),
    "function with its own condition": (
        'function "βάση"."όλα"()',
        "the calling login",
        (
            "alter table βάση.consent disable row level security",
            function("stable", "$$ select * from βάση.consent where granted $$"),
            VIEW_OF_FUNCTION,
        ),
    ),
    "one value at a time": (
        'function "βάση"."ναι"(bigint)',
        "rls_owner",
        (
            MOVE_OWNER,
            "create function βάση.ναι(bigint) returns boolean language plpgsql "
            "security definer set row_security = on as "
            "$$ begin return exists (select from βάση.consent where consent_id = $1); end $$",
            "alter function βάση.ναι(bigint) owner to rls_owner",
            "create table βάση.αντίγραφο as table βάση.consent",
            "create view βάση.πηγή as select * from βάση.αντίγραφο where βάση.ναι(consent_id)",
        ),
    ),
    "operator": (
        'function "βάση"."όποιο"(bigint, bigint)',
        "rls_owner",
        (
            MOVE_OWNER,
            "create function βάση.όποιο(bigint, bigint) returns boolean language plpgsql "
            "security definer as $$ begin perform set_config('row_security', 'on', true); "
            "return exists (select from βάση.consent where consent_id = $1); end $$",
            "alter function βάση.όποιο(bigint, bigint) owner to rls_owner",
            "create operator βάση.=== (function = βάση.όποιο, leftarg = bigint, rightarg = bigint)",
            "create table βάση.αντίγραφο as table βάση.consent",
            "create view βάση.πηγή as "
            "select * from βάση.αντίγραφο where consent_id operator(βάση.===) consent_id",
        ),
    ),
    "materialized view with another owner since": (
        'materialized view "βάση"."πηγή"',
        "rls_owner",
        (
            MOVE_OWNER,
            "set role rls_owner",
            "create materialized view βάση.πηγή as select * from βάση.consent",
            "reset role",
            "alter role rls_owner bypassrls",
        ),
    ),
    "foreign table": (
        'foreign table "βάση"."πηγή" of the server άλλος',
        "the user mapping of postgres",
        (
            "create extension postgres_fdw",
            "create server άλλος foreign data wrapper postgres_fdw options ({place})",
            "create user mapping for public server άλλος options "
            f"(user 'rls_owner', password '{PASSWORD}')",
            "import foreign schema βάση limit to (consent) from server άλλος into public",
            "alter foreign table public.consent rename to πηγή",
            "alter foreign table public.πηγή set schema βάση",
        ),
    ),
    "partition on another server": (
        'foreign table "βάση"."μακρινό" of the server άλλος',
        "the user mapping of postgres",
        (
            "create extension postgres_fdw",
            "create server άλλος foreign data wrapper postgres_fdw options ({place})",
            "create user mapping for public server άλλος options "
            f"(user 'rls_owner', password '{PASSWORD}')",
            "create table βάση.πηγή (like βάση.consent) partition by list (channel)",
            "create foreign table βάση.μακρινό partition of βάση.πηγή default server άλλος "
            "options (schema_name 'βάση', table_name 'consent')",
        ),
    ),
}


# The embedded server has no postgres_fdw.
ON_SERVERS = [
    *(("postgres", case) for case in UNSEEN if "foreign table" not in UNSEEN[case][0]),
    *(("debian_postgres", case) for case in UNSEEN),
]


@pytest.mark.parametrize(("crm", "case"), ON_SERVERS, indirect=["crm"])
def test_what_hides_rows_without_an_error_is_named(
    crm: str, case: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    source, role, words = UNSEEN[case]
    at = conninfo_to_dict(crm)
    place = f"host '{at['host']}', port '{at['port']}', dbname 'row_security'"
    as_admin(crm, *(one.replace("{place}", place) for one in replace_consents(*words)))
    with closing(pipeline(crm)) as connection:
        judged = judge(connection, [1])
    assert all(one.in_force for one in judged.values()), "the withdrawal is hidden"
    assert main(["create", "--dsn", crm]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "warning: " in line]
    assert f"crm.consent reads the {source}" in line
    for part in ("withdrawal", "all rows", role):
        assert part in line
    with (
        caplog.at_level("WARNING"),
        closing(pipeline(crm)) as connection,
        extract.snapshot(connection),
    ):
        pass
    assert line.removeprefix("  warning: ") in caplog.text


@pytest.mark.parametrize(
    ("words", "is_named"),
    [
        ("select trim(both ' ' from x)", True),
        ("select lower(x)", False),
        ("select βάση.άλλη(x)", True),
        ("select case when x = '' then null else x end", False),
    ],
)
def test_a_function_that_reads_no_table_is_not_named(
    crm: str, words: str, is_named: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    as_admin(
        crm,
        "create schema βάση",
        "create function βάση.άλλη(x text) returns text language sql as $$ select x $$",
        f"create function βάση.όνομα(x text) returns text language sql as $$ {words} $$",
        "alter table crm.consent set schema βάση",
        "create view crm.consent as select consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, expires_at, βάση.όνομα(source) as source, recorded_at from βάση.consent",
    )
    assert main(["create", "--dsn", crm]) == 0
    assert ("warning: " in capsys.readouterr().out) == is_named


def test_a_function_with_a_parsed_body_is_followed(
    crm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    as_admin(
        crm,
        *move_consents("view crm.consent"),
        "drop view crm.consent",
        "create function βάση.όλα() returns setof βάση.consent security definer "
        "set row_security = on begin atomic select * from βάση.consent; end",
        MOVE_OWNER,
        "alter function βάση.όλα() owner to rls_owner",
        "create view crm.consent as select * from βάση.όλα()",
        "grant select on crm.consent to rls_pipeline",
    )
    assert main(["create", "--dsn", crm]) == 1
    words = capsys.readouterr().err
    for part in ("crm.consent", '"βάση".consent', "rls_owner", "BYPASSRLS"):
        assert part in words
    with (
        closing(pipeline(crm)) as connection,
        pytest.raises(HiddenRowsError, match="rls_owner"),
        extract.snapshot(connection),
    ):
        pass
    as_admin(crm, "alter role rls_owner bypassrls")
    assert main(["create", "--dsn", crm]) == 0
    assert "function" in capsys.readouterr().out


@pytest.mark.parametrize("moved", [False, True])
def test_crm_create_names_tables_whose_policies_depend_on_the_login(
    crm: str, moved: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    as_admin(
        crm,
        *(
            move_consents("view crm.consent with (security_invoker = true)")
            if moved
            else [POLICY.format(table="crm.consent")]
        ),
    )
    assert main(["create", "--dsn", crm]) == 0
    words = capsys.readouterr().out
    guarded = '"βάση".consent' if moved else "crm.consent"
    assert f"crm.consent: {guarded} has row-level security" in words
    assert "BYPASSRLS" in words


def test_a_dynamic_query_over_a_policy_fails_alone(crm: str) -> None:
    as_admin(crm, POLICY.format(table="crm.consent"))
    query = dynamic_query.check_query("select contact_id from crm.consent")
    other = dynamic_query.check_query("select contact_id from crm.contact")
    with psycopg.connect(make_conninfo(crm, user="rls_pipeline", password=PASSWORD)) as login:
        login.rollback()
        with pytest.raises(dynamic_query.QueryFailedError) as caught:
            list(dynamic_query.run_query(login, query, snapshot=None))
        for part in ("row-level security", "crm_query_db", '"consent"', "view"):
            assert part in str(caught.value)
        assert list(dynamic_query.run_query(login, other, snapshot=None)) == [1]
