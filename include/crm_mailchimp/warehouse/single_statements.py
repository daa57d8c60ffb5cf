"""Statements that are transactions of their own: one round trip instead of three."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from psycopg import Connection


@contextmanager
def single_statements(connection: Connection[Any]) -> Iterator[None]:
    """Each statement in here is committed by itself, and no transaction stays open.

    Args:
        connection: in a transaction, the statements belong to that one.
    """
    if connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = False
