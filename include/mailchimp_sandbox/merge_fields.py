"""Merge fields of an audience (OpenAPI: mergeFields; docs, "Merge Fields")."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.paging import flag, window
from mailchimp_sandbox.problem import (
    invalid_fields,
    invalid_resource,
    not_found,
)
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, MergeField

TYPES = (
    "text",
    "number",
    "address",
    "phone",
    "date",
    "url",
    "imageurl",
    "radio",
    "dropdown",
    "birthday",
    "zip",
)
_SCHEMA = {
    "tag": "string",
    "name": "string",
    "type": "string",
    "required": "boolean",
    "default_value": "string",
    "public": "boolean",
    "display_order": "integer",
    "options": "object",
    "help_text": "string",
}
# At most 10 characters (seen in mailchimp/mc-magento#1140). What a longer tag gets is undocumented:
# a 400 here, while an old public report says that Mailchimp cuts it.
_TAG = re.compile(r"^[A-Z0-9_]{1,10}$")
# Tags that mean something else in a campaign (docs, "All the Merge Tags").
_RESERVED_TAGS = frozenset(
    {
        "EMAIL",
        "UNSUB",
        "FORWARD",
        "ARCHIVE",
        "INTERESTS",
        "UPDATE",
        "REWARDS",
        "DATE",
        "LIST",
        "IF",
        "ELSE",
        "END",
        "FEEDBLOCK",
        "RSS",
        "MC",
        "SUBJECT",
        "TIME",
        "USER",
        "GROUPS",
    }
)


def add_default_fields(audience: Audience) -> None:
    """The four fields Mailchimp gives a new audience (docs, "Merge Fields": the basics; their
    properties as recorded in grouparoo/grouparoo, plugins/@grouparoo/mailchimp/__tests__/fixtures).
    """
    for tag, name, kind, public, options in (
        ("FNAME", "First Name", "text", True, {"size": 25}),
        ("LNAME", "Last Name", "text", True, {"size": 25}),
        ("ADDRESS", "Address", "address", False, {"default_country": 164}),
        ("PHONE", "Phone Number", "phone", False, {"phone_format": "none"}),
    ):
        _append(audience, MergeField(0, tag, name, kind, public=public, options=dict(options)))


def _append(audience: Audience, merge_field: MergeField) -> None:
    merge_field.merge_id = audience.next_merge_id
    audience.next_merge_id += 1
    if not merge_field.display_order:
        merge_field.display_order = merge_field.merge_id + 1
    audience.merge_fields.append(merge_field)


def _describe(audience: Audience, merge_field: MergeField) -> dict[str, Any]:
    return {
        "merge_id": merge_field.merge_id,
        "tag": merge_field.tag,
        "name": merge_field.name,
        "type": merge_field.type,
        "required": merge_field.required,
        "default_value": merge_field.default_value,
        "public": merge_field.public,
        "display_order": merge_field.display_order,
        "options": merge_field.options,
        "help_text": merge_field.help_text,
        "list_id": audience.list_id,
    }


def _find(audience: Audience, merge_id: str) -> MergeField:
    for merge_field in audience.merge_fields:
        if str(merge_field.merge_id) == merge_id:
            return merge_field
    raise not_found()


def _checked_tag(audience: Audience, wanted: str, own: MergeField | None = None) -> str:
    tag = wanted.strip().upper()
    if _TAG.match(tag) is None:
        raise invalid_fields(
            ("tag", "Merge tags are at most 10 characters long: A-Z, 0-9 and underscore.")
        )
    if tag in _RESERVED_TAGS:
        raise invalid_resource(f'"{tag}" is a reserved merge tag.')
    if any(field.tag == tag and field is not own for field in audience.merge_fields):
        # Mailchimp's words, seen in public bug reports.
        raise invalid_resource(f'A Merge Field with the tag "{tag}" already exists for this list.')
    return tag


def _checked_options(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    choices = options.get("choices")
    if kind in ("radio", "dropdown"):
        if (
            not isinstance(choices, list)
            or not choices
            or not all(isinstance(choice, str) and choice for choice in choices)
        ):
            raise invalid_fields(("options.choices", "Please provide at least one choice."))
        return {"choices": list(dict.fromkeys(choices))}
    if kind == "date":
        return {"date_format": options.get("date_format") or "MM/DD/YYYY"}
    if kind == "birthday":
        return {"date_format": options.get("date_format") or "MM/DD"}
    if kind == "phone":
        return {"phone_format": options.get("phone_format") or "none"}
    if kind == "address":
        return {"default_country": options.get("default_country") or 164}
    if kind in ("text", "url", "imageurl"):
        return {"size": options.get("size") or 25}
    return {}  # numbers too, as recorded: see ``add_default_fields``


@operation(
    "GET",
    "/lists/{list_id}/merge-fields",
    rows={"merge_fields": "/lists/{list_id}/merge-fields/{merge_id}"},
)
def list_merge_fields(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMergeFields. In the order of tags, as recorded: see
    ``add_default_fields``."""
    audience = sandbox.audience(call.parts["list_id"])
    kind = call.query.get("type")
    rows = [
        merge_field
        for merge_field in sorted(audience.merge_fields, key=attrgetter("tag"))
        if (not kind or merge_field.type == kind)
        and ("required" not in call.query or merge_field.required == flag(call.query, "required"))
    ]
    return {
        "merge_fields": [_describe(audience, row) for row in rows[window(call.query)]],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation(
    "POST", "/lists/{list_id}/merge-fields", address="/lists/{list_id}/merge-fields/{merge_id}"
)
def create_merge_field(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdMergeFields. 30 fields an audience, 80 on Premium (docs, "Manage
    Audience and Signup Form Fields"); without a tag Mailchimp makes ``MMERGE<id>``."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    validation.check(body, _SCHEMA, ("name", "type"))
    kind = validation.one_of(body["type"], TYPES, "type")
    if len(audience.merge_fields) >= sandbox.account.max_merge_fields:
        raise invalid_resource("Merge Max Limit Exceeded")
    options = _checked_options(kind, body.get("options", {}))
    wanted = body.get("tag") or f"MMERGE{audience.next_merge_id}"
    merge_field = MergeField(
        merge_id=0,
        tag=_checked_tag(audience, wanted),
        name=body["name"],
        type=kind,
        required=body.get("required", False),
        default_value=body.get("default_value", ""),
        public=body.get("public", False),
        display_order=body.get("display_order", 0),
        options=options,
        help_text=body.get("help_text", ""),
    )
    _append(audience, merge_field)
    audience.version += 1
    return _describe(audience, merge_field)


@operation("GET", "/lists/{list_id}/merge-fields/{merge_id}")
def get_merge_field(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMergeFieldsId."""
    audience = sandbox.audience(call.parts["list_id"])
    return _describe(audience, _find(audience, call.parts["merge_id"]))


@operation("PATCH", "/lists/{list_id}/merge-fields/{merge_id}")
def update_merge_field(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdMergeFieldsId: with the name. The type cannot change."""
    audience = sandbox.audience(call.parts["list_id"])
    merge_field = _find(audience, call.parts["merge_id"])
    body = call.body()
    schema = {name: kind for name, kind in _SCHEMA.items() if name != "type"}
    validation.check(body, schema, ("name",))
    if body.get("tag"):
        new_tag = _checked_tag(audience, body["tag"], merge_field)
        if new_tag != merge_field.tag:
            for member in audience.members.values():
                if merge_field.tag in member.merge_fields:
                    member.merge_fields[new_tag] = member.merge_fields.pop(merge_field.tag)
            merge_field.tag = new_tag
    if "options" in body:
        merge_field.options = _checked_options(
            merge_field.type, {**merge_field.options, **body["options"]}
        )
    for name in ("name", "required", "default_value", "public", "display_order", "help_text"):
        if name in body:
            setattr(merge_field, name, body[name])
    audience.version += 1
    return _describe(audience, merge_field)


@operation("DELETE", "/lists/{list_id}/merge-fields/{merge_id}")
def delete_merge_field(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdMergeFieldsId. The members' values go with it."""
    audience = sandbox.audience(call.parts["list_id"])
    merge_field = _find(audience, call.parts["merge_id"])
    audience.merge_fields.remove(merge_field)
    for member in audience.members.values():
        member.merge_fields.pop(merge_field.tag, None)
    audience.version += 1
