"""One campaign, one action further: under its audience's lock, and held back where that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.campaigns import campaign_actions, campaign_records, gate, take_back
from crm_mailchimp.campaigns.campaign_options import CampaignOptions, read_campaign_options
from crm_mailchimp.campaigns.campaign_records import CampaignRecord
from crm_mailchimp.campaigns.campaign_state import ChangedMeanwhileError, Services
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign, read_crm_campaigns
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.sample_mail import send_sample
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_value
from crm_mailchimp.sync.staging.known_collections import audience_code
from crm_mailchimp.warehouse.deployment import OtherDeploymentError
from crm_mailchimp.warehouse.locks import try_audience_lock

log = logging.getLogger(__name__)

#: How often everything is read again because the CRM or Mailchimp changed while it was judged.
_ATTEMPTS = 3
_LOCK_POLL_SECONDS = 0.5
#: When a campaign whose audience is busy is looked at again.
_BUSY_AGAIN = timedelta(seconds=30)
#: Clocks that differ by less are as good as equal.
_CLOCKS_DIFFER = timedelta(minutes=1)


class UnknownCampaignError(PermanentError):
    """A campaign code that neither the CRM nor the warehouse has."""


class CampaignConnections(take_back.LastResort, Protocol):
    """How a campaign's connections are opened. Each of them may fail."""

    def crm(self) -> AbstractContextManager[Connection[Any]]:
        """A connection to ``crm_db``, in autocommit."""
        ...

    def provider(self, account: str) -> AbstractContextManager[gate.GateProvider]:
        """An account's provider, with a connection slot."""
        ...


@dataclass
class _AtRisk:
    """The campaign in Mailchimp that goes out if nobody takes it back, once it is known.

    Attributes:
        account: where it is.
    """

    provider_campaign_id: str | None
    account: str

    def learn(self, record: CampaignRecord | None) -> None:
        """Take over what the warehouse knows."""
        if record is not None and record.provider_campaign_id is not None:
            self.provider_campaign_id = record.provider_campaign_id
            self.account = record.account


@dataclass(frozen=True, kw_only=True)
class _TestMail:
    """Who is to get a test mail, and for which run."""

    addresses: Sequence[str]
    run_id: str


def sync_campaign(
    connections: CampaignConnections,
    *,
    code: str,
    provider_campaign_id: str | None = None,
    account: str | None = None,
    options: CampaignOptions | None = None,
    now: datetime | None = None,
    crm_now: datetime | None = None,
    test_to: Sequence[str] = (),
    test_run: str = "",
    recreate: bool = False,
) -> CampaignResult:
    """Do what one campaign needs now; safe to repeat at any time.

    The CRM and Mailchimp are read under the audience's lock, and once more after the gate's
    decision. After a change meanwhile everything is read and judged again. On any error a campaign
    that is due soon is taken out of Mailchimp's schedule. This holds for a connection that does not
    open and for a wrong setting, too.

    Args:
        connections: opens what is needed.
        code: of the campaign.
        provider_campaign_id: its id in Mailchimp, as far as the caller knows. It is enough to take
            the campaign back when the warehouse cannot be reached.
        account: where that is, as far as the caller knows; None: the default account.
        options: agreed ages and limits; by default as the settings say.
        now: present time of the provider; by default this machine's.
        crm_now: present time of the CRM; by default its own, or ``now`` if that is given.
        test_to: only send a test of the draft to these addresses; nothing else is done.
        test_run: the run that asks for it, which gets one test however often it is repeated.
        recreate: make a new draft where the old one was deleted in Mailchimp.

    Raises:
        UnknownCampaignError: nobody knows the code.
        OtherDeploymentError: the warehouse belongs to another Airflow. Nothing was done.
        AmbiguousCampaignError: a person has to decide which campaign in Mailchimp is its own.
        ChangedMeanwhileError: the CRM or Mailchimp changed each time it was judged.
        ProviderError: Mailchimp refused or failed; stored in ``sync.campaign.detail`` too.
        SettingError: a setting cannot be obeyed.
    """
    began, started = now or datetime.now(UTC), time.monotonic()

    def clock() -> datetime:
        return began + timedelta(seconds=time.monotonic() - started)

    at_risk = _AtRisk(provider_campaign_id, account or DEFAULT_ACCOUNT)
    try:
        with connections.warehouse() as warehouse:
            at_risk.learn(campaign_records.find_record_by_code(warehouse, code))
            options = options or read_campaign_options()
            with ExitStack() as stack:
                crm = stack.enter_context(connections.crm())
                campaign, record = _find(warehouse, crm, code)
                at_risk.learn(record)
                account = _account_of(campaign, record)
                provider = stack.enter_context(connections.provider(account))
                behind = clock() - (crm_now or now or _read_time(crm))
                if behind > _CLOCKS_DIFFER:
                    log.warning("campaign %s: crm_db's clock is %s behind", code, behind)
                services = Services(
                    warehouse=warehouse,
                    crm=crm,
                    provider=provider,
                    account=account,
                    options=options,
                    clock=clock,
                    earlier_clock=lambda: clock() - max(behind, timedelta(0)),
                )
                test_mail = _TestMail(addresses=test_to, run_id=test_run) if test_to else None
                result = _sync(services, code, at_risk, test_mail, recreate=recreate)
                return replace(result, account=account)
    except OtherDeploymentError:
        raise  # the campaign is the other Airflow's, which judges it before it goes out
    except Exception as error:
        # A test mail is nothing that a schedule depends on.
        if test_to:
            raise
        # One that was found by its title just now is known in the warehouse alone.
        if at_risk.provider_campaign_id is None:
            at_risk.learn(_known_record(connections, code))
        if at_risk.provider_campaign_id is not None:
            take_back.hold_back(
                connections,
                at_risk.provider_campaign_id,
                error,
                account=at_risk.account,
                near=options.near if options else None,
                now=clock(),
            )
        raise


def _read_time(crm: Connection[Any]) -> datetime:
    return read_value(crm, datetime, "select clock_timestamp()")


def _sync(
    services: Services,
    code: str,
    at_risk: _AtRisk,
    test_mail: _TestMail | None,
    *,
    recreate: bool,
) -> CampaignResult:
    warehouse = services.warehouse
    for attempt in range(1, _ATTEMPTS + 1):
        campaign, record = _find(warehouse, services.crm, code)
        at_risk.learn(record)
        _require_account(services, record)
        collection = _collection_code(campaign, record)
        lock = audience_code(warehouse, collection)
        with _bounded_lock(warehouse, lock, services.options.lock_wait) as got:
            if not got:
                return _busy(services, code, record)
            # Read again: while we waited, the CRM may have cancelled or moved it.
            campaign, record = _find(warehouse, services.crm, code)
            _require_account(services, record)
            if campaign is not None and campaign.collection_code != collection:
                continue
            if audience_code(warehouse, collection) != lock:
                continue  # it began or ended to share an audience
            if test_mail is not None:
                return send_sample(
                    warehouse,
                    services.provider,
                    code,
                    record,
                    test_mail.addresses,
                    run_id=test_mail.run_id,
                )
            if record is None:
                record = _first_link(warehouse, campaign)
            try:
                return campaign_actions.carry_out(services, campaign, record, recreate=recreate)
            except ChangedMeanwhileError as error:
                log.info("campaign %s: %s", code, error)
                if attempt == _ATTEMPTS:
                    raise
    raise ChangedMeanwhileError(f"campaign {code}: its collection changed again and again")


def _known_record(connections: CampaignConnections, code: str) -> CampaignRecord | None:
    try:
        with connections.warehouse() as warehouse:
            return campaign_records.find_record_by_code(warehouse, code)
    except Exception as error:
        log.warning("the warehouse cannot be asked for the campaign: %s", words_of(error))
        return None


def _account_of(campaign: CrmCampaign | None, record: CampaignRecord | None) -> str:
    """Where the campaign was made; of one that was not made, its collection's account."""
    if record is not None and record.provider_campaign_id is not None:
        return record.account
    if campaign is not None:
        return campaign.account
    return record.account if record is not None else DEFAULT_ACCOUNT


def _require_account(services: Services, record: CampaignRecord | None) -> None:
    """Raises:
    ChangedMeanwhileError: another task made the campaign in another account since.
    """
    is_made = record is not None and record.provider_campaign_id is not None
    if record is not None and is_made and record.account != services.account:
        raise ChangedMeanwhileError("it was made in another account since it was read")


def _collection_code(campaign: CrmCampaign | None, record: CampaignRecord | None) -> str:
    known = campaign or record
    if known is None:
        raise RuntimeError("neither the CRM nor the warehouse knows the campaign")
    return known.collection_code


def _first_link(warehouse: Connection[Any], campaign: CrmCampaign | None) -> CampaignRecord:
    if campaign is None:
        raise RuntimeError("neither the CRM nor the warehouse knows the campaign")
    return campaign_records.meet(warehouse, campaign)


def _find(
    warehouse: Connection[Any], crm: Connection[Any], code: str
) -> tuple[CrmCampaign | None, CampaignRecord | None]:
    found = read_crm_campaigns(crm, codes=[code])
    if found:
        return found[0], campaign_records.find_record(warehouse, found[0].campaign_id)
    record = campaign_records.find_record_by_code(warehouse, code)
    if record is None:
        raise UnknownCampaignError(
            f"no campaign {code!r} with a collection that has an external provider: check "
            "crm.campaign and crm.contact_collection"
        )
    # Its code may have changed in the CRM, which keeps its id.
    found = read_crm_campaigns(crm, campaign_ids=[record.campaign_id])
    return (found[0] if found else None), record


@contextmanager
def _bounded_lock(
    warehouse: Connection[Any], collection_code: str, wait: timedelta
) -> Iterator[bool]:
    """The audience's lock, if it comes free in time: a worker is not held for a long sync."""
    deadline = time.monotonic() + wait.total_seconds()
    while True:
        with try_audience_lock(warehouse, collection_code) as got:
            if got or time.monotonic() >= deadline:
                yield got
                return
        time.sleep(_LOCK_POLL_SECONDS)


def _busy(services: Services, code: str, record: CampaignRecord | None) -> CampaignResult:
    why = "audience_busy: a sync of its audience is at work"
    provider_id = record.provider_campaign_id if record else None
    taken = None
    if provider_id is not None:
        taken = take_back.if_near(
            services.provider, provider_id, near=services.options.last_check, now=services.clock()
        )
    if taken is not None:
        take_back.record_taken_back(services.warehouse, taken, why)
    log.info("campaign %s: %s%s", code, why, "; taken back" if taken else "")
    again = services.clock() + _BUSY_AGAIN
    if record is not None:
        campaign_records.update_record(services.warehouse, record.campaign_id, look_again_at=again)
    return CampaignResult(
        campaign_code=code,
        action="wait",
        outcome="held" if taken else "waiting",
        detail=why,
        provider_campaign_id=provider_id,
        wait_until=again,
    )
