"""Mails of an RSS campaign: campaigns of their own, which the parent's sub-reports name.

Mailchimp lists them among campaigns and reports with ``parent_campaign_id`` (OpenAPI description,
3.0.55: campaigns, sub-reports). They are read like all others. When the parent has sent more, it is
asked for its mails. So none is missed, and each knows its parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.report_snapshots import load_mails
from crm_mailchimp.stats.streams import Reading, store_stream_state

if TYPE_CHECKING:
    from psycopg import Connection


class SeriesMails:
    """The mails of an RSS campaign."""

    name = "series_mails"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, take each mail for a campaign with a report, remember; commits.

        Returns:
            number of mails.
        """
        campaign_id = reading.campaign_id
        mails = provider.rows(campaign_id, "sub_reports")
        landed = load_mails(connection, campaign_id, mails, reading.left_out)
        connection.execute(statement("stats/link_mails"), {"campaign_id": campaign_id})
        store_stream_state(connection, self.name, reading, rows_read=landed)
        connection.commit()
        reading.left_out.require_none()
        return landed


SERIES_MAILS = SeriesMails()
