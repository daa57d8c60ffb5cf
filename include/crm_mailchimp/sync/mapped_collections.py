"""Collections that have an audience: under which code, and whether the CRM still syncs them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
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
    with warehouse.cursor() as cursor:
        former = dict(
            cursor.execute("select collection_id, collection_code from sync.audience").fetchall()
        )
    warehouse.commit()
    moved = [
        (former[one.collection_id], one)
        for one in collections
        if former.get(one.collection_id, one.code) != one.code
    ]
    if not moved:
        return
    with ExitStack() as locks:
        # In one order for everybody: who holds one never waits for one that comes before it.
        for old in sorted({old for old, _ in moved}):
            locks.enter_context(audience_lock(warehouse, old))
        # By way of a name that nobody bears: collections may swap their codes.
        for old, one in moved:
            _follow_code(warehouse, one, old=old, new=f"collection {one.collection_id}")
        for _, one in moved:
            _follow_code(warehouse, one, old=f"collection {one.collection_id}", new=one.code)
        warehouse.commit()
    for old, one in moved:
        log.info("collection %s goes on as %s", old, one.code)


def _follow_code(warehouse: Connection[Any], collection: Collection, *, old: str, new: str) -> None:
    warehouse.execute(
        statement("sync/follow_code"),
        {"collection_id": collection.collection_id, "old": old, "new": new},
    )


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
