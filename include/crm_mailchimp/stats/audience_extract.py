"""Audiences into ``stats``: which there are, how they grew, what happened in them, who left how."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.audience_activity import load_days
from crm_mailchimp.stats.audience_figures import load_audiences
from crm_mailchimp.stats.audience_growth import load_growth
from crm_mailchimp.stats.member_activity import load_feeds

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def extract_audiences(
    connection: Connection[Any],
    provider: AudienceHistoryProvider,
    *,
    since: datetime | None = None,
) -> dict[str, int]:
    """Bring audiences up to date; commits piece by piece, so a crash repeats little.

    It costs one call per thousand audiences, and two per audience once a day. Each member of ours
    that left since the last run costs one call more.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the audiences are.
        since: activity of members before this moment is not kept (retention); None keeps all.

    Returns:
        how much was read: audiences, months, days, members.
    """
    read = {"audiences": load_audiences(connection, provider), "months": 0, "days": 0}
    due = read_values(connection, str, statement("stats/audiences_due"))
    connection.commit()
    for list_id in due:
        read["months"] += load_growth(connection, provider, list_id)
        read["days"] += load_days(connection, provider, list_id)
        connection.execute(statement("stats/store_list_state"), {"list_id": list_id})
        connection.commit()
    read["members"] = load_feeds(connection, provider, since=since)
    log.info("audiences: %s", read)
    return read
