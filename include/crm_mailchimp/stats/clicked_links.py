"""Links of a campaign: click totals, and who clicked which link how often."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.members import know_members
from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, Shape, amount_in
from crm_mailchimp.stats.streams import Reading, store_stream_state

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: One link of a campaign with its click totals.
SHAPE = Shape(
    stream="links",
    fields=(
        Field("link_id", path="id", required=True),
        Field("url"),
        Field("total_clicks", "integer"),
        Field("unique_clicks", "integer"),
        Field("click_percentage", "number"),
        Field("unique_click_percentage", "number"),
        Field("last_click_at", "time", path="last_click"),
        Field("ab_split", "json"),
    ),
    dropped=frozenset({"campaign_id"}),
    hides=lambda item: dict.fromkeys(
        ["link_clicks", "link_member_clicks"], amount_in(item, "total_clicks")
    ),
)

#: One person who clicked a link, and how often.
MEMBER_SHAPE = Shape(
    stream="link_members",
    fields=(
        Field("link_id", path="url_id", required=True),
        Field("list_id"),
        Field("subscriber_hash", path="email_id", required=True),
        Field("clicks", "integer"),
    ),
    dropped=MEMBER_DETAILS | {"campaign_id"},
    hides=lambda item: {"link_member_clicks": amount_in(item, "clicks")},
)


class Links:
    """Both levels in one reading; members only of links whose clicks they do not add up to."""

    name = "links"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, load and remember; commits. Returns the number of rows read."""
        campaign_id = reading.campaign_id
        left_out = reading.left_out
        landed = land(connection, SHAPE, provider.rows(campaign_id, "links"), left_out)
        changed = read_values(
            connection,
            str,
            statement("stats/changed_links"),
            {"campaign_id": campaign_id, "from_start": reading.full},
        )
        connection.commit()
        members = land(connection, MEMBER_SHAPE, _members(provider, campaign_id, changed), left_out)
        # Totals and members in one transaction. After a crash in between, the totals would say
        # that nothing is left to read.
        with connection.pipeline():
            know_members(connection, f"landing_{MEMBER_SHAPE.stream}", campaign_id)
            connection.execute(statement("stats/load_links"), {"campaign_id": campaign_id})
            connection.execute(statement("stats/load_link_members"), {"campaign_id": campaign_id})
            store_stream_state(connection, self.name, reading, rows_read=landed + members)
        connection.commit()
        left_out.require_none()
        return landed + members


LINKS = Links()


def _members(
    provider: ReportProvider, campaign_id: str, link_ids: Iterable[str]
) -> Iterator[Mapping[str, Any]]:
    for link_id in link_ids:
        try:
            for member in provider.link_members(campaign_id, link_id):
                yield {**member, "url_id": link_id}
        except NotFoundAtProviderError:
            # The link alone, or the whole campaign: the next report tells. The members missing
            # here show in the reconciliation, which has them read again.
            log.warning("campaign %s: who clicked link %s cannot be read", campaign_id, link_id)
