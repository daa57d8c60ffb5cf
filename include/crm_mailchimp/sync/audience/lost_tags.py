"""Tags of a shared audience, found again in Mailchimp when ``sync`` knows none of them.

After a loss of the sync state the audience is known by its mark. Its tags are known by their names:
the code of the collection is at the end. Some are those of collections that are not synced any
more. Their members stay, as they did before the loss.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tag_names, tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.tag_provider import Tag
from crm_mailchimp.warehouse.copying import copy_rows

# The ids of collections that the CRM does not have lie between its own and those of shared
# audiences.
_FIRST_ID = -(2**61)
_IDS = 2**60
_OPENING = re.compile(r" \((?=[^ ])")


class _Unsynced(NamedTuple):
    """A collection of the CRM that is not synced, or another audience's."""

    collection_id: int
    code: str
    is_synced: bool
    gdpr_category: str | None
    campaign_type: str | None


class _Owner(NamedTuple):
    """A collection that a tag is taken for."""

    collection_id: int
    code: str
    gdpr_category: str | None = None
    campaign_type: str | None = None


def is_unknown_id(collection_id: int) -> bool:
    """Whether the id is one for a collection that is only known by the name of its tag."""
    return _FIRST_ID - _IDS < collection_id <= _FIRST_ID


def find_again(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    shared_id: int,
    collections: Sequence[StagedCollection],
) -> None:
    """Note which tags of an audience are those of which collections, and who has them; commits.

    All of it is one transaction: a run that dies has noted nothing, and the next one begins again.

    Args:
        crm: to ``crm_db``.
        provider: one call, and one for each 1,000 members of a tag.
        list_id: the shared audience. CRMREF marks it as ours, and none of its tags is known.
        shared_id: its id among the collections.
        collections: those that share it now, and have a row without a tag.

    Raises:
        ProviderError: the audience cannot be read.
    """
    known = set(
        read_values(
            warehouse,
            int,
            "select tag_id from sync.tag where list_id = %s and tag_id is not null",
            (list_id,),
        )
    )
    free = [tag for tag in provider.tags(list_id) if tag.tag_id not in known]
    warehouse.execute(statement("sync/create_tagged_now"))
    found = list(_of_collections(free, collections))
    taken = {tag.tag_id for _, tag in found}
    codes = {one.collection_code for one in collections}
    free = [tag for tag in free if tag.tag_id not in taken]
    of_several = [
        (_Owner(_unknown_id(list_id, tag), code), tag)
        for tag in free
        for code in sorted(_codes_in(tag) & codes - {owner.code for owner, _ in found})[:1]
    ]
    others = [tag for tag in free if not _codes_in(tag) & codes]
    found += [*of_several, *_of_others(warehouse, crm, others, list_id)]
    for owner, tag in found:
        warehouse.execute(
            statement("sync/restore_tag"),
            {
                "list_id": list_id,
                "shared_id": shared_id,
                **owner._asdict(),
                "tag_id": tag.tag_id,
                "name": tag.name,
                "is_known": not is_unknown_id(owner.collection_id),
            },
        )
        warehouse.execute("truncate tagged_now")
        copy_rows(
            warehouse,
            "tagged_now",
            ("subscriber_hash",),
            ((one.subscriber_hash,) for one in provider.tag_members(list_id, tag.tag_id)),
        )
        warehouse.execute(
            statement("sync/restore_tag_members"),
            {"list_id": list_id, "collection_id": owner.collection_id},
        )
    warehouse.commit()


def take_back(
    warehouse: Connection[Any], list_id: str, collections: Sequence[StagedCollection]
) -> None:
    """Give tags that were kept for an unknown collection to the one with their code; commits.

    Args:
        list_id: the shared audience.
        collections: that are in it now.
    """
    kept = read_values(
        warehouse, int, "select collection_id from sync.tag where list_id = %s", (list_id,)
    )
    for one in collections if any(map(is_unknown_id, kept)) else ():
        warehouse.execute(
            statement("sync/take_back_tag"),
            {
                "list_id": list_id,
                "collection_id": one.collection_id,
                "collection_code": one.collection_code,
                "first_id": _FIRST_ID,
                "last_id": _FIRST_ID - _IDS,
            },
        )
    warehouse.commit()


def drop_deleted(warehouse: Connection[Any], lost: Sequence[CollectionTag]) -> None:
    """Forget unknown collections whose tags somebody deleted in Mailchimp; commits."""
    for tag in lost:
        if is_unknown_id(tag.collection_id):
            warehouse.execute(
                "delete from sync.tag where list_id = %s and collection_id = %s and tag_id is null",
                (tag.list_id, tag.collection_id),
            )
    warehouse.commit()


def several_tags_of(collection: StagedCollection, known: Sequence[CollectionTag]) -> str | None:
    """Why a collection gets no tag: several may be its own since the loss; None: it is clear."""
    names = [
        tag.name
        for tag in known
        if is_unknown_id(tag.collection_id) and tag.collection_code == collection.collection_code
    ]
    if not names:
        return None
    return (
        "since the loss of sync, several tags may be the collection's: "
        f"{', '.join(map(repr, names))}. Nobody gets or loses one. Delete in Mailchimp those "
        "that are not its own"
    )


def words_of_unknown(lost: Sequence[CollectionTag]) -> list[str]:
    """What a run says of tags whose collections nobody knows."""
    return [
        f"since the loss of sync, nobody knows the collection of the tag {tag.name!r}. Its members "
        "stay. To let them go, delete the tag in Mailchimp"
        for tag in lost
        if is_unknown_id(tag.collection_id) and tag.tag_id is not None
    ]


def _of_collections(
    free: Sequence[Tag], collections: Sequence[StagedCollection]
) -> Iterator[tuple[_Owner, Tag]]:
    for one in collections:
        named = [tag for tag in free if tag.name == tags.tag_name(one)]
        # Its description may have changed. If several end with its code, a person has to say which.
        ending = [
            tag
            for tag in free
            if tag.name.endswith(f" ({one.collection_code})")
            or tag_names.has_spare_name(tag, one.collection_code)
        ]
        if named or len(ending) == 1:
            (tag,) = named or ending
            owner = _Owner(
                one.collection_id, one.collection_code, one.gdpr_category, one.campaign_type
            )
            yield owner, tag


def _of_others(
    warehouse: Connection[Any], crm: Connection[Any], free: Sequence[Tag], list_id: str
) -> Iterator[tuple[_Owner, Tag]]:
    """Tags of collections that are not synced any more."""
    codes = sorted({code for tag in free for code in _codes_in(tag)})
    present = {
        one.code: one
        for one in read_rows(crm, _Unsynced, statement("crm/find_by_codes"), {"codes": codes})
    }
    # A collection is in one audience. Its tag stays in those that it left.
    elsewhere = set(
        read_values(
            warehouse,
            int,
            "select collection_id from sync.tag where left_at is null and list_id <> %s",
            (list_id,),
        )
    )
    for tag in free:
        candidates = sorted(_codes_in(tag), key=len)
        known = [present[code] for code in candidates if code in present]
        # Where a synced collection was before is another question (``earlier_audiences``).
        if any(one.is_synced for one in known):
            continue
        if known and known[0].collection_id not in elsewhere:
            elsewhere.add(known[0].collection_id)
            yield _Owner(known[0].collection_id, known[0].code, *known[0][3:]), tag
        elif candidates:
            yield _Owner(_unknown_id(list_id, tag), candidates[0]), tag


def _unknown_id(list_id: str, tag: Tag) -> int:
    digest = hashlib.sha256(f"{list_id}/{tag.tag_id}".encode()).digest()
    return _FIRST_ID - int.from_bytes(digest[:8], "big") % _IDS


def _codes_in(tag: Tag) -> set[str]:
    """The codes that a tag's name may give: parentheses may be part of a code."""
    if (code := tag_names.code_in_spare_name(tag.name)) is not None:
        return {code}
    if not tag.name.endswith(")"):
        return set()
    return {tag.name[one.end() : -1] for one in _OPENING.finditer(tag.name)}
