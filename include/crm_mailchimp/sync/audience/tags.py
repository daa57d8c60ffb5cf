"""Tags of a shared audience: which collection each belongs to, and who carries it.

Each run reads the tags with their counts by one call. Where a count differs from what we know, and
at a full listing, the tag's members are read. So tags that somebody gives or takes by hand show.

A tag is known by its id. A tag that somebody deleted says nothing about its members: nobody took
it from them. A tag of the same name that somebody makes by hand is not the collection's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.given_back import end_taken_tags
from crm_mailchimp.sync.audience.untagged_members import sort_untagged
from crm_mailchimp.sync.made_up_ids import UNKNOWN_COLLECTIONS
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.tag_provider import Tag
from crm_mailchimp.warehouse.copying import copy_rows

log = logging.getLogger(__name__)

#: Most characters of a tag's name (Mailchimp help, "Create and manage tags").
MOST_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True)
class CollectionTag:
    """A row of ``sync.tag``: the tag of one collection in its shared audience.

    Attributes:
        shared_id: of the shared audience: its id among the collections.
        tag_id: None: it is not made yet, or somebody deleted it.
        name: in Mailchimp, as the sync gave it; somebody may have renamed it there.
        gdpr_category: the collection's last known one.
        made_as: the name, known to nobody else, under which the sync makes it; None: it has made
            none.
        deleted_at: when we noticed that somebody deleted it; None: it is there, or never was.
    """

    list_id: str
    shared_id: int
    collection_id: int
    collection_code: str
    tag_id: int | None
    name: str
    gdpr_category: str | None
    campaign_type: str | None
    made_as: str | None
    deleted_at: datetime | None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows the collection: only the tag's name gives a code."""
        return is_unknown_id(self.collection_id)

    @property
    def was_made(self) -> bool:
        """Whether we know that the audience had the tag: no loss of our state came since."""
        return not (self.tag_id is None and self.made_as is None and self.deleted_at is None)


def is_unknown_id(collection_id: int) -> bool:
    """Whether the id is one for a collection that is only known by the name of its tag."""
    return collection_id in UNKNOWN_COLLECTIONS


def unknown_id(list_id: str, tag: Tag) -> int:
    """The id for the unknown collection of a tag: always the same."""
    return UNKNOWN_COLLECTIONS.id_of(f"{list_id}/{tag.tag_id}")


class FoundByHand(NamedTuple):
    """What somebody did by hand to a tag since the last look.

    Attributes:
        given: members that got it. It is 0 after a loss of our state, or while a call of ours has
            no answer. Nobody knows then who gave it.
        taken: members that lost it.
        taken_name: the name that the collection's tag is to get. Another tag of the audience has
            it, which is no collection's. None: the name is free, or the tag has it.
    """

    given: int
    taken: int
    taken_name: str | None = None


class TagLook(NamedTuple):
    """What a look at tags found.

    Attributes:
        by_hand: what was done by hand, by collection id; tags without such a change are left out.
        read: ids of the tags whose members were read.
    """

    by_hand: dict[int, FoundByHand]
    read: set[int]


_TAG = (
    "select list_id, shared_id, collection_id, collection_code, tag_id, name, gdpr_category,"
    " campaign_type, made_as, deleted_at from sync.tag"
)


def tag_name(collection: StagedCollection) -> str:
    """The fixed name of a collection's tag, cut in its description where it is too long."""
    code = f" ({collection.collection_code})"
    description = collection.settings.name.removesuffix(code)
    return f"{description[: max(0, MOST_CHARACTERS - len(code))]}{code}"[:MOST_CHARACTERS]


def read_tags(warehouse: Connection[Any], shared_id: int) -> list[CollectionTag]:
    """Tags of the collections that share an audience now, those of a lost collection included."""
    return read_rows(
        warehouse,
        CollectionTag,
        f"{_TAG} where shared_id = %s and left_at is null order by collection_id",
        (shared_id,),
    )


def find_tag(warehouse: Connection[Any], collection_id: int) -> CollectionTag | None:
    """The tag of a collection in a shared audience, if it is in one."""
    return read_row(
        warehouse,
        CollectionTag,
        f"{_TAG} where collection_id = %s and left_at is null",
        (collection_id,),
    )


def find_waiting(
    warehouse: Connection[Any], list_id: str, shared_id: int, staged_ids: Sequence[int]
) -> list[CollectionTag]:
    """Tags that collections left, while no run elsewhere has succeeded since; commits.

    Args:
        list_id: the shared audience.
        shared_id: its id among the collections.
        staged_ids: collections that share it now.
    """
    place = {"list_id": list_id, "shared_id": shared_id}
    warehouse.execute(statement("sync/note_arrived"), {**place, "collection_id": None})
    waiting = read_rows(
        warehouse,
        CollectionTag,
        statement("sync/find_waiting_tags"),
        {**place, "staged_ids": list(staged_ids)},
    )
    warehouse.commit()
    return waiting


def find_left(warehouse: Connection[Any], collection_id: int) -> list[CollectionTag]:
    """Tags that a collection left in shared audiences, and has not arrived elsewhere; commits."""
    asked = {"collection_id": collection_id, "list_id": None, "shared_id": None}
    warehouse.execute(statement("sync/note_arrived"), asked)
    left = read_rows(
        warehouse,
        CollectionTag,
        f"{_TAG} where collection_id = %s and left_at is not null and arrived_at is null"
        " order by list_id",
        (collection_id,),
    )
    warehouse.commit()
    return left


def join(
    warehouse: Connection[Any],
    list_id: str,
    shared_id: int,
    collections: Sequence[StagedCollection],
) -> None:
    """Note that collections are in a shared audience; commits.

    What people refused in it holds for them from now on.
    """
    for one in collections:
        warehouse.execute(
            statement("sync/join_shared_audience"),
            {
                "list_id": list_id,
                "shared_id": shared_id,
                "collection_id": one.collection_id,
                "collection_code": one.collection_code,
                "gdpr_category": one.gdpr_category,
                "campaign_type": one.campaign_type,
                "name": tag_name(one),
            },
        )
    warehouse.commit()


def leave(warehouse: Connection[Any], tag: CollectionTag, *, has_arrived: bool = False) -> None:
    """Note that a collection is in the shared audience no longer; commits.

    Args:
        has_arrived: its people are in another audience by now.
    """
    parameters = {
        "list_id": tag.list_id,
        "collection_id": tag.collection_id,
        "has_arrived": has_arrived,
    }
    warehouse.execute(statement("sync/leave_shared_audience"), parameters)
    warehouse.commit()


def note_taken_addresses(warehouse: Connection[Any], tag: CollectionTag) -> None:
    """Let refusals of the tag hold at addresses that persons chose in Mailchimp since; commits."""
    warehouse.execute(statement("sync/note_taken_addresses"), _parameters(tag))
    warehouse.commit()


def look_at_tags(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    tags: Sequence[CollectionTag],
    *,
    full: bool,
    wanted: Mapping[int, str] | None = None,
) -> TagLook:
    """Bring ``sync.tag_member`` up to date with Mailchimp; commits.

    A tag may have a collection's name, and an id that is not known. Somebody made it by hand, and
    it is left alone (after a loss of the state, ``lost_tags`` looks first). A tag under the name
    that only we know is ours: we made it, and no answer came.

    Args:
        provider: one call, and one for each 1,000 members of a tag whose count differs.
        list_id: the shared audience.
        tags: of its collections.
        full: read the members of every tag.
        wanted: the name that each tag is to have, by collection id; without: the one that it has.
    """
    remote = {one.tag_id: one for one in provider.tags(list_id)}
    # A tag of which nobody knows whose it is may be somebody's, and have a name that we need.
    known_ids = {tag.tag_id for tag in tags if not tag.is_unknown}
    by_name = {one.name: one for one in remote.values() if one.tag_id not in known_ids}
    found: dict[int, FoundByHand] = {}
    read: set[int] = set()
    for tag in tags:
        name = (wanted or {}).get(tag.collection_id, tag.name)
        if tag.tag_id is not None:
            present = remote.get(tag.tag_id)
            if present is None:
                _forget(warehouse, tag)
        elif tag.made_as in by_name:
            present = by_name.pop(tag.made_as)
        else:
            present = None
        # A tag that somebody renamed keeps that name until the collection has another one.
        given = tag.name if tag.tag_id is not None else present and present.name
        if name in by_name and (present is None or given != name):
            found[tag.collection_id] = FoundByHand(0, 0, taken_name=name)
        if present is None:
            continue
        if present.tag_id != tag.tag_id:
            note_id(warehouse, tag, present)
        known = read_value(warehouse, int, statement("sync/count_tagged"), _parameters(tag))
        warehouse.commit()
        if full or known != present.member_count or present.tag_id != tag.tag_id:
            read.add(present.tag_id)
            by_hand = read_members(warehouse, provider, tag, present.tag_id)
            if any(by_hand):
                taken_name = found.get(tag.collection_id, by_hand).taken_name
                found[tag.collection_id] = by_hand._replace(taken_name=taken_name)
    return TagLook(found, read)


def must_read(warehouse: Connection[Any], tag: CollectionTag, staging_id: int) -> bool:
    """Whether the tag's members have to be read before the plan gives the tag; no commit.

    Args:
        staging_id: of the run, whose plan of the collection is made.
    """
    asked = {**_parameters(tag), "staging_id": staging_id}
    return read_value(warehouse, bool, statement("sync/must_read_tag"), asked)


def note_id(warehouse: Connection[Any], tag: CollectionTag, present: Tag) -> None:
    """Note which tag of the audience is the collection's, and its name; commits."""
    warehouse.execute(
        "update sync.tag set tag_id = %s, name = %s, deleted_at = null"
        " where list_id = %s and collection_id = %s",
        (present.tag_id, present.name, tag.list_id, tag.collection_id),
    )
    warehouse.commit()


def note_name(warehouse: Connection[Any], tag: CollectionTag, name: str) -> None:
    """Note the name that the sync gives the collection's tag; commits."""
    warehouse.execute(
        "update sync.tag set name = %s where list_id = %s and collection_id = %s",
        (name, tag.list_id, tag.collection_id),
    )
    warehouse.commit()


def has_members(warehouse: Connection[Any], tag: CollectionTag) -> bool:
    """Whether members are known to carry the tag; commits."""
    known = read_value(warehouse, int, statement("sync/count_tagged"), _parameters(tag))
    warehouse.commit()
    return known > 0


def fill_tagged_now(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, tag_id: int
) -> None:
    """Fill the temporary table ``tagged_now`` with who carries a tag in Mailchimp; no commit.

    Args:
        provider: one call for each 1,000 members.

    Raises:
        NotFoundAtProviderError: somebody deleted the tag.
    """
    warehouse.execute(statement("sync/create_tagged_now"))
    warehouse.execute("truncate tagged_now")
    copy_rows(
        warehouse,
        "tagged_now",
        ("subscriber_hash",),
        ((one.subscriber_hash,) for one in provider.tag_members(list_id, tag_id)),
    )
    warehouse.execute("analyze tagged_now")


def read_members(
    warehouse: Connection[Any], provider: AudienceProvider, tag: CollectionTag, tag_id: int
) -> FoundByHand:
    """Read the members of a tag, and note what somebody did by hand; commits.

    Args:
        provider: one call for each 1,000 members, and those of ``sort_untagged``.
        tag: as the state knows it.
        tag_id: the tag's id in Mailchimp. The state may not know it.
    """
    try:
        fill_tagged_now(warehouse, provider, tag.list_id, tag_id)
    except NotFoundAtProviderError:
        warehouse.rollback()
        _forget(warehouse, tag)
        return FoundByHand(0, 0)
    return note_shown(warehouse, provider, tag)


def note_shown(
    warehouse: Connection[Any], provider: AudienceProvider, tag: CollectionTag
) -> FoundByHand:
    """Note what somebody did by hand to a tag; commits.

    Args:
        warehouse: ``tagged_now`` has who carries the tag in Mailchimp.
        provider: the calls of ``sort_untagged``.
        tag: as the state knows it.
    """
    is_known = tag.tag_id is not None
    end_taken_tags(warehouse, tag.list_id, tag.collection_id, is_known=is_known)
    untagged = sort_untagged(warehouse, provider, tag.list_id, tag.collection_id)
    found = read_row(
        warehouse,
        FoundByHand,
        statement("sync/note_tagged"),
        {**_parameters(tag), "is_known": is_known, **untagged._asdict()},
    )
    warehouse.commit()
    return found or FoundByHand(0, 0)


def _forget(warehouse: Connection[Any], tag: CollectionTag) -> None:
    """Somebody deleted the tag: nobody carries it, and nobody took it from its members."""
    log.warning("collection %s: its tag was deleted in Mailchimp", tag.collection_code)
    warehouse.execute(statement("sync/forget_tag"), _parameters(tag))
    warehouse.commit()


def _parameters(tag: CollectionTag) -> dict[str, object]:
    return {"list_id": tag.list_id, "collection_id": tag.collection_id}
