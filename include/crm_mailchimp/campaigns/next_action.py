"""What is to be done with a campaign: its state in the CRM times its state in Mailchimp.

The table below is the rule, the documentation and the test. No action touches the body that people
design in Mailchimp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

CrmState = Literal["draft", "planned", "due", "overdue", "by_hand", "cancelled", "gone"]
RemoteState = Literal[
    "none", "draft", "shelved", "scheduled", "unknown", "sending", "sent", "deleted"
]
Action = Literal[
    "create",  # make the draft, once
    "update",  # bring the draft's settings up to date
    "schedule",  # update, gate, schedule on the quarter of an hour (or wait and send)
    "send",  # update, gate, send now
    "check",  # scheduled: gate again, unschedule when closed; follow a new time or new settings
    "unschedule",  # make it a draft again
    "delete",  # delete the draft
    "hold",  # leave it; a person has to look
    "follow",  # it is out of our hands: read state and totals
    "nothing",
]

_REMOTE_STATES: tuple[RemoteState, ...] = (
    "none", "draft", "shelved", "scheduled", "unknown", "sending", "sent", "deleted",
)  # fmt: skip

# CRM state none       draft      shelved    scheduled  unknown    sending    sent       deleted
_ROWS = """
draft       create     update     update     unschedule hold       follow     follow     hold
planned     create     schedule   schedule   check      hold       follow     follow     hold
due         create     send       send       check      hold       follow     follow     hold
overdue     create     hold       hold       check      hold       follow     follow     hold
by_hand     create     update     update     check      hold       follow     follow     hold
cancelled   nothing    delete     nothing    unschedule hold       follow     follow     nothing
gone        nothing    hold       hold       unschedule hold       follow     follow     nothing
"""

#: The table, typed. A test compares its words with ``CrmState`` and ``Action``.
TABLE: Mapping[CrmState, Mapping[RemoteState, Action]] = {
    cast("CrmState", crm_state): dict(
        zip(_REMOTE_STATES, cast("list[Action]", actions), strict=True)
    )
    for crm_state, *actions in (line.split() for line in _ROWS.strip().splitlines())
}

#: Mailchimp's words (OpenAPI 3.0.55, ``status`` of a campaign). A paused regular campaign is one
#: that was unscheduled: it can be edited like any draft.
_REMOTE_STATE_OF: dict[str, RemoteState] = {
    "save": "draft",
    "paused": "draft",
    "schedule": "scheduled",
    "sending": "sending",
    "canceling": "sending",
    "sent": "sent",
    "canceled": "sent",
    "archived": "sent",
}


def is_over(status: str | None) -> bool:
    """Whether Mailchimp's word says that the campaign went out, or was stopped on its way."""
    return status is not None and _REMOTE_STATE_OF.get(status) == "sent"


#: Mailchimp schedules "on the quarter-hour (:00, :15, :30, :45)" (``schedule_time``).
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class NextAction:
    """The action, and the two states that led to it."""

    crm_state: CrmState
    remote_state: RemoteState
    action: Action


def next_action(crm_state: CrmState, remote_state: RemoteState) -> NextAction:
    """Look the pair up in the table."""
    return NextAction(crm_state, remote_state, TABLE[crm_state][remote_state])


def crm_state_of(
    state: str | None,
    planned_at: datetime | None,
    *,
    is_active: bool,
    now: datetime,
    max_lateness: timedelta,
) -> CrmState:
    """How the table reads a campaign's row in the CRM.

    Args:
        state: ``crm.campaign.state``; None where the row is gone.
        planned_at: when it is to go out.
        is_active: whether its collection is active; a campaign of another one is as if gone.
        now: present time.
        max_lateness: what is later than that is not sent without a person looking at it.
    """
    if state == "cancelled":
        return "cancelled"
    if state is None or not is_active:
        return "gone"
    if state != "approved":
        return "draft"
    if planned_at is None:
        return "by_hand"
    if planned_at > now:
        return "planned"
    return "due" if now - planned_at <= max_lateness else "overdue"


def remote_state_of(
    status: str | None, *, is_linked: bool, is_shelved: bool, last_status: str | None = None
) -> RemoteState:
    """How the table reads a campaign in Mailchimp.

    Args:
        status: Mailchimp's word; None where it has no such campaign.
        is_linked: we know an id of it, so that it must have been there once.
        is_shelved: we unscheduled it because it was cancelled.
        last_status: the word when it was last looked at.
    """
    if status is None:
        if not is_linked:
            return "none"
        # Deleted after it went out: it was sent all the same.
        return "sent" if is_over(last_status) else "deleted"
    # A word that is new to us: nothing is done to it, a person looks.
    state = _REMOTE_STATE_OF.get(status, "unknown")
    return "shelved" if state == "draft" and is_shelved else state


def next_quarter(moment: datetime) -> datetime:
    """The moment itself when on a quarter of an hour, else the next one: never too early."""
    moment = moment.astimezone(UTC)
    since_midnight = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment + (-since_midnight % QUARTER)
