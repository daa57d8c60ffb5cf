"""How audiences grew, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection

#: One month of an audience: its members by status, and how they came.
SHAPE = Shape(
    stream="audience_growth",
    fields=(
        Field("month", "month", required=True),
        Field("subscribed", "integer"),
        Field("unsubscribed", "integer"),
        Field("reconfirm", "integer"),
        Field("cleaned", "integer"),
        Field("pending", "integer"),
        Field("deleted", "integer"),
        Field("transactional", "integer"),
        Field("existing", "integer"),
        Field("imports", "integer"),
        Field("optins", "integer"),
    ),
    dropped=frozenset({"list_id"}),
)


def load_growth(
    connection: Connection[Any], provider: AudienceHistoryProvider, list_id: str
) -> int:
    """Bring one audience's months up to date; commits. Returns the number of months read.

    Raises:
        LeftOutError: some months could not be read; all others are loaded.
    """
    left_out = LeftOut()
    landed = land(connection, SHAPE, provider.growth_history(list_id), left_out)
    connection.execute(statement("stats/load_audience_growth"), {"list_id": list_id})
    connection.commit()
    left_out.require_none()
    return landed
