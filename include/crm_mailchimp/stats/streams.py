"""What all streams of a campaign's report share: read, land, load, remember how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from crm_mailchimp.provider import ReportProvider, ReportStream
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.left_out_rows import store_left_out
from crm_mailchimp.stats.members import know_members
from crm_mailchimp.stats.shapes import LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Reading:
    """One reading of one campaign's stream.

    Attributes:
        campaign_id: the campaign.
        figures: the report's figures that made the stream worth reading (JSON text). They are
            remembered once the stream has been read to its end.
        full: read from the start, even what was read before. Somebody asked for it, or the figures
            differed from ours after the last reading.
        ips_since: IP addresses of older events are not kept (retention); None keeps all.
        left_out: takes the rows that cannot be read.
        before_load: called when all events are landed, before they are loaded; None: nothing is.
    """

    campaign_id: str
    figures: str
    full: bool = False
    ips_since: datetime | None = None
    left_out: LeftOut = field(default_factory=LeftOut)
    before_load: Callable[[], None] | None = None


class Stream(Protocol):
    """A stream of a campaign's report."""

    @property
    def name(self) -> str:
        """As in ``stats.stream_gate``."""
        ...

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, load and remember; commits.

        Returns:
            number of rows read.

        Raises:
            LeftOutError: some rows do not fit; all others are loaded, and that is remembered.
        """
        ...


@dataclass(frozen=True)
class WholeStream:
    """A stream that is read from its start every time and loaded by one statement.

    Attributes:
        name: as the provider calls it, and as in ``stats.stream_gate``.
        shape: of one item.
        load: name of the statement that moves landed rows into their table.
        has_totals: whether the report counts what is listed, so that a list that fills in late
            shows as a difference. One without is read a second time, a day later.
        also: a statement that is carried out with ``load``, for this campaign. A crash leaves both
            or none, and what was read to its end is not read again.
    """

    name: ReportStream
    shape: Shape
    load: str
    has_totals: bool = True
    also: str | None = None

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        items = provider.rows(reading.campaign_id, self.name)
        landed = land(connection, self.shape, items, reading.left_out)
        with connection.pipeline():
            if "subscriber_hash" in self.shape.columns:
                know_members(connection, f"landing_{self.shape.stream}", reading.campaign_id)
            connection.execute(statement(self.load), {"campaign_id": reading.campaign_id})
            store_stream_state(
                connection, self.name, reading, rows_read=landed, read_later=not self.has_totals
            )
            if self.also is not None:
                connection.execute(
                    statement(self.also), {"campaign_id": reading.campaign_id, "list_id": None}
                )
        connection.commit()
        reading.left_out.require_none()
        return landed


def store_stream_state(
    connection: Connection[Any],
    stream: str,
    reading: Reading,
    *,
    rows_read: int,
    complete_through: datetime | None = None,
    read_later: bool = False,
    is_part: bool = False,
) -> None:
    """Store that a stream was read to its end, in the transaction that loads it.

    The rows that could not be read are stored too, because they explain a difference.

    Whether it brought all that the report counts is found by the reconciliation afterwards.

    Args:
        connection: the warehouse.
        stream: name of the stream.
        reading: what was read.
        rows_read: rows that the API gave.
        complete_through: events up to here are loaded.
        read_later: have it read once more a day after its figures changed.
        is_part: only a part of the stream was read; rows left out before still are.
    """
    store_left_out(connection, reading.campaign_id, stream, reading.left_out, is_part=is_part)
    connection.execute(
        statement("stats/store_stream_state"),
        {
            "campaign_id": reading.campaign_id,
            "stream": stream,
            "figures": reading.figures,
            "rows_read": rows_read,
            "complete_through": complete_through,
            "read_later": read_later,
        },
    )
