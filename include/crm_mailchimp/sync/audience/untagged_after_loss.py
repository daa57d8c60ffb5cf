"""Members without a tag after a loss of ``sync``: somebody may have taken it by hand before.

Nobody knows that any more. So an eligible member without the tag of its collection does not get it.
If the collection has another audience since, the member is not added there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import found_audiences, tags
from crm_mailchimp.sync.audience.tags import CollectionTag, FoundByHand
from crm_mailchimp.sync.audience.untagged_members import sort_untagged
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


class _Unjudged(NamedTuple):
    """A tag of which nobody has looked yet who lost it before the loss."""

    list_id: str
    collection_id: int
    tag_id: int


def hold_untagged(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection_id: int,
    staging_id: int,
    *,
    present_list_id: str | None = None,
) -> int:
    """Note that eligible members without the tag may have lost it; no commit.

    Args:
        warehouse: ``tagged_now`` has who carries the tag in Mailchimp.
        provider: one call for each member without the tag. If they are many, the audience is listed
            instead.
        list_id: the shared audience.
        collection_id: whose tag it is.
        staging_id: says who is eligible.
        present_list_id: the audience that the collection has since. Who is there by the sync did
            not lose the tag before. None: it has none, or the tag is its present one.

    Returns:
        how many members are held back.

    Raises:
        ProviderError: the members cannot be read.
    """
    place = {"list_id": list_id, "collection_id": collection_id}
    found_audiences.fill_present(warehouse, collection_id, staging_id, present_list_id)
    with hash_joins_now(warehouse):
        warehouse.execute(statement("sync/hold_untagged"), {**place, "staging_id": staging_id})
    warehouse.execute(
        "update sync.tag set unjudged_since = null"
        " where list_id = %(list_id)s and collection_id = %(collection_id)s",
        place,
    )
    untagged = sort_untagged(warehouse, provider, list_id, collection_id)
    found = read_row(
        warehouse,
        FoundByHand,
        statement("sync/note_tagged"),
        {**place, "is_known": False, **untagged._asdict()},
    )
    return found.taken if found is not None else 0


def hold_unjudged(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    shared_id: int,
    collections: Sequence[StagedCollection],
) -> dict[int, int]:
    """Do the same for tags of collections that had a problem when they were found; commits.

    Arguments, result and errors are those of ``lost_tags.find_again``. Each such tag costs one call
    for each 1,000 members.
    """
    staged = {one.collection_id: one.staging_id for one in collections if one.problem is None}
    waiting = read_rows(
        warehouse,
        _Unjudged,
        "select list_id, collection_id, tag_id from sync.tag where shared_id = %s"
        " and left_at is null and tag_id is not null and unjudged_since is not null"
        " and collection_id = any(%s) order by collection_id",
        (shared_id, sorted(staged)),
    )
    warehouse.commit()
    held_back: dict[int, int] = {}
    for one in waiting:
        try:
            tags.fill_tagged_now(warehouse, provider, one.list_id, one.tag_id)
        except NotFoundAtProviderError:
            warehouse.rollback()  # deleted: nobody took it from its members
            continue
        key = one.collection_id
        held = hold_untagged(warehouse, provider, one.list_id, key, staged[key])
        held_back |= {key: held} if held else {}
        warehouse.commit()
    return held_back


def restore_left(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    tag: CollectionTag,
    collection: StagedCollection,
    *,
    is_found: bool = False,
    present_list_id: str | None = None,
) -> int:
    """Find the members again whose collection has another audience since the loss; commits.

    They stay until its people are there. Who may have lost the tag is not added there.

    Args:
        tag: of the collection. Nothing is done if it was looked at before.
        collection: as the CRM has it now.
        is_found: one of ``found_audiences``. It is looked at only if it is as this says.
        present_list_id: as for ``hold_untagged``.

    Returns:
        how many members are held back.

    Raises:
        ProviderError: the members cannot be read.
    """
    is_unjudged = read_value(
        warehouse,
        bool,
        "select exists (select from sync.tag where list_id = %s and collection_id = %s"
        " and tag_id is not null and unjudged_since is not null"
        " and (found_through is not null) = %s)",
        (tag.list_id, tag.collection_id, is_found),
    )
    warehouse.commit()
    if tag.tag_id is None or not is_unjudged:
        return 0
    try:
        tags.fill_tagged_now(warehouse, provider, tag.list_id, tag.tag_id)
    except NotFoundAtProviderError:
        warehouse.rollback()  # deleted: nobody took it from its members
        return 0
    warehouse.execute(
        statement("sync/restore_tag_members"),
        {"list_id": tag.list_id, "collection_id": tag.collection_id},
    )
    held = 0
    if collection.problem is None:
        held = hold_untagged(
            warehouse,
            provider,
            tag.list_id,
            tag.collection_id,
            collection.staging_id,
            present_list_id=present_list_id,
        )
    warehouse.commit()
    return held


def words_of_held(tag: CollectionTag, held: int) -> str:
    """What a run says of members that ``restore_left`` holds back."""
    return (
        f"after the loss of sync, {members_in_words(held)} of the former audience do not have the "
        f"tag {tag.name!r}. Somebody may have taken it by hand. So nobody of them is added. Until "
        "a run of the collection succeeds, the tag may be given there in Mailchimp"
    )


def words_of_missing(name: str, held: int) -> str:
    """What a run says of members that do not get a tag, as nobody knows who took it.

    Args:
        name: the tag's.
        held: how many members.
    """
    return (
        f"after the loss of sync, the tag {name!r} is missing at {members_in_words(held)}. "
        "Somebody may have taken it by hand. Nobody of them gets it again until somebody gives it "
        "in Mailchimp"
    )
