"""Write-back: the CRM gets the status of its contacts. Off unless switched on.

No statement joins across the servers. The warehouse finds what differs from the rows that the CRM
got before. They are streamed into a temporary table of the CRM, and merged there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows, read_value, stream_rows
from crm_mailchimp.settings import WriteBackSettings
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import open_suppression
from crm_mailchimp.warehouse.copying import copy_query
from crm_mailchimp.warehouse.locks import named_lock

log = logging.getLogger(__name__)

#: Each task that writes statuses to the CRM holds it.
LOCK = "write back members"

_COLUMNS = ("collection_id", "contact_id", "status", "reason", "changed_at")


@dataclass(frozen=True, kw_only=True)
class WrittenBack:
    """Rows of ``crm.provider_member_status`` that were written again, and those taken away."""

    written: int
    deleted: int


class _ErasedStatus(NamedTuple):
    collection_id: int
    contact_digest: bytes


class _WrittenStatus(NamedTuple):
    """What the CRM knows of a contact in a collection."""

    collection_id: int
    contact_id: int
    status: str
    reason: str | None


def members_are_written_back(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether ``WRITE_BACK_MEMBERS`` switches the write-back on.

    Raises:
        SettingError: its value is neither true nor false.
    """
    return WriteBackSettings.read(environment, only="write_back_members").write_back_members


def write_back_members(
    warehouse: Connection[Any], crm: Connection[Any], *, compare: bool = False
) -> WrittenBack:
    """Bring ``crm.provider_member_status`` to what the warehouse knows; safe to repeat.

    The CRM commits first: after a crash in between, the same rows are written once more.

    Args:
        warehouse: outside a transaction; commits here.
        crm: to ``crm_db``, with the right to write the table and to create temporary ones;
            commits here.
        compare: read the whole table first. It may not be as it was left: the CRM was restored,
            or somebody wrote there. An emptied table is noticed without it.
    """
    with named_lock(warehouse, LOCK):
        _learn_erased(warehouse, crm)
        if compare or _is_emptied(warehouse, crm):
            _learn_written(warehouse, crm)
        warehouse.execute(statement("sync/find_changed_statuses"))
        with crm.transaction():
            crm.execute(statement("crm/create_member_status"))
            copy_query(
                warehouse,
                f"select {', '.join(_COLUMNS)} from changed_status",
                crm,
                "member_status",
                _COLUMNS,
            )
            written = crm.execute(statement("crm/upsert_member_status")).rowcount
            deleted = crm.execute(statement("crm/delete_member_status")).rowcount
        if not crm.autocommit:
            crm.commit()
        warehouse.execute(statement("sync/record_written_statuses"))
        warehouse.commit()
    log.info("written back to the CRM: %d statuses, %d rows taken away", written, deleted)
    return WrittenBack(written=written, deleted=deleted)


def _is_emptied(warehouse: Connection[Any], crm: Connection[Any]) -> bool:
    """Whether the CRM has no row, although rows were written."""
    return read_value(
        warehouse, bool, "select exists (select from sync.written_status)"
    ) and not read_value(crm, bool, "select exists (select from crm.provider_member_status)")


def _learn_written(warehouse: Connection[Any], crm: Connection[Any]) -> None:
    """Know the rows that the CRM has now, in place of those that were written; no commit."""
    warehouse.execute(
        "create temporary table found_status on commit drop as"
        " select collection_id, contact_id, status, reason from sync.written_status with no data"
    )
    names = ("collection_id", "contact_id", "status", "reason")
    with crm.transaction():
        copy_query(
            crm,
            f"select {', '.join(names)} from crm.provider_member_status",
            warehouse,
            "found_status",
            names,
        )
    warehouse.execute(statement("sync/replace_written_statuses"))


def _learn_erased(warehouse: Connection[Any], crm: Connection[Any]) -> None:
    """Know again which rows of the CRM are about contacts that were erased since; no commit.

    The erasure kept their digests only. Learned again, they are compared like any others, and go.
    """
    pending = {
        (row.collection_id, row.contact_digest)
        for row in read_rows(
            warehouse,
            _ErasedStatus,
            "delete from sync.erased_status returning collection_id, contact_digest",
        )
    }
    if not pending:
        return
    digester = open_suppression(warehouse)
    collections = sorted({collection_id for collection_id, _ in pending})
    with crm.transaction():
        for row in stream_rows(
            crm,
            _WrittenStatus,
            statement("crm/read_member_statuses"),
            {"collection_ids": collections},
            name="erased_statuses",
        ):
            if (row.collection_id, digester.contact(row.contact_id)) in pending:
                warehouse.execute(statement("sync/know_written_status"), row._asdict())
