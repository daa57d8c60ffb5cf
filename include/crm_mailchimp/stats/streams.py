"""What all streams of a campaign's report share: read, land, load, remember how far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.erased import drop_erased
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.shapes import Shape

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Reading:
    """One reading of one campaign's stream.

    Attributes:
        campaign_id: the campaign.
        figures: the report's figures that made the stream worth reading (JSON text); they are
            remembered once the stream has been read to its end.
        full: from the start, whatever was read before.
        ips_since: IP addresses of older events are not kept (retention); None keeps all.
    """

    campaign_id: str
    figures: str
    full: bool = False
    ips_since: datetime | None = None


class Stream(Protocol):
    """A stream of a campaign's report."""

    @property
    def name(self) -> str:
        """As in ``stats.stream_gate``."""
        ...

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, load and remember; commits. Returns the number of rows read."""
        ...


@dataclass(frozen=True)
class WholeStream:
    """A stream that is read from its start every time and loaded by one statement.

    Attributes:
        name: as in ``stats.stream_gate``.
        endpoint: below ``/reports/{campaign_id}/``.
        shape: of one item.
        load: name of the statement that moves landed rows into their table.
    """

    name: str
    endpoint: str
    shape: Shape
    load: str

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        items = self._items(provider, reading)
        landed = land(connection, self.shape, items)
        if "subscriber_hash" in self.shape.columns:
            drop_erased(connection, f"landing_{self.shape.stream}", reading.campaign_id)
        connection.execute(statement(self.load), {"campaign_id": reading.campaign_id})
        remember(connection, self.name, reading, rows_read=landed)
        connection.commit()
        return landed

    def _items(self, provider: ReportProvider, reading: Reading) -> Iterator[Mapping[str, Any]]:
        return provider.rows(reading.campaign_id, self.endpoint)


def remember(
    connection: Connection[Any],
    stream: str,
    reading: Reading,
    *,
    rows_read: int,
    complete_through: datetime | None = None,
    gap: str | None = None,
    members_seen: int | None = None,
    settled: bool = True,
) -> None:
    """Store how far a stream was read, in the transaction that loads it.

    Args:
        connection: the warehouse.
        stream: name of the stream.
        reading: what was read.
        rows_read: rows that the API gave.
        complete_through: events up to here are loaded.
        gap: what totals had more than details (JSON text), after a reading from the start.
        members_seen: recipients that the API listed.
        settled: whether the figures count as read; False has the stream read again next time.
    """
    connection.execute(
        statement("stats/store_stream_state"),
        {
            "campaign_id": reading.campaign_id,
            "stream": stream,
            "figures": reading.figures if settled else None,
            "rows_read": rows_read,
            "complete_through": complete_through,
            "gap": gap,
            "members_seen": members_seen,
        },
    )
