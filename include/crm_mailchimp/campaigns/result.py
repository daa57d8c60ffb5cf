"""What one look at a campaign did, and the campaign's figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.provider import RemoteCampaign


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """What was done with a campaign.

    ``outcome``: the action's word in the past tense, ``held`` where a person has to look, or
    ``waiting`` for its time. ``wait_until``: when the next look is due, where that is soon.
    ``is_ours``: until then Mailchimp has a schedule made by us. ``account``: where it was looked
    at.
    """

    campaign_code: str
    action: str
    outcome: str
    detail: str | None = None
    status: str | None = None
    provider_campaign_id: str | None = None
    wait_until: datetime | None = None
    is_ours: bool = False
    account: str = DEFAULT_ACCOUNT


class Totals(TypedDict, total=False):
    """Columns of ``sync.campaign`` with the campaign's figures."""

    emails_sent: int
    unique_opens: int
    unique_clicks: int
    sent_at: datetime | None


def totals(remote: RemoteCampaign) -> Totals:
    """The figures of a campaign that is sent, or being sent."""
    return {
        "emails_sent": remote.emails_sent,
        "unique_opens": remote.unique_opens,
        "unique_clicks": remote.unique_clicks,
        "sent_at": remote.send_at,
    }
