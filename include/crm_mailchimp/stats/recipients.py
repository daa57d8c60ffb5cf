"""Who was sent a campaign, and whether it arrived."""

from __future__ import annotations

from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape
from crm_mailchimp.stats.streams import WholeStream

#: ``GET /reports/{campaign_id}/sent-to``, one item (OpenAPI description, 3.0.55).
SHAPE = Shape(
    stream="recipients",
    fields=(
        Field("subscriber_hash", path="email_id", required=True),
        Field("list_id"),
        Field("delivery_status", path="status", required=True),
        Field("absplit_group"),
        Field("gmt_offset", "integer"),
    ),
    # Opens are counted from events; these two would grow old between readings.
    dropped=MEMBER_DETAILS | {"campaign_id", "open_count", "last_open"},
)

RECIPIENTS = WholeStream(
    name="recipients", endpoint="sent-to", shape=SHAPE, load="stats/load_recipients"
)
