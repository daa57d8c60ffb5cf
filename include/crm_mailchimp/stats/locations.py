"""Where a campaign was opened."""

from __future__ import annotations

from crm_mailchimp.stats.shapes import Field, Shape
from crm_mailchimp.stats.streams import WholeStream

#: One country and region, and the opens there.
SHAPE = Shape(
    stream="locations",
    fields=(
        Field("country_code"),
        Field("region"),
        Field("region_name"),
        Field("opens", "integer"),
    ),
)

LOCATIONS = WholeStream(
    name="locations",
    shape=SHAPE,
    load="stats/load_locations",
    has_totals=False,
)
