"""A campaign leaves the provider's schedule: what is in it goes out by itself."""

from __future__ import annotations

from crm_mailchimp.campaign_provider import CampaignSchedule, RemoteCampaign
from crm_mailchimp.errors import ProviderError

_ATTEMPTS = 3


def take_back_campaign(
    provider: CampaignSchedule, provider_campaign_id: str
) -> RemoteCampaign | None:
    """Take a campaign out of the schedule; one that is not in it is left as it is.

    Safe to repeat: after a lost answer its state is read, and it is asked again.

    Returns:
        the campaign as it is now, None where it is gone. ``sending``: it was too late.

    Raises:
        ProviderError: it is still in the schedule.
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
