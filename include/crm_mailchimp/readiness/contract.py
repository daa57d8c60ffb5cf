"""Does the CRM keep the contract: each table or view by column, each value, each query?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from psycopg import Connection

from crm_mailchimp.crm.collections import read_collections
from crm_mailchimp.crm.schema import (
    contract_columns,
    contract_problems,
    missing_write_back,
    possibly_hidden,
    unreadable_values,
)
from crm_mailchimp.crm.try_query import QueryTrialError, try_query
from crm_mailchimp.readiness.finding import Verdict, error_words


def contract_tables(crm: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """Each table or view of the contract, with its columns and their types.

    Args:
        crm: to ``crm_db``.
    """
    problems = contract_problems(crm)
    only_written = missing_write_back(crm)
    for table, columns in contract_columns().items():
        if table in problems.tables:
            yield "to do", f"crm.{table}: {problems.tables[table]}"
        elif table in only_written:
            yield "note", f"crm.{table} is not there: only the write-back needs it"
        else:
            yield "fine", f"crm.{table}: {len(columns)} columns"
    for words in problems.hidden:
        yield "to do", words
    for source in possibly_hidden(crm):
        yield "note", str(source)


def held_values(crm: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """Values that break the contract, with the number of rows that they hold back.

    Args:
        crm: to ``crm_db``.
    """
    found = unreadable_values(crm)
    for values in found:
        yield "to do", f"{values}. Correct them in the CRM, or in the view"
    if not found:
        yield "fine", "no value of the CRM breaks the contract"


def queries(
    crm: Connection[Any], open_query: Callable[[], AbstractContextManager[Connection[Any]]]
) -> Iterator[tuple[Verdict, str]]:
    """The query of each active dynamic collection, tried as a run would try it.

    Args:
        crm: to ``crm_db``.
        open_query: opens a connection of the login for dynamic queries.
    """
    dynamic = [one for one in read_collections(crm) if not one.is_static]
    crm.rollback()
    for collection in dynamic:
        place = f"collection {collection.code}"
        try:
            with open_query() as query:
                said = try_query(query, collection.query_text or "", with_plan=False)
                # Its time differs each time, and the report is to be compared.
                lines = [line for line in said if not line.startswith("time:")]
        except QueryTrialError as error:
            yield (
                "to do",
                f"{place}: {error}. Correct crm.contact_collection.query_text"
                " (python -m crm_mailchimp.crm try-query)",
            )
        except Exception as error:
            yield "to do", f"{place}: {error_words(error)}"
        else:
            yield "fine", f"{place}: the query is {'; '.join(lines).removeprefix('verdict: ')}"
    if not dynamic:
        yield "fine", "no active collection is dynamic"


def has_dynamic(crm: Connection[Any]) -> bool:
    """Whether an active collection is dynamic, and so needs the login for dynamic queries."""
    return any(not one.is_static for one in read_collections(crm))
