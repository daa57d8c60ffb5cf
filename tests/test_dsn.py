"""A mistyped DSN holds a password: no command and no error may print any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest

import crm_mailchimp.crm.__main__ as crm
import crm_mailchimp.quality.__main__ as quality
import crm_mailchimp.sync.__main__ as sync
import crm_mailchimp.warehouse.__main__ as warehouse
import dashboards.__main__ as dashboards
from crm_mailchimp.crm.schema import contract_columns
from crm_mailchimp.database_errors import describe
from crm_mailchimp.database_kind import CONTRACT_TABLES
from crm_mailchimp.dsn import readable_dsn
from local_installation.postgres import Server

SECRET = "secretpw"
COMMANDS: dict[str, tuple[Callable[[Sequence[str] | None], int], list[str]]] = {
    "crm create": (crm.main, ["create"]),
    "crm sample": (crm.main, ["sample", "--contacts", "5"]),
    "crm try-query": (crm.main, ["try-query", "--collection", "NEWS"]),
    "warehouse migrate": (warehouse.main, ["migrate"]),
    "warehouse grant-bi": (warehouse.main, ["grant-bi", "--login", "bi"]),
    "warehouse dictionary": (warehouse.main, ["dictionary"]),
    "warehouse hand-over": (warehouse.main, ["hand-over", "--to", "a"]),
    "warehouse backup": (warehouse.main, ["backup", "--output", "nowhere/backup"]),
    "warehouse restore": (warehouse.main, ["restore", "--input", "no_backup", "--former-lost"]),
    "quality export": (quality.main, ["export"]),
    "dashboards": (dashboards.main, ["--url", "http://127.0.0.1:9", "--user", "admin"]),
    "sync explain": (sync.main, ["explain", "--contact", "1"]),
    "sync access": (sync.main, ["access", "--contact", "1"]),
    "sync plan": (sync.main, ["plan", "--run", "r"]),
    "sync defaults": (sync.main, ["defaults"]),
    "sync retire": (sync.main, ["retire", "--collection", "NEWS"]),
    "sync same-collection": (sync.main, ["same-collection", "--collection", "NEWS"]),
    "sync new-collection": (sync.main, ["new-collection", "--collection", "NEWS"]),
    "sync take-over": (sync.main, ["take-over", "--collection", "NEWS"]),
    "sync rename-account": (sync.main, ["rename-account", "--from", "a", "--to", "b"]),
    "sync close-account": (sync.main, ["close-account", "--account", "a"]),
}
MISTYPED = {
    "another scheme": f"mailchimp://foo:{SECRET}",
    "no slashes": f"postgresql:u:{SECRET}@h/x",
    "slash in the password": f"postgresql://u:{SECRET}/word@127.0.0.1/x",
    "at sign in the password": f"postgresql://u:word@{SECRET}@127.0.0.1/x",
    "digits before a slash": f"postgresql://u:12/{SECRET}@127.0.0.1/x",
    "percent sign in the password": f"postgresql://u:{SECRET}%zz@127.0.0.1/x",
    "blank in the password": f"host=127.0.0.1 password=my {SECRET}",
    "an option that is none": f"postgresql://u@127.0.0.1/x?{SECRET}=1",
    "a port that is no number": f"host=127.0.0.1 port={SECRET}",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("mistake", MISTYPED)
def test_no_command_prints_a_mistyped_dsn(
    command: str, mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main, words = COMMANDS[command]
    assert main([*words, "--dsn", MISTYPED[mistake]]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert SECRET not in output.err
    assert "word@" not in output.err
    assert output.err.startswith(
        "error: the value of --dsn is no DSN: write postgresql://user:…@host/database"
    )
    assert output.err.count("\n") == 1


def test_every_command_with_a_dsn_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    offered = set()
    for main, name in (
        (crm.main, "crm"), (warehouse.main, "warehouse"), (quality.main, "quality"),
        (sync.main, "sync"),
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["--help"])
        words = capsys.readouterr().out.partition("{")[2].partition("}")[0].split(",")
        offered |= {f"{name} {word}" for word in words}
    # Loading dashboards is a command without subcommands.
    assert offered | {"dashboards"} == set(COMMANDS)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:p%2Fw%40x@127.0.0.1:5432/x",
        "postgres://u@h1:5432,h2:5433/x?sslmode=disable",
        "host=127.0.0.1 port=5432 user=u password='my @word/' dbname=a@b",
        "postgresql:///x?host=/run/postgresql",
        "",
    ],
)
def test_a_dsn_in_any_form_goes_through(dsn: str) -> None:
    assert readable_dsn(dsn) == dsn


@pytest.mark.parametrize("mistake", [
    "another scheme", "no slashes", "percent sign in the password", "blank in the password",
    "an option that is none", "a port that is no number",
])  # fmt: skip
def test_the_words_of_an_error_quote_no_connection(mistake: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        psycopg.connect(MISTYPED[mistake], connect_timeout=1)
    assert SECRET in str(caught.value)
    assert SECRET not in describe(caught.value)
    assert "the connection cannot be read" in describe(caught.value)


#: They make a warehouse where there is none.
MAKING = ("warehouse migrate", "warehouse restore")
WAREHOUSE_COMMANDS = [one for one in COMMANDS if not one.startswith("crm ") and one not in MAKING]


@pytest.fixture
def empty_db(postgres: Server) -> Iterator[str]:
    yield postgres.create_database("nothing_yet")
    postgres.drop_database("nothing_yet")


@pytest.mark.parametrize("command", WAREHOUSE_COMMANDS)
def test_another_database_is_no_warehouse(
    empty_db: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main, words = COMMANDS[command]
    assert main([*words, "--dsn", empty_db]) == 1
    words = capsys.readouterr().err
    assert words.count("\n") == 1
    assert "database that is no warehouse" in words
    assert f"database {empty_db.rpartition('/')[2]}" in words
    assert "python -m crm_mailchimp.warehouse migrate" in words


@pytest.mark.parametrize("command", [*WAREHOUSE_COMMANDS, *MAKING])
@pytest.mark.parametrize("form", ["tables", "one view"])
def test_the_database_of_the_crm_is_no_warehouse(
    crm_db: str, form: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if form == "one view":
        with psycopg.connect(crm_db) as connection:
            connection.execute("drop schema crm cascade; create schema crm")
            connection.execute("create view crm.contact as select 1 as contact_id, 'Ζωή' as name")
    before = schemas(crm_db)
    main, words = COMMANDS[command]
    assert main([*words, "--dsn", crm_db]) == 1
    error = capsys.readouterr().err
    assert "this database is the CRM's (schema crm " in error
    assert "--beside-crm" in error
    assert "older than this code" not in error
    assert error.count("\n") == 1
    assert schemas(crm_db) == before


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("crm ")])
def test_the_warehouse_is_no_crm(
    warehouse_db: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = schemas(warehouse_db)
    main, words = COMMANDS[command]
    assert main([*words, "--dsn", warehouse_db]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: this database is the warehouse (")
    assert ("--beside-warehouse" in error) == (command == "crm create")
    assert error.count("\n") == 1
    assert schemas(warehouse_db) == before


def test_both_live_in_one_database_where_a_switch_says_so(
    crm_db: str, warehouse_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warehouse.main(["migrate", "--dsn", crm_db, "--beside-crm"]) == 0
    assert crm.main(["create", "--dsn", warehouse_db, "--beside-warehouse"]) == 0
    for both in (crm_db, warehouse_db):
        # Later there is no doubt: both are in it already.
        assert warehouse.main(["migrate", "--dsn", both]) == 0
        assert crm.main(["create", "--dsn", both]) == 0
        assert sync.main(["explain", "--contact", "1", "--dsn", both]) == 0
    assert capsys.readouterr().err == ""


def test_the_crm_is_known_by_every_table_of_its_contract() -> None:
    assert set(CONTRACT_TABLES) == set(contract_columns())


def schemas(dsn: str) -> list[tuple[str]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select nspname from pg_namespace order by nspname").fetchall()


def test_a_warehouse_that_has_lost_a_table_is_named(
    warehouse_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(warehouse_db) as connection:
        connection.execute("drop table sync.refusal cascade")
    assert sync.main(["explain", "--contact", "1", "--dsn", warehouse_db]) == 1
    words = capsys.readouterr().err
    assert "not everything that they made" in words
    # The view went with its table; the first one that the command misses is named.
    assert 'relation "sync.membership_explanation" does not exist' in words
    assert "Restore the warehouse from a backup" in words


def test_crm_create_quotes_no_value_of_a_view(
    crm_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CRM's view may fail on the values of a person."""
    with psycopg.connect(crm_db) as connection:
        connection.execute("create schema enterprise")
        connection.execute("alter table crm.contact set schema enterprise")
        connection.execute(
            "create view crm.contact as select contact_id, email, first_name, last_name, language,"
            " company, phone, mobile, address1, address2, city, zip, country, birth_date,"
            " is_active,"
            " merged_into_id, (first_name || email)::timestamptz as erasure_requested_at,"
            " updated_at from enterprise.contact"
        )
        connection.execute(
            "insert into enterprise.contact (contact_id, email, first_name, is_active, updated_at)"
            " values (1, 'eleni@mail.gr', 'Ελένη', true, '2020-01-01')"
        )
    assert crm.main(["create", "--dsn", crm_db]) == 1
    words = capsys.readouterr().err
    assert "eleni@mail.gr" not in words
    assert "Ελένη" not in words
    assert "InvalidDatetimeFormat (22007)" in words
