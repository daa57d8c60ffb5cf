"""One campaign as the CRM, the warehouse and Mailchimp have it: read, compared, kept up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, Unpack

from psycopg import Connection

from crm_mailchimp.campaign_provider import RemoteCampaign
from crm_mailchimp.campaign_schedule import take_back_campaign
from crm_mailchimp.campaigns import campaign_records, gate
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.campaign_records import CampaignColumns, CampaignRecord
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign, read_crm_campaigns
from crm_mailchimp.campaigns.next_action import (
    NextAction,
    crm_state_of,
    next_action,
    next_quarter,
    remote_state_of,
)
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import audience_map
from crm_mailchimp.sync.audience.audience_map import KnownAudience

log = logging.getLogger(__name__)


class ChangedMeanwhileError(Exception):
    """The CRM or Mailchimp changed while the gate decided: the decision is about something else."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the actions of a campaign work with. The audience's lock is held.

    Attributes:
        warehouse: the warehouse; commits after every call that changes something.
        crm: to ``crm_db``, in autocommit.
        provider: open, with a connection slot.
        account: of the provider.
        options: agreed ages and limits.
        clock: gives the present time of the provider.
        earlier_clock: gives the present time by that clock or the CRM's, whichever is earlier. A
            mail cannot be taken back, so it waits until both have reached its time.
    """

    warehouse: Connection[Any]
    crm: Connection[Any]
    provider: gate.GateProvider
    account: str
    options: CampaignOptions
    clock: Callable[[], datetime]
    earlier_clock: Callable[[], datetime]

    def late_words(self, moment: datetime) -> str:
        """Why a campaign still waits for a moment that one clock has reached; empty: none has."""
        if self.earlier_clock() < moment <= self.clock():
            return ", when crm_db's clock has reached it, too: the clocks differ"
        return ""


@dataclass(frozen=True, kw_only=True)
class CampaignState:
    """One campaign at one moment. An action takes a state and gives the state after it.

    Attributes:
        campaign: the CRM's row; None where it is gone.
        record: the warehouse's row.
        audience: of the campaign's collection; None where it was never synced.
        remote: the campaign in Mailchimp; None where it does not exist.
        account: in which it is looked for: where it was made, or its collection's.
        hand_made: names of the settings that people changed in Mailchimp.
    """

    campaign: CrmCampaign | None
    record: CampaignRecord
    audience: KnownAudience | None
    remote: RemoteCampaign | None
    account: str
    hand_made: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The campaign's code in the CRM, or its last known one."""
        return self.campaign.code if self.campaign else self.record.campaign_code

    @property
    def is_draft(self) -> bool:
        """Whether people can still edit it in Mailchimp."""
        return self.remote is not None and self.remote.is_draft

    @property
    def is_scheduled_by_us(self) -> bool:
        """Whether the schedule in Mailchimp is the one that we made."""
        ours = self.record.scheduled_for
        return ours is not None and self.remote is not None and ours == self.remote.send_at


@dataclass(frozen=True, kw_only=True)
class LinkedCampaign(CampaignState):
    """A campaign that the CRM has, and Mailchimp too."""

    campaign: CrmCampaign
    remote: RemoteCampaign


_State = TypeVar("_State", bound=CampaignState)


def read_state(
    services: Services, campaign: CrmCampaign | None, record: CampaignRecord
) -> CampaignState:
    """The campaign's state now. A campaign without a known id is looked for by its title.

    Args:
        services: what to read with.
        campaign: the CRM's row as it was just read; None where it is gone.
        record: the warehouse's row as it was just read.

    Raises:
        AmbiguousCampaignError: a person has to say which campaign in Mailchimp is its own.
    """
    warehouse, provider = services.warehouse, services.provider
    audience = audience_map.find_used(warehouse, campaign.collection_id) if campaign else None
    warehouse.commit()
    remote = None
    if record.provider_campaign_id is not None:
        remote = provider.campaign(record.provider_campaign_id)
    elif campaign is not None and audience is not None and audience.account == services.account:
        remote = campaign_records.find_remote(
            warehouse, provider, campaign, record, audience.list_id
        )
        if remote is not None:
            record = _link_found(warehouse, campaign, record, remote)
    return CampaignState(
        campaign=campaign,
        record=record,
        audience=audience,
        remote=remote,
        account=services.account,
    )


def _link_found(
    warehouse: Connection[Any],
    campaign: CrmCampaign,
    record: CampaignRecord,
    remote: RemoteCampaign,
) -> CampaignRecord:
    if record.intended_at is None:
        campaign_records.intend(warehouse, campaign, campaign.draft(remote.list_id))
        # Which of its settings were made by hand nobody knows: the CRM's are written.
        campaign_records.update_record(warehouse, campaign.campaign_id, pushed=None)
    campaign_records.remember_remote(warehouse, campaign.campaign_id, remote)
    log.info("campaign %s was found in Mailchimp by its title", campaign.code)
    return campaign_records.read_record(warehouse, campaign.campaign_id)


def linked(state: CampaignState) -> LinkedCampaign:
    """The state of a campaign for which the table gives an action that needs both rows.

    Raises:
        RuntimeError: the CRM or Mailchimp does not have it, so the table is wrong.
    """
    if state.campaign is None or state.remote is None:
        raise RuntimeError(f"campaign {state.code} misses what the next action works on")
    return LinkedCampaign(
        campaign=state.campaign,
        record=state.record,
        audience=state.audience,
        remote=state.remote,
        account=state.account,
        hand_made=state.hand_made,
    )


def next_action_for(services: Services, state: CampaignState) -> NextAction:
    """What is to be done with a campaign in this state."""
    campaign, record = state.campaign, state.record
    return next_action(
        crm_state_of(
            campaign.state if campaign else None,
            campaign.planned_at if campaign else None,
            is_active=campaign.collection_is_active if campaign else False,
            now=services.earlier_clock(),
            max_lateness=services.options.max_lateness,
        ),
        remote_state_of(
            state.remote.status if state.remote else None,
            is_linked=record.provider_campaign_id is not None,
            is_shelved=record.shelved_at is not None,
            last_status=record.status,
        ),
    )


def is_superseded(state: LinkedCampaign) -> bool:
    """Whether the CRM has another time than the schedule, given after it was made."""
    planned_at = state.campaign.planned_at
    wanted = next_quarter(planned_at) if planned_at else None
    if wanted is not None and wanted == state.remote.send_at:
        return False
    if state.is_scheduled_by_us:
        return True
    # Somebody chose a time in Mailchimp: followed, until the CRM gives a new one.
    return wanted is not None and state.record.planned_at != planned_at


def note_own_schedule(services: Services, state: LinkedCampaign) -> LinkedCampaign:
    """Take a schedule at the CRM's time for ours, also one made by hand."""
    planned_at = state.campaign.planned_at
    wanted = next_quarter(planned_at) if planned_at else None
    if wanted is None or wanted != state.remote.send_at or state.is_scheduled_by_us:
        return state
    return update_state(services, state, scheduled_for=wanted)


def update_state(services: Services, state: _State, **columns: Unpack[CampaignColumns]) -> _State:
    """Write columns of ``sync.campaign``, committed; the state has them."""
    campaign_records.update_record(services.warehouse, state.record.campaign_id, **columns)
    return reread_link(services, state)


def reread_link(services: Services, state: _State) -> _State:
    """The state with the warehouse's row as it is now."""
    return replace(
        state, record=campaign_records.read_record(services.warehouse, state.record.campaign_id)
    )


def reread_remote(services: Services, state: LinkedCampaign) -> LinkedCampaign:
    """The state with the campaign in Mailchimp as it is now.

    Raises:
        PermanentError: somebody deleted it.
    """
    remote = services.provider.campaign(state.remote.campaign_id)
    if remote is None:
        raise PermanentError(f"campaign {state.code} was deleted in Mailchimp meanwhile")
    return replace(state, remote=remote)


def require_unchanged(services: Services, state: LinkedCampaign) -> LinkedCampaign:
    """Check, right before the call that counts, that all is still what the gate judged.

    Raises:
        ChangedMeanwhileError: it is not.
    """
    found = read_crm_campaigns(services.crm, campaign_ids=[state.campaign.campaign_id])
    if not found or found[0] != state.campaign:
        raise ChangedMeanwhileError("the CRM changed it while it was judged")
    now = reread_remote(services, state)
    if now.remote != state.remote:
        raise ChangedMeanwhileError("somebody changed it in Mailchimp while it was judged")
    return now


def ask_gate(
    services: Services, state: LinkedCampaign, occasion: gate.Occasion
) -> tuple[LinkedCampaign, gate.GateDecision]:
    """Have the gate judge the campaign as it is in Mailchimp now; gives the state it judged."""
    if state.audience is None:
        raise PermanentError(f"campaign {state.code} has no audience to judge")
    judged = reread_remote(services, state)
    decision = gate.decide(
        services.warehouse,
        services.crm,
        services.provider,
        judged.campaign,
        judged.remote,
        state.audience,
        occasion=occasion,
        options=services.options,
    )
    return judged, decision


def gate_was_open(services: Services, state: LinkedCampaign) -> bool:
    """Whether the newest decision about this campaign, as it is now, let it go."""
    was_open = find_value(
        services.warehouse,
        bool,
        statement("campaigns/gate_was_open"),
        {
            "campaign_id": state.record.campaign_id,
            "provider_campaign_id": state.remote.campaign_id,
            "gdpr_category": state.campaign.gdpr_category,
            "list_id": state.remote.list_id,
        },
    )
    services.warehouse.commit()
    return bool(was_open)


def take_out_of_schedule(services: Services, state: CampaignState) -> CampaignState:
    """Make a scheduled campaign a draft again."""
    remote = remote_of(state)
    after = take_back_campaign(services.provider, remote.campaign_id)
    state = CampaignState(
        campaign=state.campaign,
        record=state.record,
        audience=state.audience,
        remote=after,
        account=state.account,
        hand_made=state.hand_made,
    )
    if after is None:
        return update_state(services, state, scheduled_for=None)
    return update_state(services, state, scheduled_for=None, status=after.status)


def remote_of(state: CampaignState) -> RemoteCampaign:
    """The campaign in Mailchimp, for an action that the table gives only where it exists."""
    if state.remote is None:
        raise RuntimeError(f"campaign {state.code} is not in Mailchimp, but its action needs it")
    return state.remote
