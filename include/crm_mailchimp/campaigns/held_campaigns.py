"""Campaigns that do not go out at their time: people must hear of them before, not after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class HeldCampaign(NamedTuple):
    """An approved campaign that is held and whose time is near or over.

    Attributes:
        campaign_code: in the CRM.
        planned_at: its time in the CRM; None: a person chose the time in Mailchimp.
        reason: codes of the gate's reasons, or the word for what a person has to solve. None: its
            last look failed, so it may still be held.
    """

    campaign_code: str
    planned_at: datetime | None
    reason: str | None

    @property
    def words(self) -> str | None:
        """Its time and the reason, without its code; None: its last look failed."""
        if self.reason is None:
            return None
        if self.planned_at is None:
            return f"a person scheduled it in Mailchimp: {self.reason}"
        return f"planned for {self.planned_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {self.reason}"


def held_campaigns(
    warehouse: Connection[Any], *, ahead: timedelta, now: datetime | None = None
) -> list[HeldCampaign]:
    """The campaigns that are held, as their last look found them.

    Args:
        warehouse: the warehouse.
        ahead: a campaign whose time is later than this is not named: people still work on it.
        now: present time; by default this machine's.
    """
    return read_rows(
        warehouse,
        HeldCampaign,
        statement("campaigns/held_campaigns"),
        {"until": (now or datetime.now(UTC)) + ahead},
    )
