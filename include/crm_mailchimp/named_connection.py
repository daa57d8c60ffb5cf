"""Connections to Postgres whose errors name them: a task has two or three open at a time."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection


class NamedConnection(Connection[Any]):
    """A connection whose errors carry its id, host and database as a note (PEP 678).

    ``database_errors.describe`` shows the note.
    """

    connection_id = ""

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """All of psycopg's waiting for the server goes through here: statements, rows, commits."""
        try:
            return super().wait(*arguments, **options)
        except psycopg.Error as error:
            name_place(error, self.connection_id, self)
            raise


def connect_named(connection_id: str, parameters: dict[str, Any]) -> NamedConnection:
    """Open a connection.

    Args:
        connection_id: of Airflow's connection.
        parameters: of ``psycopg.connect``.

    Raises:
        psycopg.Error: with a note that names the connection.
    """
    try:
        connection = NamedConnection.connect(**parameters)
    except psycopg.Error as error:
        name_place(error, connection_id)
        raise
    connection.connection_id = connection_id
    return connection


def name_place(
    error: BaseException, connection_id: str, connection: Connection[Any] | None = None
) -> None:
    """Note on an error which connection it is about, once; without the connection, no host.

    The errors of opening a connection say the host themselves, where it can be said.
    """
    if getattr(error, "__notes__", None):
        return
    is_open = connection is not None and not connection.closed
    error.add_note(
        place_of(connection) if connection and is_open else f"connection {connection_id}"
    )


def place_of(connection: Connection[Any]) -> str:
    """Where an open connection leads, for people: its id if it has one, host and database."""
    info = connection.info
    connection_id = getattr(connection, "connection_id", "")
    name = f"connection {connection_id}" if connection_id else "the connection"
    return f"{name} (host {info.host or 'of a socket'}, database {info.dbname})"
