"""From the provider's JSON objects to typed rows: one declared shape per stream.

A field that is missing or blank becomes null. A field that the API has added since is kept in
``extra``. A field whose type has changed is an error that names stream and field. A number in place
of a text is one, too.
Addresses, names and other merge fields are left behind here: ``stats`` knows members by subscriber
hash only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.storable import dump_json, storable_text

Kind = Literal["text", "integer", "number", "time", "month", "boolean", "json"]

#: A value of a row, as COPY takes it; JSON is text.
Value: TypeAlias = str | int | float | bool | date | datetime | None
Row: TypeAlias = tuple[Value, ...]

#: What an object that cannot be read hides of Mailchimp's totals, at most. Each amount has a name
#: of ``stats.metric``.
Hides: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, int]]

#: Times that the marts can count days and months between.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
#: The largest number that JSON programs agree on (RFC 8259, section 6). Sums of a thousand of them
#: fit into a bigint.
_MOST = 2**53

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
        #: The same in few words.
        self.problem = f"field {path}: expected {expected}, got {type(value).__name__}"
        #: Id of the object that does not fit, where a list was read.
        self.known_as = ""


class LeftOutError(PermanentError):
    """Some rows of a stream could not be read; all others were loaded."""


@dataclass
class LeftOut:
    """Rows of one reading that could not be read, each with what is wrong.

    Attributes:
        errors: one for each row.
        hidden: by problem, what the rows hide of Mailchimp's totals, at most.
    """

    errors: list[UnexpectedShapeError] = field(default_factory=list)
    hidden: dict[str, Counter[str]] = field(default_factory=dict)

    @contextmanager
    def noted(self, item: Mapping[str, Any], hides: Hides) -> Iterator[None]:
        """Pass over an object that does not fit; note it, and what it hides."""
        try:
            yield
        except UnexpectedShapeError as error:
            known_as = item.get("id")
            error.known_as = known_as[:40] if isinstance(known_as, str) else "without an id"
            self.errors.append(error)
            self.hidden.setdefault(error.problem, Counter()).update(hides(item))

    def clear(self) -> None:
        """Forget all: everything is read once more."""
        self.errors.clear()
        self.hidden.clear()

    def require_none(self) -> None:
        """Name what was left out, once everything else is stored.

        Raises:
            LeftOutError: something was; the text has no values.
        """
        if self.errors:
            named = "; ".join(sorted({str(error) for error in self.errors})[:5])
            raise LeftOutError(
                f"{len(self.errors)} rows could not be read and were left out, all others were "
                f"loaded: {named}"
            )


@dataclass(frozen=True)
class Field:
    """One column of a stream and where its value is found.

    ``path`` goes into nested objects by dots; ``required`` fields may be neither missing nor blank.
    ``choices`` are all values that the table can hold; ``missing`` is the value for none.
    ``most`` is the largest number, with either sign, that the table can hold.
    """

    column: str
    kind: Kind = "text"
    path: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    missing: int | None = None
    most: int = _MOST

    @property
    def source(self) -> str:
        return self.path or self.column


def hides_nothing(_item: Mapping[str, Any]) -> Mapping[str, int]:
    """For objects that no total counts."""
    return {}


def amount_in(item: Mapping[str, Any], name: str) -> int:
    """A count in an object that cannot be read; any number if that is no count either."""
    value = item.get(name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return value if is_count else _MOST  # type: ignore[return-value]


@dataclass(frozen=True)
class Shape:
    """The columns of one stream, in the order of its rows; ``extra`` always comes last.

    ``dropped`` names (by dots where nested) what is known of the API and deliberately not kept.
    ``hides`` says what an object that does not fit hides of Mailchimp's totals.
    """

    stream: str
    fields: tuple[Field, ...]
    dropped: frozenset[str] = field(default=frozenset())
    hides: Hides = hides_nothing

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
        try:
            unknown = _unknown(item, self._known)
            return (*values, dump_json(unknown) if unknown else None)
        except RecursionError:
            raise UnexpectedShapeError(self.stream, "extra", "fewer levels", item) from None

    def fitting(
        self, items: Iterable[Mapping[str, Any]], left_out: LeftOut
    ) -> Iterator[tuple[Mapping[str, Any], Row]]:
        """The API objects that fit, each with its row; those that do not are noted."""
        for item in items:
            row = None
            with left_out.noted(item, self.hides):
                row = self.row(item)
            if row is not None:
                yield item, row

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


def entries(
    stream: str,
    item: Mapping[str, Any],
    name: str,
    left_out: LeftOut,
    *,
    hides: Hides = hides_nothing,
    entry_hides: Hides = hides_nothing,
) -> Iterator[Mapping[str, Any]]:
    """The objects of a list inside an object; a missing list is empty.

    What is no list, or an entry of it that is no object, is noted.

    Args:
        stream: name of the stream.
        item: the object.
        name: of the list.
        left_out: takes what is wrong.
        hides: what the object hides if that is no list.
        entry_hides: what an entry hides that is no object.
    """
    if name not in item:
        return
    found = item[name]
    with left_out.noted(item, hides):
        if not isinstance(found, list):
            raise UnexpectedShapeError(stream, name, "a list", found)
    for entry in found if isinstance(found, list) else ():
        with left_out.noted(item, entry_hides):
            if not isinstance(entry, Mapping):
                raise UnexpectedShapeError(stream, name, "a list of objects", entry)
        if isinstance(entry, Mapping):
            yield entry


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
    if not -_MOST <= value <= _MOST:
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
