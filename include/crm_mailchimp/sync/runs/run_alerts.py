"""Which troubles people must know.

``alert_messages`` has the words, and ``sent_alerts`` who heard of what.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm import erasure_requests
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.settings import AlertSettings
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.runs.alert_messages import Message, Trouble
from crm_mailchimp.sync.runs.contact_limits import near_limits
from crm_mailchimp.sync.runs.sent_alerts import Send, forget, tell, tell_over
from crm_mailchimp.sync.runs.sync_thresholds import SyncThresholds, judge_run
from crm_mailchimp.sync.staging.stagings import staged_codes
from crm_mailchimp.warehouse.locks import named_lock

#: An alert that is not repeated as long as the trouble is the same.
_ONCE = timedelta(days=36_500)
#: In the name of a trouble: between the DAG and the account's connection.
_OF_ACCOUNT = ", connection "


@dataclass(frozen=True, kw_only=True)
class AlertTimes:
    """When to alert.

    Attributes:
        late_after: an active collection without a succeeded run for so long is late; zero: never.
        repeat_after: a trouble that goes on is sent again after so long.
    """

    late_after: timedelta = timedelta(hours=24)
    repeat_after: timedelta = timedelta(hours=24)


class _ActiveCollection(NamedTuple):
    code: str
    updated_at: datetime


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
    send: Send,
) -> list[Trouble]:
    """Tell about the collections of one run that are blocked or failed; returns those sent.

    Args:
        send: delivers a message, and says whether anybody got it.
    """
    troubles = read_rows(
        warehouse, Trouble, statement("sync/find_troubles"), {"staging_id": staging_id}
    )
    tell_over(warehouse, ("blocked", "failed"), staged_codes(warehouse, staging_id), troubles, send)
    return tell(warehouse, troubles, times.repeat_after, send)


def alert_about_late(
    warehouse: Connection[Any],
    crm: Connection[Any],
    times: AlertTimes,
    send: Send,
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
        tell_over(warehouse, ("late",), None, troubles, send)
    else:
        forget(warehouse, "late", [])
    return tell(warehouse, troubles, times.repeat_after, send)


def alert_about_undecided(
    warehouse: Connection[Any],
    crm: Connection[Any],
    times: AlertTimes,
    send: Send,
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
    tell_over(warehouse, ("undecided",), None, troubles, send)
    return tell(warehouse, troubles, times.repeat_after, send)


def alert_about_bill(warehouse: Connection[Any], times: AlertTimes, send: Send) -> list[Trouble]:
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
    tell_over(warehouse, ("near_limit",), None, troubles, send)
    return tell(warehouse, troubles, times.repeat_after, send)


def alert_about_sendings(
    warehouse: Connection[Any],
    unhealthy: Mapping[str, Sequence[str]],
    send: Send,
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
    # A sending stays as it went. Only its campaign is no longer looked at.
    forget(warehouse, "unhealthy", troubles)
    return tell(warehouse, troubles, _ONCE, send)


def alert_about_held(
    warehouse: Connection[Any],
    find_held: Callable[[], Mapping[str, str | None]],
    times: AlertTimes,
    send: Send,
    *,
    codes: Sequence[str] | None = None,
) -> list[Trouble]:
    """Tell about campaigns that do not go out at their time; returns those sent.

    Args:
        warehouse: the warehouse.
        find_held: gives the time and the reason in words, by the campaign's code. None: its last
            look failed, so nothing new is known of it.
        times: when to repeat it.
        send: as for ``alert_about_run``.
        codes: of the campaigns that were looked at just now; None: all.
    """
    # Several campaigns may reach their time in the same minute, each in a run of its own.
    with named_lock(warehouse, "alert:held"):
        held = {
            code: words for code, words in find_held().items() if codes is None or code in codes
        }
        warehouse.commit()
        troubles = [
            Trouble(collection_code=f"campaign {code}", state="held", reason=words or "failed")
            for code, words in held.items()
        ]
        looked_at = None if codes is None else [f"campaign {code}" for code in codes]
        tell_over(warehouse, ("held",), looked_at, troubles, send)
        known = [one for one, words in zip(troubles, held.values(), strict=True) if words]
        return tell(warehouse, known, times.repeat_after, send)


def alert_about_thresholds(
    warehouse: Connection[Any],
    staging_id: int,
    thresholds: SyncThresholds,
    send: Send,
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
    codes = [one.collection_code for one in judged]
    states = [f"too_many_{name}" for name in limits]
    tell_over(warehouse, states, codes, troubles, send, until_heard=True)
    return tell(warehouse, troubles, _ONCE, send)


def alert_about_dag(
    warehouse: Connection[Any],
    dag_id: str,
    quiet_for: timedelta,
    message: Message,
    send: Send,
    *,
    accounts: Sequence[str] = (),
) -> bool:
    """Tell that a DAG's run failed, unless an alert about it is younger than ``quiet_for``.

    Args:
        warehouse: the warehouse.
        dag_id: the DAG.
        quiet_for: each account has its own, so trouble in one hides none of another.
        message: what to send.
        send: as for ``alert_about_run``.
        accounts: where the run failed, as for ``failures_of_dag``.

    Returns:
        whether it was sent.
    """
    # Several tasks of one run fail in the same moment.
    with named_lock(warehouse, f"alert:DAG {dag_id}"):
        return bool(tell(warehouse, failures_of_dag(dag_id, accounts), quiet_for, send, message))


def end_alert_about_dag(warehouse: Connection[Any], dag_id: str, send: Send) -> None:
    """Tell that a DAG is well again in all accounts, if people heard of a failed run."""
    codes = read_values(
        warehouse,
        str,
        "select collection_code from sync.alert where state = 'failed'"
        " and (collection_code = %(dag)s or starts_with(collection_code, %(dag)s || %(of)s))",
        {"dag": f"DAG {dag_id}", "of": _OF_ACCOUNT},
    )
    tell_over(warehouse, ("failed",), codes, [], send)


def failures_of_dag(dag_id: str, accounts: Sequence[str] = ()) -> list[Trouble]:
    """What alerts say about a failed run: one trouble for each account.

    Args:
        dag_id: the DAG.
        accounts: ids of the connections of the accounts in which it failed. The default account
            counts as the DAG itself, as in an installation with one account. So does an unknown
            one.
    """
    names = [
        f"DAG {dag_id}" if account == DEFAULT_ACCOUNT else f"DAG {dag_id}{_OF_ACCOUNT}{account}"
        for account in accounts or (DEFAULT_ACCOUNT,)
    ]
    return [Trouble(collection_code=name, state="failed", reason="run") for name in names]


def _undecided_words(one: erasure_requests.UndecidedErasure) -> str:
    what = f"asked for erasure and was merged into {one.survivor_id}, which did not ask"
    if one.asked_id is None:
        what = f"{one.asked} {what}"
    return f"{what}. Set erasure_requested_at on {one.survivor_id} too, or undo the merge"
