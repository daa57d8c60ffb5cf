"""A session that is given out again means the same as a new one."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg
import pytest

from crm_mailchimp.sessions import open_session
from reused_sessions import ReusedSessions

_ALL_SETTINGS = "select name, setting from pg_settings where name <> 'application_name'"


@pytest.fixture(params=["postgres", "debian_postgres"])
def dsn(request: pytest.FixtureRequest) -> str:
    server: Any = request.getfixturevalue(request.param)
    return str(server.dsn())


def _settings(session: psycopg.Connection[Any]) -> list[Any]:
    return session.execute(_ALL_SETTINGS).fetchall()


def test_a_reused_session_has_the_settings_of_a_new_one(dsn: str) -> None:
    with closing(open_session(dsn)) as new:
        expected = _settings(new)
    sessions = ReusedSessions()
    with sessions.take(dsn) as first:
        process = first.info.backend_pid
        assert _settings(first) == expected
        first.execute("set timezone to 'Asia/Tokyo'; set jit to on; set search_path to public")
        first.execute("create temporary table kept (n int)")
    with sessions.take(dsn) as second:
        assert second.info.backend_pid == process, "it is the same session"
        assert _settings(second) == expected
        assert second.execute("select to_regclass('pg_temp.kept') is null").fetchone() == (True,)
    sessions.close()


def test_a_session_that_the_server_ended_is_not_given_out_again(dsn: str) -> None:
    sessions = ReusedSessions()
    with sessions.take(dsn) as first:
        process = first.info.backend_pid
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", (process,))
    with sessions.take(dsn) as second:
        assert second.info.backend_pid != process
    sessions.close()
