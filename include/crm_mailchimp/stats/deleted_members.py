"""Members deleted in Mailchimp: known by name, because an earlier list of recipients held them.

Deleting a member takes it out of all lists of a report while the totals stay (Mailchimp's help,
"Delete Contacts"). So members that are in one whole list and missing in a later one explain smaller
lists. How much they explain is bounded by what they can have done.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import create_landing

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Temporary table of the hashes that a whole list of recipients held.
LISTED = "landing_listed"
LISTED_COLUMNS = (("subscriber_hash", "text"),)


def create_listed(connection: Connection[Any]) -> None:
    """The empty ``landing_listed`` of this session; the caller commits."""
    create_landing(connection, LISTED, LISTED_COLUMNS)


def mark_deleted(connection: Connection[Any], provider: ReportProvider, campaign_id: str) -> None:
    """Mark recipients that are missing in the list just landed, unless it was cut short; commits.

    Of those missing, up to 20 are asked for one by one. If the provider still knows any of them,
    the list was not whole, and nobody is marked. A recipient that is listed again loses its mark.

    Args:
        connection: the warehouse, with ``landing_listed`` filled.
        provider: where the recipients are.
        campaign_id: the campaign.
    """
    parameters = {"campaign_id": campaign_id}
    with connection.pipeline():
        connection.execute(statement("stats/mark_returned"), parameters)
        missing = read_values(connection, str, statement("stats/find_missing"), parameters)
    connection.commit()
    for subscriber_hash in missing:
        if provider.has_recipient(campaign_id, subscriber_hash):
            log.warning("campaign %s: its list of recipients was cut short", campaign_id)
            return
    if missing:
        deleted = connection.execute(statement("stats/mark_deleted"), parameters).rowcount
        connection.commit()
        log.info("campaign %s: %d recipients deleted in Mailchimp", campaign_id, deleted)
