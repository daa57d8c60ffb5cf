"""What an answer of Mailchimp shows of a member, as the statements about members take it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.provider import RemoteMember
from crm_mailchimp.sync.audience.ownership import REFERENCE_TAG
from crm_mailchimp.sync.fields.member_values import parse_reference


class ObservedMember(NamedTuple):
    """A row of the temporary table ``observed_member``: its columns, in their order.

    Attributes:
        given_permissions: ids of the marketing permissions that the member gives; None: the answer
            does not show them.
        declined_permissions: ids of the others.
    """

    list_id: str
    subscriber_hash: str
    address_hash: str | None
    status: str
    unsubscribed_by: str | None
    last_changed: datetime
    origin: str
    contact_id: int | None
    remote_contact_id: str | None
    given_permissions: list[str] | None
    declined_permissions: list[str] | None


def observed_of(member: RemoteMember) -> ObservedMember:
    """What an answer shows of a member."""
    reference = parse_reference(member.merge_fields.get(REFERENCE_TAG))
    origin, contact_id = reference or ("foreign", None)
    key = parse_address(member.email_address).key
    # Nobody knows what Mailchimp does with the permissions of a member that gets no mail.
    shows = member.status == "subscribed" and bool(member.permissions)
    return ObservedMember(
        list_id=member.list_id,
        subscriber_hash=member.subscriber_hash,
        address_hash=subscriber_hash(key) if key else None,
        status=member.status,
        unsubscribed_by=member.unsubscribed_by,
        last_changed=member.last_changed,
        origin=origin,
        contact_id=contact_id,
        remote_contact_id=member.remote_contact_id,
        given_permissions=_permissions(member, given=True) if shows else None,
        declined_permissions=_permissions(member, given=False) if shows else None,
    )


def _permissions(member: RemoteMember, *, given: bool) -> list[str]:
    return sorted(one.permission_id for one in member.permissions if one.is_given == given)


def may_refuse(member: RemoteMember) -> bool:
    """Whether an answer may show a refusal: not subscribed, or a permission is not given."""
    return member.status != "subscribed" or not all(one.is_given for one in member.permissions)
