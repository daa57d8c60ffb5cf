"""Audiences that were a collection's: withdrawals still go out there, opt-outs still hold."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import collection_audience
from crm_mailchimp.sync.staging.known_collections import audience_code
from crm_mailchimp.warehouse.locks import audience_lock


class NothingToRetireError(PermanentError):
    """The collection has no audience in the map."""


class _Mapped(NamedTuple):
    collection_id: int
    list_id: str


def note_deleted(warehouse: Connection[Any], list_id: str) -> None:
    """An audience is gone from Mailchimp: its proofs end, what people refused there stays."""
    warehouse.execute(statement("sync/leave_audience"), {"list_id": list_id})
    warehouse.execute(statement("sync/forget_audience"), {"list_id": list_id})
    warehouse.commit()


def retire_by_code(warehouse: Connection[Any], collection_code: str) -> str:
    """Take a collection's audience away from it, as a person decided; returns the audience's id.

    The next sync of the collection makes a new audience, or uses the one that the CRM names.
    Nobody who opted out of the former one is added there.

    Raises:
        NothingToRetireError: no audience is known under this code.
    """
    with audience_lock(warehouse, collection_code):
        mapped = read_row(
            warehouse,
            _Mapped,
            "select collection_id, list_id from sync.audience where collection_code = %s",
            (collection_code,),
        )
        if mapped is None:
            warehouse.rollback()
            shared_code = audience_code(warehouse, collection_code)
            if shared_code != collection_code:
                raise NothingToRetireError(
                    f"collection {collection_code} shares the audience {shared_code} with others. "
                    f"To take it away from all of them, name {shared_code!r}. To take one "
                    "collection out of it, change crm.contact_collection.shared_audience"
                )
            raise NothingToRetireError(
                f"collection {collection_code} has no audience in sync.audience. Nothing was "
                "changed. Upper and lower case and accents count. The code of a shared audience "
                "begins with 'shared'"
            )
        collection_audience.retire(warehouse, mapped.collection_id)
        warehouse.commit()
    return mapped.list_id
