"""Whether sendings go well: hard bounces, complaints and unsubscribes in their first day.

Mailchimp warns and then stops accounts with many of them, and names no numbers. So the numbers are
settings. Mailchimp's counts are used as they are (``GET /reports/{campaign_id}``, OpenAPI 3.0.55).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import Accounts, Counted, work_in_each
from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.rows import read_rows
from crm_mailchimp.settings import SendingSettings
from crm_mailchimp.statements import statement

_WORDS = {
    "hard_bounces": "addresses that do not exist",
    "complaints": "people who reported it as spam",
    "unsubscribes": "people who unsubscribed",
}


class TotalsProvider(Counted, Protocol):
    """Gives the totals of a sent campaign."""

    def report(self, campaign_id: str) -> Mapping[str, Any]:
        """The totals, as Mailchimp names them.

        Raises:
            NotFoundAtProviderError: there is no such campaign, or no report of it yet.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class HealthLimits:
    """From when on there is too much of something.

    Attributes:
        hard_bounces: percentage of the mails that were sent.
        complaints: percentage of the mails that were delivered.
        unsubscribes: the same.
        least_mails: with fewer mails a percentage says nothing.
        least_people: the same for fewer people.
    """

    hard_bounces: float
    complaints: float
    unsubscribes: float
    least_mails: int
    least_people: int


class DueLook(NamedTuple):
    """A sending whose report is due for a look.

    Attributes:
        campaign_id: in the CRM.
        account: id of the connection that leads to its Mailchimp account.
    """

    campaign_id: int
    campaign_code: str
    account: str
    provider_campaign_id: str
    list_id: str
    sent_at: datetime


class Unhealthy(NamedTuple):
    """A sending that went badly, and none to its audience went well since.

    Attributes:
        too_many: of ``hard_bounces``, ``complaints`` and ``unsubscribes``.
    """

    campaign_id: int
    campaign_code: str
    list_id: str
    sent_at: datetime
    emails_sent: int
    hard_bounces: int
    complaints: int
    unsubscribes: int
    too_many: list[str]

    def __str__(self) -> str:
        counts = {
            "hard_bounces": self.hard_bounces,
            "complaints": self.complaints,
            "unsubscribes": self.unsubscribes,
        }
        found = ", ".join(f"{counts[name]} {_WORDS[name]}" for name in self.too_many)
        return f"{found}, of {self.emails_sent} mails"


def read_health_limits(environment: Mapping[str, str] = os.environ) -> HealthLimits:
    """The limits that the settings give.

    Raises:
        SettingError: one of them cannot be obeyed.
    """
    return _limits(SendingSettings.read(environment))


def usable_health_limits(environment: Mapping[str, str] = os.environ) -> HealthLimits:
    """The same; a wrong value counts as not set: it must not end the looks."""
    return _limits(SendingSettings.read_usable(environment))


def is_judged(limits: HealthLimits, sent: int) -> bool:
    """Whether enough mails were sent for percentages to say something."""
    return sent >= max(1, limits.least_mails)


def too_many(
    limits: HealthLimits, *, sent: int, bounces: int, hard: int, complaints: int, unsubscribes: int
) -> list[str]:
    """What there is too much of.

    Args:
        sent: mails that were sent.
        bounces: mails that came back, hard and soft.
        hard: mails whose address does not exist.
        complaints: people who reported the mail as spam.
        unsubscribes: people who unsubscribed.
    """
    if not is_judged(limits, sent):
        return []
    delivered = max(1, sent - bounces)
    shares = {
        "hard_bounces": (hard, 100 * hard / sent, limits.hard_bounces),
        "complaints": (complaints, 100 * complaints / delivered, limits.complaints),
        "unsubscribes": (unsubscribes, 100 * unsubscribes / delivered, limits.unsubscribes),
    }
    return [
        name
        for name, (people, share, most) in shares.items()
        if people >= max(1, limits.least_people) and share > most
    ]


def look_at_sendings(
    warehouse: Connection[Any],
    accounts: Accounts[TotalsProvider],
    *,
    limits: HealthLimits,
    now: datetime,
) -> int:
    """Look at the reports that are due; commits after each. An account that fails stops no other.

    Args:
        now: present time.

    Returns:
        number of reports that were read.

    Raises:
        ProviderError, PassingError, PermanentError: as ``work_in_each``.
    """
    due = read_rows(warehouse, DueLook, statement("campaigns/due_looks"), {"now": now})
    warehouse.commit()
    read = 0

    def look(provider: TotalsProvider, account: str) -> None:
        nonlocal read
        for one in due:
            if one.account == account:
                read += _look_at_one(warehouse, provider, one, limits, now)

    work_in_each(accounts, sorted({one.account for one in due}), look)
    return read


def unhealthy_sendings(
    warehouse: Connection[Any], list_id: str | None = None, collection_code: str | None = None
) -> Sequence[Unhealthy]:
    """Sendings that went badly, and none went well since.

    Args:
        list_id: only of this audience, and of ``collection_code``; None: of all.
        collection_code: the collection that has the audience now.
    """
    return read_rows(
        warehouse,
        Unhealthy,
        statement("campaigns/unhealthy_sendings"),
        {"list_id": list_id, "collection_code": collection_code},
    )


def _look_at_one(
    warehouse: Connection[Any],
    provider: TotalsProvider,
    due: DueLook,
    limits: HealthLimits,
    now: datetime,
) -> int:
    try:
        report = provider.report(due.provider_campaign_id)
    except NotFoundAtProviderError:
        return 0  # it was deleted, or its report is not there yet: the next run asks again
    bounces = report.get("bounces") or {}
    hard = int(bounces.get("hard_bounces") or 0)
    came_back = hard + int(bounces.get("soft_bounces") or 0)
    counts = {
        "emails_sent": int(report.get("emails_sent") or 0),
        "complaints": int(report.get("abuse_reports") or 0),
        "unsubscribes": int(report.get("unsubscribed") or 0),
    }
    found = too_many(
        limits,
        sent=counts["emails_sent"],
        bounces=came_back,
        hard=hard,
        complaints=counts["complaints"],
        unsubscribes=counts["unsubscribes"],
    )
    warehouse.execute(
        statement("campaigns/record_look"),
        {
            **due._asdict(),
            **counts,
            "hard_bounces": hard,
            "is_judged": is_judged(limits, counts["emails_sent"]),
            "too_many": found,
            "now": now,
        },
    )
    warehouse.commit()
    return 1


def _limits(settings: SendingSettings) -> HealthLimits:
    return HealthLimits(
        hard_bounces=settings.sending_most_hard_bounces,
        complaints=settings.sending_most_complaints,
        unsubscribes=settings.sending_most_unsubscribes,
        least_mails=settings.sending_least_mails,
        least_people=settings.sending_least_people,
    )
