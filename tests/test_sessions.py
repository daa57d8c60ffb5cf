"""A session means the same, whatever the server, the database, the login or the DSN sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from crm_mailchimp.sessions import open_session, prepare_session, prepared
from local_installation import postgres as embedded

#: Each with a value that Postgres accepts and that changes what a statement means or may do.
HOSTILE = {
    "datestyle": "German",
    "client_encoding": "WIN1253",
    "standard_conforming_strings": "off",
    "timezone": "Pacific/Chatham",
    "intervalstyle": "iso_8601",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "statement_timeout": "300ms",
    "lock_timeout": "1ms",
    "idle_session_timeout": "250ms",
    "idle_in_transaction_session_timeout": "250ms",
    "row_security": "on",
    "jit": "on",
    "search_path": "shadow, pg_catalog",
}
MOMENT = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)


@pytest.fixture(params=["embedded", "debian"])
def database(request: pytest.FixtureRequest) -> Iterator[tuple[embedded.Server, str]]:
    """A server and the name of an empty database there."""
    kind = "postgres" if request.param == "embedded" else "debian_postgres"
    server: embedded.Server = request.getfixturevalue(kind)
    name = f"settings_{request.param}"
    server.create_database(name)
    yield server, name
    server.drop_database(name)


def _make_hostile(server: embedded.Server, name: str) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for setting, value in HOSTILE.items():
            admin.execute(
                sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(name), sql.Identifier(setting), sql.SQL(_quoted(setting, value))
                )
            )


def _quoted(setting: str, value: str) -> str:
    return value if setting == "search_path" else f"'{value}'"


def test_a_databases_settings_change_nothing(database: tuple[embedded.Server, str]) -> None:
    server, name = database
    with psycopg.connect(server.dsn(name), autocommit=True) as plain:
        plain.execute("create schema shadow")
        plain.execute(
            "create function shadow.lower(text) returns text language sql as 'select ''σκιά'''"
        )
    _make_hostile(server, name)

    with closing(open_session(server.dsn(name))) as session:
        read = session.execute(
            "select %s::timestamptz, U&'\\0395\\03BB\\03AD\\03BD\\03B7', 'a\\b', lower('ABC'),"
            " 0.1::float8 + 0.2::float8, '\\xff'::bytea, interval '1 day 2 hours',"
            " array_to_string('{NULL,1}'::int[], ',', '-'), (null = null) is null,"
            " format('%%I', 'plain')",
            (MOMENT,),
        ).fetchone()
        session.execute("create table public.written (n int)")
        session.execute("select pg_sleep(0.6)")
        session.commit()
        isolation = session.execute("show transaction_isolation").fetchone()
        jit = session.execute("show jit").fetchone()

    assert read == (
        MOMENT,
        "Ελένη",
        "a\\b",
        "abc",
        0.1 + 0.2,
        b"\xff",
        timedelta(days=1, hours=2),
        "-,1",
        True,
        "plain",
    )
    assert isolation == ("read committed",)
    assert jit == ("off",)


def test_an_idle_session_lives_on(database: tuple[embedded.Server, str]) -> None:
    server, name = database
    _make_hostile(server, name)
    with (
        closing(open_session(server.dsn(name), autocommit=True)) as session,
        psycopg.connect(server.dsn()) as other,
    ):
        # Longer than both idle timeouts of the database.
        other.execute("select pg_sleep(0.6)")
        assert session.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "options",
    [
        {"options": "-c datestyle=SQL,DMY -c timezone=Asia/Kathmandu"},
        {"client_encoding": "ISO_8859_7"},
        {"options": "-c default_transaction_read_only=on -c statement_timeout=20"},
        {"options": "-c search_path="},
    ],
)
def test_the_options_of_a_dsn_change_nothing(
    postgres: embedded.Server, options: dict[str, str]
) -> None:
    with psycopg.connect(postgres.dsn(), **options) as connection:
        prepare_session(connection)
        row = connection.execute(
            "select %s::timestamptz::text, 'Άρτα €', pg_sleep(0.05) is null", (MOMENT,)
        ).fetchone()
        connection.execute("create temporary table written (n int)")
    assert row == ("2026-03-04 22:30:00+00", "Άρτα €", False)


#: Values of search_path as ALTER DATABASE takes them, and the schemas in use after pg_catalog.
SEARCH_PATHS = {
    "''": [],
    "'', 'Λίστα'": ["Λίστα"],
    '"$user", public': ["public"],
    '"Odd ""Name""", \'with,comma\'': ['Odd "Name"', "with,comma"],
    "'user', '1a', \"Λίστα\"": ["user", "1a", "Λίστα"],
    "'pg_catalog', 'missing', \"it's 100%\"": ["it's 100%"],
}


@pytest.mark.parametrize("path", SEARCH_PATHS)
def test_every_search_path_is_kept_behind_ours(
    database: tuple[embedded.Server, str], path: str
) -> None:
    server, name = database
    with psycopg.connect(server.dsn(name), autocommit=True) as plain:
        for schema in {"public", *SEARCH_PATHS[path]}:
            plain.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        plain.execute(
            sql.SQL("alter database {} set search_path to {}").format(
                sql.Identifier(name), sql.SQL(path)
            )
        )
    with closing(open_session(server.dsn(name))) as session:
        assert session.execute("select current_schemas(false)").fetchone() == (
            ["pg_catalog", *SEARCH_PATHS[path]],
        )


@pytest.mark.parametrize("path", ["", "Public,1A", '""', "$user,PUBLIC"])
def test_every_search_path_of_a_dsn_is_kept_behind_ours(
    postgres: embedded.Server, path: str
) -> None:
    with psycopg.connect(postgres.dsn(), options=f"-c search_path={path}") as connection:
        prepare_session(connection)
        row = connection.execute("select current_schemas(false)").fetchone()
    assert row == (["pg_catalog", "public"] if "public" in path.lower() else ["pg_catalog"],)


def test_a_rollback_does_not_bring_the_settings_back(
    database: tuple[embedded.Server, str],
) -> None:
    server, name = database
    _make_hostile(server, name)
    with closing(open_session(server.dsn(name))) as session:
        session.execute("select 1")
        session.rollback()
        assert session.execute("select now() at time zone 'UTC' = now()::timestamp").fetchone() == (
            True,
        )


def test_a_login_that_only_reads_keeps_its_limits(postgres: embedded.Server) -> None:
    options = "-c default_transaction_read_only=on -c statement_timeout=4000 -c timezone=Asia/Tokyo"
    with psycopg.connect(postgres.dsn(), options=options) as connection:
        prepare_session(connection, keep_limits=True)
        kept = [
            connection.execute(f"show {name}").fetchone()
            for name in ("default_transaction_read_only", "statement_timeout", "timezone")
        ]
    assert kept == [("on",), ("4s",), ("UTC",)]


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_new_session_is_ready_after_four_round_trips(
    postgres: embedded.Server, tmp_path: Path, autocommit: bool
) -> None:
    messages = tmp_path / "messages"

    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(postgres.dsn(), autocommit=autocommit)
        connection.pgconn.trace(written.fileno())
        return connection

    with messages.open("w") as written, closing(prepared(connect)) as session:
        session.pgconn.untrace()
        assert session.autocommit is autocommit
        assert session.info.transaction_status == TransactionStatus.IDLE
    assert messages.read_text(encoding="utf-8").count("ReadyForQuery") == 4


def test_every_connection_of_the_product_is_prepared() -> None:
    root = Path(__file__).parents[1]
    opening = [
        str(path.relative_to(root))
        for folder in ("include/crm_mailchimp", "plugins", "dags")
        for path in sorted((root / folder).rglob("*.py"))
        if "psycopg.connect(" in (text := path.read_text(encoding="utf-8"))
        or ("PostgresHook(" in text and "prepared(" not in text)
    ]
    assert opening == ["include/crm_mailchimp/sessions.py"]


def test_a_policy_hides_no_row(database: tuple[embedded.Server, str]) -> None:
    """A hidden row may be a withdrawal, so Postgres refuses to read the table."""
    server, name = database
    with psycopg.connect(server.dsn(name), autocommit=True) as owner:
        owner.execute("create table consents (granted bool)")
        owner.execute("alter table consents enable row level security")
        owner.execute("create policy only_yes on consents for select to public using (granted)")
        owner.execute("create role policy_reader login password 'κρυφό'")
        owner.execute(f'grant connect on database "{name}" to policy_reader')
        owner.execute("grant select on consents to policy_reader")
    dsn = make_conninfo(server.dsn(name), user="policy_reader", password="κρυφό")
    try:
        with (
            closing(open_session(dsn)) as session,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        ):
            session.execute("select * from consents")
    finally:
        with psycopg.connect(server.dsn(name), autocommit=True) as owner:
            owner.execute("drop owned by policy_reader")
            owner.execute("drop role policy_reader")
