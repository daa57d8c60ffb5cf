"""Collections that have an audience and that the CRM does not sync any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging import shared_audiences

_GOES_ON = (
    "only withdrawals, complaints and erasures are carried out in its audience, everybody else "
    "there stays as they are"
)


class _Mapped(NamedTuple):
    """A collection that has an audience."""

    collection_id: int
    collection_code: str
    provider: str
    account: str


class _Unsynced(NamedTuple):
    """What the CRM says of a collection that is not synced."""

    collection_id: int
    is_active: bool


def stage_unsynced(
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
    rows = read_rows(
        crm,
        _Unsynced,
        statement("crm/find_unsynced"),
        {"collection_ids": [one.collection_id for one in mapped]},
    )
    known = {row.collection_id: row for row in rows}
    taken = {one.code for one in collections}
    for one in mapped:
        row = known.get(one.collection_id)
        code = one.collection_code
        if code in taken:
            # Another collection has the code now; one staging knows a code once.
            code = f"{code} ({one.collection_id})"
        taken.add(code)
        warehouse.execute(
            statement("staging/store_collection"),
            {
                "staging_id": staging_id,
                "collection_id": one.collection_id,
                "collection_code": code,
                "description": code,
                "gdpr_category": None,
                "campaign_type": None,
                "provider": one.provider,
                "provider_kind": None,
                "connection_id": one.account,
                "owner_name": None,
                "is_shared": False,
                "is_static": True,
                "comments": None,
                "sync_merge_fields": False,
                "confirm_new_members": False,
                "marketing_permission": None,
                "provider_list_id": None,
                "settings": Jsonb({}),
                "own_settings": [],
                "problem_code": "inactive_collection",
                "problem_state": "succeeded",
                "problem_detail": f"{_why(one, row)}: {_GOES_ON}",
            },
        )
        if shared_audiences.is_shared_id(one.collection_id):
            # Its collections may wait for another audience. Each has its own category until then.
            shared_audiences.note_shared(warehouse, staging_id, one.collection_id, [])


def _mapped(warehouse: Connection[Any], collection_ids: Sequence[int]) -> list[_Mapped]:
    return read_rows(
        warehouse,
        _Mapped,
        statement("sync/find_unsynced"),
        {"collection_ids": list(collection_ids)},
    )


def _why(mapped: _Mapped, row: _Unsynced | None) -> str:
    if shared_audiences.is_shared_id(mapped.collection_id):
        return "no active collection of the CRM shares this audience any more"
    if row is None:
        return "the collection is not in the CRM any more"
    if not row.is_active:
        return "the collection is inactive"
    return "the collection has no external provider any more"
