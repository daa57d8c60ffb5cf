"""Which opens were made by a mail privacy proxy, where the API says so.

The list of events does not tell. The list of opens marks each open in newer versions of the API
(``is_proxy_open``). The flag is set on events that are already there. It also counts the opens
that the list of events leaves out beyond its cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import find_value
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.activity import CAP
from crm_mailchimp.stats.conversions import Value
from crm_mailchimp.stats.landed_opens import OPEN_COLUMNS, OPENS, create_opens
from crm_mailchimp.stats.landing import batches, create_landing, require_some
from crm_mailchimp.stats.members import drop_erased
from crm_mailchimp.stats.shapes import (
    MEMBER_DETAILS,
    Field,
    LeftOut,
    Row,
    Shape,
    amount_in,
    entries,
)
from crm_mailchimp.stats.streams import Reading, store_stream_state
from crm_mailchimp.warehouse.copying import copy_rows

if TYPE_CHECKING:
    from psycopg import Connection

#: One member who opened a campaign, and how often.
MEMBER_SHAPE = Shape(
    stream="proxy_opens",
    fields=(
        Field("subscriber_hash", path="email_id", required=True),
        Field("opens_count", "integer"),
    ),
    # The count without proxies follows from the flags of the opens.
    dropped=MEMBER_DETAILS | {"campaign_id", "list_id", "opens", "proxy_excluded_opens_count"},
    # Which of a member's opens are beyond the limit of the list of events.
    hides=lambda item: dict.fromkeys(
        ["opens_total", "proxy_excluded_opens"], max(amount_in(item, "opens_count") - CAP, 0)
    ),
)

#: One entry of its ``opens``.
SHAPE = Shape(
    stream="proxy_opens",
    fields=(
        Field("occurred_at", "time", path="timestamp", required=True),
        Field("is_proxy_open", "boolean"),
    ),
)

_MEMBERS = "landing_proxy_members"
_MEMBER_COLUMNS = (("subscriber_hash", "text"), ("opens_count", "bigint"), ("extra", "jsonb"))


class ProxyOpens:
    """The marks of proxies on opens, read as far as the provider gives any."""

    name = "proxy_opens"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, mark the opens, count again and remember; commits. Returns members read."""
        matter = _matter(connection, reading)
        members = _land(connection, provider, reading, matter=matter)
        return _load(connection, reading, members)


PROXY_OPENS = ProxyOpens()


class EarlyOpens(ProxyOpens):
    """The same for one campaign whose events are read too: these are loaded with their marks.

    So the events need not be written twice.
    """

    def __init__(self) -> None:
        self._members: int | None = None
        self._error: Exception | None = None

    def land(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> None:
        """Land the opens, unless they were; commits. An error is raised by ``read``.

        It lands none where only the events tell how far the list is worth reading.
        """
        if self._members is not None or self._error is not None:
            return
        if not _matter(connection, reading):
            create_opens(connection)
            return
        try:
            self._members = _land(connection, provider, reading, matter=True)
        except Exception as error:
            if connection.closed:
                raise
            connection.rollback()
            # Those of another campaign may still be there.
            create_opens(connection)
            connection.commit()
            self._error = error

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """As that of ``ProxyOpens``, with what was landed."""
        if self._error is not None:
            raise self._error
        if self._members is None:
            return super().read(connection, provider, reading)
        return _load(connection, reading, self._members)


def _matter(connection: Connection[Any], reading: Reading) -> bool:
    parameters = {"campaign_id": reading.campaign_id, "cap": CAP}
    matter = find_value(connection, bool, statement("stats/open_details_matter"), parameters)
    connection.commit()
    return bool(matter)


def _land(
    connection: Connection[Any], provider: ReportProvider, reading: Reading, *, matter: bool
) -> int:
    """Land the opens as far as they say more than the events; returns members read. Commits."""
    create_opens(connection)
    create_landing(connection, _MEMBERS, _MEMBER_COLUMNS)
    connection.commit()
    members = 0
    left_out = reading.left_out
    for page in batches(provider.rows(reading.campaign_id, "proxy_opens")):
        fitting = list(MEMBER_SHAPE.fitting(page, left_out))
        people = [person for _, person in fitting]
        opens = list(_rows(fitting, left_out))
        copy_rows(connection, OPENS, [name for name, _ in OPEN_COLUMNS], opens)
        copy_rows(connection, _MEMBERS, [name for name, _ in _MEMBER_COLUMNS], people)
        connection.commit()
        members += len(page)
        if not matter and all(is_proxy is None for _, _, _, is_proxy, _ in opens):
            break  # this version of the API has no flag: further pages would not either
    require_some(left_out, 0, members - len(left_out.errors))
    return members


def _load(connection: Connection[Any], reading: Reading, members: int) -> int:
    """Mark the opens that were landed, and remember; commits. Returns ``members``."""
    parameters = {"campaign_id": reading.campaign_id, "cap": CAP}
    drop_erased(connection, OPENS, reading.campaign_id)
    drop_erased(connection, _MEMBERS, reading.campaign_id)
    marked = connection.execute(statement("stats/mark_proxy_opens"), parameters).rowcount
    if marked:
        connection.execute(statement("stats/count_engagement"), parameters)
    connection.execute(statement("stats/load_opens_reported"), parameters)
    connection.execute(statement("stats/load_open_details_extra"), parameters)
    store_stream_state(connection, PROXY_OPENS.name, reading, rows_read=members)
    connection.commit()
    reading.left_out.require_none()
    return members


def _rows(fitting: Iterable[tuple[Mapping[str, Any], Row]], left_out: LeftOut) -> Iterator[Row]:
    for member, (subscriber_hash, _, _) in fitting:
        listed = entries(SHAPE.stream, member, "opens", left_out)
        opens = [row for _, row in SHAPE.fitting(listed, left_out)]
        # Within one second in the order of the list, which is that of the events too.
        same_second: dict[Value, int] = {}
        for moment, is_proxy, extra in opens:
            ordinal = same_second[moment] = same_second.get(moment, 0) + 1
            yield subscriber_hash, moment, ordinal, is_proxy, extra
