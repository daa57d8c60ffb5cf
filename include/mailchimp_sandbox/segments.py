"""Segments: static ones (tags) by member, saved ones by conditions (OpenAPI: listSegments)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailchimp_sandbox import addresses, tags, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.happenings import recipient_of
from mailchimp_sandbox.lookup import find, seek
from mailchimp_sandbox.member_view import describe_briefly, describe_in_segment
from mailchimp_sandbox.paging import flag, moment, window
from mailchimp_sandbox.problem import invalid_fields, invalid_resource, not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Member, Segment

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "is": lambda have, want: have == want,
    "not": lambda have, want: have != want,
    "contains": lambda have, want: want in have,
    "notcontain": lambda have, want: want not in have,
    "starts": lambda have, want: have.startswith(want),
    "ends": lambda have, want: have.endswith(want),
    "greater": lambda have, want: have > want,
    "less": lambda have, want: have < want,
    "blank": lambda have, want: not have,
    "blank_not": lambda have, want: bool(have),
}


# What a campaign condition asks for. Those with "no" hold for members it was sent to. It is
# undocumented whether a member it was never sent to "did not open" it.
_AIMS = {"open": "open", "click": "click", "noopen": "open", "noclick": "click"}


def _aim(sandbox: Sandbox, audience: Audience, op: str, value: str) -> Callable[[Member], bool]:
    """OpenAPI, "Aim Segment": what members did with a campaign (its web id), or with any."""
    campaigns = [
        campaign
        for campaign in sandbox.account.campaigns.values()
        if campaign.list_id == audience.list_id
        and campaign.recipients
        and value in ("any", str(campaign.web_id))
    ]

    def fits(member: Member) -> bool:
        rows = [recipient_of(campaign, member) for campaign in campaigns]
        received = [row for row in rows if row is not None]
        if op in ("sent", "nosent"):
            return bool(received) == (op == "sent")
        did = any(event[1] == _AIMS[op] for row in received for event in row.events)
        return did if op in ("open", "click") else bool(received) and not did

    return fits


def _condition(
    sandbox: Sandbox, audience: Audience, condition: Mapping[str, Any]
) -> Callable[[Member], bool]:
    kind = condition.get("condition_type", "")
    op = str(condition.get("op", ""))
    value = condition.get("value", "")
    name = str(condition.get("field", ""))
    if kind == "StaticSegment" or name == "static_segment":
        segment = audience.segments.get(str(value))
        held = segment.members if segment else {}
        return lambda member: (member.hash in held) == (op != "static_not")
    if op in _TEXT and (kind == "EmailAddress" or name == "EMAIL"):
        return lambda member: _TEXT[op](member.email_address.lower(), str(value).lower())
    if op in _TEXT and any(field.tag == name for field in audience.merge_fields):
        return lambda member: _TEXT[op](
            str(member.merge_fields.get(name, "")).lower(), str(value).lower()
        )
    if kind == "Aim" and op in (*_AIMS, "sent", "nosent"):
        return _aim(sandbox, audience, op, str(value))
    if name == "gmonkey":
        return lambda member: member.vip == (op == "member")
    raise invalid_fields(
        ("options.conditions", f"The sandbox does not know conditions of type {kind or name!r}.")
    )


def _conditions(options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    validation.check(
        options,
        {"saved_segment_id": "integer", "match": "string", "conditions": "array"},
        (),
        "options.",
    )
    if "match" in options:
        validation.one_of(options["match"], ("any", "all"), "options.match")
    conditions: list[Mapping[str, Any]] = options.get("conditions", [])
    if not all(isinstance(condition, dict) for condition in conditions):
        raise invalid_fields(("options.conditions", "Schema describes array of objects"))
    return conditions


def members_of(sandbox: Sandbox, audience: Audience, options: Mapping[str, Any]) -> list[Member]:
    """Members of ``segment_opts`` (a saved segment or conditions); all of them without.

    Raises:
        Problem: 400 for a segment or condition that does not exist.
    """
    conditions = _conditions(options)
    saved = options.get("saved_segment_id")
    if saved:
        segment = audience.segments.get(str(saved))
        if segment is None:
            raise invalid_fields(
                ("recipients.segment_opts.saved_segment_id", "The segment does not exist.")
            )
        if segment.type == "static":
            return [audience.members[key] for key in segment.members if key in audience.members]
        options = segment.options
        conditions = _conditions(options)
    everyone = list(audience.members.values())
    if not conditions:
        return everyone
    tests = [_condition(sandbox, audience, condition) for condition in conditions]
    fits = any if options.get("match") == "any" else all
    return [member for member in everyone if fits(test(member) for test in tests)]


def _shown(
    sandbox: Sandbox, audience: Audience, segment: Segment, query: Mapping[str, str]
) -> list[Member]:
    options = {"saved_segment_id": segment.segment_id}
    hidden = {"archived", "pending"}
    for status in ("cleaned", "transactional", "unsubscribed"):
        if not flag(query, f"include_{status}"):
            hidden.add(status)
    return [m for m in members_of(sandbox, audience, options) if m.status not in hidden]


def _describe(
    sandbox: Sandbox, audience: Audience, segment: Segment, query: Mapping[str, str]
) -> dict[str, Any]:
    row = {
        "id": segment.segment_id,
        "name": segment.name,
        "member_count": len(_shown(sandbox, audience, segment, query)),
        "type": segment.type,
        "created_at": iso(segment.created_at),
        "updated_at": iso(segment.updated_at),
        "list_id": audience.list_id,
    }
    if segment.options:
        row["options"] = segment.options
    return row


def _segment(audience: Audience, call: Call) -> Segment:
    segment = audience.segments.get(call.parts["segment_id"])
    if segment is None:
        raise not_found()
    return segment


@operation("GET", "/lists/{list_id}/segments", rows={"segments": "/lists/{list_id}/segments/{id}"})
def list_segments(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdSegments."""
    audience = sandbox.audience(call.parts["list_id"])
    query = call.query
    bounds = {
        name: (moment(query, f"since_{name}"), moment(query, f"before_{name}"))
        for name in ("created_at", "updated_at")
    }

    def fits(segment: Segment) -> bool:
        for name, (after, until) in bounds.items():
            value = getattr(segment, name)
            if (after is not None and value <= after) or (until is not None and value > until):
                return False
        return not query.get("type") or segment.type == query["type"]

    rows = [segment for segment in audience.segments.values() if fits(segment)]
    return {
        "segments": [_describe(sandbox, audience, row, query) for row in rows[window(query)]],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation("POST", "/lists/{list_id}/segments", address="/lists/{list_id}/segments/{id}")
def create_segment(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdSegments. ``static_segment`` takes addresses; unknown ones are
    ignored."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    validation.check(
        body, {"name": "string", "static_segment": "array", "options": "object"}, ("name",)
    )
    if "static_segment" in body:
        if body["name"] in audience.tag_ids:
            raise invalid_fields(("name", "Sorry, that tag already exists."))
        segment = tags.segment_of(sandbox, audience, body["name"])
        _add_addresses(sandbox, audience, segment, body["static_segment"])
    else:
        number = sandbox.next_number()
        options = body.get("options", {})
        segment = Segment(number, body["name"], "saved", sandbox.now, sandbox.now)
        segment.options = options
        members_of(sandbox, audience, options)
        audience.segments[str(number)] = segment
    return _describe(sandbox, audience, segment, call.query)


def _add_addresses(
    sandbox: Sandbox, audience: Audience, segment: Segment, given: list[Any]
) -> tuple[list[Member], list[str]]:
    added, unknown = [], []
    for address in given:
        member = audience.members.get(addresses.subscriber_hash(str(address)))
        if member is None or member.status == "archived":
            unknown.append(str(address))
            continue
        tags.attach(sandbox, audience, member, segment.name)
        added.append(member)
    return added, unknown


@operation("GET", "/lists/{list_id}/segments/{segment_id}")
def get_segment(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdSegmentsId."""
    audience = sandbox.audience(call.parts["list_id"])
    return _describe(sandbox, audience, _segment(audience, call), call.query)


@operation("PATCH", "/lists/{list_id}/segments/{segment_id}")
def update_segment(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdSegmentsId. ``static_segment`` replaces the members."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _segment(audience, call)
    body = call.body()
    validation.check(
        body, {"name": "string", "static_segment": "array", "options": "object"}, ("name",)
    )
    if "static_segment" in body:
        for key in list(segment.members):
            tags.detach(sandbox, audience, audience.members[key], segment.name)
        _add_addresses(sandbox, audience, segment, body["static_segment"])
    if body["name"] != segment.name:
        _rename(audience, segment, body["name"])
    if segment.type == "saved" and "options" in body:
        members_of(sandbox, audience, body["options"])
        segment.options = body["options"]
    segment.updated_at = sandbox.now
    return _describe(sandbox, audience, segment, call.query)


def _rename(audience: Audience, segment: Segment, name: str) -> None:
    if segment.type == "static":
        audience.tag_ids[name] = audience.tag_ids.pop(segment.name)
        for key in segment.members:
            member = audience.members[key]
            member.tags[name] = member.tags.pop(segment.name)
    segment.name = name


@operation("DELETE", "/lists/{list_id}/segments/{segment_id}")
def delete_segment(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdSegmentsId."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _segment(audience, call)
    for key in list(segment.members):
        tags.detach(sandbox, audience, audience.members[key], segment.name)
    audience.tag_ids.pop(segment.name, None)
    del audience.segments[call.parts["segment_id"]]


@operation(
    "POST",
    "/lists/{list_id}/segments/{segment_id}",
    rows={
        "members_added": "/lists/{list_id}/members/{id}",
        "members_removed": "/lists/{list_id}/members/{id}",
    },
)
def batch_segment(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdSegmentsId: add and remove up to 500 members each. More are refused in
    the words seen in hitobito/hitobito#1819."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _static(audience, call)
    body = call.body()
    validation.check(body, {"members_to_add": "array", "members_to_remove": "array"})
    if max(len(body.get(name, [])) for name in ("members_to_add", "members_to_remove")) > 500:
        raise invalid_resource(
            "Maximum allowed member items exceeded, please provide at most 500 items in "
            "members_to_add field or members_to_remove field"
        )
    added, unknown = _add_addresses(sandbox, audience, segment, body.get("members_to_add", []))
    removed = []
    for address in body.get("members_to_remove", []):
        member = seek(audience, addresses.subscriber_hash(str(address)))
        if member is None or member.hash not in segment.members:
            unknown.append(str(address))
            continue
        tags.detach(sandbox, audience, member, segment.name)
        removed.append(member)
    errors = (
        [{"email_addresses": unknown, "error": "Email addresses do not exist in the list"}]
        if unknown
        else []
    )
    return {
        "members_added": [describe_briefly(audience, member) for member in added],
        "members_removed": [describe_briefly(audience, member) for member in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(errors),
    }


def _static(audience: Audience, call: Call) -> Segment:
    segment = _segment(audience, call)
    if segment.type != "static":
        raise invalid_fields(("segment_id", "Members can only be added to static segments."))
    return segment


@operation(
    "GET",
    "/lists/{list_id}/segments/{segment_id}/members",
    rows={"members": "/lists/{list_id}/members/{id}"},
)
def list_segment_members(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdSegmentsIdMembers."""
    audience = sandbox.audience(call.parts["list_id"])
    rows = _shown(sandbox, audience, _segment(audience, call), call.query)
    return {
        "members": [describe_in_segment(audience, member) for member in rows[window(call.query)]],
        "total_items": len(rows),
    }


@operation(
    "POST",
    "/lists/{list_id}/segments/{segment_id}/members",
    address="/lists/{list_id}/members/{id}",
)
def add_segment_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdSegmentsIdMembers."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _static(audience, call)
    body = call.body()
    validation.check(body, {"email_address": "string"}, ("email_address",))
    member = find(audience, body["email_address"])
    tags.attach(sandbox, audience, member, segment.name)
    return describe_in_segment(audience, member)


@operation("DELETE", "/lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}")
def remove_segment_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdSegmentsIdMembersId."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _static(audience, call)
    member = find(audience, call.parts["subscriber_hash"])
    if member.hash not in segment.members:
        raise not_found()
    tags.detach(sandbox, audience, member, segment.name)
