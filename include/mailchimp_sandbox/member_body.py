"""What a client may send about a member: types, values, addresses (OpenAPI: Add List Members)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_sandbox import addresses, merge_values, permissions, validation
from mailchimp_sandbox.problem import invalid_resource
from mailchimp_sandbox.state import Audience, Member

NEW_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
CHANGED_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending")
_GROUPS = ("merge_fields", "interests", "location", "permissions")
_PLACE = ("latitude", "longitude")
SCHEMA = {
    "email_address": "string",
    "email_type": "string",
    "status": "string",
    "status_if_new": "string",
    "merge_fields": "object",
    "interests": "object",
    "language": "string",
    "vip": "boolean",
    "location": "object",
    "marketing_permissions": "array",
    "ip_signup": "string",
    "timestamp_signup": "string",
    "ip_opt": "string",
    "timestamp_opt": "string",
    "tags": "array",
}


def check_body(body: Mapping[str, Any], required: tuple[str, ...]) -> None:
    """Types of a member's properties and the address.

    Raises:
        Problem: 400.
    """
    validation.check(body, SCHEMA, required)
    address = body.get("email_address")
    if address is not None:
        refused = addresses.complaint(address)
        if refused is not None:
            raise invalid_resource(refused)


def settings_of(
    audience: Audience, body: Mapping[str, Any], held: Mapping[str, Any], *, skip_validation: bool
) -> dict[str, Any]:
    """The checked values of a body, before anything is changed."""
    values: dict[str, Any] = {
        "merge_fields": merge_values.checked(
            audience, body.get("merge_fields", {}), held, skip_validation=skip_validation
        )
    }
    if "email_type" in body:
        values["email_type"] = validation.one_of(body["email_type"], ("html", "text"), "email_type")
    for name in ("timestamp_opt", "timestamp_signup"):
        if name in body:
            values[name] = validation.moment(body[name], name, zone_needed=True)
    for name in ("language", "vip", "ip_opt", "ip_signup"):
        if name in body:
            values[name] = body[name]
    if "interests" in body:
        known = {
            interest_id
            for category in audience.categories.values()
            for interest_id in category.interests
        }
        unknown = [name for name in body["interests"] if name not in known]
        if unknown:
            raise invalid_resource(
                "The resource submitted could not be validated. For field-specific details, see "
                "the 'errors' array.",
                [("interests", f"Invalid interest ID: '{unknown[0][:40]}'.")],
            )
        values["interests"] = body["interests"]
    if "marketing_permissions" in body:
        values["permissions"] = permissions.checked(audience, body["marketing_permissions"])
    if "location" in body:
        validation.check(
            body["location"], {"latitude": "number", "longitude": "number"}, (), "location."
        )
        values["location"] = body["location"]
    return values


def differs(member: Member, values: Mapping[str, Any]) -> bool:
    """Whether ``store`` would change anything. A field never set is blank, an interest never set
    is off."""
    merge_fields, interests = values.get("merge_fields", {}), values.get("interests", {})
    given = values.get("permissions", {})
    place = {name: at for name, at in values.get("location", {}).items() if name in _PLACE}
    plain = {name: value for name, value in values.items() if name not in _GROUPS}
    return (
        any(member.merge_fields.get(tag, "") != value for tag, value in merge_fields.items())
        or any(member.interests.get(key, False) != value for key, value in interests.items())
        or any(member.permissions.get(key, False) != value for key, value in given.items())
        or any(getattr(member, name) != value for name, value in {**place, **plain}.items())
    )


def store(member: Member, values: Mapping[str, Any]) -> None:
    """Put checked values into a member."""
    for name, value in values.items():
        if name == "merge_fields":
            member.merge_fields.update(value)
        elif name == "interests":
            member.interests.update(value)
        elif name == "permissions":
            member.permissions.update(value)
        elif name == "location":
            member.latitude = value.get("latitude", member.latitude)
            member.longitude = value.get("longitude", member.longitude)
        else:
            setattr(member, name, value)
