"""Takes campaigns out of Mailchimp's schedule: what is in it goes out by itself."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.campaign_provider import CampaignProvider, RemoteCampaign
from crm_mailchimp.campaign_schedule import take_back_campaign
from crm_mailchimp.campaigns import campaign_records, gate
from crm_mailchimp.campaigns.campaign_options import CampaignOptions, read_campaign_options
from crm_mailchimp.campaigns.crm_campaigns import read_crm_campaigns
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.error_words import words_of
from crm_mailchimp.setting_group import SettingError

log = logging.getLogger(__name__)


class LastResort(Protocol):
    """What is opened to keep an unjudged campaign in."""

    def provider_without_slot(self, account: str) -> AbstractContextManager[CampaignProvider]:
        """An account's provider, waiting for nothing: neither for a connection slot nor the
        warehouse."""
        ...

    def warehouse(self) -> AbstractContextManager[Connection[Any]]:
        """A new connection to the warehouse."""
        ...


def if_near(
    provider: CampaignProvider,
    provider_campaign_id: str,
    *,
    near: timedelta,
    now: datetime | None = None,
) -> RemoteCampaign | None:
    """Take a campaign that cannot be judged out of the schedule, if its time is near.

    Args:
        provider: where it may be scheduled.
        provider_campaign_id: of the campaign there.
        near: what is scheduled later than this is left to a later look.
        now: present time of the provider; by default this machine's.

    Returns:
        the campaign as it is now, if it was taken back.

    Raises:
        ProviderError: it is still in the schedule.
    """
    remote = provider.campaign(provider_campaign_id)
    if remote is None or remote.status != "schedule":
        return None
    if remote.send_at is not None and remote.send_at - (now or datetime.now(UTC)) > near:
        return None
    after = take_back_campaign(provider, provider_campaign_id)
    log.warning("a scheduled campaign that cannot be judged was taken back")
    return after


def if_revoked(
    crm: Connection[Any], provider: CampaignProvider, provider_campaign_id: str, code: str
) -> RemoteCampaign | None:
    """Take a campaign out of the schedule that we made, if the CRM no longer wants it so.

    For the minutes between two times that it is judged: cancelled, moved, not approved any more.

    Args:
        crm: to ``crm_db``.
        provider: where it may be scheduled.
        provider_campaign_id: of the campaign there.
        code: of the campaign in the CRM.

    Returns:
        the campaign as it is now, None where it is gone.

    Raises:
        ProviderError: it is still in the schedule, or its state could not be read.
    """
    remote = provider.campaign(provider_campaign_id)
    if remote is None or remote.status != "schedule":
        return remote
    found = read_crm_campaigns(crm, codes=[code])
    if found:
        [campaign] = found
        at = next_quarter(campaign.planned_at) if campaign.planned_at else None
        is_wanted = campaign.state == "approved" and campaign.collection_is_active
        if is_wanted and at is not None and at == remote.send_at:
            return remote
    log.info("campaign %s was changed in the CRM while it was scheduled: taken back", code)
    return take_back_campaign(provider, provider_campaign_id)


def hold_back(
    last_resort: LastResort,
    provider_campaign_id: str,
    error: Exception,
    *,
    account: str = DEFAULT_ACCOUNT,
    near: timedelta | None = None,
    now: datetime | None = None,
) -> None:
    """Take a campaign that could not be judged out of Mailchimp's schedule, if its time is near.

    Needs Mailchimp alone. Where the warehouse can be reached, the closed gate is stored. Failures
    are logged and not raised: the caller raises the error that led here.

    Args:
        last_resort: opens what is needed.
        provider_campaign_id: of the campaign in Mailchimp.
        error: why it could not be judged.
        account: where the campaign is.
        near: what is scheduled later than this is left to a later look. By default the settings
            say it, or their defaults where a setting cannot be obeyed.
        now: present time of the provider; by default this machine's.
    """
    try:
        # First and foremost, and through no slot: the warehouse may be what is down.
        with last_resort.provider_without_slot(account) as provider:
            horizon = _usable_near() if near is None else near
            taken = if_near(provider, provider_campaign_id, near=horizon, now=now)
    except Exception as failed:
        # The first error is what is raised; this one says that a person must act now.
        log.error(  # noqa: TRY400 - a traceback may quote rows
            "a campaign that cannot be judged may still be in Mailchimp's schedule: take it "
            "back there by hand: %s",
            words_of(failed),
        )
        return
    if taken is None:
        return
    try:
        with last_resort.warehouse() as warehouse:
            record_taken_back(warehouse, taken, words_of(error))
    except Exception as failed:
        log.warning("that it was taken back is not stored: %s", words_of(failed))


def _usable_near() -> timedelta:
    try:
        return read_campaign_options().near
    except SettingError:
        return CampaignOptions().near


def record_taken_back(warehouse: Connection[Any], remote: RemoteCampaign, why: str) -> None:
    """Store, committed, that a campaign was taken back because it could not be judged.

    Args:
        warehouse: the warehouse.
        remote: the campaign as it is now in Mailchimp.
        why: what was in the way; no personal data.
    """
    record = campaign_records.find_record_by_provider(warehouse, remote.campaign_id)
    if record is None:
        return
    gate_id = gate.record_undecided(
        warehouse,
        campaign_id=record.campaign_id,
        campaign_code=record.campaign_code,
        provider_campaign_id=remote.campaign_id,
        list_id=remote.list_id,
        why=why,
        # Into a schedule of ours it comes again by itself; into a person's it does not.
        occasion="check" if record.scheduled_for is None else "schedule",
    )
    campaign_records.update_record(
        warehouse,
        record.campaign_id,
        scheduled_for=None,
        status=remote.status,
        detail=f"gate {gate_id} is closed: gate_undecided: {why}; taken back",
        look_again_at=None,
    )
