"""Members of an audience: reading, adding, changing one by one, deleting for good."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import BadRequest, MailchimpError, NotFound
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.mailchimp.read_ahead import ReadAhead, ahead_of
from crm_mailchimp.mailchimp.readings import instant_of, object_of, objects_of, text_of
from crm_mailchimp.mailchimp.rejections import rejection, rejection_of
from crm_mailchimp.mailchimp.timestamps import format_instant
from crm_mailchimp.marketing_permissions import MarketingPermission
from crm_mailchimp.provider import (
    AddOutcome,
    ChangeOutcome,
    Complaint,
    MemberChange,
    NewMember,
    Rejection,
    RemoteMember,
)

log = logging.getLogger(__name__)

#: The status of a member whose status cannot be read.
_UNREADABLE_STATUS = "unreadable"

#: Most members of one batch subscribe (``POST /lists/{list_id}`` of the API reference).
MOST_TO_ADD = 500

_FIELDS = (
    "id",
    "list_id",
    "email_address",
    "status",
    "last_changed",
    "merge_fields",
    "unsubscribe_reason",
    "language",
    "contact_id",
    "marketing_permissions",
)

#: An answer gives its time in whole seconds (RFC 9110, 5.6.7).
_WHOLE_SECOND = timedelta(seconds=1)

# ``unsubscribe_reason`` of a member that the API or a user of the account unsubscribed. Real
# answers have both "N/A (Unsubscribed by admin)" and "N/A (Unsubscribed by an admin)". A person
# who unsubscribes has another reason, such as "None given".
_BY_ADMINISTRATOR = re.compile(r"unsubscribed by (an )?admin", re.IGNORECASE)


def members(
    client: MailchimpClient,
    list_id: str,
    *,
    status: str | None = None,
    since_last_changed: datetime | None = None,
    on_begin: Callable[[datetime], None] | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[RemoteMember]:
    """Members of an audience, 1,000 a page; without ``status`` the archived ones are left out.

    They are sorted by the opt-in time, which hardly ever changes, and pages overlap. So a member
    that is archived meanwhile does not make the walk skip another.

    Args:
        client: open client.
        list_id: the audience.
        status: only members with this status.
        since_last_changed: only members changed after this instant (whole seconds, exclusive).
        on_begin: called once with a moment before the first page was read, Mailchimp's clock. Not
            called where the answer does not say its time.
        ahead: asks for further pages side by side.
    """
    filters: dict[str, Any] = {}
    if status is not None:
        filters["status"] = status
    if since_last_changed is not None:
        filters["since_last_changed"] = format_instant(since_last_changed)

    def page(lane: MailchimpClient, count: int, offset: int) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = lane.lists.get_list_members_info(
            list_id,
            count=count,
            offset=offset,
            fields=["total_items", *(f"members.{name}" for name in _FIELDS)],
            sort_field="timestamp_opt",
            sort_dir="ASC",
            **filters,
        )
        return answer

    def own_page(count: int, offset: int) -> dict[str, Any] | None:
        asked_at = client.clock()
        answer = page(client, count, offset)
        if offset == 0 and on_begin is not None and client.answered_at is not None:
            took = timedelta(seconds=client.clock() - asked_at)
            on_begin(client.answered_at - took - _WHOLE_SECOND)
        return answer

    for entry in walk(
        own_page,
        "members",
        key=lambda entry: str(entry.get("id")),
        overlap=10,
        ahead=ahead_of(ahead, page),
    ):
        if not text_of(entry.get("id")) and not text_of(entry.get("email_address")):
            log.warning("audience %s: a member has neither id nor address", list_id)
            continue
        yield member_of(entry, list_id)


def member(client: MailchimpClient, list_id: str, member_hash: str) -> RemoteMember | None:
    """One member, whatever its status, archived included; None where there is none."""
    try:
        entry = client.lists.get_list_member(list_id, member_hash, fields=list(_FIELDS))
    except NotFound:
        return None
    return member_of(entry, list_id)


def add_members(
    client: MailchimpClient, list_id: str, new_members: Sequence[NewMember]
) -> AddOutcome:
    """Batch subscribe that leaves existing members as they are.

    It is sent again after a lost answer. Those that the lost one created then come back as
    'exists': their field CRMREF tells whose they are.

    Args:
        client: open client.
        list_id: the audience.
        new_members: at most 500.

    Raises:
        ValueError: too many, or a status other than 'subscribed' and 'pending'.
    """
    if len(new_members) > MOST_TO_ADD:
        raise ValueError(f"At most {MOST_TO_ADD} members fit into a call, got {len(new_members)}.")
    if not new_members:
        return AddOutcome(created=(), updated=(), rejected=())
    answer = client.lists.batch_list_members(
        list_id,
        {"members": [_new_member(new) for new in new_members], "update_existing": False},
    )
    answer = object_of(answer)
    created = [member_of(entry, list_id) for entry in objects_of(answer.get("new_members"))]
    updated = [member_of(entry, list_id) for entry in objects_of(answer.get("updated_members"))]
    rejected = [
        rejection(
            text_of(entry.get("email_address")),
            text_of(entry.get("error")),
            code=text_of(entry.get("error_code")),
            field=text_of(entry.get("field")),
            field_message=text_of(entry.get("field_message")),
        )
        for entry in objects_of(answer.get("errors"))
    ]
    answered = {one.subscriber_hash for one in (*created, *updated)}
    answered |= {one.subscriber_hash for one in rejected}
    rejected += [
        Rejection(
            email_address=new.email_address,
            subscriber_hash=subscriber_hash(new.email_address),
            kind="other",
            message="Mailchimp's answer does not mention this address.",
            retryable=True,
        )
        for new in new_members
        if subscriber_hash(new.email_address) not in answered
    ]
    return AddOutcome(created=created, updated=updated, rejected=rejected)


def change_member(
    client: MailchimpClient, list_id: str, change: MemberChange, *, is_repeat: bool = False
) -> ChangeOutcome:
    """Apply one change with a call of its own; what Mailchimp refuses is an outcome, not an error.

    Somebody who is not there any more counts as unsubscribed and archived.

    Args:
        is_repeat: an earlier call may have carried it out, and its answer is lost.
    """
    member_hash = change.subscriber_hash
    try:
        if change.action == "archive":
            client.lists.delete_list_member(list_id, member_hash)
            return ChangeOutcome(change=change)
        entry = client.lists.update_list_member(
            list_id, member_hash, change_body(change), **change_query(change)
        )
    except (NotFound, BadRequest) as error:
        return refused_change(client, list_id, change, error, is_repeat=is_repeat)
    return ChangeOutcome(change=change, member=member_of(entry, list_id))


def refused_change(
    client: MailchimpClient,
    list_id: str,
    change: MemberChange,
    error: MailchimpError,
    *,
    is_repeat: bool = False,
) -> ChangeOutcome:
    """What a refusal means for one change: done anyway, or a rejection.

    Args:
        is_repeat: as for ``change_member``.
    """
    if isinstance(error, NotFound) and change.action in ("archive", "unsubscribe"):
        return ChangeOutcome(change=change, was_gone=True)
    if change.action == "archive" and error.status == 405:
        # One text for three causes: "Can not archive a contact that is bounced, pending or
        # archived". Only the last of them is what was asked for.
        present = member(client, list_id, change.subscriber_hash)
        if present is None:
            return ChangeOutcome(change=change, was_gone=True)
        if present.status == "archived":
            # Not by an earlier attempt of ours: somebody else did it first.
            by_others = error.attempts == 1 and not is_repeat
            return ChangeOutcome(change=change, member=present if by_others else None)
    return ChangeOutcome(change=change, rejection=rejection_of(change.subscriber_hash, error))


def change_body(change: MemberChange) -> dict[str, Any]:
    """Body of the PATCH for a change; a plain update never holds a status."""
    body: dict[str, Any] = {}
    if change.merge_fields is not None:
        body["merge_fields"] = dict(change.merge_fields)
    if change.language is not None:
        body["language"] = change.language
    if change.permission_to_give is not None:
        # OpenAPI 3.0.55, "Update list member": the others stay as they are.
        body["marketing_permissions"] = [
            {"marketing_permission_id": change.permission_to_give, "enabled": True}
        ]
    if change.action == "unsubscribe":
        body["status"] = "unsubscribed"
    elif change.action == "reconfirm":
        body["status"] = "pending"
    return body


def change_query(change: MemberChange) -> dict[str, bool]:
    """Query parameters of the PATCH for a change.

    A change of the status alone does not need a field that somebody made required since (OpenAPI
    3.0.55, ``skip_merge_validation``). Values that are sent are still checked.
    """
    return {"skip_merge_validation": True} if change.action in ("unsubscribe", "reconfirm") else {}


def delete_member_permanently(client: MailchimpClient, list_id: str, member_hash: str) -> bool:
    """Erase a member and its history for good; False where there is none (any more)."""
    try:
        client.lists.delete_list_member_permanent(list_id, member_hash)
    except NotFound:
        return False
    return True


def complaints(client: MailchimpClient, list_id: str) -> Iterator[Complaint]:
    """Reports of mails of an audience as abuse (``GET /lists/{list_id}/abuse-reports``)."""
    for entry in walk(
        lambda count, offset: client.lists.get_list_abuse_reports(
            list_id,
            count=count,
            offset=offset,
            fields=["abuse_reports.id,abuse_reports.email_id,abuse_reports.date"],
        ),
        "abuse_reports",
        key=lambda entry: str(entry.get("id")),
    ):
        member_hash = text_of(entry.get("email_id"))
        if not member_hash:
            log.warning("audience %s: a complaint does not say whose it is", list_id)
            continue
        yield Complaint(subscriber_hash=member_hash, reported_at=instant_of(entry.get("date")))


def member_of(entry: Mapping[str, Any], list_id: str) -> RemoteMember:
    """Read a member from its JSON object."""
    email_address = text_of(entry.get("email_address"))
    return RemoteMember(
        list_id=text_of(entry.get("list_id")) or list_id,
        subscriber_hash=text_of(entry.get("id")) or subscriber_hash(email_address),
        email_address=email_address,
        # A status that nobody knows counts as "may be mailed": a withdrawal still goes out.
        status=text_of(entry.get("status")) or _UNREADABLE_STATUS,
        last_changed=instant_of(entry.get("last_changed")) or datetime.fromtimestamp(0, UTC),
        merge_fields=object_of(entry.get("merge_fields")),
        unsubscribed_by=_unsubscribed_by(entry),
        language=text_of(entry.get("language")),
        remote_contact_id=text_of(entry.get("contact_id")) or None,
        permissions=tuple(_permissions(entry)),
    )


def _permissions(entry: Mapping[str, Any]) -> Iterator[MarketingPermission]:
    for one in objects_of(entry.get("marketing_permissions")):
        permission_id = text_of(one.get("marketing_permission_id"))
        if permission_id:
            yield MarketingPermission(
                permission_id=permission_id,
                text=text_of(one.get("text")),
                is_given=one.get("enabled") is True,
            )


def _unsubscribed_by(entry: Mapping[str, Any]) -> Literal["person", "administrator"] | None:
    reason = text_of(entry.get("unsubscribe_reason"))
    if entry.get("status") != "unsubscribed" or not reason:
        return None
    return "administrator" if _BY_ADMINISTRATOR.search(reason) else "person"


def _new_member(new: NewMember) -> dict[str, Any]:
    # Types are not checked at run time. A wrong word here would create or revive a member with a
    # status that nobody asked for.
    if new.status not in ("subscribed", "pending"):
        raise ValueError(f"A new member is 'subscribed' or 'pending', not {new.status!r}.")
    body: dict[str, Any] = {
        "email_address": new.email_address,
        "status": new.status,
        "merge_fields": dict(new.merge_fields),
    }
    if new.language:
        body["language"] = new.language
    if new.timestamp_opt is not None:
        body["timestamp_opt"] = format_instant(new.timestamp_opt)
    return body
