"""Taking a campaign back from Mailchimp's schedule: what stands there goes out by itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaigns import gate, links
from crm_mailchimp.campaigns.crm_campaigns import read_campaigns
from crm_mailchimp.campaigns.planning import next_quarter
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.provider import CampaignProvider, RemoteCampaign

log = logging.getLogger(__name__)

_ATTEMPTS = 3


def unschedule(provider: CampaignProvider, provider_campaign_id: str) -> RemoteCampaign | None:
    """Take a campaign out of the schedule; one that is not in it is left as it is.

    Safe to repeat: after a lost answer its state is read, and it is asked again.

    Returns:
        the campaign as it is now, None where it is gone. ``sending``: it was too late.

    Raises:
        ProviderError: it still stands in the schedule.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        remote = provider.campaign(provider_campaign_id)
        if remote is None or remote.status != "schedule":
            return remote
        try:
            provider.unschedule_campaign(provider_campaign_id)
        except ProviderError:
            if attempt == _ATTEMPTS:
                raise
    return provider.campaign(provider_campaign_id)


def if_near(
    provider: CampaignProvider,
    provider_campaign_id: str,
    *,
    near: timedelta,
    now: datetime | None = None,
) -> RemoteCampaign | None:
    """Take a campaign that cannot be judged out of the schedule, if its time is near.

    Args:
        provider: where it may stand in the schedule.
        provider_campaign_id: of the campaign there.
        near: what is scheduled later than this is left to a later look.
        now: present time of the provider; by default this machine's.

    Returns:
        the campaign as it is now, if it was taken back.

    Raises:
        ProviderError: it still stands in the schedule.
    """
    remote = provider.campaign(provider_campaign_id)
    if remote is None or remote.status != "schedule":
        return None
    if remote.send_at is not None and remote.send_at - (now or datetime.now(UTC)) > near:
        return None
    after = unschedule(provider, provider_campaign_id)
    log.warning("a scheduled campaign that cannot be judged was taken back")
    return after


def if_revoked(
    crm: Connection[Any], provider: CampaignProvider, provider_campaign_id: str, code: str
) -> RemoteCampaign | None:
    """Take a campaign out of the schedule that we made, if the CRM no longer wants it so.

    For the minutes between two times that it is judged: cancelled, moved, not approved any more.

    Args:
        crm: to ``crm_db``.
        provider: where it may stand in the schedule.
        provider_campaign_id: of the campaign there.
        code: of the campaign in the CRM.

    Returns:
        the campaign as it is now, None where it is gone.

    Raises:
        ProviderError: it still stands in the schedule, or its state could not be read.
    """
    remote = provider.campaign(provider_campaign_id)
    if remote is None or remote.status != "schedule":
        return remote
    found = read_campaigns(crm, codes=[code])
    if found:
        [campaign] = found
        stands = campaign.state == "approved" and campaign.collection_is_active
        if stands and campaign.planned_at and next_quarter(campaign.planned_at) == remote.send_at:
            return remote
    log.info("campaign %s was changed in the CRM while it was scheduled: taken back", code)
    return unschedule(provider, provider_campaign_id)


def record_taken_back(warehouse: Connection[Any], remote: RemoteCampaign, why: str) -> None:
    """Store, committed, that a campaign was taken back because it could not be judged.

    Args:
        warehouse: the warehouse.
        remote: the campaign as it is now in Mailchimp.
        why: what was in the way; no personal data.
    """
    link = links.find_link_by_provider(warehouse, remote.campaign_id)
    if link is None:
        return
    gate_id = gate.record_undecided(
        warehouse,
        campaign_id=link.campaign_id,
        campaign_code=link.campaign_code,
        provider_campaign_id=remote.campaign_id,
        list_id=remote.list_id,
        why=why,
    )
    links.note(
        warehouse,
        link.campaign_id,
        scheduled_for=None,
        status=remote.status,
        detail=f"gate {gate_id} is closed: gate_undecided: {why}; taken back",
        look_again_at=None,
    )
