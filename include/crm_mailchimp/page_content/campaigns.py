"""Campaigns in marketing's words, the calendar of what goes out, and one campaign's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.runs.collections_page import OpenRelease

Phase = Literal[
    "waiting", "overdue", "held", "sending", "planned", "draft", "sent", "cancelled", "deleted"
]
#: In the order in which people should look at them.
PHASES: Sequence[Phase] = (
    "waiting", "overdue", "held", "sending", "planned", "draft", "sent", "cancelled", "deleted"
)  # fmt: skip
#: Nobody gets anything of it any more.
_OVER = ("sent", "cancelled", "deleted")
#: Campaigns of one month on the calendar.
MOST_CAMPAIGNS = 300
#: Hours of the plot of opens and clicks: a week.
MOST_HOURS = 168
#: Links of one campaign, those with most clicks.
MOST_LINKS = 10
#: How each rate of ``mart.campaign_performance`` is counted: the ending of its columns, and the key
#: of its words. A further way of counting is a further row here.
WAYS_OF_COUNTING = (
    ("", "with_all"),
    ("_without_proxy", "without_proxy"),
    ("_without_bots", "without_bots"),
)
RATES = ("delivery_rate", "open_rate", "click_rate", "click_to_open_rate", "unsubscribe_rate")


class NoSuchCampaignError(PermanentError):
    """No campaign has this code."""


@dataclass(frozen=True, kw_only=True)
class CalendarCampaign:
    """A row of ``stats.campaign_overview``; its comments say what the columns mean."""

    code: str
    provider_campaign_id: str | None
    title: str | None
    collection_code: str | None
    account: str
    status: str | None
    crm_state: str | None
    planned_at: datetime | None
    scheduled_for: datetime | None
    sent_at: datetime | None
    emails_sent: int | None
    unique_opens: int | None
    unique_clicks: int | None
    detail: str | None
    gate_is_open: bool | None
    gate_reasons: list[dict[str, Any]]
    origin: str

    @property
    def goes_out_at(self) -> datetime | None:
        """When it went out, or is to go out."""
        return self.sent_at or self.scheduled_for or self.planned_at


@dataclass(frozen=True, kw_only=True)
class _Figures:
    figures: Mapping[str, Any]
    list_id: str | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A row of ``mart.campaign_comparison``; rates are 0 to 1."""

    is_mature: bool
    past_campaigns: int
    open_rate_without_proxy: Decimal | None
    past_open_rate_without_proxy: Decimal | None
    click_rate: Decimal | None
    past_click_rate: Decimal | None
    click_rate_without_bots: Decimal | None
    past_click_rate_without_bots: Decimal | None
    unsubscribe_rate: Decimal | None
    past_unsubscribe_rate: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Hour:
    """Opens and clicks of one hour."""

    began_at: datetime
    opens: int
    opens_without_proxy: int
    clicks: int


@dataclass(frozen=True, kw_only=True)
class ClickedLink:
    """A row of ``mart.link_performance``."""

    url: str
    total_clicks: int
    unique_clicks: int
    click_share: Decimal | None
    total_clicks_without_bots: int


@dataclass(frozen=True, kw_only=True)
class ComparedTotal:
    """Our count of a campaign beside Mailchimp's."""

    metric: str
    ours: int
    mailchimps: int
    difference: int
    unexplained: int
    checked_at: datetime


@dataclass(frozen=True, kw_only=True)
class SendingHealth:
    """A row of ``sync.sending_health``; its comments say what the columns mean."""

    looked_at: datetime
    emails_sent: int
    hard_bounces: int
    complaints: int
    unsubscribes: int
    is_judged: bool
    too_many: list[str]


@dataclass(frozen=True, kw_only=True)
class PlannedRecipients:
    """Who is to get a campaign of the CRM.

    Attributes:
        list_id: the audience; None: its collection has none yet.
        audience: its name.
        tag: of the collection, if several share the audience.
        tagged_for: the collection, if several share the audience.
        synced_at: when the collection's newest sync ended; None: there was none.
        contacts: of the collection in the CRM, by that sync.
        held_back: contacts of the collection that get no mail.
        counted: recipients by Mailchimp's count at the newest check before sending.
        counted_at: when that was.
    """

    list_id: str | None
    audience: str | None
    tag: str | None
    tagged_for: int | None
    synced_at: datetime | None
    contacts: int | None
    held_back: int
    counted: int | None
    counted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """One rate, in each way of counting; None: not known in this way."""

    name: str
    values: Sequence[Decimal | None]


@dataclass(frozen=True, kw_only=True)
class CampaignContent:
    """Everything of the view of one campaign; without figures before a report was read.

    Attributes:
        recipients: None: it was sent, will not be, or was made in Mailchimp.
        estimate: how many of them are subscribed now, as the gate counts; None: nobody knows.
    """

    campaign: CalendarCampaign
    phase: Phase
    recipients: PlannedRecipients | None
    estimate: int | None
    figures: Mapping[str, Any] | None
    rates: Sequence[RateRow]
    comparison: Comparison | None
    hours: Sequence[Hour]
    links: Sequence[ClickedLink]
    totals: Sequence[ComparedTotal]
    health: SendingHealth | None


def phase_of(
    *,
    status: str | None,
    planned_at: datetime | None,
    sent_at: datetime | None,
    gate_is_open: bool | None,
    is_waiting: bool,
    now: datetime,
    crm_state: str | None = None,
) -> Phase:
    """What happens next with a campaign.

    Args:
        status: Mailchimp's word.
        planned_at: when it is to go out; None: nobody said.
        sent_at: when it went out.
        gate_is_open: what the last check before sending said; None: there was none.
        is_waiting: a person is asked about the gate.
        now: the reader's moment.
        crm_state: of the CRM's campaign.
    """
    if sent_at is not None or status == "sent":
        return "sent"
    if status == "deleted":
        return "deleted"
    if status == "canceled" or crm_state in ("cancelled", "gone"):
        return "cancelled"
    if status == "sending":
        return "sending"
    if is_waiting:
        return "waiting"
    if crm_state == "overdue" or (planned_at is not None and planned_at < now):
        return "overdue"
    if gate_is_open is False:
        return "held"
    if status == "schedule" or (planned_at is not None and crm_state != "draft"):
        return "planned"
    return "draft"


def read_calendar(
    warehouse: Connection[Any], begins_at: datetime, ends_at: datetime, now: datetime
) -> list[tuple[Phase, CalendarCampaign]]:
    """Campaigns that went out, or are to go out, in a period.

    Campaigns without a time come last, where the period holds the present.
    """
    rows = read_rows(
        warehouse,
        CalendarCampaign,
        statement("page/calendar"),
        {
            "begins_at": begins_at,
            "ends_at": ends_at,
            "with_undated": begins_at <= now < ends_at,
            "most": MOST_CAMPAIGNS,
        },
    )
    waiting = _waiting(warehouse)
    warehouse.rollback()
    return [(_phase(row, waiting, now), row) for row in rows]


def read_campaign(warehouse: Connection[Any], code: str, now: datetime) -> CampaignContent:
    """Read one campaign.

    Args:
        warehouse: a connection.
        code: in the CRM, or Mailchimp's id of a campaign that was made there.
        now: the reader's moment.

    Raises:
        NoSuchCampaignError: no campaign has it.
    """
    campaign = read_row(warehouse, CalendarCampaign, statement("page/campaign"), {"code": code})
    if campaign is None:
        raise NoSuchCampaignError(f"no campaign has the code {code!r}")
    values: dict[str, object] = {"campaign_id": campaign.provider_campaign_id}
    found = read_row(warehouse, _Figures, statement("page/campaign_figures"), values)
    figures = found.figures if found else None
    phase = _phase(campaign, _waiting(warehouse), now)
    recipients = None if phase in _OVER else _recipients(warehouse, code)
    content = CampaignContent(
        campaign=campaign,
        phase=phase,
        recipients=recipients,
        estimate=_estimate(warehouse, recipients),
        figures=figures,
        rates=[_rate(name, figures) for name in RATES] if figures else [],
        comparison=read_row(
            warehouse,
            Comparison,
            statement("page/campaign_comparison"),
            {**values, "list_id": found.list_id},
        )
        if found
        else None,
        hours=read_rows(
            warehouse, Hour, statement("page/campaign_hours"), {**values, "most": MOST_HOURS}
        ),
        links=read_rows(
            warehouse, ClickedLink, statement("page/campaign_links"), {**values, "most": MOST_LINKS}
        ),
        totals=read_rows(warehouse, ComparedTotal, statement("page/reconciliation"), values),
        health=read_row(warehouse, SendingHealth, statement("page/sending_health"), values),
    )
    warehouse.rollback()
    return content


def _recipients(warehouse: Connection[Any], code: str) -> PlannedRecipients | None:
    return read_row(
        warehouse, PlannedRecipients, statement("page/campaign_recipients"), {"code": code}
    )


def _estimate(warehouse: Connection[Any], recipients: PlannedRecipients | None) -> int | None:
    """As many as the gate would expect."""
    if recipients is None or recipients.list_id is None:
        return None
    return read_value(
        warehouse,
        int,
        statement("campaigns/count_subscribed"),
        {"list_id": recipients.list_id, "tagged_for": recipients.tagged_for},
    )


def _rate(name: str, figures: Mapping[str, Any]) -> RateRow:
    found = [figures.get(f"{name}{ending}") for ending, _ in WAYS_OF_COUNTING]
    return RateRow(
        name=name, values=[None if value is None else Decimal(str(value)) for value in found]
    )


def _waiting(warehouse: Connection[Any]) -> set[str]:
    rows = read_rows(warehouse, OpenRelease, statement("page/open_releases"))
    return {row.campaign_code for row in rows}


def _phase(row: CalendarCampaign, waiting: set[str], now: datetime) -> Phase:
    return phase_of(
        status=row.status,
        planned_at=row.scheduled_for or row.planned_at,
        sent_at=row.sent_at,
        gate_is_open=row.gate_is_open,
        is_waiting=row.code in waiting,
        now=now,
        crm_state=row.crm_state,
    )
