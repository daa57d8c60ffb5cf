"""Tags found after a loss of ``sync``, while their collection had another audience already.

Perhaps the collection moved long ago. Then the sync archived who was a member of the former
audience by it alone. It gave the tag there to nobody any more. Or the collection was about to move,
and people refused. Its present audience shows that: the sync added nobody there who had refused.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


def find_found(warehouse: Connection[Any], collection_id: int) -> list[CollectionTag]:
    """Such tags of a collection, until a run succeeded in its present audience; commits."""
    left = tags.find_left(warehouse, collection_id)
    if not left:
        return []
    found = read_values(
        warehouse,
        str,
        "select list_id from sync.tag where collection_id = %s and found_through is not null",
        (collection_id,),
    )
    warehouse.commit()
    return [one for one in left if one.list_id in found]


def fill_present(
    warehouse: Connection[Any], collection_id: int, present_list_id: str | None
) -> None:
    """Fill the temporary table ``present_now``; no commit.

    Args:
        collection_id: the collection.
        present_list_id: its audience, as ``sync.member`` knows it now; None: nobody is present.
    """
    warehouse.execute(statement("sync/create_present_now"))
    warehouse.execute("truncate present_now")
    if present_list_id is None:
        return
    place = {"collection_id": collection_id, "present_list_id": present_list_id}
    is_shared = read_value(
        warehouse,
        bool,
        "select exists (select from sync.tag"
        " where list_id = %(present_list_id)s and collection_id = %(collection_id)s)",
        place,
    )
    with hash_joins_now(warehouse):
        warehouse.execute(statement("sync/fill_present_now"), {**place, "is_shared": is_shared})
    warehouse.execute("analyze present_now")


def pass_over_present(warehouse: Connection[Any], tag: CollectionTag) -> None:
    """Who is in the present audience did not refuse the collection by an archive; no commit.

    Args:
        warehouse: ``present_now`` has who is there.
        tag: one of ``find_found``. What happened in its audience after the first look counts.
    """
    place = {"list_id": tag.list_id, "collection_id": tag.collection_id}
    warehouse.execute(
        "update sync.tag set found_through = coalesce((select max(member.last_changed)"
        " from sync.member as member where member.list_id = tag.list_id), '-infinity')"
        " where list_id = %(list_id)s and collection_id = %(collection_id)s"
        " and found_through = 'infinity'",
        place,
    )
    with hash_joins_now(warehouse):
        warehouse.execute(
            statement("sync/pass_over_present"), {**place, "shared_id": tag.shared_id}
        )
