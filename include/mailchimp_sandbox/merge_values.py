"""Validating and normalising the values of merge fields.

Formats: docs, "Merge Fields", table "Add merge data to contacts". Public bug reports quote some
messages: "Please enter a value", "Please enter a number", "Please enter a complete address". These
are used as quoted. The others follow their pattern (undocumented).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from mailchimp_sandbox.problem import invalid_resource
from mailchimp_sandbox.state import Audience, MergeField

# Undocumented in the API: that text ends at 255, counted in characters, and that more is refused.
MAX_TEXT = 255

_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$", re.ASCII)
_ISO_DATE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$", re.ASCII)
_SLASH_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", re.ASCII)
_BIRTHDAY = re.compile(r"^(\d{1,2})[/-](\d{1,2})$", re.ASCII)
_PHONE = re.compile(r"^[+\d][\d\s().x/-]{2,}$", re.ASCII)
_US_PHONE = re.compile(r"^\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}$", re.ASCII)
_URL = re.compile(r"^https?://[^\s/]+\.[^\s]+$", re.IGNORECASE)
_ADDRESS_PARTS = ("addr1", "addr2", "city", "state", "zip", "country")


class _RefusedError(ValueError):
    pass


def _text(merge_field: MergeField, value: Any) -> Any:
    if isinstance(value, (dict, list)):
        raise _RefusedError("Please enter a value")
    text = ("1" if value else "") if isinstance(value, bool) else str(value)
    if len(text) > MAX_TEXT:
        raise _RefusedError(f"Please limit this value to {MAX_TEXT} characters")
    return text


def _number(merge_field: MergeField, value: Any) -> Any:
    if isinstance(value, (bool, dict, list)):
        raise _RefusedError("Please enter a number")
    if isinstance(value, (int, float)):
        return value
    text = str(value).strip()
    if _NUMBER.match(text) is None:
        raise _RefusedError("Please enter a number")
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number


def _date(merge_field: MergeField, value: Any) -> Any:
    text = str(value).strip()
    found = _ISO_DATE.match(text)
    if found is not None:
        year, month, day = (int(part) for part in found.groups())
    else:
        found = _SLASH_DATE.match(text)
        if found is None:
            raise _RefusedError("Please enter a valid date")
        first, second, year = (int(part) for part in found.groups())
        day_first = merge_field.options.get("date_format", "").upper().startswith("DD")
        month, day = (second, first) if day_first else (first, second)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise _RefusedError("Please enter a valid date") from None


def _birthday(merge_field: MergeField, value: Any) -> Any:
    found = _BIRTHDAY.match(str(value).strip())
    if found is None:
        raise _RefusedError("Please enter the month (01-12) and the day (01-31)")
    first, second = int(found[1]), int(found[2])
    if merge_field.options.get("date_format", "").upper().startswith("DD"):
        first, second = second, first
    try:
        date(2024, first, second)  # a leap year: 02/29 is a birthday
    except ValueError:
        raise _RefusedError("Please enter the month (01-12) and the day (01-31)") from None
    return f"{first:02d}/{second:02d}"


def _address(merge_field: MergeField, value: Any) -> Any:
    if not isinstance(value, dict):
        raise _RefusedError("Please enter a complete address")
    parts = {name: str(value.get(name) or "") for name in _ADDRESS_PARTS}
    if not any(parts.values()):
        return ""
    if not (parts["addr1"] and parts["city"] and parts["state"] and parts["zip"]):
        raise _RefusedError("Please enter a complete address")
    parts["country"] = parts["country"] or "US"
    return parts


def _phone(merge_field: MergeField, value: Any) -> Any:
    text = _text(merge_field, value)
    pattern = _US_PHONE if merge_field.options.get("phone_format") == "US" else _PHONE
    if pattern.match(text.strip()) is None:
        raise _RefusedError("Please enter a valid phone number")
    return text


def _url(merge_field: MergeField, value: Any) -> Any:
    text = str(value).strip()
    if _URL.match(text) is None:
        raise _RefusedError("Please enter a valid URL")
    return text


def _choice(merge_field: MergeField, value: Any) -> Any:
    text = _text(merge_field, value)
    if text not in merge_field.options.get("choices", []):
        raise _RefusedError("Please select a valid choice")
    return text


def _zip(merge_field: MergeField, value: Any) -> Any:
    text = str(value).strip()
    if re.fullmatch(r"\d{5}(-\d{4})?", text, re.ASCII) is None:
        raise _RefusedError("Please enter a zip code (5 digits)")
    return text


_CHECKS = {
    "text": _text,
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "address": _address,
    "phone": _phone,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
    "zip": _zip,
}


def checked(
    audience: Audience,
    given: Mapping[str, Any],
    held: Mapping[str, Any],
    *,
    skip_validation: bool,
) -> dict[str, Any]:
    """The values to store: normalised, blank ones cleared, unknown tags ignored.

    Args:
        audience: whose fields they are.
        given: tag → value as sent; tags are case-insensitive.
        held: what the member has already; a required field may be left out if it is there.
        skip_validation: accept a member without the values of required fields
            (``skip_merge_validation``). The format of the values sent is checked all the same.

    Raises:
        Problem: 400 "Your merge fields were invalid." with one entry per field.
    """
    sent = {tag.upper(): value for tag, value in given.items()}
    values: dict[str, Any] = {}
    errors: list[tuple[str, str]] = []
    for merge_field in audience.merge_fields:
        tag = merge_field.tag
        if tag in sent:
            value = sent[tag]
            if value is None or value in ("", {}):
                values[tag] = ""
            else:
                try:
                    values[tag] = _CHECKS[merge_field.type](merge_field, value)
                except _RefusedError as refused:
                    errors.append((tag, str(refused)))
                    continue
        if (
            merge_field.required
            and not skip_validation
            and values.get(tag, held.get(tag, "")) in ("", None)
        ):
            errors.append((tag, "Please enter a value"))
    if errors:
        raise invalid_resource("Your merge fields were invalid.", errors)
    return values
