"""What an alert says, in words for people and as events for machines: codes, counts and ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_HEADINGS = {
    "failed": "Failed: an error stopped the collection, it was not synced",
    "blocked": "Blocked: a person has to decide, the collection was not synced",
    "late": "Late: no successful run for too long",
    "undecided": "Undecided: a person has to decide about an erasure",
    "near_limit": "Near the plan's limit: contacts that Mailchimp bills",
    "unhealthy": "Sendings that went badly: the next campaign of the audience waits for a person",
    "held": "Held: campaigns that do not go out at their time unless a person acts",
    "too_many_rejected": "Many rejected: contacts that Mailchimp refused in a run",
    "too_many_held_back": "Many held back: contacts in quarantine",
    "too_many_expired": "Many expired: contacts whose consent expired since the run before",
}
_THRESHOLDS = 'What to do: docs/operations.md, section "The thresholds of a sync".'
_WHERE_TO_LOOK = {
    "undecided": 'What that means: docs/data_protection.md, section "Forget me".',
    "near_limit": 'What to do: docs/operations.md, section "The bill".',
    "unhealthy": 'What to do: docs/campaigns.md, section "The health of a sending".',
    "held": 'What to do: docs/campaigns.md, section "The gate".',
    "too_many_rejected": _THRESHOLDS,
    "too_many_held_back": _THRESHOLDS,
    "too_many_expired": _THRESHOLDS,
}
_IN_COLLECTIONS = (
    'Details and what to do: the page "Mailchimp" in Airflow, view of the collection. '
    "In the warehouse: sync.collection_run, columns state and detail."
)
#: Lines under one heading; the rest is counted.
_LONGEST = 50
#: In the words of PagerDuty's Events API; the others are warnings.
_SEVERITIES = {"failed": "error", "late": "error", "unhealthy": "error", "held": "error"}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A collection that is ``blocked``, ``failed`` or ``late``, and the code that says why.

    Or it has too many rejected, held back or expired contacts. Or, in the place of the code, a DAG
    that failed, or a contact whose erasure is ``undecided``. Or an account that is ``near_limit``,
    or a campaign that is ``held`` at its time, or whose sending was ``unhealthy``.
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
        what = "lose the tag" if self.of_tag else "be removed"
        return (
            f"{text}, {self.removals} of {self.members} members would {what}; answer under "
            f"Required Actions in Airflow (plan {self.plan_id})"
        )


class SentAlert(NamedTuple):
    """An alert that people got."""

    collection_code: str
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AlertEvent:
    """A trouble that begins or ends, for a service that calls people.

    Attributes:
        key: the same for the beginning and the end of one trouble.
        summary: one line.
        severity: ``error`` or ``warning``.
        is_over: the trouble has ended.
    """

    key: str
    summary: str
    severity: str = "warning"
    is_over: bool = False


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes:
        subject: one line.
        text: the lines for people; empty: only the events are sent.
        events: the same for a service that calls people.
    """

    subject: str
    text: str
    events: tuple[AlertEvent, ...] = ()


def write_message(troubles: Sequence[Trouble]) -> Message:
    """One message about all of them."""
    parts, counts = [], []
    where_to_look = []
    for state, heading in _HEADINGS.items():
        found = [trouble for trouble in troubles if trouble.state == state]
        if found:
            counts.append(f"{len(found)} {_words_of(state)}")
            lines = [heading, *(f"  {trouble}" for trouble in found[:_LONGEST])]
            if len(found) > _LONGEST:
                lines.append(f"  and {len(found) - _LONGEST} more")
            parts.append("\n".join(lines))
            where_to_look.append(_WHERE_TO_LOOK.get(state, _IN_COLLECTIONS))
    parts.extend(dict.fromkeys(where_to_look))
    return Message(
        f"Mailchimp sync: {', '.join(counts)}",
        "\n\n".join(parts),
        tuple(event_of(trouble) for trouble in troubles),
    )


def write_over(over: Sequence[SentAlert], troubles: Sequence[Trouble]) -> Message:
    """One message about all troubles that have ended.

    A collection that failed and is blocked now is not well: only the event of the failure ends.

    Args:
        over: alerts about them.
        troubles: those that go on.
    """
    ill = {trouble.collection_code for trouble in troubles}
    well = [alert for alert in over if alert.collection_code not in ill]
    lines = [
        f"  {alert.collection_code}: no longer {_words_of(alert.state)}"
        for alert in well[:_LONGEST]
    ]
    if len(well) > _LONGEST:
        lines.append(f"  and {len(well) - _LONGEST} more")
    return Message(
        f"Mailchimp sync: {len(well)} well again",
        "\n".join(["Well again: what an alert said is over", *lines]) if well else "",
        tuple(
            AlertEvent(
                key=_key_of(alert.collection_code, alert.state),
                summary=f"{alert.collection_code}: no longer {_words_of(alert.state)}",
                is_over=True,
            )
            for alert in over
        ),
    )


def event_of(trouble: Trouble) -> AlertEvent:
    """The event that a trouble begins; the same event again changes nothing."""
    return AlertEvent(
        key=_key_of(trouble.collection_code, trouble.state),
        summary=f"{_words_of(trouble.state)}: {trouble}",
        severity=_SEVERITIES.get(trouble.state, "warning"),
    )


def _key_of(collection_code: str, state: str) -> str:
    return f"crm-mailchimp {state} {collection_code}"


def _words_of(state: str) -> str:
    return state.replace("_", " ")
