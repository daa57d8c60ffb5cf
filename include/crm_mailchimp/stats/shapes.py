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
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.stats.conversions import (
    MOST,
    Kind,
    Reader,
    UnexpectedShapeError,
    Value,
    reader_of,
)
from crm_mailchimp.storable import dump_json

Row: TypeAlias = tuple[Value, ...]

#: What an object that cannot be read hides of Mailchimp's totals, at most. Each amount has a name
#: of ``stats.metric``.
Hides: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, int]]

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

    def note(self, error: UnexpectedShapeError, item: Mapping[str, Any], hides: Hides) -> None:
        """Note an object that does not fit, and what it hides."""
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
    most: int = MOST

    @property
    def source(self) -> str:
        return self.path or self.column


def hides_nothing(_item: Mapping[str, Any]) -> Mapping[str, int]:
    """For objects that no total counts."""
    return {}


def amount_in(item: Mapping[str, Any], name: str) -> int:
    """A count in an object that cannot be read; any number if that is no count either."""
    value = item.get(name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST
    return value if is_count else MOST  # type: ignore[return-value]


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
        values = [read(item) for read in self._readers]
        if self._known_names.issuperset(item):
            return (*values, None)
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
            try:
                row = self.row(item)
            except UnexpectedShapeError as error:
                left_out.note(error, item, self.hides)
            else:
                yield item, row

    @cached_property
    def _readers(self) -> tuple[Reader, ...]:
        return tuple(reader_of(self.stream, one) for one in self.fields)

    @cached_property
    def _known_names(self) -> frozenset[str]:
        """Names of an object in which nothing can be new."""
        return frozenset(name for name, inner in self._known.items() if inner is None)

    @cached_property
    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for path in (*self.dropped, *ENVELOPE, *(one.source for one in self.fields)):
            *parents, last = path.split(".")
            level = known
            for parent in parents:
                if level is not None:
                    level = level.setdefault(parent, {})
            # Nothing is new in an object that is not kept as a whole.
            if level is not None:
                level[last] = None
        return known


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
    if not isinstance(found, list):
        left_out.note(UnexpectedShapeError(stream, name, "a list", found), item, hides)
        return
    for entry in found:
        if type(entry) is dict or isinstance(entry, Mapping):
            yield entry
        else:
            error = UnexpectedShapeError(stream, name, "a list of objects", entry)
            left_out.note(error, item, entry_hides)


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
