"""What is to be looked at, and what came of it: into ``stats`` and, where switched on, the CRM."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.crm_campaigns import read_crm_campaigns
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.campaigns.result import totals
from crm_mailchimp.campaigns.synchronise import UnknownCampaignError
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PermanentError, ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import CampaignProvider, ReportProvider
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.campaigns import load_campaigns
from crm_mailchimp.stats.shapes import LeftOut

log = logging.getLogger(__name__)

_UNDER_WAY_OR_OVER = ("sending", "sent", "canceling", "canceled", "archived")


class CampaignListProvider(CampaignProvider, ReportProvider, Protocol):
    """Campaigns in both forms: as records for us, as rows for ``stats``."""


@dataclass(frozen=True, kw_only=True)
class _KnownCampaign:
    """A campaign in ``sync.campaign``, and whether it is over."""

    campaign_id: int
    campaign_code: str
    is_over: bool
    is_sent: bool


@dataclass(frozen=True, kw_only=True)
class _ShownToCrm:
    """What the CRM is shown of a campaign: columns of ``crm.provider_campaign``."""

    campaign_id: int
    provider_campaign_id: str | None
    status: str
    emails_sent: int | None
    unique_opens: int | None
    unique_clicks: int | None
    sent_at: datetime | None
    detail: str | None


@dataclass(frozen=True, kw_only=True)
class _FailedCampaign:
    campaign_code: str
    detail: str | None


@dataclass(frozen=True, kw_only=True)
class NextMoment:
    """When a campaign is to be looked at again.

    Attributes:
        campaign_id: in the CRM.
        campaign_code: in the CRM.
        look_again_at: the moment.
        provider_campaign_id: in Mailchimp, if known.
        account: where that is.
        is_ours: until then Mailchimp has a schedule made by us.
    """

    campaign_id: int
    campaign_code: str
    look_again_at: datetime
    provider_campaign_id: str | None = None
    account: str = DEFAULT_ACCOUNT
    is_ours: bool = False


class ScheduledCampaign(NamedTuple):
    """A campaign in Mailchimp's schedule, and its account."""

    provider_campaign_id: str
    account: str


class CampaignsFailedError(PermanentError):
    """Some campaigns failed for reasons that trying again does not heal."""


def campaigns_to_sync(
    warehouse: Connection[Any], crm: Connection[Any], codes: Sequence[str] = ()
) -> list[str]:
    """Codes of the campaigns that are not over, those whose row is gone from the CRM included.

    Args:
        warehouse: the warehouse.
        crm: to ``crm_db``.
        codes: only these, over or not; empty means all that are not over.

    Raises:
        UnknownCampaignError: one of ``codes`` is known to nobody.
    """
    in_crm = read_crm_campaigns(crm, codes=codes)
    known = read_rows(warehouse, _KnownCampaign, statement("campaigns/known_campaigns"))
    if codes:
        unknown = (
            set(codes)
            - {campaign.code for campaign in in_crm}
            - {row.campaign_code for row in known}
        )
        if unknown:
            raise UnknownCampaignError(
                f"param 'campaigns' names {', '.join(sorted(unknown))}: no campaign of a "
                "collection with an external provider has this code; check crm.campaign"
            )
        return sorted(set(codes))
    by_id = {row.campaign_id: row for row in known}
    wanted = set()
    for campaign in in_crm:
        row = by_id.pop(campaign.campaign_id, None)
        # A cancelled campaign without a row may be scheduled since before the warehouse was lost. A
        # campaign that we deleted is made again when the CRM takes the cancelling back.
        if row is None or not row.is_over or (campaign.state != "cancelled" and not row.is_sent):
            wanted.add(campaign.code)
    # The rest are gone from the CRM; a renamed one is known there by its id.
    return sorted(wanted | {row.campaign_code for row in by_id.values() if not row.is_over})


def look_at_all(
    warehouse: Connection[Any], provider: CampaignListProvider, account: str = DEFAULT_ACCOUNT
) -> tuple[int, int]:
    """States and totals of an account's campaigns into ``stats`` and ``sync.campaign``; commits.

    Campaigns made directly in Mailchimp are in ``stats.campaign_overview`` with the origin
    ``mailchimp``. What was deleted there before it went out is marked so.

    Args:
        account: of the provider.

    Returns:
        number of campaigns in Mailchimp, and of those of the CRM whose figures changed.
    """
    listing = _RecordingTotals(warehouse, provider)
    left_out = LeftOut()
    count = load_campaigns(warehouse, listing, account=account, left_out=left_out)
    # A walk over a list that changes may miss one: each is asked for by itself.
    watch = OutageWatch(provider)
    vanished = read_values(
        warehouse, str, statement("campaigns/find_vanished"), {"account": account}
    )
    for campaign_id in vanished:
        try:
            is_gone = provider.campaign(campaign_id) is None
            watch.note_answer()
        except ProviderError as error:
            watch.note_failure(error, campaign_id)
            log.warning("campaign %s: is it still in Mailchimp? %s", campaign_id, words_of(error))
            continue
        if is_gone:
            warehouse.execute(statement("campaigns/mark_vanished"), {"campaign_id": campaign_id})
    warehouse.commit()
    left_out.require_none()
    return count, listing.changed


class _RecordingTotals:
    """The listing of all campaigns, our own ones' totals recorded as they pass."""

    def __init__(self, warehouse: Connection[Any], provider: CampaignListProvider) -> None:
        self.warehouse, self.provider, self.changed = warehouse, provider, 0

    def campaigns(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        for row in self.provider.campaigns(
            since_send_time=since_send_time, before_send_time=before_send_time
        ):
            remote = self.provider.campaign_of(row)
            if remote.status in _UNDER_WAY_OR_OVER:
                self.changed += self.warehouse.execute(
                    statement("campaigns/record_totals"),
                    {
                        "provider_campaign_id": remote.campaign_id,
                        "status": remote.status,
                        **totals(remote),
                    },
                ).rowcount
            yield row


def write_back(warehouse: Connection[Any], crm: Connection[Any]) -> int:
    """States and totals into ``crm.provider_campaign``; returns how many rows changed."""
    rows = read_rows(warehouse, _ShownToCrm, statement("campaigns/campaigns_to_write_back"))
    changed = 0
    with crm.transaction():
        for row in rows:
            name = "write_back" if row.provider_campaign_id else "write_back_deleted"
            changed += crm.execute(statement(f"campaigns/{name}"), asdict(row)).rowcount
    return changed


def planned_soon(
    crm: Connection[Any],
    codes: Sequence[str],
    *,
    options: CampaignOptions,
    now: datetime | None = None,
) -> list[NextMoment]:
    """Campaigns that the CRM plans for soon, each with its next moment.

    Asked before anything is done: the waiting for one campaign depends on no other one.

    Args:
        crm: to ``crm_db``.
        codes: of the campaigns of this run.
        options: when they are scheduled and checked, and how far a run looks ahead.
        now: present time; by default this machine's.
    """
    now = now or datetime.now(UTC)
    found = []
    for campaign in read_crm_campaigns(crm, codes=codes) if codes else []:
        if campaign.state != "approved" or campaign.planned_at is None:
            continue
        if campaign.planned_at <= now:
            continue  # its time has come: this run sends it
        at = next_quarter(campaign.planned_at)
        moments = [campaign.planned_at]
        if options.schedule_in_mailchimp and at - options.schedule_ahead <= campaign.planned_at:
            moments = [at - options.schedule_ahead, at - options.last_check]
        ahead = [moment for moment in moments if now < moment <= now + options.wait_horizon]
        if ahead:
            found.append(
                NextMoment(
                    campaign_id=campaign.campaign_id,
                    campaign_code=campaign.code,
                    look_again_at=min(ahead),
                )
            )
    return found


def due_soon(warehouse: Connection[Any], codes: Sequence[str]) -> list[NextMoment]:
    """Campaigns of a run that wait for their moment, as this run noted it."""
    return read_rows(warehouse, NextMoment, statement("campaigns/due_soon"), {"codes": list(codes)})


def scheduled_campaigns(warehouse: Connection[Any]) -> list[ScheduledCampaign]:
    """The campaigns in Mailchimp's schedule, as far as the warehouse knows."""
    scheduled = read_rows(warehouse, ScheduledCampaign, statement("campaigns/scheduled_campaigns"))
    warehouse.commit()
    return scheduled


def require_named(codes: Sequence[str]) -> None:
    """Raises:
    UnknownCampaignError: no campaign is named, where one must be.
    """
    if not codes:
        raise UnknownCampaignError("params test_to and recreate need param campaigns: name them")


def require_chosen(codes: Sequence[str] | None) -> Sequence[str]:
    """Raises:
    CampaignsFailedError: the run could not even choose its campaigns.
    """
    if codes is None:
        raise CampaignsFailedError("no campaigns were chosen: see the task 'choose'")
    return codes


def require_success(warehouse: Connection[Any], codes: Sequence[str]) -> None:
    """Raises:
    CampaignsFailedError: some of these campaigns failed when they were last looked at.
    """
    failed = read_rows(
        warehouse, _FailedCampaign, statement("campaigns/failed_campaigns"), {"codes": list(codes)}
    )
    if failed:
        reasons = "; ".join(f"{one.campaign_code}: {one.detail}" for one in failed)
        raise CampaignsFailedError(f"{len(failed)} campaigns failed: {reasons}")
