"""A CRM with the contract and a migrated warehouse on a server of one's choice, for one test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.warehouse.migrations import upgrade
from local_installation.postgres import Server


@contextmanager
def fresh_databases(server: Server, *changes: str) -> Iterator[tuple[str, str]]:
    """DSNs of the CRM and of the warehouse; both databases are dropped afterwards.

    Args:
        server: the embedded one, or Debian's.
        changes: statements that change the CRM's contract, as somebody's views may.
    """
    names = [f"{kind}_{uuid.uuid4().hex[:12]}" for kind in ("crm", "warehouse")]
    crm, warehouse = map(server.create_database, names)
    upgrade(warehouse)
    with psycopg.connect(crm) as connection:
        create_contract(connection)
        for change in changes:
            connection.execute(change.encode())
    yield crm, warehouse
    for name in names:
        server.drop_database(name)
