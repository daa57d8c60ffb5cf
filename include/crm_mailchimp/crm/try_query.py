"""What a query text would do, before anybody saves it: its verdict, contacts, time and plan.

It uses the checks and limits of a run. It shows counts and the plan, and no values of the CRM or of
the text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, sql

from crm_mailchimp.crm import dynamic_query
from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.crm.query_session import TIMEOUT_SECONDS, Deadline, stopped_after
from crm_mailchimp.rows import read_values


class QueryTrialError(Exception):
    """The query would make its collection fail; the message begins with the run's own code."""


def saved_text(connection: Connection[Any], code: str) -> str:
    """The query text of a dynamic collection.

    Args:
        connection: of a login that reads the contract.
        code: of the collection.

    Raises:
        ContractError: no such collection, or no dynamic one.
        psycopg.Error: the login has no right to read it.
    """
    texts = read_values(
        connection,
        str,
        "select coalesce(query_text, '') from crm.contact_collection"
        " where code = %s and not is_static",
        (code,),
    )
    connection.rollback()
    if not texts:
        raise ContractError(f"the CRM has no dynamic collection with the code {code}")
    return texts[0]


def try_query(
    connection: Connection[Any],
    text: str,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    with_plan: bool = True,
) -> Iterator[str]:
    """What happens with a text, line by line.

    Args:
        connection: of the login for dynamic queries, outside a transaction.
        text: the query text.
        timeout_seconds: the query is cancelled after this time.
        with_plan: show how Postgres would run it.

    Raises:
        QueryTrialError: the run would refuse the query, or it failed.
    """
    with _coded():
        query = dynamic_query.check_query(text)
        yield "verdict: admitted"
        if with_plan:
            plan = _plan(connection, query, timeout_seconds)
            yield "plan:"
            yield from (f"  {line}" for line in plan)
        begun = time.monotonic()
        contacts: set[int] = set()
        rows = 0
        for contact_id in dynamic_query.run_query(
            connection, query, snapshot=None, timeout_seconds=timeout_seconds
        ):
            rows += 1
            contacts.add(contact_id)
        yield f"contacts: {len(contacts)} (rows: {rows})"
        yield f"time: {time.monotonic() - begun:.2f} s"


def _plan(connection: Connection[Any], query: str, timeout_seconds: float) -> list[str]:
    deadline = Deadline()
    try:
        with (
            stopped_after(connection, timeout_seconds, deadline),
            dynamic_query.member_query(connection, query, snapshot=None),
        ):
            explain = sql.SQL("explain select * from (\n{}\n) as member_query")
            lines = read_values(connection, str, explain.format(sql.SQL(query)))
    except psycopg.Error as error:
        raise dynamic_query.failure(error, query, timeout_seconds) from None
    return [_without_values(line) for line in lines]


def _without_values(line: str) -> str:
    """A line of a plan without the values that the query compares with."""
    return re.sub(r"'(?:[^']|'')*'|'.*|(?<=[=<>~] )-?[0-9][0-9.]*", "…", line)


@contextmanager
def _coded() -> Iterator[None]:
    try:
        yield
    except dynamic_query.QueryRefusedError as error:
        raise QueryTrialError(f"query_refused: {error}") from None
    except dynamic_query.QueryFailedError as error:
        raise QueryTrialError(f"query_failed: {error}") from None
