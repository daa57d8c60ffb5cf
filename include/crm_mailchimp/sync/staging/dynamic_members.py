"""Members of dynamic collections: what their queries yield, in the staging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from crm_mailchimp.crm import dynamic_query
from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.crm.query_session import QuerySession
from crm_mailchimp.sync.staging.staged_collection import Problem
from crm_mailchimp.warehouse.copying import copy_rows


def stage_dynamic(
    warehouse: Connection[Any],
    session: QuerySession | dynamic_query.QueryFailedError | None,
    staging_id: int,
    collection: Collection,
    snapshot: str,
) -> Problem | None:
    """Stage what a collection's query yields; an error of the query is the collection's problem.

    Args:
        warehouse: the warehouse; the caller commits.
        session: of the login for dynamic queries. An error, with which its opening ended, or None.
        staging_id: the run's staging.
        collection: a dynamic one.
        snapshot: ``pg_export_snapshot()`` of the run's CRM transaction.
    """
    if isinstance(session, dynamic_query.QueryFailedError):
        return Problem("query_failed", "failed", str(session))
    if session is None:
        return Problem(
            "query_refused",
            "failed",
            "a dynamic collection needs the connection crm_query_db, a login that can only read",
        )
    try:
        query = dynamic_query.check_query(collection.query_text)
        connection = dynamic_query.open_again(session)
        with warehouse.transaction():
            ids = dynamic_query.run_query(
                connection,
                query,
                snapshot=snapshot,
                timeout_seconds=session.timeout_seconds,
                grace_seconds=session.grace_seconds,
            )
            _copy_distinct(warehouse, staging_id, collection.collection_id, ids)
    except dynamic_query.QueryRefusedError as error:
        return Problem("query_refused", "failed", str(error))
    except dynamic_query.QueryFailedError as error:
        return Problem("query_failed", "failed", str(error))
    return None


def _copy_distinct(
    warehouse: Connection[Any], staging_id: int, collection_id: int, ids: Iterator[int]
) -> None:
    # The query's own order and repeats are not ours to trust; the warehouse makes ids distinct.
    warehouse.execute(
        "create temporary table if not exists query_result (contact_id bigint) on commit drop"
    )
    warehouse.execute("truncate query_result")
    copy_rows(warehouse, "query_result", ("contact_id",), ((contact_id,) for contact_id in ids))
    warehouse.execute(
        "insert into staging.membership (staging_id, collection_id, contact_id)"
        " select %s, %s, contact_id from query_result group by contact_id",
        (staging_id, collection_id),
    )
