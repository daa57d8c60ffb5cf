"""Traces of erased people in the warehouse: out of sync and staging; in stats a random token."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.data_protection.erasure_troubles import in_parts
from crm_mailchimp.database_errors import describe
from crm_mailchimp.rows import find_value, read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.sync.members import write_back
from crm_mailchimp.sync.refusals import refusal_ledger
from crm_mailchimp.warehouse.copying import copy_rows
from crm_mailchimp.warehouse.locks import named_lock


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What to look for.

    Attributes:
        hashes: subscriber hash → until when it belongs to the erased person; None: all there is.
        contact_ids: contacts of the CRM.
        addresses: in normal form and as written.
    """

    hashes: Mapping[str, datetime | None] = field(repr=False)
    contact_ids: AbstractSet[int]
    addresses: AbstractSet[str] = field(default=frozenset(), repr=False)


class _Returned(NamedTuple):
    """A trace of somebody who was erased: a hash until a moment, or a contact."""

    subscriber_hash: str | None
    contact_id: int | None
    belongs_until: datetime | None


class _ErasedFromStaging(NamedTuple):
    """How many rows went, by table, and the stagings that they were in."""

    rows_removed: dict[str, int]
    staging_ids: list[int]


def remove_traces(
    warehouse: Connection[Any], traces: Traces, *, receipt_ids: Sequence[int] = ()
) -> dict[str, int]:
    """Remove traces in one transaction and count the marts again; safe to repeat.

    Args:
        warehouse: not in a transaction; committed here.
        traces: whose.
        receipt_ids: receipts that the rows removed are added to.

    Returns:
        rows removed, or freed from the person, by table.
    """
    with named_lock(warehouse, "marts"), named_lock(warehouse, write_back.LOCK):
        refusal_ledger.lock_holders(warehouse)
        _list(warehouse, traces)
        # First, and not last: a load of reports holds this table before it touches the events.
        warehouse.execute(statement("sync/erase_mark_erased"))
        removed: dict[str, int] = {}
        for name in ("sync/erase_from_sync", "sync/erase_from_stats"):
            removed |= read_value(warehouse, dict, statement(name), {})
        warehouse.execute(statement("sync/erase_recount_returned"))
        staged = read_row(warehouse, _ErasedFromStaging, statement("sync/erase_from_staging"))
        if staged:
            removed |= staged.rows_removed
            _adjust_row_counts(warehouse, staged.staging_ids)
        for receipt_id in receipt_ids:
            warehouse.execute(
                statement("sync/erase_add_to_receipt"),
                {"receipt_id": receipt_id, "rows_removed": Jsonb(removed)},
            )
        warehouse.commit()
        _count_marts(warehouse)
    return removed


class RemovedReturned(NamedTuple):
    """What became of traces that came back.

    Attributes:
        removed: number of rows removed or freed.
        failed: number of people and addresses whose traces stay.
        problem: the first error in words; None: there was none.
    """

    removed: int
    failed: int = 0
    problem: str | None = None


def remove_returned(warehouse: Connection[Any]) -> RemovedReturned:
    """Remove traces of people erased before, as a restored backup brings them back.

    Mailchimp is not asked: a person who is a member there again signed up there. Traces whose
    values Postgres refuses hold up no others.
    """
    found = read_rows(warehouse, _Returned, statement("sync/erase_find_returned"))
    warehouse.rollback()
    removed, problems = 0, []
    for _, outcome in in_parts(warehouse, found, partial(_remove_together, warehouse)):
        if isinstance(outcome, psycopg.Error):
            problems.append(describe(outcome))
        else:
            removed += outcome
    return RemovedReturned(removed, len(problems), next(iter(problems), None))


def _remove_together(warehouse: Connection[Any], found: Sequence[_Returned]) -> int:
    traces = Traces(
        hashes={
            row.subscriber_hash: row.belongs_until
            for row in found
            if row.subscriber_hash is not None
        },
        contact_ids={row.contact_id for row in found if row.contact_id is not None},
    )
    return sum(remove_traces(warehouse, traces).values())


def _list(warehouse: Connection[Any], traces: Traces) -> None:
    warehouse.execute(statement("sync/erase_create_lists"))
    copy_rows(
        warehouse,
        "erased_hash",
        ("subscriber_hash", "token", "belongs_until"),
        (
            (hash_, f"erased-{uuid.uuid4().hex}", until or "infinity")
            for hash_, until in traces.hashes.items()
        ),
    )
    copy_rows(warehouse, "erased_contact", ("contact_id",), ((one,) for one in traces.contact_ids))
    copy_rows(warehouse, "erased_address", ("address",), ((one,) for one in traces.addresses))


def _adjust_row_counts(warehouse: Connection[Any], staging_ids: Sequence[int]) -> None:
    # Later steps refuse a staging whose counts differ from what was stored.
    for staging_id in staging_ids:
        counts = read_value(
            warehouse, dict, statement("staging/count_rows"), {"staging_id": staging_id}
        )
        warehouse.execute(
            "update sync.staging_run set row_counts = %s"
            " where staging_id = %s and row_counts is not null",
            (Jsonb(counts), staging_id),
        )


def _count_marts(warehouse: Connection[Any]) -> None:
    time_zone = find_value(warehouse, str, "select report_time_zone from mart.setting")
    warehouse.commit()
    refresh_marts(warehouse, time_zone=time_zone or "UTC")
