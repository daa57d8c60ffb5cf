"""Checking a request body against its OpenAPI schema, as far as Mailchimp checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailchimp_sandbox import clock
from mailchimp_sandbox.problem import invalid_fields
from mailchimp_sandbox.routing import json_type

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}

Schema = Mapping[str, str]


def check(
    body: Mapping[str, Any], schema: Schema, required: Sequence[str] = (), prefix: str = ""
) -> None:
    """Refuse missing and wrongly typed properties.

    Args:
        body: what was sent.
        schema: property → JSON type; properties not named in it are ignored, as Mailchimp does.
        required: properties that must be there and not be null or empty.
        prefix: put before the property's name in the message (``contact.``).

    Raises:
        Problem: 400 "Invalid Resource" with one entry per property.
    """
    errors = []
    missing = [name for name in required if body.get(name) is None]
    if missing:
        names = ", ".join(prefix + name for name in missing)
        errors.append(
            (
                prefix + missing[0] if len(missing) == 1 else "",
                f"Required fields were not provided: {names}",
            )
        )
    errors.extend(
        (prefix + name, "This value should not be blank.")
        for name in required
        if body.get(name) == ""
    )
    for name, kind in schema.items():
        if name not in body or (body[name] is None and name in missing):
            continue
        value = body[name]
        fits = isinstance(value, _TYPES[kind])
        if kind in ("integer", "number") and isinstance(value, bool):
            fits = False
        if not fits:
            errors.append(
                (prefix + name, f"Schema describes {kind}, {json_type(value)} found instead")
            )
    if errors:
        raise invalid_fields(*errors)


def one_of(value: Any, allowed: Sequence[str], name: str) -> str:
    """An enumerated string.

    Raises:
        Problem: 400.
    """
    if value not in allowed or not isinstance(value, str):
        raise invalid_fields((name, f"Value must be one of: {', '.join(allowed)}"))
    return value


def moment(value: Any, name: str, *, zone_needed: bool = False) -> int | None:
    """A time in a body; null and '' mean none.

    Args:
        zone_needed: refuse a time without an offset from UTC, as Mailchimp does for a member's
            times (brandonseydel/MailChimp.Net#350, with its words).

    Raises:
        Problem: 400.
    """
    if value is None or value == "":
        return None
    text = str(value)
    try:
        at = clock.parse(text)
    except ValueError:
        at = None
    if at is None or (zone_needed and not clock.has_zone(text)):
        raise invalid_fields((name, "This value is not a valid datetime."))
    return at
