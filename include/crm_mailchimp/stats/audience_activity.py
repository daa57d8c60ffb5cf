"""What happened in audiences, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection

#: One day of an audience, with what happened in it.
SHAPE = Shape(
    stream="audience_activity",
    fields=(
        Field("day", "time", required=True),
        Field("emails_sent", "integer"),
        Field("unique_opens", "integer"),
        Field("recipient_clicks", "integer"),
        Field("hard_bounces", "integer", path="hard_bounce"),
        Field("soft_bounces", "integer", path="soft_bounce"),
        Field("subs", "integer"),
        Field("unsubs", "integer"),
        Field("other_adds", "integer"),
        Field("other_removes", "integer"),
    ),
)


def load_days(connection: Connection[Any], provider: AudienceHistoryProvider, list_id: str) -> int:
    """Bring one audience's days up to date; commits. Returns the number of days read.

    Days that Mailchimp no longer lists keep their last figures.

    Raises:
        LeftOutError: some days could not be read; all others are loaded.
    """
    left_out = LeftOut()
    landed = land(connection, SHAPE, provider.audience_days(list_id), left_out)
    connection.execute(statement("stats/load_audience_activity"), {"list_id": list_id})
    connection.commit()
    left_out.require_none()
    return landed
