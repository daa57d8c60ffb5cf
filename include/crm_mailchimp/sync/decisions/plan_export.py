"""A run's plan for people to read: a table, or a file for a spreadsheet; contact ids, no addresses.

A dry run shows it. After a real run it shows the last plan, until retention drops the run's
snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.quality.export import SheetWriter
from crm_mailchimp.rows import read_rows, stream_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES

COLUMNS = (
    "collection_code", "action", "cause", "contact_id", "waits_for_approval", "explanation",
)  # fmt: skip

#: What the actions of a plan mean, for people.
ACTIONS = {
    "add": "is added",
    "add_pending": "is asked to confirm",
    "revive": "comes back: we archived them while subscribed",
    "adopt": "is there already and is adopted, fields only",
    "update": "gets new fields",
    "reconfirm": "is asked to confirm again",
    "unsubscribe": "is unsubscribed",
    "archive": "is archived",
    "tag": "gets the collection's tag in the shared audience",
    "untag": "loses the collection's tag in the shared audience",
    "quarantine": "stays as it is in Mailchimp, and is held back",
    "held_back": "is held back by the check",
}


class NoPlanError(PermanentError):
    """There is no plan of this run (any more)."""


@dataclass(frozen=True, kw_only=True)
class PlannedCollection:
    """A collection of a run and how its plan ended.

    Attributes:
        is_dropped: retention dropped the run's snapshot.
        state: None: the collection is not planned yet.
        guard_detail: why the removal guard blocks the plan; None: it does not.
        held_back: contacts that the check holds back, counted by reason.
    """

    collection_code: str
    staging_id: int
    clock: datetime
    dry_run: bool
    is_dropped: bool
    state: str | None
    detail: str | None
    guard_detail: str | None
    held_back: str | None


@dataclass(frozen=True, kw_only=True)
class _PlannedRow:
    """What is planned for one member."""

    collection_code: str
    action: str
    cause: str | None
    contact_id: int | None
    waits_for_approval: bool
    explanation: str | None


def planned_collections(
    warehouse: Connection[Any], run_id: str, collection_code: str | None = None
) -> list[PlannedCollection]:
    """The run's collections with how their plans ended.

    Raises:
        NoPlanError: the run staged nothing of this name, or its snapshot was dropped.
    """
    names = (run_id, collection_code or "")
    rows = (
        []
        if any("\0" in name for name in names)  # Postgres has no such text
        else read_rows(
            warehouse,
            PlannedCollection,
            statement("sync/find_planned_run"),
            {"run_id": run_id, "collection_code": collection_code},
        )
    )
    of = f" with collection {collection_code}" if collection_code else ""
    if not rows:
        raise NoPlanError(
            f"no run {run_id!r}{of} was staged: run ids are those of Airflow, see "
            "sync.collection_run"
        )
    if rows[0].is_dropped:
        raise NoPlanError(
            f"the snapshot of run {run_id!r} was dropped (KEEP_STAGING_DAYS): make another dry run"
        )
    return rows


def write_csv(
    warehouse: Connection[Any],
    target: TextIO,
    run_id: str,
    *,
    collection_code: str | None = None,
    delimiter: str = ",",
) -> int:
    """Write the plan as CSV, member by member; memory does not grow with it.

    Args:
        target: opened with ``newline=""``.
        delimiter: spreadsheets in Greek expect ``;``.

    Returns:
        number of rows, without the heading.

    Raises:
        NoPlanError: there is no plan of this run.
    """
    collections = planned_collections(warehouse, run_id, collection_code)
    writer = SheetWriter(target, delimiter=delimiter)
    writer.write(COLUMNS)
    count = 0
    for row in _rows(warehouse, collections[0].staging_id, collection_code):
        writer.write(_cells(row))
        count += 1
    return count


def write_table(
    warehouse: Connection[Any], target: TextIO, run_id: str, *, collection_code: str | None = None
) -> int:
    """Write the plan as a table with a heading for each collection; returns the rows written.

    Raises:
        NoPlanError: there is no plan of this run.
    """
    collections = planned_collections(warehouse, run_id, collection_code)
    rows = _rows(warehouse, collections[0].staging_id, collection_code)
    count, row = 0, next(rows, None)
    for collection in collections:
        target.writelines(f"{line}\n" for line in _heading(collection))
        action = None
        while row is not None and row.collection_code == collection.collection_code:
            if row.action != action:
                action = row.action
                target.write(f"  {action}: the contact {ACTIONS[action]}\n")
            waits = "  waits for approval" if row.waits_for_approval else ""
            line = f"    {row.contact_id or '(not known)':>12}  {row.cause or '':<26}{waits}"
            target.write(f"{line.rstrip()}\n")
            count, row = count + 1, next(rows, None)
        target.write("\n")
    return count


def _heading(collection: PlannedCollection) -> Iterator[str]:
    state = collection.state or "not planned yet"
    yield f"{collection.collection_code}  {state}, as of {collection.clock:%Y-%m-%d %H:%M:%S %Z}"
    if collection.detail:
        yield f"  {collection.detail}"
    if collection.held_back:
        yield f"  held back by the check: {collection.held_back}"
    if collection.guard_detail:
        yield "  The removal guard blocks it: removals that wait for approval are marked."


def _rows(
    warehouse: Connection[Any], staging_id: int, collection_code: str | None
) -> Iterator[_PlannedRow]:
    return stream_rows(
        warehouse,
        _PlannedRow,
        statement("sync/export_plan"),
        {
            "staging_id": staging_id,
            "collection_code": collection_code,
            "due_causes": list(DUE_CAUSES),
        },
        name="plan_export",
    )


def _cells(row: _PlannedRow) -> Sequence[str | int | None]:
    return (
        row.collection_code,
        row.action,
        row.cause or "",
        row.contact_id,
        "yes" if row.waits_for_approval else "",
        row.explanation or "",
    )
