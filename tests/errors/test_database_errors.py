"""Errors of Postgres name the connection, quote no row and no password, and say what can heal."""

from __future__ import annotations

import socket
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from crm_mailchimp.database_errors import DatabaseError, SettledDatabaseError, without_data
from crm_mailchimp.named_connection import connect_named

SECRET = "κρυφό-geheim"


def opening(dsn: str, **changed: Any) -> str:
    """What the error of opening a connection says; it is one that no retry heals."""
    parameters = {**conninfo_to_dict(dsn), "connect_timeout": 5, **changed}
    with pytest.raises(DatabaseError) as caught, without_data():
        connect_named("crm_db", parameters).close()
    words = str(caught.value)
    assert "connection crm_db" in words
    assert SECRET not in words
    assert caught.value.__cause__ is None
    settled = isinstance(caught.value, SettledDatabaseError)
    return f"{'settled' if settled else 'heals'}: {words}"


def test_a_wrong_login_fails_at_once(crm_db: str) -> None:
    with psycopg.connect(crm_db, autocommit=True) as crm:
        crm.execute("drop role if exists no_entry")
        crm.execute(f"create role no_entry nologin password '{SECRET}'")
    try:
        words = opening(crm_db, user="no_entry", password=SECRET)
    finally:
        with psycopg.connect(crm_db, autocommit=True) as crm:
            crm.execute("drop role no_entry")
    assert words.startswith("settled:")
    assert "correct the login" in words
    words = opening(crm_db, user="κανένας", password=SECRET)
    assert words.startswith("settled:")
    assert "correct the login" in words


#: What Postgres 12 to 18 says, in front of a login that it does not let in.
REFUSALS = (
    'FATAL:  password authentication failed for user "pipeline"',
    'FATAL:  Peer authentication failed for user "pipeline"',
    "fe_sendauth: no password supplied",
    'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "pipeline", no encryption',
    'FATAL:  role "pipeline" is not permitted to log in',
    'FATAL:  permission denied for database "crm"',
    "server does not support SSL, but SSL was required",
    "SSL error: certificate verify failed",
    'root certificate file "/x/root.crt" does not exist',
    'server certificate for "db" does not match host name "crm"',
)
#: What may be over in a minute.
PASSING = (
    "Connection refused",
    "FATAL:  the database system is starting up",
    "FATAL:  sorry, too many clients already",
    "FATAL:  the database system is shutting down",
    "SSL connection has been closed unexpectedly",
    "timeout expired",
    "server closed the connection unexpectedly",
)


@pytest.mark.parametrize("words", [*REFUSALS, *PASSING])
def test_the_words_of_a_server_decide_what_can_heal(words: str) -> None:
    place = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: '
    with pytest.raises(DatabaseError) as caught, without_data():
        raise psycopg.OperationalError(f"{place}{words}")
    assert isinstance(caught.value, SettledDatabaseError) == (words in REFUSALS)
    assert "10.0.0.1" in str(caught.value)


def test_a_wrong_database_host_or_option_fails_at_once(
    crm_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opening(crm_db, dbname="χωρίς").startswith("settled:")
    assert opening(crm_db, nonsense="1").startswith("settled:")
    assert "10.255.255" not in opening(crm_db, port="geheim")
    code = socket.EAI_NONAME

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(code, "as the resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    words = opening(crm_db, host="crm.galaxy.invalid")
    assert words.startswith("settled:")
    assert "crm.galaxy.invalid" in words
    assert "correct the host" in words
    code = socket.EAI_AGAIN
    assert opening(crm_db, host="crm.galaxy.invalid").startswith("heals:")


def test_a_server_out_of_reach_may_heal() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        words = opening("host=127.0.0.1 dbname=crm", port=port, password=SECRET)
    assert words.startswith("heals:")
    assert "127.0.0.1" in words
    assert str(port) in words


def test_an_error_of_a_statement_names_its_connection(crm_db: str) -> None:
    crm = connect_named("crm_db", dict(conninfo_to_dict(crm_db)))
    with pytest.raises(SettledDatabaseError) as caught, without_data():
        crm.execute("select colour from crm.contact")
    words = str(caught.value)
    assert f"connection crm_db (host {crm.info.host}, database {crm.info.dbname})" in words
    assert "UndefinedColumn (42703)" in words
    crm.rollback()
    crm.execute("create temporary table one (id int primary key deferrable initially deferred)")
    crm.execute("insert into one values (1), (1)")
    with pytest.raises(DatabaseError, match="connection crm_db") as at_commit, without_data():
        crm.commit()
    assert "(1)" not in str(at_commit.value).replace("(1, ", "")
    crm.execute("select pg_backend_pid()")
    with psycopg.connect(crm_db) as other:
        other.execute("select pg_terminate_backend(%s)", (crm.info.backend_pid,))
    with pytest.raises(DatabaseError, match="connection crm_db") as lost, without_data():
        crm.execute("select 1")
    assert not isinstance(lost.value, SettledDatabaseError)
    assert "It may heal" in str(lost.value)


#: Statements whose error no retry heals, with the SQLSTATE.
LASTING = {
    "select array_remove('{{Αθήνα},{Πάτρα}}'::text[], null)": "0A000",
    "select (select 1 union all select 2)": "21000",
    "select 'Αθήνα'::int": "22P02",
    "select 1 / 0": "22012",
    "select to_date('Αθήνα', 'YYYY')": "22007",
    "select Αθήνα": "42703",
    "select crm.Αθήνα(1)": "42883",
    "select array_position(1, 'Α')": "42883",
    'set search_path to ""': "42601",
    "select repeat('Α', 1000000000)": "54000",
}


@pytest.mark.parametrize("words", LASTING)
def test_an_error_that_stays_is_not_said_to_heal(crm_db: str, words: str) -> None:
    with psycopg.connect(crm_db) as crm, pytest.raises(DatabaseError) as caught, without_data():
        crm.execute(sql.SQL(words))
    assert LASTING[words] in str(caught.value)
    assert isinstance(caught.value, SettledDatabaseError)
    assert "It may heal" not in str(caught.value)


def test_an_error_that_passes_is_tried_again(crm_db: str) -> None:
    with psycopg.connect(crm_db) as crm, pytest.raises(DatabaseError) as caught, without_data():
        crm.execute("set statement_timeout to 1")
        crm.execute("select pg_sleep(5)")
    assert not isinstance(caught.value, SettledDatabaseError)
    assert "It may heal" in str(caught.value)
