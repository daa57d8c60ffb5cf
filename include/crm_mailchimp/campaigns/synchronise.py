"""One campaign's step, under its audience's lock, and what follows where it cannot be taken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaigns import gate, links, take_back
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign, read_campaigns
from crm_mailchimp.campaigns.links import Link
from crm_mailchimp.campaigns.options import CampaignOptions
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.sides import ChangedMeanwhileError
from crm_mailchimp.campaigns.step import Step
from crm_mailchimp.campaigns.trial import send_test
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.warehouse.locks import try_audience_lock

log = logging.getLogger(__name__)

#: How often a step begins anew because one of the sides changed while it was judged.
_ATTEMPTS = 3
_LOCK_POLL_SECONDS = 0.5
#: When a campaign whose audience is busy is looked at again.
_BUSY_AGAIN = timedelta(seconds=30)


class UnknownCampaignError(PermanentError):
    """A campaign code that neither the CRM nor the ledger has."""


def sync_campaign(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: gate.GateProvider,
    *,
    code: str,
    options: CampaignOptions | None = None,
    now: datetime | None = None,
    test_to: Sequence[str] = (),
    test_run: str = "",
    recreate: bool = False,
) -> CampaignResult:
    """Bring one campaign one step further; safe to repeat at any time.

    Both sides are read under the audience's lock, and once more after the gate's decision: what
    changed meanwhile makes the step begin anew. A campaign whose time is near and that cannot be
    judged is taken out of Mailchimp's schedule, whatever went wrong.

    Args:
        warehouse: the warehouse; commits after every call that changes something.
        crm: to ``crm_db``, in autocommit.
        provider: open, with a connection slot.
        code: of the campaign.
        options: agreed ages and limits.
        now: present time of the provider; by default this machine's.
        test_to: only send a test of the draft to these addresses; nothing else is done.
        test_run: the run that asks for it, which gets one test however often it is repeated.
        recreate: make a new draft where the old one was deleted in Mailchimp.

    Raises:
        UnknownCampaignError: nobody knows the code.
        AmbiguousCampaignError: a person has to say which campaign in Mailchimp is its own.
        ChangedMeanwhileError: one of the sides changed each time it was judged.
        ProviderError: Mailchimp refused or failed; stored in ``sync.campaign.detail`` too.
    """
    options = options or CampaignOptions()
    began, started = now or datetime.now(UTC), time.monotonic()

    def clock() -> datetime:
        return began + timedelta(seconds=time.monotonic() - started)

    with _held_back_on_failure(warehouse, provider, options, clock) as at_risk:
        known = links.find_link_by_code(warehouse, code)
        at_risk.provider_id = known.provider_campaign_id if known and not test_to else None
        for attempt in range(1, _ATTEMPTS + 1):
            campaign, link = _find(warehouse, crm, code)
            if link is not None and not test_to:
                at_risk.provider_id = link.provider_campaign_id
            collection = campaign.collection_code if campaign else _there(link).collection_code
            with _bounded_lock(warehouse, collection, options.lock_wait) as got:
                if not got:
                    return _busy(warehouse, provider, code, link, options, clock)
                # Read again: while we waited, the CRM may have cancelled or moved it.
                campaign, link = _find(warehouse, crm, code)
                if campaign is not None and campaign.collection_code != collection:
                    continue
                if test_to:
                    return send_test(warehouse, provider, code, link, test_to, run_id=test_run)
                step = Step(warehouse, crm, provider, campaign, link, options, clock)
                try:
                    return step.carry_out(recreate=recreate)
                except ChangedMeanwhileError as error:
                    log.info("campaign %s: %s", code, error)
                    if attempt == _ATTEMPTS:
                        raise
        raise ChangedMeanwhileError(f"campaign {code}: its collection changed again and again")


def _find(
    warehouse: Connection[Any], crm: Connection[Any], code: str
) -> tuple[CrmCampaign | None, Link | None]:
    found = read_campaigns(crm, codes=[code])
    if found:
        return found[0], links.find_link(warehouse, found[0].campaign_id)
    link = links.find_link_by_code(warehouse, code)
    if link is None:
        raise UnknownCampaignError(
            f"no campaign {code!r} with a collection that has an external provider: check "
            "crm.campaign and crm.contact_collection"
        )
    # Its code may have changed in the CRM, which keeps its id.
    found = read_campaigns(crm, campaign_ids=[link.campaign_id])
    return (found[0] if found else None), link


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


def _busy(
    warehouse: Connection[Any],
    provider: gate.GateProvider,
    code: str,
    link: Link | None,
    options: CampaignOptions,
    clock: Callable[[], datetime],
) -> CampaignResult:
    why = "audience_busy: a sync of its audience is at work"
    provider_id = link.provider_campaign_id if link else None
    taken = None
    if provider_id is not None:
        taken = take_back.if_near(provider, provider_id, near=options.last_check, now=clock())
    if taken is not None:
        take_back.record_taken_back(warehouse, taken, why)
    log.info("campaign %s: %s%s", code, why, "; taken back" if taken else "")
    again = clock() + _BUSY_AGAIN
    if link is not None:
        links.note(warehouse, link.campaign_id, look_again_at=again)
    return CampaignResult(
        campaign_code=code,
        action="wait",
        outcome="held" if taken else "waiting",
        detail=why,
        provider_campaign_id=provider_id,
        wait_until=again,
    )


@dataclass
class _AtRisk:
    """The campaign in Mailchimp that goes out if nobody takes it back, once it is known."""

    provider_id: str | None = None


@contextmanager
def _held_back_on_failure(
    warehouse: Connection[Any],
    provider: gate.GateProvider,
    options: CampaignOptions,
    clock: Callable[[], datetime],
) -> Iterator[_AtRisk]:
    at_risk = _AtRisk()
    try:
        yield at_risk
    except Exception as error:
        if at_risk.provider_id is not None:
            _hold_back(warehouse, provider, at_risk.provider_id, options, clock(), error)
        raise


def _hold_back(
    warehouse: Connection[Any],
    provider: gate.GateProvider,
    provider_id: str,
    options: CampaignOptions,
    now: datetime,
    error: Exception,
) -> None:
    why = words_of(error)
    try:
        taken = take_back.if_near(provider, provider_id, near=options.near, now=now)
        if taken is not None:
            warehouse.rollback()
            take_back.record_taken_back(warehouse, taken, why)
    except Exception as failed:
        # The first error is what is raised; this one says that a person must act now.
        log.error(  # noqa: TRY400 - a traceback may quote rows
            "a campaign that cannot be judged may still stand in Mailchimp's schedule, take it "
            "back there by hand: %s",
            words_of(failed),
        )


def _there(link: Link | None) -> Link:
    if link is None:
        raise RuntimeError("neither side knows the campaign")
    return link
