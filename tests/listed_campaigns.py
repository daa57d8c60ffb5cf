"""Lists the campaigns of the default account, and chooses those worth reading, as a run does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.stats.campaign_choice import Choice, choose_campaigns, list_campaigns


def campaigns_to_read(
    connection: Connection[Any],
    provider: ReportProvider,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    campaigns: Sequence[str] = (),
) -> list[str]:
    """Ids of campaigns, newest first.

    Raises:
        UnknownCampaignsError, UnreadableListError: as ``list_campaigns`` and ``choose_campaigns``.
    """
    choice = Choice(since=since, until=until, campaigns=campaigns)
    list_campaigns(connection, provider, choice)
    found = choose_campaigns(connection, choice, [DEFAULT_ACCOUNT])
    return [one for ids in found.values() for one in ids]
