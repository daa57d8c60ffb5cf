"""Stagings as wholes: opened and closed by a run, looked at by its later steps, dropped by age."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value, read_row, read_value, read_values
from crm_mailchimp.statements import statement

#: Raised when a rule that decides about a person changes; kept with every consent proof.
RULES_VERSION = "1"


class _StagingRun(NamedTuple):
    """What a staging held when it was whole, and whether retention dropped it."""

    row_counts: dict[str, int] | None
    dropped_at: datetime | None


class StagingLostError(PermanentError):
    """The staging of this run is no longer what it was."""


class StagingOutdatedError(PermanentError):
    """A newer staging of the collection was acted on."""


def open_staging(
    warehouse: Connection[Any],
    clock: datetime,
    run_id: str,
    *,
    refusal_clock: datetime,
    dry_run: bool,
    full_refresh: bool,
    is_whole: bool,
) -> int:
    """Make room for a run's snapshot; the caller commits.

    Args:
        clock: of the CRM at the snapshot. Grants up to this moment count.
        refusal_clock: withdrawals and ends of consents up to this moment count.
        is_whole: all collections are staged.

    Returns:
        the staging id.
    """
    staging_id = read_value(
        warehouse,
        int,
        "insert into sync.staging_run"
        " (run_id, clock, refusal_clock, rules_version, dry_run, full_refresh, is_whole)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning staging_id",
        (run_id, clock, refusal_clock, RULES_VERSION, dry_run, full_refresh, is_whole),
    )
    for command in _commands(warehouse, "staging/create_partitions", staging_id):
        warehouse.execute(command)
    return staging_id


def close_staging(warehouse: Connection[Any], staging_id: int) -> None:
    """The snapshot is whole: from now on rows that are missing are noticed; commits."""
    warehouse.execute(
        "update sync.staging_run set row_counts = %s where staging_id = %s",
        (Jsonb(_row_counts(warehouse, staging_id)), staging_id),
    )
    warehouse.commit()


def require_staging(warehouse: Connection[Any], staging_id: int) -> None:
    """Refuse to go on with a staging that lost rows: emptiness must not look like leaving.

    Raises:
        StagingLostError: rows are missing, or retention has dropped the staging. A crash of the
            database server empties unlogged tables.
    """
    run = read_row(
        warehouse,
        _StagingRun,
        "select row_counts, dropped_at from sync.staging_run where staging_id = %s",
        (staging_id,),
    )
    if run is None or run.row_counts is None or run.dropped_at is not None:
        raise StagingLostError(
            f"staging {staging_id} is unfinished or was dropped: clear the task 'stage' of this run"
        )
    counts = _row_counts(warehouse, staging_id)
    if counts != run.row_counts:
        lost = ", ".join(
            f"{table}: {counts[table]} instead of {count}"
            for table, count in run.row_counts.items()
            if counts[table] != count
        )
        raise StagingLostError(
            f"staging {staging_id} lost rows ({lost}), probably in a crash of the warehouse: "
            "nothing was pushed. Clear the task 'stage' of this run"
        )


def require_newest(warehouse: Connection[Any], staging_id: int, collection_id: int) -> None:
    """Refuse a staging when a newer one of the collection was acted on: what it says is outdated.

    Raises:
        StagingOutdatedError: a newer staging was pushed, or is being pushed.
    """
    newer = find_value(
        warehouse,
        int,
        statement("staging/find_newer"),
        {"staging_id": staging_id, "collection_id": collection_id},
    )
    if newer is not None:
        raise StagingOutdatedError(
            f"staging {staging_id} is outdated: staging {newer} of this collection was pushed "
            "since. Nothing was pushed now; clear the task 'stage' of this run"
        )


def staged_codes(warehouse: Connection[Any], staging_id: int) -> list[str]:
    """Codes of the collections of a staging, in order."""
    return read_values(
        warehouse,
        str,
        "select collection_code from sync.staged_collection where staging_id = %s"
        " order by collection_code",
        (staging_id,),
    )


def codes_to_sync(warehouse: Connection[Any], staging_id: int) -> list[str]:
    """The same without collections that share an audience: the audience's own code covers them."""
    return read_values(
        warehouse,
        str,
        "select collection_code from sync.staged_collection where staging_id = %s"
        " and shared_id is null order by collection_code",
        (staging_id,),
    )


def drop_staging(warehouse: Connection[Any], *, keep_days: int, now: datetime) -> int:
    """Drop stagings older than ``keep_days`` days at a moment; returns how many.

    Committed after each table: a table's parent is locked against readers meanwhile. A run that
    plans reads several parents, so it must never wait for one while this waits for the next.
    """
    staging_ids = read_values(
        warehouse,
        int,
        "select staging_id from sync.staging_run"
        " where dropped_at is null and created_at < %s - make_interval(days => %s)",
        (now, keep_days),
    )
    for staging_id in staging_ids:
        for command in _commands(warehouse, "staging/drop_partitions", staging_id):
            warehouse.execute(command)
            warehouse.commit()
        warehouse.execute(
            "update sync.staging_run set dropped_at = now() where staging_id = %s", (staging_id,)
        )
        warehouse.commit()
    return len(staging_ids)


def _commands(warehouse: Connection[Any], name: str, staging_id: int) -> list[str]:
    return read_values(warehouse, str, statement(name), {"staging_id": staging_id})


def _row_counts(warehouse: Connection[Any], staging_id: int) -> dict[str, int]:
    return read_value(warehouse, dict, statement("staging/count_rows"), {"staging_id": staging_id})
