"""The gate before a campaign is scheduled, and again before it is sent.

It is called with the audience's advisory lock held, so that no sync changes members meanwhile. The
call that schedules or sends follows under the same lock. Every decision is a row of
``sync.campaign_gate``, even when the gate could not decide.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.campaign_provider import CampaignProvider, RemoteCampaign
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.consent_now import judge_members
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.campaigns.gate_reasons import (
    GateReason,
    audience_reasons,
    checklist_reasons,
    consent_reason,
    domain_reasons,
    firm,
    owner_reasons,
    recipient_reasons,
    sending_reasons,
    tag_reasons,
)
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.audience_map import KnownAudience
from crm_mailchimp.sync.audience.tags import find_tag, look_at_tags
from crm_mailchimp.sync.members.pull_back import pull_back

log = logging.getLogger(__name__)

Occasion = Literal["schedule", "check", "send"]


class GateProvider(AudienceProvider, CampaignProvider, Protocol):
    """What the gate asks: the audience's members and the campaign."""


@dataclass(frozen=True, kw_only=True)
class GateDecision:
    """One decision of the gate, as in ``sync.campaign_gate``."""

    gate_id: int
    is_open: bool
    reasons: tuple[GateReason, ...]

    @property
    def open_reasons(self) -> tuple[GateReason, ...]:
        """Reasons that nobody released."""
        return tuple(reason for reason in self.reasons if not reason.released)


@dataclass(frozen=True, kw_only=True)
class _Release:
    """A person's release that holds now, and the keys of the reasons that it is about."""

    release_id: int
    keys: Sequence[str]


def decide(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: GateProvider,
    campaign: CrmCampaign,
    remote: RemoteCampaign,
    audience: KnownAudience,
    *,
    occasion: Occasion,
    options: CampaignOptions,
) -> GateDecision:
    """Look at everything again and decide; the decision is committed.

    Args:
        warehouse: the warehouse, holding the audience's lock.
        crm: to ``crm_db``, in autocommit.
        provider: where audience and campaign are.
        campaign: as the CRM has it.
        remote: as Mailchimp has it.
        audience: of the campaign's collection.
        occasion: what waits for the decision.
        options: agreed ages and limits.
    """
    pull_back(warehouse, provider, audience, crm=crm, full=False)
    warehouse.commit()
    if audience.tag is not None:
        # All members with the tag in Mailchimp now would get the campaign.
        look_at_tags(
            warehouse,
            provider,
            audience.list_id,
            [audience.tag],
            full=True,
        )
        # Somebody may have deleted the tag since the audience was read.
        present = find_tag(warehouse, audience.collection_id)
        audience = replace(audience, tag=present or audience.tag)
        warehouse.commit()
    reasons = [
        *owner_reasons(warehouse, provider, campaign, audience),
        *audience_reasons(warehouse, campaign, remote, audience, options.max_sync_age),
        *tag_reasons(warehouse, remote, audience),
        *sending_reasons(warehouse, campaign, audience),
    ]
    judged: int | None = None
    if campaign.gdpr_category is None:
        reasons.append(
            firm("no_campaign_type", f"the CRM has no campaign type {campaign.campaign_type!r}")
        )
    else:
        judgement = judge_members(
            warehouse,
            crm,
            list_id=audience.list_id,
            collection_id=audience.collection_id,
            gdpr_category=campaign.gdpr_category,
            by_tag=audience.tag is not None,
        )
        judged = judgement.judged
        reasons += [consent_reason(finding, campaign) for finding in judgement.findings]
    if occasion != "check" or remote.is_draft:
        # A scheduled campaign has passed its checklist, and Mailchimp gives none for it any more.
        reasons += checklist_reasons(provider, remote)
    reasons += domain_reasons(provider, remote)
    expected = _subscribed(warehouse, audience)
    reasons += recipient_reasons(remote, expected, options)
    return _record(
        warehouse, campaign, remote, audience, occasion, reasons, expected=expected, judged=judged
    )


def record_undecided(
    warehouse: Connection[Any],
    *,
    campaign_id: int,
    campaign_code: str,
    provider_campaign_id: str,
    list_id: str,
    why: str,
    occasion: Occasion,
) -> int:
    """Store, committed, that the gate could not decide about a scheduled campaign: it is closed.

    Args:
        warehouse: the warehouse.
        campaign_id: in the CRM.
        campaign_code: in the CRM.
        provider_campaign_id: in Mailchimp.
        list_id: its audience.
        why: what was in the way; no personal data.
        occasion: what waits for the decision.

    Returns:
        the gate's id.
    """
    reason = firm("gate_undecided", f"it could not be judged: {why}")
    gate_id = _store(
        warehouse,
        {
            "campaign_id": campaign_id,
            "campaign_code": campaign_code,
            "provider_campaign_id": provider_campaign_id,
            "list_id": list_id,
            "occasion": occasion,
            "gdpr_category": None,
            "is_open": False,
            "reasons": Jsonb([asdict(reason)]),
            "recipients": None,
            "expected": None,
            "judged": None,
            "release_id": None,
        },
    )
    log.warning("campaign %s, gate %d: %s", campaign_code, gate_id, reason)
    return gate_id


def _subscribed(warehouse: Connection[Any], audience: KnownAudience) -> int:
    return read_value(
        warehouse,
        int,
        statement("campaigns/count_subscribed"),
        {
            "list_id": audience.list_id,
            "tagged_for": audience.collection_id if audience.tag is not None else None,
        },
    )


def _record(
    warehouse: Connection[Any],
    campaign: CrmCampaign,
    remote: RemoteCampaign,
    audience: KnownAudience,
    occasion: Occasion,
    reasons: list[GateReason],
    *,
    expected: int,
    judged: int | None,
) -> GateDecision:
    releases = read_rows(
        warehouse,
        _Release,
        statement("campaigns/find_released"),
        {"campaign_id": campaign.campaign_id},
    )
    released = {key: release.release_id for release in releases for key in release.keys}
    judged_reasons = tuple(
        replace(reason, released=reason.may_be_released and reason.key in released)
        for reason in reasons
    )
    is_open = all(reason.released for reason in judged_reasons)
    gate_id = _store(
        warehouse,
        {
            "campaign_id": campaign.campaign_id,
            "campaign_code": campaign.code,
            "provider_campaign_id": remote.campaign_id,
            "list_id": audience.list_id,
            "occasion": occasion,
            "gdpr_category": campaign.gdpr_category,
            "is_open": is_open,
            "reasons": Jsonb([asdict(reason) for reason in judged_reasons]),
            "recipients": remote.recipient_count,
            "expected": expected,
            "judged": judged,
            "release_id": max(
                (released[reason.key] for reason in judged_reasons if reason.released), default=None
            ),
        },
    )
    for reason in judged_reasons:
        log.info(
            "campaign %s, gate %d%s: %s",
            campaign.code, gate_id, " (released)" if reason.released else "", reason,
        )  # fmt: skip
    log.info("campaign %s: gate %d is %s", campaign.code, gate_id, "open" if is_open else "closed")
    return GateDecision(gate_id=gate_id, is_open=is_open, reasons=judged_reasons)


def _store(warehouse: Connection[Any], row: Mapping[str, object]) -> int:
    gate_id = read_value(warehouse, int, statement("campaigns/record_gate"), row)
    warehouse.commit()
    return gate_id
