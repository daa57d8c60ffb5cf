"""Segments: static ones (tags) by member, saved ones by conditions (OpenAPI: listSegments).

Tests of the connector hull-mailchimp ran against Mailchimp itself ("Mailchimp Client",
``E2E_TEST_API_KEY``). They show what calls for members of a static segment answer.

Who is on the list but not subscribed is no subscriber to these calls. Three places show it:

- a public client of ``update_segment``: "All given emails were not subscribed to the audience"
- a public client of ``segments/{id}/members``: "Email is not subscribed to the list"
- hitobito/hitobito#3171

That pending, cleaned and transactional members are none either is undocumented. The tags of a
member can be changed in any status: ``tags``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailchimp_sandbox import addresses, tags, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.lookup import find
from mailchimp_sandbox.member_view import describe_briefly, describe_in_segment
from mailchimp_sandbox.paging import flag, moment, window
from mailchimp_sandbox.problem import Problem, invalid_fields, invalid_resource, not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.segment_choice import members_of
from mailchimp_sandbox.state import Audience, Member, Segment


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
    """OpenAPI: postListsIdSegments. ``static_segment`` takes addresses; unknown ones are ignored,
    and an empty list makes an empty tag."""
    audience = sandbox.audience(call.parts["list_id"])
    body = _body(call)
    if not {"static_segment", "options"} & set(body):
        # Seen in brandonseydel/MailChimp.Net#160.
        raise invalid_resource('Must provide either an "options" field or a "static_segment" field')
    if "static_segment" in body:
        if body["name"] in audience.tag_ids:
            raise _taken()
        members = _subscribers(audience, body["static_segment"], "static_segment")
        segment = tags.segment_of(sandbox, audience, body["name"])
        for member in members:
            tags.attach(sandbox, audience, member, segment.name)
    else:
        members_of(sandbox, audience, body["options"])
        number = sandbox.next_number()
        segment = Segment(number, body["name"], "saved", sandbox.now, sandbox.now)
        segment.options = body["options"]
        audience.segments[str(number)] = segment
    return _describe(sandbox, audience, segment, call.query)


def _body(call: Call) -> dict[str, Any]:
    body = call.body()
    validation.check(
        body, {"name": "string", "static_segment": "array", "options": "object"}, ("name",)
    )
    if "static_segment" in body and "options" in body:
        # OpenAPI: "This field cannot be provided with the options field." The words are not known.
        raise invalid_fields(("static_segment", "This cannot be given together with options."))
    return body


def _taken() -> Problem:
    return invalid_fields(("name", "Sorry, that tag already exists."))


def _subscribers(audience: Audience, given: Sequence[Any], field: str) -> list[Member]:
    """The subscribed members among addresses, each once; others are ignored.

    Raises:
        Problem: 400, if addresses are given and none of them is subscribed.
    """
    found = {}
    for address in given:
        member = audience.members.get(addresses.subscriber_hash(str(address)))
        if member is not None and member.status == "subscribed":
            found[member.hash] = member
    if given and not found:
        raise invalid_fields((field, "None of the emails provided were subscribed to the list"))
    return list(found.values())


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
    body = _body(call)
    is_renamed = body["name"] != segment.name
    if is_renamed and segment.type == "static" and body["name"] in audience.tag_ids:
        raise _taken()
    if "static_segment" in body:
        if segment.type != "static":
            raise _not_static(call)
        wanted = _subscribers(audience, body["static_segment"], "static_segment")
        for key in set(segment.members) - {member.hash for member in wanted}:
            tags.detach(sandbox, audience, audience.members[key], segment.name)
        for member in wanted:
            tags.attach(sandbox, audience, member, segment.name)
    if is_renamed:
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
    the words seen in hitobito/hitobito#1819. ``error_count`` counts kinds of errors. That nothing
    is done where one of the two lists is refused is undocumented."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _static(audience, call)
    body = call.body()
    validation.check(body, {"members_to_add": "array", "members_to_remove": "array"})
    to_add, to_remove = body.get("members_to_add", []), body.get("members_to_remove", [])
    if max(len(to_add), len(to_remove)) > 500:
        raise invalid_resource(
            "Maximum allowed member items exceeded, please provide at most 500 items in "
            "members_to_add field or members_to_remove field"
        )
    coming = _subscribers(audience, to_add, "members_to_add")
    going = _subscribers(audience, to_remove, "members_to_remove")
    added = [member for member in coming if member.hash not in segment.members]
    present = [member.email_address for member in coming if member.hash in segment.members]
    for member in added:
        tags.attach(sandbox, audience, member, segment.name)
    removed = [member for member in going if member.hash in segment.members]
    absent = [member.email_address for member in going if member.hash not in segment.members]
    for member in removed:
        tags.detach(sandbox, audience, member, segment.name)
    errors = [
        {"email_addresses": whose, "error": words}
        for whose, words in (
            (present, "Email addresses already exist in the static segment"),
            (absent, "Email addresses do not exist in the static segment"),
        )
        if whose
    ]
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
        raise _not_static(call)
    return segment


def _not_static(call: Call) -> Problem:
    """Seen in brandonseydel/MailChimp.Net#377 and thorning/node-mailchimp#32."""
    segment_id = call.parts["segment_id"]
    return invalid_resource(
        f'A Static Segment with an id of "{segment_id}" does not exist for this list.'
    )


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
    if member.status != "subscribed":
        raise invalid_fields(("email_address", "Email is not subscribed to the list"))
    tags.attach(sandbox, audience, member, segment.name)
    return describe_in_segment(audience, member)


@operation("DELETE", "/lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}")
def remove_segment_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdSegmentsIdMembersId. That a member outside the segment is not found is
    undocumented."""
    audience = sandbox.audience(call.parts["list_id"])
    segment = _static(audience, call)
    member = find(audience, call.parts["subscriber_hash"])
    if member.hash not in segment.members:
        raise not_found()
    tags.detach(sandbox, audience, member, segment.name)
