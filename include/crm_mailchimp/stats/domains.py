"""A campaign's biggest e-mail domains."""

from __future__ import annotations

from crm_mailchimp.stats.shapes import Field, Shape
from crm_mailchimp.stats.streams import WholeStream

#: One e-mail domain of a campaign's recipients, with its counts.
SHAPE = Shape(
    stream="domains",
    fields=(
        Field("domain", required=True),
        Field("emails_sent", "integer"),
        Field("bounces", "integer"),
        Field("opens", "integer"),
        Field("clicks", "integer"),
        Field("unsubs", "integer"),
        Field("delivered", "integer"),
        Field("emails_pct", "number"),
        Field("bounces_pct", "number"),
        Field("opens_pct", "number"),
        Field("clicks_pct", "number"),
        Field("unsubs_pct", "number"),
    ),
)

DOMAINS = WholeStream(
    name="domains",
    shape=SHAPE,
    load="stats/load_domains",
    has_totals=False,
)
