"""Collections that have an audience: under which code, and whether the CRM still syncs them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)

_GOES_ON = (
    "only withdrawals, complaints and erasures are carried out in its audience, everybody else "
    "there stays as they are"
)


def follow_codes(warehouse: Connection[Any], collections: Sequence[Collection]) -> None:
    """Where the CRM changed a collection's code, go on under the new one; commits.

    Locks, the quarantine and the explanation of an address know a collection by its code.
    """
    for collection in collections:
        row = warehouse.execute(
            "select collection_code from sync.audience where collection_id = %s",
            (collection.collection_id,),
        ).fetchone()
        warehouse.commit()
        if row is None or row[0] == collection.code:
            continue
        with audience_lock(warehouse, row[0]):
            warehouse.execute(
                statement("sync/follow_code"),
                {
                    "collection_id": collection.collection_id,
                    "old": row[0],
                    "new": collection.code,
                },
            )
            warehouse.commit()
        log.info("collection %s goes on as %s", row[0], collection.code)


def stage_left_alone(
    warehouse: Connection[Any],
    crm: Connection[Any],
    staging_id: int,
    collections: Sequence[Collection],
) -> None:
    """Stage the mapped collections that the CRM does not sync any more, for what is due there.

    Args:
        crm: to ``crm_db``, in the run's snapshot.
        collections: those that are synced, all of them.
    """
    mapped = _mapped(warehouse, [one.collection_id for one in collections])
    if not mapped:
        return
    with crm.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            statement("crm/find_left_alone"),
            {"collection_ids": [one["collection_id"] for one in mapped]},
        ).fetchall()
    known = {row["collection_id"]: row for row in rows}
    taken = {one.code for one in collections}
    for one in mapped:
        row = known.get(one["collection_id"])
        code = one["collection_code"]
        if code in taken:
            # Another collection bears the code now; one staging knows a code once.
            code = f"{code} ({one['collection_id']})"
        taken.add(code)
        warehouse.execute(
            statement("staging/store_collection"),
            {
                "staging_id": staging_id,
                "collection_id": one["collection_id"],
                "collection_code": code,
                "description": code,
                "gdpr_category": None,
                "campaign_type": None,
                "provider": one["provider"],
                "owner_name": None,
                "is_shared": False,
                "is_static": True,
                "comments": None,
                "sync_merge_fields": False,
                "provider_list_id": None,
                "settings": Jsonb({}),
                "problem_code": "inactive_collection",
                "problem_state": "succeeded",
                "problem_detail": f"the collection {_why(row)}: {_GOES_ON}",
            },
        )


def _mapped(warehouse: Connection[Any], collection_ids: Sequence[int]) -> list[dict[str, Any]]:
    with warehouse.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            statement("sync/find_left_alone"), {"collection_ids": list(collection_ids)}
        ).fetchall()


def _why(row: dict[str, Any] | None) -> str:
    if row is None:
        return "is not in the CRM any more"
    if not row["is_active"]:
        return "is inactive"
    return "has no external provider any more"
