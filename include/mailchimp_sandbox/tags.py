"""Tags of members. In Mailchimp a tag and a static segment are one thing; so they are here."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.lookup import find
from mailchimp_sandbox.paging import window
from mailchimp_sandbox.problem import invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Member, Segment


def checked_names(names: Any) -> list[str]:
    """Tag names as POST takes them.

    Raises:
        Problem: 400 for anything but non-empty strings of at most 100 characters.
    """
    if not isinstance(names, list) or not all(
        isinstance(name, str) and 0 < len(name.strip()) <= 100 for name in names
    ):
        raise invalid_fields(("tags", "Schema describes array of strings"))
    return [name.strip() for name in names]


def segment_of(sandbox: Sandbox, audience: Audience, name: str) -> Segment:
    """The static segment of a tag, made when new."""
    if name not in audience.tag_ids:
        segment_id = sandbox.next_number()
        now = sandbox.now
        audience.tag_ids[name] = segment_id
        audience.segments[str(segment_id)] = Segment(segment_id, name, "static", now, now)
    return audience.segments[str(audience.tag_ids[name])]


def attach(sandbox: Sandbox, audience: Audience, member: Member, name: str) -> None:
    """Give a member a tag."""
    segment = segment_of(sandbox, audience, name)
    segment.members[member.hash] = True
    segment.updated_at = sandbox.now
    if name not in member.tags:
        member.tags[name] = sandbox.now
        member.last_changed = sandbox.now
        audience.version += 1


def detach(sandbox: Sandbox, audience: Audience, member: Member, name: str) -> None:
    """Take a tag from a member."""
    if name not in member.tags:
        return
    del member.tags[name]
    segment = segment_of(sandbox, audience, name)
    segment.members.pop(member.hash, None)
    segment.updated_at = sandbox.now
    member.last_changed = sandbox.now
    audience.version += 1


@operation("GET", "/lists/{list_id}/members/{subscriber_hash}/tags")
def list_tags(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListMemberTags."""
    audience = sandbox.audience(call.parts["list_id"])
    member = find(audience, call.parts["subscriber_hash"])
    rows = [
        {"id": audience.tag_ids[name], "name": name, "date_added": iso(added)}
        for name, added in member.tags.items()
    ]
    return {"tags": rows[window(call.query)], "total_items": len(rows)}


@operation("POST", "/lists/{list_id}/members/{subscriber_hash}/tags")
def change_tags(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListMemberTags. An active tag moves ``last_changed`` also where the member has
    it (recorded in grouparoo/grouparoo,
    plugins/@grouparoo/mailchimp/__tests__/fixtures/export/exportRecord.js)."""
    audience = sandbox.audience(call.parts["list_id"])
    member = find(audience, call.parts["subscriber_hash"])
    body = call.body()
    validation.check(body, {"tags": "array", "is_syncing": "boolean"}, ("tags",))
    wanted = body["tags"]
    for item in wanted:
        if not isinstance(item, dict) or item.get("status") not in ("active", "inactive"):
            raise invalid_fields(("tags.status", "Value must be one of: inactive, active"))
        checked_names([item.get("name")])
    for item in wanted:
        if item["status"] == "active":
            attach(sandbox, audience, member, item["name"].strip())
            member.last_changed = sandbox.now
            audience.version += 1
        else:
            detach(sandbox, audience, member, item["name"].strip())
    sandbox.ledger.event(
        sandbox.now,
        "tagged",
        "api",
        list_id=audience.list_id,
        subscriber_hash=member.hash,
        email_address=member.email_address,
    )


@operation("GET", "/lists/{list_id}/tag-search", address=None)
def search_tags(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: searchTagsByName: names beginning with ``name``, all without it."""
    audience = sandbox.audience(call.parts["list_id"])
    start = call.query.get("name", "").lower()
    rows = [
        {"id": segment_id, "name": name}
        for name, segment_id in audience.tag_ids.items()
        if name.lower().startswith(start)
    ]
    return {"tags": rows, "total_items": len(rows)}
