"""How far an audience was read: where the next look at its members begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from crm_mailchimp.rows import find_value

#: ``since_last_changed`` is exclusive and counts whole seconds: the overlap makes it inclusive.
OVERLAP = timedelta(seconds=1)


class Watermark:
    """How far one look at an audience reads, Mailchimp's clock.

    A list is read over some time. A member that changes after its page was read may be older than
    one on a later page. So the watermark stays before the moment at which the first list was begun.

    Args:
        since: the watermark of the look before; None: everything is read.
    """

    def __init__(self, since: datetime | None) -> None:
        self._since = since
        self._begun_at: datetime | None = None
        self._newest: datetime | None = None
        self._has_begun = False
        self._is_unknown = False

    @property
    def asked_from(self) -> datetime | None:
        """For ``since_last_changed``."""
        return self._since - OVERLAP if self._since is not None else None

    def begin(self, moment: datetime) -> None:
        """A list is begun after this moment."""
        self._begun_at = min(self._begun_at or moment, moment)
        self._has_begun = True

    def note(self, newest: datetime | None) -> None:
        """A list was read to its end; this is its newest change.

        If nobody knows when the list was begun, the watermark does not move.
        """
        self._newest = _later(self._newest, newest)
        self._is_unknown = self._is_unknown or not self._has_begun
        self._has_begun = False

    @property
    def through(self) -> datetime | None:
        """All changes up to here were seen; the former watermark where nobody knows of more."""
        if self._newest is None or self._begun_at is None or self._is_unknown:
            return self._since
        return _later(self._since, min(self._newest, self._begun_at))


def pulled_through(warehouse: Connection[Any], list_id: str) -> datetime | None:
    """The watermark of an audience, Mailchimp's clock; ends no transaction."""
    return find_value(
        warehouse,
        datetime,
        "select pulled_through from sync.audience where list_id = %(list_id)s"
        " union all select pulled_through from sync.former_audience where list_id = %(list_id)s"
        " order by pulled_through nulls first limit 1",
        {"list_id": list_id},
    )


def advance(warehouse: Connection[Any], list_id: str, through: datetime | None) -> None:
    """Store the watermark of an audience, own or former; commits."""
    # A watermark far in the future is forgotten by the next look (forget_future_marks.sql).
    for table in ("audience", "former_audience"):
        warehouse.execute(
            sql.SQL(
                "update sync.{} set pulled_through = greatest(pulled_through, %s)"
                " where list_id = %s"
            ).format(sql.Identifier(table)),
            (through, list_id),
        )
    warehouse.commit()


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
