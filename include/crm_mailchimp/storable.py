"""Texts and JSON values of others, as Postgres can hold them.

Postgres stores neither the NUL character nor half a surrogate pair. Its ``jsonb`` stores no number
that JSON does not have (Postgres 18, 8.3 and 8.14). JSON texts may contain all of them.
"""

from __future__ import annotations

import json
import math
import re

_NUL_OR_SURROGATE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable_text(text: str) -> str:
    """The text without NUL, and with U+FFFD in the place of each half surrogate."""
    if not _NUL_OR_SURROGATE.search(text):
        return text
    return _NUL_OR_SURROGATE.sub(lambda found: "" if found[0] == "\x00" else _REPLACEMENT, text)


def storable_json(value: object) -> object:
    """A JSON value with such texts only, keys included; no number but JSON's own.

    Raises:
        RecursionError: it is nested deeper than Python can follow.
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(str(key)): storable_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [storable_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def dump_json(value: object) -> str:
    """JSON text that Postgres takes as ``jsonb``."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return _dump_storable(value)
    # Nearly every value can be stored as it is.
    is_storable = "\\u0000" not in text and not _NUL_OR_SURROGATE.search(text)
    return text if is_storable else _dump_storable(value)


def _dump_storable(value: object) -> str:
    return json.dumps(storable_json(value), ensure_ascii=False, allow_nan=False)
