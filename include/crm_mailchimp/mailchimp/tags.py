"""Tags of an audience. In Mailchimp a tag is a static segment (OpenAPI 3.0.55, ``segments``)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import BadRequest, NotFound, UnexpectedAnswer
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.mailchimp.readings import count_of, object_of, objects_of, text_of
from crm_mailchimp.tag_provider import Tag, TagChange, TagMember, TagOutcome

log = logging.getLogger(__name__)

#: Most addresses that one call adds, and most that it removes (OpenAPI 3.0.55,
#: ``POST /lists/{list_id}/segments/{segment_id}``).
MOST_OF_A_CALL = 500


def tags(client: MailchimpClient, list_id: str) -> Iterator[Tag]:
    """All tags of an audience, without saved segments."""
    for entry in walk(
        lambda count, offset: client.lists.list_segments(
            list_id,
            type="static",
            count=count,
            offset=offset,
            fields=["segments.id,segments.name,segments.member_count,total_items"],
        ),
        "segments",
        key=lambda entry: str(entry.get("id")),
    ):
        yield _tag_of(entry)


def create_tag(
    client: MailchimpClient, list_id: str, name: str, addresses: Sequence[str] = ()
) -> Tag:
    """Make a tag with members; addresses that the audience does not have are passed over.

    Args:
        client: open client.
        list_id: the audience.
        name: at most 100 characters.
        addresses: of members that carry it from the start (OpenAPI 3.0.55, ``static_segment`` of
            ``POST /lists/{list_id}/segments``).

    Raises:
        ValueError: too many addresses.
        BadRequest: the audience has a tag of this name, or takes no such name. Or none of the
            addresses is subscribed.
        ConnectionFault, ServerError: with ``outcome_unknown``, the tag may exist.
    """
    if len(addresses) > MOST_OF_A_CALL:
        raise ValueError(f"At most {MOST_OF_A_CALL} addresses fit into a call.")
    body = {"name": name, "static_segment": list(addresses)}
    return _tag_of(client.lists.create_segment(list_id, body))


def rename_tag(client: MailchimpClient, list_id: str, tag_id: int, name: str) -> Tag:
    """Give a tag another name; its members stay."""
    return _tag_of(client.lists.update_segment(list_id, str(tag_id), {"name": name}))


def tag_members(client: MailchimpClient, list_id: str, tag_id: int) -> Iterator[TagMember]:
    """Members that carry a tag; Mailchimp shows neither archived nor pending ones."""
    for entry in walk(
        lambda count, offset: client.lists.get_segment_members_list(
            list_id,
            str(tag_id),
            count=count,
            offset=offset,
            fields=["members.id,members.status,total_items"],
            include_cleaned=True,
            include_transactional=True,
            include_unsubscribed=True,
        ),
        "members",
        key=lambda entry: str(entry.get("id")),
        overlap=10,
    ):
        member_hash = text_of(entry.get("id"))
        if member_hash:
            yield TagMember(subscriber_hash=member_hash, status=text_of(entry.get("status")))


def change_tag_members(
    client: MailchimpClient, list_id: str, tag_id: int, change: TagChange
) -> TagOutcome:
    """Give a tag to members and take it from others.

    Mailchimp passes over addresses that are not subscribed in the audience. A member that carries
    the tag already is an error in the answer. So only those that the answer shows are done.

    Args:
        client: open client.
        list_id: the audience.
        tag_id: the tag.
        change: who gets it and who loses it.

    Raises:
        ValueError: too many addresses.
        NotFound: the audience has no such tag.
    """
    add, remove = change.add, change.remove
    if max(len(add), len(remove)) > MOST_OF_A_CALL:
        raise ValueError(f"At most {MOST_OF_A_CALL} addresses fit into a call.")
    body = {"members_to_add": list(add), "members_to_remove": list(remove)}
    try:
        answer = object_of(client.lists.batch_segment_members(body, list_id, str(tag_id)))
    except BadRequest as error:
        # So it answers if none of them is subscribed now (seen in hull-mailchimp's tests).
        log.info("a change of a tag was refused as a whole: %s", error)
        return TagOutcome(
            added=frozenset(), removed=frozenset(), refused=frozenset((*add, *remove))
        )
    added = {text_of(entry.get("id")) for entry in objects_of(answer.get("members_added"))}
    removed = {text_of(entry.get("id")) for entry in objects_of(answer.get("members_removed"))}
    done = added | removed
    refused = frozenset(one for one in (*add, *remove) if subscriber_hash(one) not in done)
    return TagOutcome(added=frozenset(added), removed=frozenset(removed), refused=refused)


def give_tag(client: MailchimpClient, list_id: str, name: str, member_hash: str) -> bool:
    """Give one member a tag, by its id; False where the audience has no such member."""
    try:
        client.lists.update_list_member_tags(
            list_id, member_hash, {"tags": [{"name": name, "status": "active"}]}
        )
    except NotFound:
        return False
    return True


def take_tag(client: MailchimpClient, list_id: str, tag_id: int, member_hash: str) -> bool:
    """Take a tag from one member, by its id; False where the tag has no such member."""
    try:
        client.lists.remove_segment_member(list_id, str(tag_id), member_hash)
    except NotFound:
        return False
    return True


def _tag_of(entry: Mapping[str, Any]) -> Tag:
    tag_id = entry.get("id")
    if not isinstance(tag_id, int) or isinstance(tag_id, bool):
        raise UnexpectedAnswer("a tag has no id")
    return Tag(
        tag_id=tag_id,
        name=text_of(entry.get("name")),
        member_count=count_of(entry.get("member_count")),
    )
