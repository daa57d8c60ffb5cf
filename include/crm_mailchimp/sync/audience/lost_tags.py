"""Tags of a shared audience, found again in Mailchimp after a loss of ``sync``.

After a loss of the sync state the audience is known by its mark. Its tags are known by their names:
the code of the collection is at the end. Some are those of collections that are not synced any
more. Their members stay, as they did before the loss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider, MergeField
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import ownership, tag_names, tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.audience.untagged_after_loss import hold_untagged
from crm_mailchimp.sync.staging import shared_audiences
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.tag_provider import Tag

_OPENING = re.compile(r" \((?=[^ ])")


class _Unsynced(NamedTuple):
    """A collection of the CRM that shares no audience now, or another one."""

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


def find_again(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    shared_id: int,
    collections: Sequence[StagedCollection],
) -> dict[int, int]:
    """Note which tags of an audience are those of which collections, and who has them; commits.

    Eligible members without the tag of their collection are held back: somebody may have taken it.

    All of it is one transaction: a run that dies has noted nothing, and the next one begins again.

    Args:
        crm: to ``crm_db``.
        provider: one call, one for each 1,000 members of a tag, and one for each member without
            the tag. If they are many, the audience is listed instead.
        list_id: the shared audience. CRMREF marks it as ours, and this state did not see that
            (``must_look``).
        shared_id: its id among the collections.
        collections: those that share it now.

    Returns:
        how many members each collection holds back, by its id; collections without any are left
        out.

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
    with_tag = {
        tag.collection_id for tag in tags.read_tags(warehouse, shared_id) if tag.tag_id is not None
    }
    without = [one for one in collections if one.collection_id not in with_tag]
    found = list(_of_collections(free, without))
    taken = {tag.tag_id for _, tag in found}
    settled = {one.collection_code for one in collections if one.collection_id in with_tag}
    settled |= {owner.code for owner, _ in found}
    others = [tag for tag in free if tag.tag_id not in taken and not _codes_in(tag) & settled]
    found += _of_others(warehouse, crm, others, list_id, {one.collection_code for one in without})
    staged = {one.collection_id: one.staging_id for one in collections if one.problem is None}
    held_back: dict[int, int] = {}
    for owner, tag in found:
        warehouse.execute(
            statement("sync/restore_tag"),
            {
                "list_id": list_id,
                "shared_id": shared_id,
                **owner._asdict(),
                "tag_id": tag.tag_id,
                "name": tag.name,
                "is_known": not tags.is_unknown_id(owner.collection_id),
            },
        )
        tags.fill_tagged_now(warehouse, provider, list_id, tag.tag_id)
        warehouse.execute(
            statement("sync/restore_tag_members"),
            {"list_id": list_id, "collection_id": owner.collection_id},
        )
        if (staging_id := staged.get(owner.collection_id)) is not None:
            held = hold_untagged(warehouse, provider, list_id, owner.collection_id, staging_id)
            held_back |= {owner.collection_id: held} if held else {}
    note_known(warehouse, list_id, shared_id)
    warehouse.commit()
    return held_back


def must_look(
    warehouse: Connection[Any],
    list_id: str,
    shared_id: int,
    *,
    fields: Callable[[], Iterable[MergeField]],
) -> bool:
    """Whether tags of a shared audience may be ours that this state does not know; commits.

    An audience that is not marked yet has none of ours. That is noted before it is marked.

    Args:
        fields: gives the audience's merge fields. Asked once.
    """
    is_known = read_value(
        warehouse,
        bool,
        "select exists (select from sync.audience_use where list_id = %s and collection_id = %s"
        " and tags_known_at is not null)",
        (list_id, shared_id),
    )
    warehouse.commit()
    if is_known:
        return False
    if _is_marked(warehouse, shared_id, fields()):
        return True
    note_known(warehouse, list_id, shared_id)
    warehouse.commit()
    return False


def _is_marked(warehouse: Connection[Any], shared_id: int, fields: Iterable[MergeField]) -> bool:
    """Whether CRMREF says in Mailchimp that the collections share this audience."""
    owner = ownership.owner_of(fields)
    if owner is None:
        return False
    # The mark has another id if the account's connection got another one since.
    return owner.collection_id == shared_id or (
        shared_audiences.is_shared_id(owner.collection_id)
        and owner.installation == ownership.own_installation(warehouse)
    )


def note_known(warehouse: Connection[Any], list_id: str, shared_id: int) -> None:
    """Note that the state knows which tags of the audience are ours; the caller commits."""
    warehouse.execute(
        "update sync.audience_use set tags_known_at = now()"
        " where list_id = %s and collection_id = %s",
        (list_id, shared_id),
    )


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
    for one in collections if any(map(tags.is_unknown_id, kept)) else ():
        warehouse.execute(
            statement("sync/take_back_tag"),
            {
                "list_id": list_id,
                "collection_id": one.collection_id,
                "collection_code": one.collection_code,
                "unknown_ids": [one for one in kept if tags.is_unknown_id(one)],
            },
        )
    warehouse.commit()


def drop_deleted(warehouse: Connection[Any], lost: Sequence[CollectionTag]) -> None:
    """Forget unknown collections whose tags somebody deleted in Mailchimp; commits."""
    for tag in lost:
        if tag.is_unknown:
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
        if tag.is_unknown and tag.collection_code == collection.collection_code
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
        "stay. If no collection needs the tag, delete it in Mailchimp to let them go"
        for tag in lost
        if tag.is_unknown and tag.tag_id is not None
    ]


def _of_collections(
    free: Sequence[Tag], collections: Sequence[StagedCollection]
) -> Iterator[tuple[_Owner, Tag]]:
    free = list(free)
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
            # Two long codes may be cut to one name: a tag is one collection's.
            free.remove(tag)
            yield owner, tag


def _of_others(
    warehouse: Connection[Any],
    crm: Connection[Any],
    free: Sequence[Tag],
    list_id: str,
    own_codes: Set[str],
) -> Iterator[tuple[_Owner, Tag]]:
    """Tags of collections that are not synced any more, or of which nobody knows.

    Args:
        own_codes: of collections that share the audience, and whose tag is not clear.
    """
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
        candidates = _codes_in(tag)
        known = [present[code] for code in sorted(candidates & present.keys() - own_codes, key=len)]
        is_away = known and not any(one.is_synced for one in known) and not candidates & own_codes
        if is_away and known[0].collection_id not in elsewhere:
            elsewhere.add(known[0].collection_id)
            yield _Owner(known[0].collection_id, known[0].code, *known[0][3:]), tag
        elif candidates:
            # A synced collection takes its tag back when it is in the audience (``take_back``), or
            # leaves it (``earlier_audiences``).
            likely = candidates & own_codes or candidates & present.keys() or candidates
            code = min(likely, key=lambda one: (one.count("(") != one.count(")"), len(one)))
            yield _Owner(tags.unknown_id(list_id, tag), code), tag


def _codes_in(tag: Tag) -> set[str]:
    """The codes that a tag's name may give: parentheses may be part of a code."""
    if (code := tag_names.code_in_spare_name(tag.name)) is not None:
        return {code}
    if not tag.name.endswith(")"):
        return set()
    return {tag.name[one.end() : -1] for one in _OPENING.finditer(tag.name)}
