"""Which opens were made by a mail privacy proxy, where the API says so.

``email-activity`` does not tell; ``open-details`` marks each open in newer versions of the API
(``is_proxy_open``). The flag is set on events that are already there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.erased import drop_erased
from crm_mailchimp.stats.landing import batches, create_landing
from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape
from crm_mailchimp.stats.streams import Reading, remember
from crm_mailchimp.warehouse.copying import copy_rows

if TYPE_CHECKING:
    from psycopg import Connection

#: ``GET /reports/{campaign_id}/open-details``, one member of it (OpenAPI description, 3.0.55).
MEMBER_SHAPE = Shape(
    stream="proxy_opens",
    fields=(Field("subscriber_hash", path="email_id", required=True),),
    dropped=MEMBER_DETAILS | {"campaign_id", "list_id", "opens", "opens_count"},
)

#: One entry of its ``opens``.
SHAPE = Shape(
    stream="proxy_opens",
    fields=(
        Field("occurred_at", "time", path="timestamp", required=True),
        Field("is_proxy_open", "boolean"),
    ),
)

_TABLE = "landing_proxy_opens"
_COLUMN_TYPES = (
    ("subscriber_hash", "text"),
    ("occurred_at", "timestamptz"),
    ("ordinal", "integer"),
    ("is_proxy_open", "boolean"),
)


class ProxyOpens:
    """The stream ``open-details``, read as far as it can tell anything."""

    name = "proxy_opens"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, mark the opens, count again and remember; commits. Returns members read."""
        create_landing(connection, _TABLE, _COLUMN_TYPES)
        columns = [name for name, _ in _COLUMN_TYPES]
        members = 0
        for page in batches(provider.rows(reading.campaign_id, "open-details")):
            members += len(page)
            flagged = copy_rows(connection, _TABLE, columns, _rows(page))
            connection.commit()
            if not flagged:
                break  # this version of the API has no flag: further pages would not either
        drop_erased(connection, _TABLE, reading.campaign_id)
        parameters = {"campaign_id": reading.campaign_id}
        connection.execute(statement("stats/mark_proxy_opens"), parameters)
        connection.execute(statement("stats/count_engagement"), parameters)
        remember(connection, self.name, reading, rows_read=members)
        connection.commit()
        return members


PROXY_OPENS = ProxyOpens()


def _rows(page: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for member in page:
        subscriber_hash = MEMBER_SHAPE.row(member)[0]
        opens = sorted(SHAPE.row(one)[:2] for one in _flagged(member))
        for moment, same_second in groupby(opens, key=lambda one: one[0]):
            for ordinal, (_, is_proxy) in enumerate(same_second, start=1):
                yield subscriber_hash, moment, ordinal, is_proxy


def _flagged(member: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in member.get("opens") or () if one.get("is_proxy_open") is not None]
