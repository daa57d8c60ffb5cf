"""One value of the provider's JSON as a value of a row, or an error that names stream and field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.storable import dump_json, storable_text

if TYPE_CHECKING:
    from crm_mailchimp.stats.shapes import Field

Kind = Literal["text", "integer", "number", "time", "month", "boolean", "json"]

#: A value of a row, as COPY takes it; JSON is text.
Value: TypeAlias = str | int | float | bool | date | datetime | None
#: Gets one field's value out of an object.
Reader: TypeAlias = Callable[[Mapping[str, Any]], Value]

#: Times that the marts can count days and months between.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
#: The largest number that JSON programs agree on (RFC 8259, section 6). Sums of a thousand of them
#: fit into a bigint.
MOST = 2**53


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
        #: The same in few words.
        self.problem = f"field {path}: expected {expected}, got {type(value).__name__}"
        #: Id of the object that does not fit, where a list was read.
        self.known_as = ""


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
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= moment < _LATEST:
        raise UnexpectedShapeError(stream, path, "a time between 1970 and 2100", value)
    return moment


def reader_of(stream: str, one: Field) -> Reader:
    """How a field is read; raises an ``UnexpectedShapeError`` where a value does not fit.

    A value of the usual type is taken at once. Everything else goes the long way, which gives the
    same for usual values.
    """

    def exact(item: Mapping[str, Any]) -> Value:
        return _convert(stream, one, _find(stream, item, one.source))

    make = _USUAL.get(one.kind)
    outer, _, inner = one.source.rpartition(".")
    if make is None or "." in outer:
        return exact
    if not outer:
        return make(one, exact)
    read_inner = make(
        replace(one, path=inner), lambda level: _convert(stream, one, level.get(inner))
    )

    def read(item: Mapping[str, Any]) -> Value:
        level = item.get(outer)
        return read_inner(level) if type(level) is dict else exact(item)

    return read


def _usual_text(one: Field, exact: Reader) -> Reader:
    name, choices = one.source, frozenset(one.choices)
    is_optional, missing = not one.required, one.missing

    def read(item: Mapping[str, Any]) -> Value:
        value = item.get(name)
        if type(value) is str and value:
            text = storable_text(value)
            if not choices or text in choices:
                return text
        elif value is None and is_optional:
            return missing
        return exact(item)

    return read


def _usual_time(one: Field, exact: Reader) -> Reader:
    name, is_optional, missing = one.source, not one.required, one.missing
    read_iso = datetime.fromisoformat

    def read(item: Mapping[str, Any]) -> Value:
        value = item.get(name)
        if type(value) is str and value:
            try:
                moment = read_iso(value)
            except ValueError:
                return exact(item)
            if moment.tzinfo is not None and _EARLIEST <= moment < _LATEST:
                return moment
        elif value is None and is_optional:
            return missing
        return exact(item)

    return read


def _usual_integer(one: Field, exact: Reader) -> Reader:
    name, most = one.source, one.most

    def read(item: Mapping[str, Any]) -> Value:
        value = item.get(name)
        return value if type(value) is int and -most <= value <= most else exact(item)

    return read


def _usual_boolean(one: Field, exact: Reader) -> Reader:
    name, is_optional, missing = one.source, not one.required, one.missing

    def read(item: Mapping[str, Any]) -> Value:
        value = item.get(name)
        if value is True or value is False:
            return value
        return missing if value is None and is_optional else exact(item)

    return read


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


def _convert(stream: str, one: Field, value: object) -> Value:
    if value is None or value == "":
        if one.required:
            raise UnexpectedShapeError(stream, one.source, "a value", value)
        return one.missing
    converted = _CONVERTERS[one.kind](stream, one.source, value)
    if one.choices and converted not in one.choices:
        raise UnexpectedShapeError(stream, one.source, f"one of {', '.join(one.choices)}", value)
    if isinstance(converted, int | float) and abs(converted) > one.most:
        raise UnexpectedShapeError(stream, one.source, f"a number up to {one.most}", value)
    return converted


def _text(stream: str, path: str, value: object) -> str:
    if not isinstance(value, str):
        raise UnexpectedShapeError(stream, path, "text", value)
    return storable_text(value)


def _integer(stream: str, path: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
        raise UnexpectedShapeError(stream, path, "an integer", value)
    return int(value)


def _number(stream: str, path: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnexpectedShapeError(stream, path, "a number", value)
    if not -MOST <= value <= MOST:
        raise UnexpectedShapeError(stream, path, "a number below 2^53", value)
    return float(value)


def _month(stream: str, path: str, value: object) -> date:
    try:
        month = date.fromisoformat(f"{_text(stream, path, value)}-01")
    except (UnexpectedShapeError, ValueError) as error:
        raise UnexpectedShapeError(stream, path, "a month such as 2026-10", value) from error
    if not _EARLIEST.date() <= month < _LATEST.date():
        raise UnexpectedShapeError(stream, path, "a month between 1970 and 2100", value)
    return month


def _boolean(stream: str, path: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UnexpectedShapeError(stream, path, "true or false", value)
    return value


def _json(stream: str, path: str, value: object) -> str:
    if not isinstance(value, Mapping | list):
        raise UnexpectedShapeError(stream, path, "an object or a list", value)
    try:
        return dump_json(value)
    except RecursionError:
        raise UnexpectedShapeError(stream, path, "fewer levels", value) from None


_CONVERTERS: Mapping[Kind, Callable[[str, str, object], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "time": parse_time,
    "month": _month,
    "boolean": _boolean,
    "json": _json,
}

_USUAL: Mapping[Kind, Callable[[Field, Reader], Reader]] = {
    "text": _usual_text,
    "time": _usual_time,
    "integer": _usual_integer,
    "boolean": _usual_boolean,
}
