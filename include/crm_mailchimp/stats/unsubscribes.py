"""Who unsubscribed through a campaign, and why."""

from __future__ import annotations

from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape
from crm_mailchimp.stats.streams import WholeStream

#: One person who unsubscribed: when, and the reason as given.
SHAPE = Shape(
    stream="unsubscribes",
    fields=(
        Field("subscriber_hash", path="email_id", required=True),
        Field("list_id"),
        Field("reason"),
        Field("unsubscribed_at", "time", path="timestamp", required=True),
    ),
    dropped=MEMBER_DETAILS | {"campaign_id"},
    hides=lambda _item: {"unsubscribed": 1},
)

# Who refused by this campaign is not mailed, though no look at the audience showed it.
UNSUBSCRIBES = WholeStream(
    name="unsubscribes",
    shape=SHAPE,
    load="stats/load_unsubscribes",
    also="sync/note_reported_refusals",
)
