"""Who reported a campaign as abuse."""

from __future__ import annotations

from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape
from crm_mailchimp.stats.streams import WholeStream

#: One complaint about a campaign.
SHAPE = Shape(
    stream="abuse_reports",
    fields=(
        Field("report_id", "integer", path="id", required=True),
        Field("subscriber_hash", path="email_id", required=True),
        Field("list_id"),
        Field("reported_at", "time", path="date"),
    ),
    dropped=MEMBER_DETAILS | {"campaign_id"},
    hides=lambda _item: {"abuse_reports": 1},
)

# Who complained by this campaign is not mailed, though no look at the audience showed it.
ABUSE_REPORTS = WholeStream(
    name="abuse_reports",
    shape=SHAPE,
    load="stats/load_abuse_reports",
    also="sync/note_reported_refusals",
)
