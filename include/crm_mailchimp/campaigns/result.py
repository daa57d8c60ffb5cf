"""What came of a campaign's step, and of the campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_mailchimp.provider import RemoteCampaign


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """What was done with a campaign.

    ``outcome``: the action's word in the past tense, ``held`` where a person has to look, or
    ``waiting`` for its time. ``wait_until``: when it is to be looked at again, where that is soon;
    ``is_ours``: until then a schedule made by us stands in Mailchimp.
    """

    campaign_code: str
    action: str
    outcome: str
    detail: str | None = None
    status: str | None = None
    provider_campaign_id: str | None = None
    wait_until: datetime | None = None
    is_ours: bool = False


def totals(remote: RemoteCampaign) -> dict[str, Any]:
    """Columns of ``sync.campaign`` that tell what came of it."""
    return {
        "emails_sent": remote.emails_sent,
        "unique_opens": remote.unique_opens,
        "unique_clicks": remote.unique_clicks,
        "sent_at": remote.send_at,
    }
