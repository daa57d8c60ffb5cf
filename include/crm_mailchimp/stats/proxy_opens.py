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

_OPENS = "landing_proxy_opens"
_OPEN_COLUMNS = (
    ("subscriber_hash", "text"),
    ("occurred_at", "timestamptz"),
    ("ordinal", "integer"),
    ("is_proxy_open", "boolean"),
    ("extra", "jsonb"),
)
_MEMBERS = "landing_proxy_members"
_MEMBER_COLUMNS = (("subscriber_hash", "text"), ("opens_count", "bigint"), ("extra", "jsonb"))


class ProxyOpens:
    """The marks of proxies on opens, read as far as the provider gives any."""

    name = "proxy_opens"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, mark the opens, count again and remember; commits. Returns members read."""
        parameters = {"campaign_id": reading.campaign_id, "cap": CAP}
        create_landing(connection, _OPENS, _OPEN_COLUMNS)
        create_landing(connection, _MEMBERS, _MEMBER_COLUMNS)
        matter = find_value(connection, bool, statement("stats/open_details_matter"), parameters)
        connection.commit()
        members = 0
        left_out = reading.left_out
        for page in batches(provider.rows(reading.campaign_id, "proxy_opens")):
            fitting = list(MEMBER_SHAPE.fitting(page, left_out))
            people = [person for _, person in fitting]
            opens = list(_rows(fitting, left_out))
            copy_rows(connection, _OPENS, [name for name, _ in _OPEN_COLUMNS], opens)
            copy_rows(connection, _MEMBERS, [name for name, _ in _MEMBER_COLUMNS], people)
            connection.commit()
            members += len(page)
            if not matter and all(is_proxy is None for _, _, _, is_proxy, _ in opens):
                break  # this version of the API has no flag: further pages would not either
        require_some(left_out, 0, members - len(left_out.errors))
        drop_erased(connection, _OPENS, reading.campaign_id)
        drop_erased(connection, _MEMBERS, reading.campaign_id)
        connection.execute(statement("stats/mark_proxy_opens"), parameters)
        connection.execute(statement("stats/count_engagement"), parameters)
        connection.execute(statement("stats/load_opens_reported"), parameters)
        connection.execute(statement("stats/load_open_details_extra"), parameters)
        store_stream_state(connection, self.name, reading, rows_read=members)
        connection.commit()
        left_out.require_none()
        return members


PROXY_OPENS = ProxyOpens()


def _rows(fitting: Iterable[tuple[Mapping[str, Any], Row]], left_out: LeftOut) -> Iterator[Row]:
    for member, (subscriber_hash, _, _) in fitting:
        listed = entries(SHAPE.stream, member, "opens", left_out)
        opens = [row for _, row in SHAPE.fitting(listed, left_out)]
        # Within one second in the order of the list, which is that of the events too.
        same_second: dict[Value, int] = {}
        for moment, is_proxy, extra in opens:
            ordinal = same_second[moment] = same_second.get(moment, 0) + 1
            yield subscriber_hash, moment, ordinal, is_proxy, extra
