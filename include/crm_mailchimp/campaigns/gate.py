"""The gate before a campaign is scheduled, and again before it is sent.

Called with the audience's advisory lock held, so that no sync changes members meanwhile, and the
call that schedules or sends follows under the same lock. Every decision is a row of
``sync.campaign_gate``, and so is that none could be made.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

from psycopg import Connection
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from crm_mailchimp.campaigns.consent_now import Finding, judge_members
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.campaigns.options import CampaignOptions
from crm_mailchimp.crm.collections import DEFAULT_CONNECTION, provider_problem
from crm_mailchimp.provider import AudienceProvider, CampaignProvider, RemoteCampaign
from crm_mailchimp.scrubbing import scrub
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audiences import KnownAudience
from crm_mailchimp.sync.ownership import is_foreign
from crm_mailchimp.sync.pull_back import pull_back

log = logging.getLogger(__name__)

Occasion = Literal["schedule", "check", "send"]

#: A staging that is not checked by then did not pass its check.
_STAGING_TAKES = timedelta(minutes=15)


class GateProvider(AudienceProvider, CampaignProvider, Protocol):
    """What the gate asks: the audience's members and the campaign."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why the gate is closed.

    ``key`` holds the code and the fact it is about: a release of 900 recipients is none of 2,000.
    """

    code: str
    detail: str
    key: str
    may_be_released: bool = False
    released: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision of the gate, as it stands in ``sync.campaign_gate``."""

    gate_id: int
    is_open: bool
    reasons: tuple[Reason, ...]

    @property
    def open_reasons(self) -> tuple[Reason, ...]:
        """Reasons that nobody released."""
        return tuple(reason for reason in self.reasons if not reason.released)


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
) -> Decision:
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
    reasons = [
        *_owner_reasons(warehouse, provider, campaign, audience),
        *_audience_reasons(warehouse, campaign, remote, audience, options.max_sync_age),
    ]
    judged: int | None = None
    if campaign.gdpr_category is None:
        reasons.append(
            _firm("no_campaign_type", f"the CRM has no campaign type {campaign.campaign_type!r}")
        )
    else:
        judgement = judge_members(
            warehouse,
            crm,
            list_id=audience.list_id,
            collection_id=audience.collection_id,
            gdpr_category=campaign.gdpr_category,
        )
        judged = judgement.judged
        reasons += [_consent_reason(finding, campaign) for finding in judgement.findings]
    if occasion != "check":
        # A scheduled campaign has passed its checklist, and Mailchimp gives none for it any more.
        reasons += _checklist_reasons(provider, remote)
    reasons += _domain_reasons(provider, remote)
    expected = _subscribed(warehouse, audience.list_id)
    reasons += _recipient_reasons(remote, expected, options)
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
) -> int:
    """Store, committed, that the gate could not decide about a scheduled campaign: it is closed.

    Args:
        warehouse: the warehouse.
        campaign_id: in the CRM.
        campaign_code: in the CRM.
        provider_campaign_id: in Mailchimp.
        list_id: its audience.
        why: what was in the way; no personal data.

    Returns:
        the gate's id.
    """
    reason = _firm("gate_undecided", f"it could not be judged: {why}")
    gate_id = _store(
        warehouse,
        {
            "campaign_id": campaign_id,
            "campaign_code": campaign_code,
            "provider_campaign_id": provider_campaign_id,
            "list_id": list_id,
            "occasion": "check",
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


def _firm(code: str, detail: str) -> Reason:
    return Reason(code=code, detail=detail, key=code)


def _soft(code: str, detail: str, fact: object) -> Reason:
    return Reason(code=code, detail=detail, key=f"{code}:{fact}", may_be_released=True)


def _owner_reasons(
    warehouse: Connection[Any],
    provider: GateProvider,
    campaign: CrmCampaign,
    audience: KnownAudience,
) -> Iterator[Reason]:
    words = provider_problem(
        campaign.collection_code,
        campaign.provider_kind,
        campaign.connection_id,
        in_use=DEFAULT_CONNECTION,
    )
    if words is not None:
        yield _firm("provider_unsupported", words)
    if is_foreign(warehouse, audience.list_id, provider.merge_fields(audience.list_id)):
        yield _firm(
            "foreign_installation",
            f"audience {audience.list_id} belongs to another installation of this project",
        )


def _audience_reasons(
    warehouse: Connection[Any],
    campaign: CrmCampaign,
    remote: RemoteCampaign,
    audience: KnownAudience,
    max_age: timedelta,
) -> Iterator[Reason]:
    if remote.list_id != audience.list_id:
        yield _firm(
            "audience_changed",
            "somebody chose another audience in Mailchimp than the collection's own",
        )
    collection = campaign.collection_code
    with warehouse.cursor(row_factory=namedtuple_row) as cursor:
        sync: Any = cursor.execute(
            statement("campaigns/last_sync"),
            {"collection_code": collection, "staging_takes": _STAGING_TAKES},
        ).fetchone()
    if sync is None:
        yield _soft(
            "audience_stale", f"collection {collection} was never synced", f"{collection}/never"
        )
        return
    # A run that is cleared keeps its id: the facts themselves are part of what is released.
    fact = f"{collection}/{sync.run_id}"
    if sync.state != "succeeded":
        detail = sync.detail or "see its task"
        yield _soft(
            f"sync_{sync.state}",
            f"the last sync of collection {collection} ended {sync.state}: {detail}",
            f"{fact}/{detail}",
        )
    if sync.age > max_age:
        yield _soft(
            "audience_stale",
            f"the last sync of collection {collection} looked at the CRM {_minutes(sync.age)} "
            f"minutes ago, agreed are {_minutes(max_age)}",
            f"{fact}/{sync.clock.isoformat()}",
        )


def _minutes(age: timedelta) -> int:
    return int(age.total_seconds() // 60)


_CONSENT_WORDS = {
    "contact_gone": "subscribed members have no contact in the CRM any more",
    "erased_contact": "subscribed members asked to be erased",
    "inactive_contact": "subscribed members are inactive or merged contacts",
    "no_valid_consent": "subscribed members have no consent in force",
    "address_changed": "subscribed members have another address in the CRM now",
    "suppressed": "subscribed members are on the suppression list",
    "unreadable_consent": "subscribed members have a consent that cannot be read",
    "refused": "subscribed members refused in Mailchimp, or have not confirmed yet",
    "refused_address": "subscribed members have an address somebody in the CRM refused",
    "refused_foreign_address": "members not put there by us have an address refused in the CRM",
}


def _consent_reason(finding: Finding, campaign: CrmCampaign) -> Reason:
    ids = ", ".join(map(str, finding.contact_ids))
    examples = f" (contacts {ids}{', ...' if finding.members > len(finding.contact_ids) else ''})"
    todo = (
        "archive them in Mailchimp, or record their new consent in the CRM"
        if finding.cause == "refused_foreign_address"
        else f"sync collection {campaign.collection_code}; where that does not remove them, the "
        "campaign's type asks for more than the collection's"
    )
    return _firm(
        finding.cause,
        f"{finding.members} {_CONSENT_WORDS[finding.cause]}{examples if ids else ''}, for "
        f"category {campaign.gdpr_category}: {todo}",
    )


def _checklist_reasons(provider: CampaignProvider, remote: RemoteCampaign) -> Iterator[Reason]:
    checklist = provider.send_checklist(remote.campaign_id)
    wrong = [item for item in checklist.items if item.type == "error"]
    for item in wrong:
        yield _firm("checklist", f"Mailchimp says: {scrub(item.heading)}: {scrub(item.details)}")
    if not checklist.is_ready and not wrong:
        yield _firm("checklist", "Mailchimp says that the campaign is not ready to send")


def _domain_reasons(provider: CampaignProvider, remote: RemoteCampaign) -> Iterator[Reason]:
    domain = remote.settings["reply_to"].rpartition("@")[2].lower()
    verified = provider.sender_domains()
    if domain not in verified:
        yield _soft(
            "domain_unknown", f"Mailchimp does not list the sender's domain {domain}", domain
        )
    elif not verified[domain]:
        yield _firm("domain_unverified", f"the sender's domain {domain} is not verified")


def _recipient_reasons(
    remote: RemoteCampaign, expected: int, options: CampaignOptions
) -> Iterator[Reason]:
    count = remote.recipient_count
    if count == 0:
        yield _firm("no_recipients", "Mailchimp counts no recipients")
        return
    if options.recipient_limit is not None and count > options.recipient_limit:
        yield _firm(
            "recipient_limit",
            f"{count} recipients are more than CAMPAIGN_RECIPIENT_LIMIT={options.recipient_limit}",
        )
    # A segment chosen by hand means fewer on purpose, never more.
    off = count - expected if remote.has_segment else abs(count - expected)
    if off > options.tolerance * expected:
        yield _soft(
            "recipients_differ",
            f"Mailchimp counts {count} recipients, the sync knows {expected} subscribed members",
            f"{count}/{expected}",
        )


def _subscribed(warehouse: Connection[Any], list_id: str) -> int:
    row = warehouse.execute(
        statement("campaigns/count_subscribed"), {"list_id": list_id}
    ).fetchone()
    return int(row[0]) if row else 0


def _record(
    warehouse: Connection[Any],
    campaign: CrmCampaign,
    remote: RemoteCampaign,
    audience: KnownAudience,
    occasion: Occasion,
    reasons: list[Reason],
    *,
    expected: int,
    judged: int | None,
) -> Decision:
    rows = warehouse.execute(
        statement("campaigns/find_released"), {"campaign_id": campaign.campaign_id}
    )
    released = {key: release_id for release_id, keys in rows for key in keys}
    told = tuple(
        Reason(**{**asdict(reason), "released": reason.may_be_released and reason.key in released})
        for reason in reasons
    )
    is_open = all(reason.released for reason in told)
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
            "reasons": Jsonb([asdict(reason) for reason in told]),
            "recipients": remote.recipient_count,
            "expected": expected,
            "judged": judged,
            "release_id": max(
                (released[reason.key] for reason in told if reason.released), default=None
            ),
        },
    )
    for reason in told:
        log.info(
            "campaign %s, gate %d%s: %s",
            campaign.code, gate_id, " (released)" if reason.released else "", reason,
        )  # fmt: skip
    log.info("campaign %s: gate %d is %s", campaign.code, gate_id, "open" if is_open else "closed")
    return Decision(gate_id=gate_id, is_open=is_open, reasons=told)


def _store(warehouse: Connection[Any], row: dict[str, Any]) -> int:
    stored = warehouse.execute(statement("campaigns/record_gate"), row).fetchone()
    warehouse.commit()
    if stored is None:
        raise RuntimeError("the warehouse gave no gate id")
    return int(stored[0])
