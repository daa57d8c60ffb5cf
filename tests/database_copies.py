"""Copies of template databases, made and dropped over one session for each server.

A test takes two copies. A session for each of the four statements costs as much as the copies.
"""

from __future__ import annotations

import uuid

import psycopg

from local_installation.postgres import Server, Session

#: By the server's process id.
_SESSIONS: dict[int, Session] = {}


def copy_database(server: Server, template: str, prefix: str) -> str:
    """Make a copy of a template; returns its name, which nobody had before.

    Args:
        server: the embedded one, or Debian's.
        template: a database without sessions.
        prefix: of the copy's name.
    """
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    server.create_database(name, template=template, session=_session(server))
    return name


def drop_copy(server: Server, name: str) -> None:
    """Drop a copy, ending whatever is still connected to it."""
    server.drop_database(name, session=_session(server))


def _session(server: Server) -> Session:
    """The kept session; a test may have ended it, or restarted the server."""
    session = _SESSIONS.get(server.pid)
    if session is None or session.closed or not _answers(session):
        session = _SESSIONS[server.pid] = psycopg.connect(server.dsn(), autocommit=True)
    return session


def _answers(session: Session) -> bool:
    try:
        session.execute("")
    except psycopg.OperationalError:
        session.close()
        return False
    return True
