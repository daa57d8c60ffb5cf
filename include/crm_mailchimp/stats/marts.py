"""Catch the marts up with ``stats``: the work follows what changed, not how much there is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.locks import named_lock

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MartRefresh:
    """Rows counted anew by one refresh."""

    campaigns: int
    members: int


def refresh_marts(connection: Connection[Any], *, time_zone: str = "UTC") -> MartRefresh:
    """Catch up all marts; commits. Readers are not blocked at any time.

    Args:
        connection: the warehouse, by the login that owns the marts; not in a transaction.
        time_zone: IANA name of the time zone whose days and hours the marts show.

    Raises:
        psycopg.errors.InvalidParameterValue: Postgres does not know the time zone.
    """
    with named_lock(connection, "marts"):
        connection.execute(statement("mart/store_time_zone"), {"time_zone": time_zone})
        through = connection.execute(statement("mart/next_catch_up")).fetchone()
        members = connection.execute(statement("mart/refresh_member_engagement")).rowcount
        connection.execute(statement("mart/collect_changed_campaigns"))
        campaigns = connection.execute(statement("mart/refresh_campaign_engagement")).rowcount
        for name in (
            "clear_hours",
            "refresh_campaign_hours",
            "clear_cohorts",
            "refresh_campaign_cohorts",
        ):
            connection.execute(statement(f"mart/{name}"))
        connection.execute(
            statement("mart/store_catch_up"), {"through": through[0] if through else None}
        )
        connection.commit()
        connection.execute("refresh materialized view concurrently mart.contact_engagement")
        connection.commit()
    log.info("marts: %d campaigns, %d members counted anew", campaigns, members)
    return MartRefresh(campaigns=campaigns, members=members)
