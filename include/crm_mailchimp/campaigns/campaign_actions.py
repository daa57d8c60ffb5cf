"""What is done with a campaign: the table says which action, ``ACTIONS`` says by which function."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crm_mailchimp.campaigns import campaign_records, gate
from crm_mailchimp.campaigns.campaign_records import CampaignRecord
from crm_mailchimp.campaigns.campaign_state import (
    CampaignState,
    LinkedCampaign,
    Services,
    ask_gate,
    gate_was_open,
    is_superseded,
    linked,
    next_action_for,
    note_own_schedule,
    read_state,
    remote_of,
    require_unchanged,
    reread_link,
    reread_remote,
    take_out_of_schedule,
    update_state,
)
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.campaigns.draft_settings import (
    audience_to_use,
    changed_settings,
    has_moved_audience,
    write_settings,
)
from crm_mailchimp.campaigns.next_action import Action, NextAction, next_quarter
from crm_mailchimp.campaigns.result import CampaignResult, Totals, totals
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PermanentError, ProviderError, RefusedByProviderError

log = logging.getLogger(__name__)

#: Mailchimp takes no time in the past: nearer than this we send ourselves, at the time.
_SCHEDULE_MARGIN = timedelta(seconds=30)
#: So long an unanswered call that sends may still be on its way.
_CALL_TAKES = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    """The campaign after an action, and how the action ended in the words of ``CampaignResult``."""

    state: CampaignState
    outcome: str
    detail: str | None = None
    wait_until: datetime | None = None


def carry_out(
    services: Services,
    campaign: CrmCampaign | None,
    record: CampaignRecord,
    *,
    recreate: bool = False,
) -> CampaignResult:
    """Do what the table says for the campaign as it is now.

    Args:
        services: what to work with.
        campaign: the CRM's row; None where it is gone.
        record: the warehouse's row.
        recreate: make a new draft where the old one was deleted in Mailchimp.

    Raises:
        ChangedMeanwhileError: nothing went out; read everything again.
        ProviderError, PermanentError: noted in ``sync.campaign.detail`` too.
    """
    try:
        state = read_state(services, campaign, record)
        chosen = next_action_for(services, state)
        if recreate and chosen.remote_state == "deleted":
            campaign_records.forget_remote(services.warehouse, record.campaign_id)
            record = campaign_records.read_record(services.warehouse, record.campaign_id)
            state = read_state(services, campaign, record)
            chosen = next_action_for(services, state)
        done = ACTIONS[chosen.action](services, state, chosen)
    except (ProviderError, PermanentError) as error:
        services.warehouse.rollback()
        campaign_records.update_record(
            services.warehouse,
            record.campaign_id,
            action="failed",
            detail=words_of(error),
        )
        raise
    return _store(services, chosen, done)


def _act_again(services: Services, state: CampaignState) -> ActionResult:
    """The action for a state that an action has led to."""
    chosen = next_action_for(services, state)
    return ACTIONS[chosen.action](services, state, chosen)


def _do_nothing(_services: Services, state: CampaignState, _chosen: NextAction) -> ActionResult:
    return ActionResult(state=state, outcome="nothing")


def _follow(_services: Services, state: CampaignState, _chosen: NextAction) -> ActionResult:
    detail = None if state.remote else "deleted in Mailchimp after it was sent"
    return ActionResult(state=state, outcome="followed", detail=detail)


def _hold(_services: Services, state: CampaignState, chosen: NextAction) -> ActionResult:
    if state.remote is None:
        return _held(
            state,
            "deleted: somebody deleted it in Mailchimp. Cancel it in the CRM, or run with the "
            "param recreate to make a new draft",
        )
    if chosen.crm_state == "overdue":
        return _held(state, "overdue: its time is too long past; give it a new planned_at")
    if chosen.crm_state == "gone":
        return _held(state, "gone: the CRM has no such active campaign any more; its draft stays")
    return _held(state, f"unknown_status: Mailchimp calls it {state.remote.status!r}")


def _create(services: Services, state: CampaignState, _chosen: NextAction) -> ActionResult:
    campaign = state.campaign
    if campaign is None:
        raise RuntimeError(f"campaign {state.code} is not in the CRM, but is to be created")
    audience = audience_to_use(services, campaign, state)
    if isinstance(audience, str):
        return _held(state, audience)
    draft = campaign.draft(audience.list_id, audience.tag_id)
    remote = campaign_records.create_once(services.warehouse, services.provider, campaign, draft)
    state = reread_link(services, replace(state, remote=remote))
    return ActionResult(state=state, outcome="created", detail="its body is made in Mailchimp")


def _update(services: Services, state: LinkedCampaign, chosen: NextAction) -> ActionResult:
    written = write_settings(services, state)
    if isinstance(written, str):
        return _held(state, written)
    if chosen.crm_state == "by_hand":
        return ActionResult(
            state=written,
            outcome="waiting",
            detail="approved without planned_at: a person sends or schedules it",
        )
    return ActionResult(state=written, outcome="updated")


def _schedule(services: Services, state: LinkedCampaign, _chosen: NextAction) -> ActionResult:
    written = write_settings(services, state)
    if isinstance(written, str):
        return _held(state, written)
    planned_at = _planned_at(written)
    at = next_quarter(planned_at)
    # Between two quarters its own time may come first: then we send, on the minute.
    moment = min(planned_at, at - services.options.schedule_ahead)
    if _we_send(services, written):
        moment = planned_at
    if services.earlier_clock() < moment:
        # Asked early, so that people have time for what is wrong; asked again at its moment.
        if not gate_was_open(services, written):
            written, decision = ask_gate(services, written, "schedule")
            if not decision.is_open:
                return _closed(written, decision)
        return _wait(services, written, moment, "sent by us" if moment == planned_at else None)
    written, decision = ask_gate(services, written, "schedule")
    if not decision.is_open:
        return _closed(written, decision)
    return _put_into_schedule(services, written, at)


def _put_into_schedule(services: Services, state: LinkedCampaign, at: datetime) -> ActionResult:
    if at - services.clock() < _SCHEDULE_MARGIN:
        return _wait(services, state, at, "sent by us")
    state = require_unchanged(services, state)
    # Committed before the call: a schedule of ours is known as ours after a crash too.
    state = update_state(services, state, scheduled_for=at)
    try:
        services.provider.schedule_campaign(state.remote.campaign_id, at)
    except RefusedByProviderError as error:
        # All that could be wrong with the campaign itself the gate just asked about.
        log.info("campaign %s is not scheduled in Mailchimp: %s", state.code, error)
        state = update_state(
            services, state, scheduled_for=None, schedule_refused_at=datetime.now(UTC)
        )
        return _wait(services, state, _planned_at(state))
    return _scheduled(services, reread_remote(services, state), at)


def _check(services: Services, state: LinkedCampaign, _chosen: NextAction) -> ActionResult:
    audience = audience_to_use(services, state.campaign, state)
    if isinstance(audience, str):
        return _held(take_out_of_schedule(services, state), audience)
    state = note_own_schedule(services, state)
    if is_superseded(state):
        return _act_again(services, take_out_of_schedule(services, state))
    changed = bool(changed_settings(state)) or has_moved_audience(state)
    send_at = _send_at(services, state)
    is_near = send_at - services.clock() <= services.options.near
    if state.is_scheduled_by_us:
        if changed or is_near or not gate_was_open(services, state):
            # First out of the schedule, then judged, then in again: whatever happens in
            # between, nothing goes out unjudged.
            return _act_again(services, take_out_of_schedule(services, state))
    elif changed:
        after = take_out_of_schedule(services, state)
        if after.is_draft:
            return _reschedule(services, linked(after), send_at)
        return _act_again(services, after)
    elif is_near or not gate_was_open(services, state):
        state, decision = ask_gate(services, state, "check")
        if not decision.is_open:
            return _closed(take_out_of_schedule(services, state), decision)
        state = require_unchanged(services, state)
    return _scheduled(
        services, state, _send_at(services, state), by_hand=not state.is_scheduled_by_us
    )


def _reschedule(services: Services, state: LinkedCampaign, at: datetime) -> ActionResult:
    """Back to the time that a person chose in Mailchimp, with the CRM's new settings."""
    written = write_settings(services, state)
    if isinstance(written, str):
        return _held(state, written)
    state, decision = ask_gate(services, written, "check")
    if not decision.is_open:
        return _closed(state, decision)
    if at - services.clock() < _SCHEDULE_MARGIN:
        return _held(state, "its time passed while it was judged: schedule it again")
    state = require_unchanged(services, state)
    services.provider.schedule_campaign(state.remote.campaign_id, at)
    return _scheduled(services, reread_remote(services, state), at, by_hand=True)


def _send(services: Services, state: LinkedCampaign, _chosen: NextAction) -> ActionResult:
    written = write_settings(services, state)
    if isinstance(written, str):
        return _held(state, written)
    called = written.record.send_called_at
    if called is not None and abs(services.clock() - called) < _CALL_TAKES:
        return ActionResult(
            state=written,
            outcome="waiting",
            detail="Mailchimp has not answered the call that sends it: it may be on its way",
            wait_until=called + _CALL_TAKES,
        )
    state, decision = ask_gate(services, written, "send")
    if not decision.is_open:
        return _closed(state, decision)
    state = update_state(
        services, require_unchanged(services, state), send_called_at=services.clock()
    )
    try:
        services.provider.send_campaign(state.remote.campaign_id)
    except RefusedByProviderError:
        update_state(services, state, send_called_at=None)
        raise
    return ActionResult(state=reread_remote(services, state), outcome="sent")


def _unschedule(services: Services, state: CampaignState, chosen: NextAction) -> ActionResult:
    state = take_out_of_schedule(services, state)
    if not state.is_draft:
        return _act_again(services, state)
    detail = "it is not approved in the CRM"
    if chosen.crm_state == "cancelled":
        state = update_state(services, state, shelved_at=datetime.now(UTC))
        detail = "cancelled in the CRM; its draft stays in Mailchimp"
    return ActionResult(state=state, outcome="unscheduled", detail=detail)


def _delete(services: Services, state: CampaignState, _chosen: NextAction) -> ActionResult:
    services.provider.delete_campaign(remote_of(state).campaign_id)
    campaign_records.forget_remote(services.warehouse, state.record.campaign_id)
    state = reread_link(services, replace(state, remote=None))
    return ActionResult(state=state, outcome="deleted", detail="cancelled in the CRM")


_Act = Callable[[Services, CampaignState, NextAction], ActionResult]


def _on_linked(act: Callable[[Services, LinkedCampaign, NextAction], ActionResult]) -> _Act:
    """An action that the table gives only where the CRM and Mailchimp have the campaign."""
    return lambda services, state, chosen: act(services, linked(state), chosen)


#: Every action of the table with the function that carries it out.
ACTIONS: Mapping[Action, _Act] = {
    "create": _create,
    "update": _on_linked(_update),
    "schedule": _on_linked(_schedule),
    "send": _on_linked(_send),
    "check": _on_linked(_check),
    "unschedule": _unschedule,
    "delete": _delete,
    "hold": _hold,
    "follow": _follow,
    "nothing": _do_nothing,
}


def _held(state: CampaignState, detail: str) -> ActionResult:
    return ActionResult(state=state, outcome="held", detail=detail)


def _closed(state: CampaignState, decision: gate.GateDecision) -> ActionResult:
    reasons = "; ".join(str(reason) for reason in decision.open_reasons)
    return _held(state, f"gate {decision.gate_id} is closed: {reasons}")


def _wait(
    services: Services, state: LinkedCampaign, moment: datetime, doing: str | None = None
) -> ActionResult:
    doing = doing or ("sent by us" if _we_send(services, state) else "goes to Mailchimp's schedule")
    moment = moment.astimezone(UTC)
    soon = moment - services.clock() <= services.options.wait_horizon
    return ActionResult(
        state=state,
        outcome="waiting",
        detail=f"{doing} at {moment:%Y-%m-%d %H:%M} UTC{services.late_words(moment)}",
        wait_until=moment if soon else None,
    )


def _scheduled(
    services: Services, state: LinkedCampaign, at: datetime, *, by_hand: bool = False
) -> ActionResult:
    """In Mailchimp's schedule, and when to judge it again, where that is soon."""
    now, check_at = services.clock(), at - services.options.last_check
    is_soon = now < check_at <= now + services.options.wait_horizon
    return ActionResult(
        state=state,
        outcome="scheduled",
        detail=f"for {at:%Y-%m-%d %H:%M} UTC" + (", a time chosen in Mailchimp" if by_hand else ""),
        wait_until=check_at if is_soon else None,
    )


def _we_send(services: Services, state: CampaignState) -> bool:
    return (
        state.record.schedule_refused_at is not None or not services.options.schedule_in_mailchimp
    )


def _planned_at(state: LinkedCampaign) -> datetime:
    if state.campaign.planned_at is None:
        raise RuntimeError(f"campaign {state.code} has no planned_at, but is to be scheduled")
    return state.campaign.planned_at


def _send_at(services: Services, state: LinkedCampaign) -> datetime:
    # A schedule without a time could go out at once.
    return state.remote.send_at or services.clock()


def _store(services: Services, chosen: NextAction, done: ActionResult) -> CampaignResult:
    """What came of the campaign, into ``sync.campaign`` and for the caller."""
    state, remote = done.state, done.state.remote
    status = remote.status if remote else state.record.status
    if remote is None and chosen.remote_state == "deleted":
        status = "deleted"
    detail = done.detail
    if state.hand_made:
        by_hand = f"changed in Mailchimp: {', '.join(state.hand_made)}"
        detail = f"{detail}; {by_hand}" if detail else by_hand
    figures: Totals = {}
    if remote is not None and remote.status in ("sending", "sent"):
        figures = totals(remote)
    campaign_records.update_record(
        services.warehouse,
        state.record.campaign_id,
        campaign_code=state.code,
        crm_state=chosen.crm_state,
        planned_at=state.campaign.planned_at if state.campaign else None,
        action=done.outcome,
        detail=detail,
        look_again_at=done.wait_until,
        status=status,
        **figures,
    )
    log.info("campaign %s: %s × %s → %s: %s%s", state.code, chosen.crm_state,
             chosen.remote_state, chosen.action, done.outcome,
             f" ({detail})" if detail else "")  # fmt: skip
    return CampaignResult(
        campaign_code=state.code,
        action=chosen.action,
        outcome=done.outcome,
        detail=detail,
        status=status,
        provider_campaign_id=remote.campaign_id if remote else None,
        wait_until=done.wait_until,
        is_ours=status == "schedule" and state.is_scheduled_by_us,
    )
