"""Campaigns as the CRM plans them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm.campaign_codes import CampaignCode, read_campaign_codes
from crm_mailchimp.crm.collections import PROVIDER_KIND
from crm_mailchimp.provider import CampaignDraft
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


@dataclass(frozen=True, kw_only=True)
class _StoredCampaign:
    """A row of ``crm.campaign``; sender values filled up from its collection and the provider.

    Attributes:
        unreadable: columns that break the contract, never their values.
    """

    campaign_id: int
    description: str
    collection_id: int
    collection_code: str
    collection_is_active: bool
    campaign_type: str
    gdpr_category: str | None
    subject_line: str
    preview_text: str
    from_name: str | None
    reply_to: str | None
    planned_at: datetime | None
    state: str
    provider: str = PROVIDER_KIND
    provider_kind: str = PROVIDER_KIND
    connection_id: str | None = None
    unreadable: str | None = None


@dataclass(frozen=True, kw_only=True)
class CrmCampaign(_StoredCampaign):
    """A campaign as the CRM plans it.

    Attributes:
        code: its own alone; see :mod:`crm_mailchimp.crm.campaign_codes`.
        unreadable: columns that break the contract, never their values. Such a campaign is treated
            as a draft, whatever its state: it is neither made nor sent.
    """

    code: str

    @property
    def account(self) -> str:
        """The account of its collection: id of the Airflow connection.

        A provider of another kind leads to none: the default one is asked about old campaigns.
        """
        if self.provider_kind != PROVIDER_KIND:
            return DEFAULT_ACCOUNT
        return self.connection_id or DEFAULT_ACCOUNT

    @property
    def title(self) -> str:
        """``<description> (<code>)``: by this a campaign is found again in Mailchimp."""
        return " ".join(f"{self.description} ({self.code})".split())

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns that Mailchimp requires and neither campaign, collection nor provider fill."""
        return tuple(
            name
            for name, value in (
                ("subject_line", self.subject_line.strip()),
                ("from_name", self.from_name),
                ("reply_to", self.reply_to),
            )
            if not value
        )

    def draft(self, list_id: str) -> CampaignDraft:
        """What Mailchimp's draft is to be made from."""
        return CampaignDraft(
            list_id=list_id,
            title=self.title,
            subject_line=self.subject_line.strip(),
            preview_text=self.preview_text.strip(),
            from_name=self.from_name or "",
            reply_to=self.reply_to or "",
        )


def read_crm_campaigns(
    crm: Connection[Any],
    *,
    codes: Sequence[str] = (),
    campaign_ids: Sequence[int] | None = None,
) -> list[CrmCampaign]:
    """Campaigns of collections that have an external provider.

    Args:
        crm: to ``crm_db``.
        codes: only these; empty means all.
        campaign_ids: only these; None means all.
    """
    known = read_campaign_codes(crm)
    ids = [
        campaign_id
        for campaign_id, known_as in known.items()
        if (not codes or known_as.code in codes)
        and (campaign_ids is None or campaign_id in campaign_ids)
    ]
    found = [
        _known_as(known[row.campaign_id], row)
        for row in read_rows(
            crm, _StoredCampaign, statement("campaigns/read_crm_campaigns"), {"campaign_ids": ids}
        )
    ]
    return sorted(found, key=lambda one: one.code)


def _known_as(known_as: CampaignCode, row: _StoredCampaign) -> CrmCampaign:
    unreadable = ", ".join(filter(None, (known_as.problem, row.unreadable))) or None
    campaign = CrmCampaign(**{**vars(row), "code": known_as.code, "unreadable": unreadable})
    if unreadable is None or campaign.state == "cancelled":
        return campaign
    return replace(campaign, state="draft", planned_at=None)
