"""The thresholds of a sync on the page: the figures of each collection's newest judged run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class Figure(NamedTuple):
    """A measure of a run.

    Attributes:
        name: ``rejected``, ``held_back`` or ``expired``.
        contacts: how many there were.
        of: contacts that the percentage counts from.
        most_percent: the threshold.
        is_above: whether that is too many. A percentage of a few contacts never is.
    """

    name: str
    contacts: int
    of: int
    most_percent: float
    is_above: bool


@dataclass(frozen=True, kw_only=True)
class CollectionHealth:
    """A row of ``sync.collection_health``; its comments say what the columns mean."""

    collection_code: str
    staged: int
    held_back: int
    expired: int
    sent: int
    rejected: int
    most_held_back: float
    most_expired: float
    most_rejected: float
    too_many: list[str]
    above_since: datetime | None
    judged_at: datetime

    @property
    def figures(self) -> Sequence[Figure]:
        """All measures."""
        counted = (
            ("rejected", self.rejected, self.sent, self.most_rejected),
            ("held_back", self.held_back, self.staged, self.most_held_back),
            ("expired", self.expired, self.staged, self.most_expired),
        )
        return [Figure(*one, one[0] in self.too_many) for one in counted]

    @property
    def above(self) -> Sequence[Figure]:
        """The measures above their threshold."""
        return [figure for figure in self.figures if figure.is_above]


def read_healths(warehouse: Connection[Any]) -> Mapping[str, CollectionHealth]:
    """What the newest judged run of each collection had, by its code.

    Args:
        warehouse: a connection.
    """
    rows = read_rows(warehouse, CollectionHealth, statement("page/thresholds"))
    warehouse.rollback()
    return {row.collection_code: row for row in rows}
