"""Values of an answer, whatever type they have: what does not fit counts as missing.

An answer that has one strange value is still an answer about everything else in it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm_mailchimp.mailchimp.timestamps import parse_instant

log = logging.getLogger(__name__)

#: Counts of this size and above are no counts (RFC 8259, section 6).
_MOST = 2**53


def text_of(value: object) -> str:
    """A text, or a number as it is written; else the empty text."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def count_of(value: object) -> int:
    """A whole number that counts something; else 0."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value) if len(value) < _DIGITS else _MOST
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Not a number, and infinity, compare as false.
    if not is_number or not 0 <= value < _MOST:  # type: ignore[operator]
        return 0
    return int(value)  # type: ignore[call-overload, no-any-return]


def object_of(value: object) -> Mapping[str, Any]:
    """An object; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects_of(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; else none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def instant_of(value: object) -> datetime | None:
    """A time; None where there is none, or where it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except (ValueError, OverflowError):
        log.warning("an answer holds a time that cannot be read")
        return None


_DIGITS = 20
