"""Looks at the CRM and the warehouse, over connections that may only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.readiness.collections import (
    active_collections,
    collections_ready,
    what_syncs_next,
)
from crm_mailchimp.readiness.contract import contract_tables, has_dynamic, held_values, queries
from crm_mailchimp.readiness.finding import Check, Verdict
from crm_mailchimp.readiness.logins import (
    can_make_query_login,
    crm_login,
    login_rights,
    query_login,
    warehouse_login,
    write_back_rights,
)
from crm_mailchimp.warehouse.deployment import find_holder, refusal_words
from mailchimp_provider.connections import (
    CRM,
    CRM_QUERY,
    WAREHOUSE,
    crm_connection,
    crm_query_connection,
    is_undefined_connection,
    warehouse_connection,
)
from mailchimp_provider.deployment import read_id


class UndefinedConnectionError(PermanentError):
    """Nobody has defined a connection in Airflow."""


Look = Callable[[Connection[Any]], Iterator[tuple[Verdict, str]]]


@contextmanager
def _defined(connection_id: str) -> Iterator[None]:
    """An undefined connection is an error in words.

    Raises:
        UndefinedConnectionError: nobody has defined it.
    """
    try:
        yield
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        raise UndefinedConnectionError(
            f"connection {connection_id} is not defined: define it (Admin, Connections, type"
            f" Postgres, or AIRFLOW_CONN_{connection_id.upper()} in the environment)"
        ) from None


@contextmanager
def read_only_crm() -> Iterator[Connection[Any]]:
    """The CRM, for as long as the block runs; nothing can be written.

    Raises:
        NoContractError: the database has no schema of the CRM.
        UndefinedConnectionError: nobody has defined the connection.
    """
    with _defined(CRM):
        opened = crm_connection()
    with closing(opened) as crm:
        crm.read_only = True
        yield crm


@contextmanager
def read_only_warehouse() -> Iterator[Connection[Any]]:
    """The warehouse, for as long as the block runs; nothing can be written.

    Raises:
        NoWarehouseError, OldWarehouseError: as ``warehouse_connection``.
        UndefinedConnectionError: nobody has defined the connection.
    """
    with _defined(WAREHOUSE):
        opened = warehouse_connection()
    with closing(opened) as warehouse:
        warehouse.read_only = True
        yield warehouse


def database_checks() -> Iterator[Check]:
    """Connections, logins, the contract, its values, queries and collections."""
    yield Check(subject="connections", look=_opens_crm, opens=CRM)
    yield Check(subject="connections", look=_opens_warehouse, opens=WAREHOUSE)
    yield Check(subject="connections", look=_own_warehouse, needs=(WAREHOUSE,))
    yield Check(subject="connections", look=_opens_query, needs=(CRM,), opens=CRM_QUERY)
    yield _of_crm("logins", crm_login)
    yield _of_crm("logins", write_back_rights)
    yield Check(subject="logins", look=_query_login, needs=(CRM, CRM_QUERY))
    yield Check(subject="logins", look=_warehouse_login, needs=(WAREHOUSE,))
    yield _of_crm("contract", contract_tables)
    yield _of_crm("contract", held_values)
    yield _of_crm("collections", collections_ready)
    yield Check(subject="queries", look=_queries, needs=(CRM, CRM_QUERY))
    yield Check(subject="next sync", look=_next_sync, needs=(CRM, WAREHOUSE))


def _of_crm(subject: str, look: Look) -> Check:
    return Check(subject=subject, look=partial(_in_crm, look), needs=(CRM,))


def _in_crm(look: Look) -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm:
        yield from look(crm)


def _opens_crm() -> Iterator[tuple[Verdict, str]]:
    with read_only_crm():
        yield "fine", f"{CRM} leads to a database with the contract"


def _opens_warehouse() -> Iterator[tuple[Verdict, str]]:
    with read_only_warehouse():
        yield "fine", f"{WAREHOUSE} leads to a warehouse with all migrations of this code"


def _own_warehouse() -> Iterator[tuple[Verdict, str]]:
    with read_only_warehouse() as warehouse:
        own_id, holder = read_id(), find_holder(warehouse)
        if holder is None:
            yield "note", "no Airflow works with the warehouse yet. The first task makes it its own"
        elif holder.deployment_id == own_id:
            yield "fine", f"the warehouse belongs to this Airflow (id {own_id})"
        else:
            yield "to do", refusal_words(warehouse, own_id, holder)


def _opens_query() -> Iterator[tuple[Verdict, str]]:
    query = crm_query_connection()
    if query is not None:
        query.close()
        yield "fine", f"{CRM_QUERY} leads to a database with the contract"
        return
    with read_only_crm() as crm:
        if has_dynamic(crm):
            yield (
                "to do",
                f"{CRM_QUERY} is not defined, and a collection is dynamic. Make its login (python"
                " -m crm_mailchimp.crm create --query-login), then define the connection."
                f" {can_make_query_login(crm)}",
            )
        else:
            yield "fine", f"{CRM_QUERY} is not defined, and no collection is dynamic"


def _query_login() -> Iterator[tuple[Verdict, str]]:
    query = crm_query_connection()
    if query is not None:
        with closing(query), read_only_crm() as crm:
            yield from query_login(query, login_of_crm=login_rights(crm).login)


def _warehouse_login() -> Iterator[tuple[Verdict, str]]:
    with read_only_warehouse() as warehouse:
        yield from warehouse_login(warehouse)


def _queries() -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm:
        yield from queries(crm, _opened_query)


@contextmanager
def _opened_query() -> Iterator[Connection[Any]]:
    query = crm_query_connection()
    if query is None:
        raise UndefinedConnectionError(f"connection {CRM_QUERY} is not defined any more")
    with closing(query):
        yield query


def _next_sync() -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm, read_only_warehouse() as warehouse:
        yield from what_syncs_next(warehouse, [one.code for one in active_collections(crm)])
