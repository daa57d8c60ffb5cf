"""What every collection shares: ``count``/``offset``, ``fields``/``exclude_fields``, sorting.

OpenAPI: count defaults to 10 and is at most 1000, offset to 0. A larger count is answered with
1000 rows, without an error (seen in thorning/node-mailchimp#61).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from mailchimp_sandbox import clock
from mailchimp_sandbox.problem import invalid_fields

DEFAULT_COUNT = 10
MAX_COUNT = 1000

Row = TypeVar("Row")
Tree = dict[str, Any]


def _whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit()):
        raise invalid_fields((name, f"Schema describes integer, {text[:40]!r} found instead"))
    return int(text)


def window(query: Mapping[str, str]) -> slice:
    """The rows asked for."""
    count = min(_whole_number(query, "count", DEFAULT_COUNT), MAX_COUNT)
    offset = _whole_number(query, "offset", 0)
    return slice(offset, offset + count)


# A ``+`` that a client did not encode arrives as a space. Mailchimp takes it for the ``+`` (curl
# calls in mailchimp-client-lib-codegen#241, airbyte#37572).
_UNENCODED_OFFSET = re.compile(r"(?<=\d) (\d{2}):?(\d{2})$", re.ASCII)
# The same offset sent properly, but without its colon, is refused (airbyte#37572).
_OFFSET_WITHOUT_COLON = re.compile(r"[+-]\d{4}$", re.ASCII)
_TIME_OF_DAY = re.compile(r"[T ]\d{2}:\d{2}", re.ASCII)


def moment(query: Mapping[str, str], name: str) -> int | None:
    """A time filter. ``since_*`` filters exclude the moment itself, ``before_*`` include it
    (undocumented). Fractions of a second are taken (recorded for ``since_last_changed`` in
    grouparoo/grouparoo, plugins/@grouparoo/mailchimp/__tests__/fixtures)."""
    text = query.get(name, "")
    if text == "":
        return None
    if _TIME_OF_DAY.search(text[:-5]):
        if _OFFSET_WITHOUT_COLON.search(text):
            raise invalid_fields((name, "Invalid datetime supplied."))
        text = _UNENCODED_OFFSET.sub(r"+\1:\2", text)
    try:
        return clock.parse(text)
    except ValueError:
        raise invalid_fields((name, "Invalid datetime supplied.")) from None


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter, in any of the spellings that clients send; anything else is a 400.

    It is undocumented which spellings Mailchimp takes beyond true and false, and what it refuses.
    """
    text = query.get(name, "").lower()
    if text not in ("", "0", "1", "false", "true", "no", "yes"):
        raise invalid_fields((name, f"Schema describes boolean, {text[:40]!r} found instead"))
    return text in ("1", "true", "yes")


def choice(query: Mapping[str, str], name: str, allowed: Sequence[str]) -> str | None:
    """A parameter with an enumeration; anything else is a 400."""
    value = query.get(name, "")
    if value == "":
        return None
    if value not in allowed:
        raise invalid_fields((name, f"Value must be one of: {', '.join(allowed)}"))
    return value


def ordered(
    rows: list[Row],
    query: Mapping[str, str],
    keys: Mapping[str, Callable[[Row], Any]],
    default: str | None = None,
) -> list[Row]:
    """Rows sorted by ``sort_field`` and ``sort_dir`` (both as OpenAPI spells them)."""
    field = choice(query, "sort_field", tuple(keys)) or default
    direction = choice(query, "sort_dir", ("ASC", "DESC")) or "ASC"
    if field is None:
        return rows
    return sorted(rows, key=keys[field], reverse=direction == "DESC")


def _tree(paths: str) -> Tree:
    tree: Tree = {}
    for path in paths.split(","):
        node = tree
        for part in filter(None, path.strip().split(".")):
            node = node.setdefault(part, {})
    return tree


def _keep(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_keep(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], sub) for name, sub in tree.items() if name in value}
    return value


def _drop(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_drop(item, tree) for item in value]
    if isinstance(value, dict):
        return {
            name: _drop(item, tree[name]) if tree.get(name) else item
            for name, item in value.items()
            if name not in tree or tree[name]
        }
    return value


def select_fields(body: Any, query: Mapping[str, str]) -> Any:
    """The parts of an answer that ``fields`` and ``exclude_fields`` leave (dots reach inside)."""
    if query.get("fields"):
        body = _keep(body, _tree(query["fields"]))
    if query.get("exclude_fields"):
        body = _drop(body, _tree(query["exclude_fields"]))
    return body
