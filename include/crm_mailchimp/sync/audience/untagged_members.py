"""Members that carried a tag by what we know, and that Mailchimp no longer shows with it.

Somebody took it by hand, or deleted the member. Or something happened after this run looked at the
members. The member was archived, is asked to confirm, or has another address. Mailchimp shows no
tag of those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider, RemoteMember
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement

#: So many members are looked up by name. For more of them the whole audience is listed.
_BY_NAME = 50
#: Statuses with which Mailchimp shows no tag: nobody knows whether the member carries it.
_HIDDEN = ("archived", "pending")


class Untagged(NamedTuple):
    """Members without the tag, by their subscriber hashes.

    Attributes:
        present: Mailchimp has them, so somebody took the tag.
        hidden: Mailchimp has them. It does not show under this hash whether they carry the tag.
    """

    present: list[str]
    hidden: list[str]


class _Known(NamedTuple):
    subscriber_hash: str
    remote_contact_id: str


class _Found(NamedTuple):
    subscriber_hash: str
    is_hidden: bool


def sort_untagged(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, collection_id: int
) -> Untagged:
    """Say what Mailchimp has of the members that lost a collection's tag; no commit.

    Args:
        warehouse: ``tagged_now`` has who carries the tag in Mailchimp.
        provider: one or two calls a member. For many members it is a listing of the audience, and
            perhaps of the archived ones.
        list_id: the shared audience.
        collection_id: whose tag it is.

    Returns:
        see the class. Who is in neither list is deleted, or another member of the same address.
    """
    place = {"list_id": list_id, "collection_id": collection_id}
    asked = read_values(warehouse, str, statement("sync/find_untagged"), place)
    found: list[_Found] = []
    for status in (None, "archived"):
        if len(asked) > _BY_NAME:
            found += _same(warehouse, list_id, asked, provider.members(list_id, status=status))
            shown = {one.subscriber_hash for one in found}
            asked = [one for one in asked if one not in shown]
    if len(asked) <= _BY_NAME:
        found += filter(None, [_look_up(warehouse, provider, list_id, one) for one in asked])
    return Untagged(
        present=[one.subscriber_hash for one in found if not one.is_hidden],
        hidden=[one.subscriber_hash for one in found if one.is_hidden],
    )


def _same(
    warehouse: Connection[Any], list_id: str, asked: list[str], listed: Iterable[RemoteMember]
) -> list[_Found]:
    """The members of a listing that are asked for, without new ones of the same address."""
    known = {
        one.subscriber_hash: one.remote_contact_id
        for one in read_rows(
            warehouse,
            _Known,
            "select subscriber_hash, coalesce(remote_contact_id, '') as remote_contact_id"
            " from sync.member where list_id = %s and subscriber_hash = any(%s)",
            (list_id, asked),
        )
    }
    return [
        _Found(one.subscriber_hash, one.status in _HIDDEN)
        for one in listed
        if one.subscriber_hash in known
        and (known[one.subscriber_hash] or None) in (None, one.remote_contact_id)
    ]


def _look_up(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, member_hash: str
) -> _Found | None:
    """The member that we know, if Mailchimp still has it, and not a new one of its address.

    A member that was deleted for good is noted as such. Only a full listing shows it otherwise.
    """
    known_id = read_value(
        warehouse,
        str,
        "select coalesce(remote_contact_id, '') from sync.member"
        " where list_id = %s and subscriber_hash = %s",
        (list_id, member_hash),
    )
    present = provider.member(list_id, member_hash)
    if present is not None:
        is_same = not known_id or present.remote_contact_id in (None, known_id)
        return _Found(member_hash, present.status in _HIDDEN) if is_same else None
    # The person may have changed the address since the members were read.
    if known_id and provider.member(list_id, known_id) is not None:
        return _Found(member_hash, is_hidden=True)
    warehouse.execute(
        statement("sync/mark_forgotten"),
        {"list_id": list_id, "subscriber_hash": member_hash},
    )
    return None
