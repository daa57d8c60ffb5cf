"""From the provider's JSON objects to typed rows: one declared shape per stream.

A field that is missing or blank becomes null. A field that the API has added since is kept in
``extra``. A field whose type has changed is an error that names stream and field. A number in place
of a text is one, too.
Addresses, names and other merge fields are left behind here: ``stats`` knows members by subscriber
hash only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias

from crm_mailchimp.errors import PermanentError

Kind = Literal["text", "integer", "number", "time", "month", "boolean", "json"]

#: A value of a row, as COPY takes it; JSON is text.
Value: TypeAlias = str | int | float | bool | date | datetime | None
Row: TypeAlias = tuple[Value, ...]

#: What the API sends beside the data, in every object.
ENVELOPE = frozenset({"_links"})

#: Personal data and attributes of the member, not of what happened: known, and not kept.
MEMBER_DETAILS = frozenset(
    {
        "email_address",
        "merge_fields",
        "vip",
        "list_is_active",
        "contact_status",
        "contact_id",
        "full_name",
    }
)

_SQL_TYPES: dict[Kind, str] = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "time": "timestamptz",
    "month": "date",
    "boolean": "boolean",
    "json": "jsonb",
}


class UnexpectedShapeError(PermanentError):
    """The API answered a field with another type than documented."""

    def __init__(self, stream: str, path: str, expected: str, value: object) -> None:
        # The value stays out: it may be about a person.
        super().__init__(
            f"stream {stream}, field {path}: expected {expected}, got {type(value).__name__}. "
            "The API has changed, so a developer must change this stream's shape"
        )
        self.stream = stream
        self.path = path


@dataclass(frozen=True)
class Field:
    """One column of a stream and where its value is found.

    ``path`` goes into nested objects by dots; ``required`` fields may be neither missing nor blank.
    ``choices`` are all values that the table can hold; ``missing`` is the value for none.
    """

    column: str
    kind: Kind = "text"
    path: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    missing: int | None = None

    @property
    def source(self) -> str:
        return self.path or self.column


@dataclass(frozen=True)
class Shape:
    """The columns of one stream, in the order of its rows; ``extra`` always comes last.

    ``dropped`` names (by dots where nested) what is known of the API and deliberately not kept.
    """

    stream: str
    fields: tuple[Field, ...]
    dropped: frozenset[str] = field(default=frozenset())

    @property
    def columns(self) -> tuple[str, ...]:
        return (*(one.column for one in self.fields), "extra")

    @property
    def column_types(self) -> list[tuple[str, str]]:
        return [*((one.column, _SQL_TYPES[one.kind]) for one in self.fields), ("extra", "jsonb")]

    def row(self, item: Mapping[str, Any]) -> Row:
        """One API object as a row.

        Raises:
            UnexpectedShapeError: a value's type is not the declared one, or a required one is
                missing.
        """
        values = [
            _convert(self.stream, one, _find(self.stream, item, one.source)) for one in self.fields
        ]
        unknown = _unknown(item, self._known)
        return (*values, dump_json(unknown) if unknown else None)

    def rows(self, items: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        """The rows of many API objects, one at a time."""
        return map(self.row, items)

    @cached_property
    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for path in (*self.dropped, *ENVELOPE, *(one.source for one in self.fields)):
            *parents, last = path.split(".")
            level = known
            for parent in parents:
                level = level.setdefault(parent, {})
            level[last] = None
        return known


def dump_json(value: object) -> str:
    """JSON text that Postgres takes: without the NUL character, which its text cannot hold."""
    return json.dumps(value, ensure_ascii=False).replace("\\u0000", "")


def parse_time(stream: str, path: str, value: object) -> datetime | None:
    """An ISO 8601 time of the API; blank means that there is none.

    Raises:
        UnexpectedShapeError: not such a text.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UnexpectedShapeError(stream, path, "an ISO 8601 time", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise UnexpectedShapeError(stream, path, "an ISO 8601 time", value) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def entries(stream: str, item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list inside an object; a missing list is empty.

    Raises:
        UnexpectedShapeError: not a list, or not of objects.
    """
    if name not in item:
        return []
    found = item[name]
    if not isinstance(found, list):
        raise UnexpectedShapeError(stream, name, "a list", found)
    for entry in found:
        if not isinstance(entry, Mapping):
            raise UnexpectedShapeError(stream, name, "a list of objects", entry)
    return found


def _find(stream: str, item: Mapping[str, Any], path: str) -> object:
    value: object = item
    parts = path.split(".")
    for depth, part in enumerate(parts):
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise UnexpectedShapeError(stream, ".".join(parts[:depth]), "an object", value)
        value = value.get(part)
    return value


def _unknown(item: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What of an object no field of the shape names, nested objects included."""
    found: dict[str, Any] = {}
    for key, value in item.items():
        if key not in known:
            found[key] = value
        elif known[key] is not None and isinstance(value, Mapping):
            deeper = _unknown(value, known[key])
            if deeper:
                found[key] = deeper
    return found


def _convert(stream: str, one: Field, value: object) -> Value:
    if value is None or value == "":
        if one.required:
            raise UnexpectedShapeError(stream, one.source, "a value", value)
        return one.missing
    converted = _CONVERTERS[one.kind](stream, one.source, value)
    if one.choices and converted not in one.choices:
        raise UnexpectedShapeError(stream, one.source, f"one of {', '.join(one.choices)}", value)
    return converted


def _text(stream: str, path: str, value: object) -> str:
    if not isinstance(value, str):
        raise UnexpectedShapeError(stream, path, "text", value)
    return value.replace("\x00", "")


def _integer(stream: str, path: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
        raise UnexpectedShapeError(stream, path, "an integer", value)
    return int(value)


def _number(stream: str, path: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnexpectedShapeError(stream, path, "a number", value)
    return float(value)


def _month(stream: str, path: str, value: object) -> date:
    try:
        return date.fromisoformat(f"{_text(stream, path, value)}-01")
    except (UnexpectedShapeError, ValueError) as error:
        raise UnexpectedShapeError(stream, path, "a month such as 2026-10", value) from error


def _boolean(stream: str, path: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UnexpectedShapeError(stream, path, "true or false", value)
    return value


def _json(stream: str, path: str, value: object) -> str:
    if not isinstance(value, Mapping | list):
        raise UnexpectedShapeError(stream, path, "an object or a list", value)
    return dump_json(value)


_CONVERTERS: Mapping[Kind, Callable[[str, str, object], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "time": parse_time,
    "month": _month,
    "boolean": _boolean,
    "json": _json,
}
