"""A CRM with the contract and a migrated warehouse on a server of one's choice, for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.warehouse.migrations import upgrade
from database_copies import copy_database, drop_copy
from local_installation.postgres import Server

#: Process ids of servers with the database, by its name: a copy is faster than all migrations.
_TEMPLATES: set[tuple[int, str]] = set()


@contextmanager
def fresh_databases(server: Server, *changes: str) -> Iterator[tuple[str, str]]:
    """DSNs of the CRM and of the warehouse; both databases are dropped afterwards.

    Args:
        server: the embedded one, or Debian's.
        changes: statements that change the CRM's contract, as somebody's views may.
    """
    names = [
        copy_database(server, _template(server, "fresh_crm", _fill_crm), "crm"),
        copy_database(server, _template(server, "fresh_warehouse", upgrade), "warehouse"),
    ]
    crm, warehouse = map(server.dsn, names)
    with psycopg.connect(warehouse) as connection:
        # As the migrations make them: each warehouse has its own.
        connection.execute("update sync.installation set installation_id = gen_random_uuid()")
        connection.execute(
            "update sync.suppression_key set hmac_key = uuid_send(gen_random_uuid())"
            " || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
        )
    if changes:
        with psycopg.connect(crm) as connection:
            for change in changes:
                connection.execute(change.encode())
    yield crm, warehouse
    for name in names:
        drop_copy(server, name)


def _template(server: Server, name: str, fill: Callable[[str], object]) -> str:
    if (server.pid, name) not in _TEMPLATES:
        fill(server.create_database(name))
        _TEMPLATES.add((server.pid, name))
    return name


def _fill_crm(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        create_contract(connection)
