"""Copies of template databases, made and dropped over one session for each server.

A test takes two copies. A session for each of the four statements costs as much as the copies.
"""

from __future__ import annotations

import uuid

import psycopg
from psycopg import sql

from local_installation.postgres import Server

#: By the server's process id.
_SESSIONS: dict[int, psycopg.Connection[tuple[object, ...]]] = {}


def copy_database(server: Server, template: str, prefix: str) -> str:
    """Make a copy of a template; returns its name, which nobody had before.

    Args:
        server: a server of version 15 or later.
        template: a database without sessions.
        prefix: of the copy's name.
    """
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    # By files, as in Server.create_database.
    _execute(
        server,
        sql.SQL("create database {} template {} strategy file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        ),
        sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)),
    )
    return name


def drop_copy(server: Server, name: str) -> None:
    """Drop a copy, ending whatever is still connected to it."""
    _execute(
        server, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    )


def _execute(server: Server, *statements: sql.Composed) -> None:
    """Over the kept session; a test may have ended it, or restarted the server."""
    session = _SESSIONS.get(server.pid)
    if session is None or session.closed or not _answers(session):
        session = _SESSIONS[server.pid] = psycopg.connect(server.dsn(), autocommit=True)
    for statement in statements:
        session.execute(statement)


def _answers(session: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        session.execute("")
    except psycopg.OperationalError:
        session.close()
        return False
    return True
