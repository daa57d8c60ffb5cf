"""A Mailchimp account kept in memory: the far side of histories that are played in bulk.

What a status may become, and what the API refuses, are the rules of the sandbox
(``mailchimp_sandbox/subscriptions.py`` names their sources);
``test_far_side.py`` compares the two, step by step. It imports nothing of the product.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BY_ADMIN = "N/A (Unsubscribed by an admin)"
BY_COMPLAINT = "N/A (Reported as spam)"
BY_PERSON = "None given"


#: The connection that everything has that names none.
DEFAULT = "mailchimp_default"


class Refused(Exception):  # noqa: N818 - Mailchimp's word for it
    """The API refuses a request about one member.

    Attributes:
        kind: exists, compliance, forgotten, not_archivable, not_found or tag_exists.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def subscriber_hash(address: str) -> str:
    """Mailchimp's id of a member: md5 of the lower-cased address."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass
class Member:
    """One address in one audience.

    Attributes:
        opted_out: empty, person, bounce or complaint: what the API may not take back.
        last_changed: seconds since the epoch; no change is without a new one.
        touched_by_api: the API changed a field of it since it is there.
        tags: ids of the tags that it carries, whatever its status.
    """

    address: str
    contact_id: str
    status: str = ""
    opted_out: str = ""
    reason: str = ""
    language: str = ""
    opt_in: int = 0
    last_changed: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    touched_by_api: bool = False
    tags: set[int] = field(default_factory=set)

    @property
    def hash(self) -> str:
        return subscriber_hash(self.address)


@dataclass
class Column:
    """A merge field of an audience."""

    merge_id: int
    tag: str
    name: str
    type: str = "text"
    public: bool = False
    required: bool = False


@dataclass
class Audience:
    """One list with its members by hash, and the hashes that were deleted for good."""

    list_id: str
    settings: Any
    created_at: int
    columns: list[Column] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    complaints: list[tuple[str, int]] = field(default_factory=list)
    #: The connection that leads to it.
    connection: str = DEFAULT
    #: Names of tags by id.
    tags: dict[int, str] = field(default_factory=dict)

    def tag(self, name: str) -> int | None:
        """The id of a tag, by its very name."""
        return next((number for number, known in self.tags.items() if known == name), None)

    def tagged(self, tag_id: int, *statuses: str) -> list[Member]:
        """Members with a tag, of these statuses."""
        return [
            one for one in self.members.values() if tag_id in one.tags and one.status in statuses
        ]

    def member(self, address: str) -> Member | None:
        return self.members.get(subscriber_hash(address))

    def find(self, key: str) -> Member | None:
        """By subscriber hash or contact id, as the API takes both."""
        return self.members.get(key) or next(
            (one for one in self.members.values() if one.contact_id == key), None
        )

    def listed(self, status: str | None, since: int | None) -> list[Member]:
        """Members as ``GET /lists/{id}/members`` lists them: archived ones only when asked for,
        ``since`` is exclusive; the oldest opt-in first."""
        rows = [
            one
            for one in self.members.values()
            if (one.status != "archived" if status is None else one.status == status)
            and (since is None or one.last_changed > since)
        ]
        return sorted(rows, key=lambda one: (one.opt_in, one.contact_id))


@dataclass(frozen=True)
class Change:
    """A member's status changed, or its address did.

    ``by`` is us (the pipeline), person, hand (somebody in the account) or mailchimp.
    """

    list_id: str
    address: str
    before: str
    after: str
    by: str
    at: int


@dataclass
class Sending:
    """A campaign, and to which members it went with the status that they had.

    ``tag_id`` None: it goes to the whole audience.
    """

    campaign_id: str
    list_id: str
    settings: dict[str, str]
    created_at: int
    status: str = "save"
    send_at: int | None = None
    tag_id: int | None = None
    recipients: list[str] = field(default_factory=list)


class Account:
    """Audiences, members and campaigns; the clock moves only on request.

    Several accounts are one, whose audiences are each reached through one connection.
    """

    def __init__(self, start: int = 1_800_000_000) -> None:
        self.now = start
        self.audiences: dict[str, Audience] = {}
        self.campaigns: dict[str, Sending] = {}
        self.changes: list[Change] = []
        self._number = 0

    def next_id(self, kind: str) -> str:
        self._number += 1
        return hashlib.sha256(f"{kind}:{self._number}".encode()).hexdigest()[:10]

    def create_audience(self, settings: Any, connection: str = DEFAULT) -> Audience:
        audience = Audience(self.next_id("list"), settings, self.now, connection=connection)
        for tag, name, kind in (
            *(("FNAME", "First Name", "text"), ("LNAME", "Last Name", "text")),
            *(("ADDRESS", "Address", "address"), ("PHONE", "Phone Number", "phone")),
        ):
            audience.columns.append(Column(len(audience.columns) + 1, tag, name, kind, public=True))
        self.audiences[audience.list_id] = audience
        return audience

    # ---- what the API does

    def add(
        self,
        audience: Audience,
        address: str,
        status: str,
        fields: Mapping[str, Any],
        *,
        opt_in: int | None = None,
    ) -> Member:
        """Add an address, or bring an archived one back.

        Raises:
            Refused: it is there, opted out, or was deleted for good.
        """
        key = subscriber_hash(address)
        if key in audience.forgotten:
            raise Refused("forgotten")
        member = audience.members.get(key)
        if member is not None:
            if not _may_become(member, status):
                raise Refused("compliance")
            if member.status != "archived":
                raise Refused("exists")
        else:
            member = self._create(audience, address)
        member.fields.update(fields)
        member.opt_in = opt_in or self.now
        self._set(audience, member, status, by="us")
        return member

    def patch(
        self,
        audience: Audience,
        key: str,
        *,
        status: str | None = None,
        fields: Mapping[str, Any] | None = None,
        by: str = "us",
    ) -> Member:
        """Change a member as ``PATCH`` does.

        Raises:
            Refused: there is no such member, or it may not become that.
        """
        member = audience.find(key)
        if member is None:
            raise Refused("not_found")
        if status is not None and status != member.status and not _may_become(member, status):
            raise Refused("compliance")
        if fields is not None and {**member.fields, **fields} != member.fields:
            member.fields.update(fields)
            member.touched_by_api = member.touched_by_api or by == "us"
            member.last_changed = self.now
        if status is not None and status != member.status:
            self._set(audience, member, status, by=by, reason=BY_ADMIN)
        return member

    def archive(self, audience: Audience, key: str, *, by: str = "us") -> None:
        """Archive as ``DELETE`` does.

        Raises:
            Refused: there is no such member, or it bounced, waits or is archived already.
        """
        member = audience.find(key)
        if member is None:
            raise Refused("not_found")
        if member.status in ("archived", "cleaned", "pending"):
            raise Refused("not_archivable")
        self._set(audience, member, "archived", by=by)

    def delete(self, audience: Audience, key: str, *, by: str = "us") -> bool:
        """Delete for good; False where there is none."""
        member = audience.find(key)
        if member is None:
            return False
        del audience.members[member.hash]
        audience.forgotten.add(member.hash)
        audience.complaints = [one for one in audience.complaints if one[0] != member.hash]
        self._note(audience, member.address, member.status, "deleted", by)
        return True

    # ---- tags, by the API or by hand

    def make_tag(self, audience: Audience, name: str) -> int:
        """Make a tag without members.

        Raises:
            Refused: the audience has a tag of this name.
        """
        if audience.tag(name) is not None:
            raise Refused("tag_exists")
        self._number += 1
        audience.tags[self._number] = name
        return self._number

    def give_tag(self, audience: Audience, tag_id: int, key: str, *, by_address: bool) -> bool:
        """Give a member a tag; False where there is no such member.

        Args:
            by_address: as calls for many members do. They find subscribed ones alone, and do not
                answer for those that carry the tag already.
        """
        member = audience.members.get(key)
        if member is None:
            return False
        if by_address and (member.status != "subscribed" or tag_id in member.tags):
            return False
        member.last_changed = self.now
        member.tags.add(tag_id)
        return True

    def take_tag(
        self, audience: Audience, tag_id: int, key: str, *, by_address: bool = False
    ) -> bool:
        """Take a tag from a member; False where nobody with this key carries it.

        Args:
            by_address: as for ``give_tag``.
        """
        member = audience.members.get(key)
        if member is None or tag_id not in member.tags:
            return False
        if by_address and member.status != "subscribed":
            return False
        member.tags.discard(tag_id)
        member.last_changed = self.now
        return True

    def delete_tag(self, audience: Audience, tag_id: int) -> None:
        """Delete a tag: all its members lose it."""
        for key, member in audience.members.items():
            if tag_id in member.tags:
                self.take_tag(audience, tag_id, key)
        del audience.tags[tag_id]

    # ---- what people do

    def sign_up(self, audience: Audience, address: str, fields: Mapping[str, Any] = {}) -> Member:
        """The hosted form: the only way back for who opted out or was deleted for good."""
        audience.forgotten.discard(subscriber_hash(address))
        member = audience.member(address) or self._create(audience, address)
        member.fields.update(fields)
        if member.status != "subscribed":
            self._set(audience, member, "subscribed", by="person")
        member.opt_in = self.now
        return member

    def unsubscribe(self, audience: Audience, member: Member) -> None:
        member.opted_out = "person"
        self._set(audience, member, "unsubscribed", by="person", reason=BY_PERSON)

    def complain(self, audience: Audience, member: Member) -> None:
        audience.complaints.append((member.hash, self.now))
        member.opted_out = "complaint"
        self._set(audience, member, "unsubscribed", by="person", reason=BY_COMPLAINT)

    def bounce(self, audience: Audience, member: Member) -> None:
        member.opted_out = "bounce"
        self._set(audience, member, "cleaned", by="mailchimp")

    def rename(self, audience: Audience, member: Member, address: str) -> None:
        """The person changes the address in the form: the hash changes, the contact id stays."""
        del audience.members[member.hash]
        before, member.address = member.address, address
        audience.members[member.hash] = member
        member.last_changed = self.now
        self._note(audience, address, before, "renamed", "person")

    def send(self, campaign: Sending) -> None:
        """It goes to everybody who is subscribed now, or to those of them with its tag."""
        campaign.recipients = [one.address for one in self.recipients_of(campaign)]
        campaign.status, campaign.send_at = "sent", self.now

    def recipients_of(self, campaign: Sending) -> list[Member]:
        """Members that a campaign would reach now."""
        return [
            one
            for one in self.audiences[campaign.list_id].members.values()
            if one.status == "subscribed"
            and (campaign.tag_id is None or campaign.tag_id in one.tags)
        ]

    # ---- inside

    def _create(self, audience: Audience, address: str) -> Member:
        member = Member(address, self.next_id("contact"), opt_in=self.now)
        audience.members[member.hash] = member
        return member

    def _set(
        self, audience: Audience, member: Member, status: str, *, by: str, reason: str = ""
    ) -> None:
        before, member.status = member.status, status
        member.last_changed = self.now
        if status == "subscribed":
            member.reason = ""
            if by == "person":
                member.opted_out = ""
        elif status == "unsubscribed":
            member.reason = reason
        self._note(audience, member.address, before, status, by)

    def _note(self, audience: Audience, address: str, before: str, after: str, by: str) -> None:
        self.changes.append(Change(audience.list_id, address, before, after, by, self.now))


def _may_become(member: Member, status: str) -> bool:
    if status == "subscribed":
        return not member.opted_out
    if status == "pending":
        return member.opted_out in ("", "person")
    return True
