"""`crm create --query-login` by logins that are no superuser: few words, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from local_installation.postgres import Server

NAME = "login_words"


@pytest.fixture
def owner(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A DSN of the owner of a database, with the attributes that the test wants."""
    attributes = request.param
    dsn = postgres.create_database(NAME)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"create role words_owner login {attributes} password 'κ'")
        admin.execute(f"alter database {NAME} owner to words_owner")
    monkeypatch.setenv("CRM_QUERY_PASSWORD", "μυστικό")
    yield postgres.dsn(NAME, user="words_owner", password="κ")
    postgres.drop_database(NAME)
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute("drop role if exists words_query; drop role words_owner")


@pytest.mark.parametrize("owner", ["createrole"], indirect=True)
def test_functions_that_stay_open_are_counted_in_one_line(
    owner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["create", "--dsn", owner, "--query-login", "words_query"]
    assert main(create) == 0
    output = capsys.readouterr().out
    (line,) = (line for line in output.splitlines() if " functions " in line)
    assert int(line.split()[0]) > 20
    assert "run as a superuser: CRM_QUERY_PASSWORD=… python -m crm_mailchimp.crm create" in line
    assert "--query-login words_query" in line
    assert "--list-open names them" in line
    assert "lo_creat" not in output
    assert main([*create, "--list-open"]) == 0
    assert "function lo_creat(integer)" in capsys.readouterr().out


@pytest.mark.parametrize("owner", [""], indirect=True)
def test_an_owner_without_createrole_hears_what_is_needed_and_what_was_done(
    owner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["create", "--dsn", owner, "--query-login", "words_query"]) == 1
    captured = capsys.readouterr()
    assert "the contract's tables are there" in captured.out
    assert "needs CREATEROLE" in captured.err
    assert "or a superuser" in captured.err
    assert "The contract's tables or views are done" in captured.err
