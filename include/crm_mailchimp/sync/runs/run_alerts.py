"""Which troubles people must know, and what the alert says: codes, counts and ids only.

Sent alerts are kept, so that an hourly sync does not repeat the same alert every hour.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.crm import erasure_requests
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.settings import AlertSettings
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.runs.contact_limits import near_limits
from crm_mailchimp.sync.runs.sync_thresholds import SyncThresholds, judge_run
from crm_mailchimp.sync.staging.stagings import staged_codes

_HEADINGS = {
    "failed": "Failed: an error stopped the collection, it was not synced",
    "blocked": "Blocked: a person has to decide, the collection was not synced",
    "late": "Late: no successful run for too long",
    "undecided": "Undecided: a person has to decide about an erasure",
    "near_limit": "Near the plan's limit: contacts that Mailchimp bills",
    "unhealthy": "Sendings that went badly: the next campaign of the audience waits for a person",
    "too_many_rejected": "Many rejected: contacts that Mailchimp refused in a run",
    "too_many_held_back": "Many held back: contacts in quarantine",
    "too_many_expired": "Many expired: contacts whose consent expired since the run before",
}
_THRESHOLDS = 'What to do: docs/operations.md, section "The thresholds of a sync".'
_WHERE_TO_LOOK = {
    "undecided": 'What that means: docs/data_protection.md, section "Forget me".',
    "near_limit": 'What to do: docs/operations.md, section "The bill".',
    "unhealthy": 'What to do: docs/campaigns.md, section "The health of a sending".',
    "too_many_rejected": _THRESHOLDS,
    "too_many_held_back": _THRESHOLDS,
    "too_many_expired": _THRESHOLDS,
}
_IN_COLLECTIONS = "Details: sync.collection_run in the warehouse, columns state and detail."
#: An alert that is not repeated as long as the trouble is the same.
_ONCE = timedelta(days=36_500)
#: Lines under one heading; the rest is counted.
_LONGEST = 50


@dataclass(frozen=True, kw_only=True)
class AlertTimes:
    """When to alert.

    Attributes:
        late_after: an active collection without a succeeded run for so long is late; zero: never.
        repeat_after: a trouble that goes on is sent again after so long.
    """

    late_after: timedelta = timedelta(hours=24)
    repeat_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A collection that is ``blocked``, ``failed`` or ``late``, and the code that says why.

    Or it has too many rejected, held back or expired contacts. Or, in the place of the code, a DAG
    that failed, or a contact whose erasure is ``undecided``. Or an account that is ``near_limit``,
    or a campaign whose sending was ``unhealthy``.
    """

    collection_code: str
    state: str
    reason: str
    plan_id: int | None = None
    removals: int | None = None
    members: int | None = None
    of_tag: bool | None = None

    def __str__(self) -> str:
        text = f"{self.collection_code}: {self.reason}"
        if self.plan_id is None:
            return text
        return (
            f"{text}, {self.removals} of {members_in_words(self.members)} would "
            f"{'lose the tag' if self.of_tag else 'be removed'}; answer under Required Actions in "
            f"Airflow (plan {self.plan_id})"
        )


class _ActiveCollection(NamedTuple):
    code: str
    updated_at: datetime


class _SentAlert(NamedTuple):
    collection_code: str
    state: str
    reason: str


@dataclass(frozen=True)
class Message:
    """What is sent."""

    subject: str
    text: str


def usable_alert_times(environment: Mapping[str, str] = os.environ) -> AlertTimes:
    """The times that ``ALERT_LATE_HOURS`` and ``ALERT_REPEAT_HOURS`` set.

    A wrong value counts as not set: it must not stop an alert.
    """
    settings = AlertSettings.read_usable(environment)
    return AlertTimes(
        late_after=timedelta(hours=settings.alert_late_hours),
        repeat_after=timedelta(hours=settings.alert_repeat_hours),
    )


def alert_about_run(
    warehouse: Connection[Any],
    staging_id: int,
    times: AlertTimes,
    send: Callable[[Message], bool],
) -> list[Trouble]:
    """Tell about the collections of one run that are blocked or failed; returns those sent.

    Args:
        send: delivers a message, and says whether anybody got it.
    """
    troubles = read_rows(
        warehouse, Trouble, statement("sync/find_troubles"), {"staging_id": staging_id}
    )
    _forget(warehouse, ("blocked", "failed"), staged_codes(warehouse, staging_id), troubles)
    return _tell(warehouse, troubles, times, send)


def alert_about_late(
    warehouse: Connection[Any],
    crm: Connection[Any],
    times: AlertTimes,
    send: Callable[[Message], bool],
) -> list[Trouble]:
    """Tell about active collections that have not succeeded for too long; returns those sent."""
    troubles = []
    if times.late_after:
        active = read_rows(crm, _ActiveCollection, statement("crm/active_collections"))
        late = read_values(
            warehouse,
            str,
            statement("sync/find_late"),
            {
                "codes": [one.code for one in active],
                "changed_at": [one.updated_at for one in active],
                "late_seconds": times.late_after.total_seconds(),
            },
        )
        hours = times.late_after.total_seconds() / 3600
        troubles = [
            Trouble(collection_code=code, state="late", reason=f"more than {hours:g} hours")
            for code in late
        ]
    _forget(warehouse, ("late",), None, troubles)
    return _tell(warehouse, troubles, times, send)


def alert_about_undecided(
    warehouse: Connection[Any],
    crm: Connection[Any],
    times: AlertTimes,
    send: Callable[[Message], bool],
) -> list[Trouble]:
    """Tell about requests for erasure that wait for a person; returns those sent.

    A contact asked and was merged into one that did not ask. Or nobody can be found by a request.
    """
    troubles = [
        Trouble(
            collection_code=f"contact {one.survivor_id if one.asked_id is None else one.asked_id}",
            state="undecided",
            reason=_undecided_words(one),
        )
        for one in erasure_requests.read_undecided(crm)
    ]
    if unidentified := erasure_requests.count_unidentified(crm):
        reason = f"{unidentified} rows {erasure_requests.NAMES_NOBODY}"
        troubles.append(Trouble(collection_code="crm.contact", state="undecided", reason=reason))
    crm.rollback()
    _forget(warehouse, ("undecided",), None, troubles)
    return _tell(warehouse, troubles, times, send)


def alert_about_bill(
    warehouse: Connection[Any], times: AlertTimes, send: Callable[[Message], bool]
) -> list[Trouble]:
    """Tell about accounts with almost as many contacts as their plan includes; returns those sent.

    The words name no count of contacts: it changes each hour, and the alert would come again.
    """
    troubles = [
        Trouble(
            collection_code=f"account {one.account}",
            state="near_limit",
            reason=(
                f"more contacts than the {one.contact_limit} that the plan includes"
                if one.is_over_limit
                else f"at least {one.warning_percent:g} % of the {one.contact_limit} contacts that"
                " the plan includes"
            ),
        )
        for one in near_limits(warehouse)
    ]
    _forget(warehouse, ("near_limit",), None, troubles)
    return _tell(warehouse, troubles, times, send)


def alert_about_sendings(
    warehouse: Connection[Any],
    unhealthy: Mapping[str, Sequence[str]],
    send: Callable[[Message], bool],
) -> list[Trouble]:
    """Tell about sendings that went badly, once for the same reasons; returns those sent.

    Args:
        unhealthy: what there is too much of, by the campaign's code.
        send: as for ``alert_about_run``.
    """
    troubles = [
        Trouble(
            collection_code=f"campaign {code}",
            state="unhealthy",
            reason=f"too many {', '.join(name.replace('_', ' ') for name in found)}",
        )
        for code, found in unhealthy.items()
    ]
    _forget(warehouse, ("unhealthy",), None, troubles)
    return _tell(warehouse, troubles, AlertTimes(repeat_after=_ONCE), send)


def alert_about_thresholds(
    warehouse: Connection[Any],
    staging_id: int,
    thresholds: SyncThresholds,
    send: Callable[[Message], bool],
) -> list[Trouble]:
    """Tell about collections above a threshold, once; returns those sent.

    A collection that is well again causes a notice, once, if people got the alert.

    Args:
        staging_id: of the run, which is judged first.
        send: as for ``alert_about_run``.
    """
    judged = judge_run(warehouse, staging_id, thresholds)
    limits = {
        "rejected": thresholds.most_rejected,
        "held_back": thresholds.most_held_back,
        "expired": thresholds.most_expired,
    }
    troubles = [
        Trouble(
            collection_code=one.collection_code,
            state=f"too_many_{name}",
            reason=f"more than {limits[name]:g} %",
        )
        for one in judged
        for name in one.too_many
    ]
    _tell_well(warehouse, [one.collection_code for one in judged], troubles, send)
    return _tell(warehouse, troubles, AlertTimes(repeat_after=_ONCE), send)


def alert_about_dag(
    warehouse: Connection[Any],
    dag_id: str,
    quiet_for: timedelta,
    message: Message,
    send: Callable[[Message], bool],
) -> bool:
    """Tell that a DAG's run failed, unless an alert about it is younger than ``quiet_for``."""
    trouble = Trouble(collection_code=f"DAG {dag_id}", state="failed", reason="run")
    times = AlertTimes(repeat_after=quiet_for)
    return bool(_tell(warehouse, [trouble], times, send, message))


def write_message(troubles: Sequence[Trouble]) -> Message:
    """One message about all of them."""
    parts, counts = [], []
    where_to_look = []
    for state, heading in _HEADINGS.items():
        found = [trouble for trouble in troubles if trouble.state == state]
        if found:
            counts.append(f"{len(found)} {state.replace('_', ' ')}")
            lines = [heading, *(f"  {trouble}" for trouble in found[:_LONGEST])]
            if len(found) > _LONGEST:
                lines.append(f"  and {len(found) - _LONGEST} more")
            parts.append("\n".join(lines))
            where_to_look.append(_WHERE_TO_LOOK.get(state, _IN_COLLECTIONS))
    parts.extend(dict.fromkeys(where_to_look))
    return Message(f"Mailchimp sync: {', '.join(counts)}", "\n\n".join(parts))


def _undecided_words(one: erasure_requests.UndecidedErasure) -> str:
    what = f"asked for erasure and was merged into {one.survivor_id}, which did not ask"
    if one.asked_id is None:
        what = f"{one.asked} {what}"
    return f"{what}. Set erasure_requested_at on {one.survivor_id} too, or undo the merge"


def _tell(
    warehouse: Connection[Any],
    troubles: Sequence[Trouble],
    times: AlertTimes,
    send: Callable[[Message], bool],
    message: Message | None = None,
) -> list[Trouble]:
    sent = {
        (alert.collection_code, alert.state): alert.reason
        for alert in read_rows(
            warehouse,
            _SentAlert,
            # An alert in the future was noted by a clock that was ahead.
            "select collection_code, state, reason from sync.alert"
            " where sent_at between now() - %s and now() + interval '1 minute'",
            (times.repeat_after,),
        )
    }
    due = [
        trouble
        for trouble in troubles
        if sent.get((trouble.collection_code, trouble.state)) != trouble.reason
    ]
    warehouse.commit()
    if not due or not send(message or write_message(due)):
        return []
    for trouble in due:
        warehouse.execute(
            statement("sync/remember_alert"),
            {
                "collection_code": trouble.collection_code,
                "state": trouble.state,
                "reason": trouble.reason,
            },
        )
    warehouse.commit()
    return due


def _tell_well(
    warehouse: Connection[Any],
    codes: Sequence[str],
    troubles: Sequence[Trouble],
    send: Callable[[Message], bool],
) -> None:
    """Say which of the collections came below a threshold again, and forget their alerts."""
    above = {(trouble.collection_code, trouble.state) for trouble in troubles}
    known = read_rows(
        warehouse,
        _SentAlert,
        "select collection_code, state, reason from sync.alert"
        " where starts_with(state, 'too_many_') and collection_code = any(%s) order by 1, 2",
        (list(codes),),
    )
    warehouse.commit()
    well = [alert for alert in known if (alert.collection_code, alert.state) not in above]
    if not well:
        return
    lines = [
        f"  {alert.collection_code}: {alert.state.removeprefix('too_many_').replace('_', ' ')}"
        for alert in well
    ]
    text = "\n".join(["Well again: below the threshold", *lines, "", _THRESHOLDS])
    if send(Message(f"Mailchimp sync: {len(well)} well again", text)):
        for alert in well:
            warehouse.execute(
                "delete from sync.alert where collection_code = %s and state = %s",
                (alert.collection_code, alert.state),
            )
        warehouse.commit()


def _forget(
    warehouse: Connection[Any],
    states: Sequence[str],
    codes: Sequence[str] | None,
    troubles: Sequence[Trouble],
) -> None:
    warehouse.execute(
        statement("sync/forget_alerts"),
        {
            "states": list(states),
            "codes": None if codes is None else list(codes),
            "trouble_codes": [trouble.collection_code for trouble in troubles],
            "trouble_states": [trouble.state for trouble in troubles],
        },
    )
