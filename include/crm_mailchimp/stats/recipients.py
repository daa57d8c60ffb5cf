"""Who was sent a campaign, and whether it arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.deleted_members import create_listed, mark_deleted
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.members import know_members
from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape
from crm_mailchimp.stats.streams import Reading, store_stream_state

if TYPE_CHECKING:
    from psycopg import Connection

_STATUSES = ("sent", "hard", "soft")


def _recipient_hides(item: Mapping[str, Any]) -> Mapping[str, int]:
    status = item.get("status")
    # A status that cannot be read may be either bounce.
    possible = [status] if status in _STATUSES else _STATUSES
    bounces = [f"{one}_bounced_recipients" for one in possible if one != "sent"]
    return dict.fromkeys(["emails_sent", *bounces], 1)


#: One person who was sent a campaign, and whether it arrived.
SHAPE = Shape(
    stream="recipients",
    fields=(
        Field("subscriber_hash", path="email_id", required=True),
        Field("list_id"),
        Field("delivery_status", path="status", required=True, choices=_STATUSES),
        Field("absplit_group"),
        Field("gmt_offset", "integer", most=2**31 - 1),
    ),
    # Opens are counted from events; these two would grow old between readings.
    dropped=MEMBER_DETAILS | {"campaign_id", "open_count", "last_open"},
    hides=_recipient_hides,
)


class Recipients:
    """All recipients of a campaign. A recipient that is no longer listed was deleted."""

    name = "recipients"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, load, mark who was deleted, remember; commits. Returns the number of rows read."""
        items = provider.rows(reading.campaign_id, "recipients")
        landed = land(connection, SHAPE, items, reading.left_out)
        with connection.pipeline():
            create_listed(connection)
            connection.execute(statement("stats/list_recipients"))
        mark_deleted(connection, provider, reading.campaign_id)
        with connection.pipeline():
            know_members(connection, f"landing_{SHAPE.stream}", reading.campaign_id)
            campaign = {"campaign_id": reading.campaign_id}
            connection.execute(statement("stats/load_recipients"), campaign)
            connection.execute(statement("stats/mark_ongoing"), campaign)
            store_stream_state(connection, self.name, reading, rows_read=landed)
        connection.commit()
        reading.left_out.require_none()
        return landed


RECIPIENTS = Recipients()
