"""A collection's tag is missing in its present audience after a loss of ``sync``.

The collection had another audience before. Perhaps it moved, the sync archived its members there,
and then somebody deleted the tag in the present audience. Or the collection is about to move, and
people were archived by hand. Nothing in Mailchimp tells these apart. So a member stays in the
present audience, and gets the tag only if somebody gives it in Mailchimp.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_row, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import found_audiences, tags
from crm_mailchimp.sync.audience.tags import CollectionTag, FoundByHand
from crm_mailchimp.sync.audience.untagged_members import sort_untagged
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


def hold_archived_elsewhere(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> int:
    """Hold back who is in the present audience, and archived in one before; commits.

    Their archive does not count for the collection any more: the missing tag does.

    Args:
        provider: one or two calls for each such member. If they are many, the audience is listed.
        list_id: the present audience, a shared one.
        collection: one that shares it.

    Returns:
        how many members are held back.

    Raises:
        ProviderError: the members cannot be read.
    """
    key = collection.collection_id
    tag = tags.find_tag(warehouse, key)
    warehouse.commit()
    if tag is None or tag.list_id != list_id or tag.was_made or collection.problem is not None:
        return 0
    earlier = found_audiences.find_found(warehouse, key, has_moved=True)
    if not earlier:
        return 0
    place = {"list_id": list_id, "collection_id": key, "staging_id": collection.staging_id}
    found_audiences.fill_present(warehouse, key, collection.staging_id, None)
    with hash_joins_now(warehouse):
        is_clear = not warehouse.execute(
            statement("sync/fill_archived_elsewhere"),
            {**place, "earlier_lists": [one.list_id for one in earlier]},
        ).rowcount
    if is_clear:
        warehouse.commit()
        return 0
    warehouse.execute("analyze present_now")
    warehouse.execute(statement("sync/hold_archived_elsewhere"), place)
    warehouse.execute(statement("sync/add_merged_now"), place)
    for one in earlier:
        found_audiences.pass_over_present(warehouse, key, one)
    warehouse.execute(statement("sync/create_tagged_now"))
    warehouse.execute("truncate tagged_now")
    untagged = sort_untagged(warehouse, provider, list_id, key)
    found = read_row(
        warehouse,
        FoundByHand,
        statement("sync/note_tagged"),
        {**place, "is_known": False, **untagged._asdict()},
    )
    warehouse.commit()
    return found.taken if found is not None else 0


def has_held(warehouse: Connection[Any], tag: CollectionTag) -> bool:
    """Whether members are held back until somebody gives them the tag; commits."""
    held = read_value(
        warehouse,
        bool,
        "select exists (select from sync.tag_member"
        " where list_id = %s and collection_id = %s and taken_by_hand_at is not null)",
        (tag.list_id, tag.collection_id),
    )
    warehouse.commit()
    return held
