"""A tag went from one member to another by hand, and then the first person left the collection.

The count of the tag shows nothing of that. The first member shows it: we take its tag, and
Mailchimp does not show the member with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag, FoundByHand
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


def note_untaken(
    warehouse: Connection[Any], tag: CollectionTag, member_hashes: Sequence[str]
) -> None:
    """Note that no call of ours took a tag from members; no commit."""
    warehouse.execute(
        "update sync.tag_member set leaving_cause = null where list_id = %s"
        " and collection_id = %s and subscriber_hash = any(%s::text[])",
        (tag.list_id, tag.collection_id, list(member_hashes)),
    )


def find_moved(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    tag: CollectionTag,
    tag_id: int,
    *,
    given: Sequence[str],
    unsure: Sequence[str],
) -> FoundByHand | None:
    """Read the members of a tag that was missing at members when we took it; commits.

    Perhaps a call of ours took it, was repeated, and only the second answer came. Then nobody has
    the tag who did not have it before.

    Args:
        provider: one call for each 1,000 members, and those of ``sort_untagged``.
        tag: as the state knows it.
        tag_id: the tag's id in Mailchimp.
        given: subscriber hashes of members that just got it from us. Mailchimp's listing may not
            show them at once.
        unsure: the same of members whose call failed. If they have it, nobody gave it by hand.

    Returns:
        what somebody did by hand; None: nobody else got the tag.
    """
    place = {"list_id": tag.list_id, "collection_id": tag.collection_id}
    try:
        tags.fill_tagged_now(warehouse, provider, tag.list_id, tag_id)
    except NotFoundAtProviderError:
        warehouse.rollback()  # deleted: nobody took it from its members
        return None
    warehouse.execute(
        "delete from tagged_now where subscriber_hash = any(%s::text[])", ([*given, *unsure],)
    )
    warehouse.execute(
        "insert into tagged_now (subscriber_hash) select unnest(%s::text[])", (list(given),)
    )
    with hash_joins_now(warehouse):
        is_moved = read_value(warehouse, bool, statement("sync/shows_unknown"), place)
    if not is_moved:
        warehouse.commit()
        return None
    return tags.note_shown(warehouse, provider, tag)
