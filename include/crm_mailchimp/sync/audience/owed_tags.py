"""Tags that collections owe: to members that were added for them, and do not carry the tag yet.

A member is added first, and gets its tag by a later call. If that call fails, or the run dies, only
the next run gives the tag. The collection may be inactive by then, and keeps its members all the
same (``sql/sync/keep_members.sql``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.tags import CollectionTag


def note_owed(warehouse: Connection[Any], list_id: str, collection_ids: Sequence[int]) -> None:
    """Note that members are about to be added that are to get these collections' tags; commits.

    Args:
        list_id: the shared audience.
        collection_ids: collections in it.
    """
    warehouse.execute(
        statement("sync/note_owed_tags"),
        {"list_id": list_id, "collection_ids": list(collection_ids)},
    )
    warehouse.commit()


def note_given(warehouse: Connection[Any], tag: CollectionTag) -> None:
    """Note that all members have the collection's tag that are to have it; commits."""
    warehouse.execute(
        "update sync.tag set owed_since = null"
        " where list_id = %s and collection_id = %s and owed_since is not null",
        (tag.list_id, tag.collection_id),
    )
    warehouse.commit()
