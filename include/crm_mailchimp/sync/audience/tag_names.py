"""Names of tags: a tag is made under a name that only we know, and then gets its collection's.

Mailchimp tells tags apart by id, and has each name once in an audience. A tag that is found by its
collection's name may be one that somebody made by hand. So no tag is found by that name: after a
lost answer it is found by its spare name. A spare name also frees a name that another tag of ours
still has.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import ProviderError, RefusedByProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.sync.audience.tags import (
    MOST_CHARACTERS,
    CollectionTag,
    note_id,
    note_name,
    read_tags,
)
from crm_mailchimp.tag_provider import Tag

log = logging.getLogger(__name__)

_SPARE = re.compile(r"(?P<code>.+) #[0-9a-f]{8}", re.DOTALL)
_MOST_OF_CODE = MOST_CHARACTERS - len(" #01234567")


def make_collection_tag(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    tag: CollectionTag,
    addresses: Sequence[str],
) -> tuple[CollectionTag, bool]:
    """Make a collection's tag under a spare name, with its first members; commits.

    The spare name is committed before the call. If no answer comes, or the run is killed, a tag of
    this name is ours. ``look_at_tags`` finds it.

    Args:
        addresses: of members that get it by the same call, at most 500.

    Returns:
        the tag with its id, and whether Mailchimp says that each of the members has it.

    Raises:
        ProviderError: it is not made, or nobody knows.
    """
    name = tag.made_as or _spare_name(tag)
    warehouse.execute(
        "update sync.tag set made_as = %s where list_id = %s and collection_id = %s",
        (name, tag.list_id, tag.collection_id),
    )
    warehouse.commit()
    made, has_all = _create(provider, tag.list_id, name, addresses)
    note_id(warehouse, tag, made)
    return replace(tag, tag_id=made.tag_id, name=made.name, made_as=name, deleted_at=None), has_all


def give_name(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    tag: CollectionTag,
    wanted: Mapping[int, str],
) -> None:
    """Give a tag the name that its collection has now; commits.

    If another collection's tag has this name, that one gets a spare name first, and its own name
    later. All calls go by the tags' ids. So the next run goes on where this one was killed: a spare
    name is not the wanted one.

    Args:
        provider: no call if it has the name. Two more and one for the other tag if another has it.
        wanted: the name that each tag is to have, by collection id.

    Raises:
        ProviderError: among others, a tag that is not ours has the name.
    """
    name = wanted[tag.collection_id]
    if tag.tag_id is None or tag.name == name:
        return
    try:
        provider.rename_tag(tag.list_id, tag.tag_id, name)
    except RefusedByProviderError:
        if not _free(warehouse, provider, tag, name, wanted):
            raise
        provider.rename_tag(tag.list_id, tag.tag_id, name)
    note_name(warehouse, tag, name)


def name_now(provider: AudienceProvider, tag: CollectionTag) -> str | None:
    """The tag's name in Mailchimp, as somebody may have renamed it; None: it has no such tag."""
    found = (one.name for one in provider.tags(tag.list_id) if one.tag_id == tag.tag_id)
    return next(found, None)


def _free(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    tag: CollectionTag,
    name: str,
    wanted: Mapping[int, str],
) -> bool:
    """Give the tag that has a name a spare one, if it is another collection's that wants another.

    Returns:
        whether the name is free now.
    """
    holders = {one.tag_id for one in provider.tags(tag.list_id) if one.name == name}
    for other in read_tags(warehouse, tag.shared_id):
        if (
            other.tag_id not in holders
            or other.is_unknown
            or wanted.get(other.collection_id) == name
        ):
            continue
        log.info(
            "collection %s: its tag makes room for the name of collection %s",
            other.collection_code,
            tag.collection_code,
        )
        spare = _spare_name(other)
        # Noted first: whatever happens, the tag gets its collection's name later.
        note_name(warehouse, other, spare)
        provider.rename_tag(tag.list_id, other.tag_id, spare)
        return True
    warehouse.commit()
    return False


def _create(
    provider: AudienceProvider, list_id: str, name: str, addresses: Sequence[str]
) -> tuple[Tag, bool]:
    try:
        made = provider.create_tag(list_id, name, addresses)
    except ProviderError as error:
        if not (error.outcome_unknown or isinstance(error, RefusedByProviderError)):
            raise
        # No answer came, an earlier call came late, or none of the members is subscribed now.
        log.warning("a tag was not made at once, looking for it: %s", error)
    else:
        return made, made.member_count == len(addresses)
    for present in provider.tags(list_id):
        if present.name == name:
            return present, False
    return provider.create_tag(list_id, name), False


def code_in_spare_name(name: str) -> str | None:
    """The collection's code in a spare name, cut as there; None: it does not look like one."""
    found = _SPARE.fullmatch(name)
    return found["code"] if found else None


def has_spare_name(tag: Tag, collection_code: str) -> bool:
    """Whether a tag's name looks like a spare one of the collection."""
    code = code_in_spare_name(tag.name)
    return code is not None and code == collection_code[:_MOST_OF_CODE]


def _spare_name(tag: CollectionTag) -> str:
    """A name that nobody else knows, with the collection's code for people who see it."""
    return f"{tag.collection_code[:_MOST_OF_CODE]} #{secrets.token_hex(4)}"
