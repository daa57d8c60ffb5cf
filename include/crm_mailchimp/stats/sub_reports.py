"""Reports of a campaign's parts: the groups of an A/B test."""

from __future__ import annotations

from crm_mailchimp.stats import report_snapshots
from crm_mailchimp.stats.shapes import Field, Shape
from crm_mailchimp.stats.streams import WholeStream

_OF_THE_WHOLE = ("campaign_id", "list_id", "list_name", "preview_text")

#: The report of one part of a campaign.
SHAPE = Shape(
    stream="sub_reports",
    fields=(
        Field("part_id", path="id", required=True),
        *(one for one in report_snapshots.SHAPE.fields if one.column not in _OF_THE_WHOLE),
    ),
    dropped=report_snapshots.SHAPE.dropped | set(_OF_THE_WHOLE[1:]),
)

SUB_REPORTS = WholeStream(
    name="sub_reports",
    shape=SHAPE,
    load="stats/load_sub_reports",
    has_totals=False,
)
