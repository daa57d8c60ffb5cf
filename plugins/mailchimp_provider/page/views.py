"""The views of collections and campaigns."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from crm_mailchimp.page_content.campaigns import (
    PHASES,
    WAYS_OF_COUNTING,
    CampaignContent,
    NoSuchCampaignError,
    read_calendar,
    read_campaign,
)
from crm_mailchimp.page_content.collection import (
    CollectionContent,
    NoSuchCollectionError,
    PastRun,
    read_collection,
)
from crm_mailchimp.page_content.overview import read_overview
from crm_mailchimp.settings import QuestionSettings, SyncSettings
from crm_mailchimp.sync.decisions.plan_excerpt import read_plan_excerpt
from crm_mailchimp.sync.decisions.plan_export import NoPlanError
from crm_mailchimp.sync.runs.collections_page import MOST_CAMPAIGNS
from mailchimp_provider.connections import warehouse_connection
from mailchimp_provider.page import plots
from mailchimp_provider.page.airflow_state import log_addresses, next_sync, paused_dags, runs_of
from mailchimp_provider.page.language import language_of
from mailchimp_provider.page.rendering import day_words, rendered, zone
from mailchimp_provider.page.rights import ANSWERED_DAGS
from mailchimp_provider.page.texts import number, text

router = APIRouter()

#: What a form of the page may have done, as its address says afterwards.
Done = Annotated[str, Query(pattern="^(preview|sync|defaults|answer|erase|refused)?$")]
_MONTH = r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$"
_LARGEST_ID = 2**63 - 1
#: Columns of a sender and of list defaults. Its e-mail address is not shown.
_SENDER = (
    "company", "address1", "address2", "city", "state", "zip", "country", "phone",
    "from_name", "subject", "language", "permission_reminder", "email_type_option",
)  # fmt: skip
_FEET = {"succeeded": "ok", "blocked": "stopped", "failed": "broken"}


@dataclass(frozen=True)
class Parameter:
    """What is in force for a collection.

    Attributes:
        is_percent: the value counts hundredths.
    """

    name: str
    value: object
    source: str
    is_percent: bool = False


@router.get("/")
def show_overview(request: Request, done: Done = "") -> HTMLResponse:
    """What needs somebody first, collections by health, campaigns, and the bill."""
    now = datetime.now(UTC)
    with closing(warehouse_connection()) as warehouse:
        found = read_overview(warehouse, now)
    hours = QuestionSettings.read_usable().approval_ask_again_hours
    return rendered(
        request,
        "overview.html",
        found=found,
        done=done,
        overdue=[one for one in found.campaigns if one[0] == "overdue"],
        paused=paused_dags(ANSWERED_DAGS.values()),
        next_run=next_sync(),
        logs=log_addresses({code: run.run_id for code, run in found.runs.items()}),
        phases=PHASES,
        most_campaigns=MOST_CAMPAIGNS,
        now=now,
        ask_again_after=timedelta(hours=hours),
    )


@router.get("/collection")
def show_collection(
    request: Request,
    code: str,
    reason: str = "",
    after: Annotated[int, Query(ge=-_LARGEST_ID, le=_LARGEST_ID)] = -_LARGEST_ID,
    done: Done = "",
) -> HTMLResponse:
    """One collection.

    Args:
        request: of the reader.
        code: of the collection. 404 for one that no run has staged.
        reason: only contacts that are held back for it; empty: for any reason.
        after: only contacts with a larger id.
        done: what a form did just now.
    """
    with closing(warehouse_connection()) as warehouse:
        try:
            found = read_collection(warehouse, code, reason or None, after)
        except NoSuchCollectionError:
            raise HTTPException(404) from None
    return rendered(
        request,
        "collection.html",
        found=found,
        done=done,
        reason=reason,
        parameters=list(_parameters(found)),
        history=_history(request, found.runs),
        preview_runs=runs_of("preview_collections", [run.run_id for run in found.runs]),
    )


@router.get("/campaigns")
def show_campaigns(
    request: Request, month: Annotated[str, Query(pattern=_MONTH)] = ""
) -> HTMLResponse:
    """The calendar of a month.

    Args:
        request: of the reader.
        month: such as 2026-11; empty: this one.
    """
    local = zone()
    now = datetime.now(UTC)
    today = now.astimezone(local).date()
    first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    begins, ends = (datetime(day.year, day.month, 1, tzinfo=local) for day in (first, following))
    with closing(warehouse_connection()) as warehouse:
        found = read_calendar(warehouse, begins, ends, now)
    days: dict[date, list[object]] = {}
    for one in found:
        if moment := one[1].goes_out_at:
            days.setdefault(moment.astimezone(local).date(), []).append(one)
    return rendered(
        request,
        "campaigns.html",
        first=first,
        today=today,
        earlier=f"{first - timedelta(days=1):%Y-%m}",
        later=f"{following:%Y-%m}",
        weeks=calendar.Calendar().monthdatescalendar(first.year, first.month),
        days=days,
        undated=[one for one in found if one[1].goes_out_at is None],
    )


@router.get("/campaign")
def show_campaign(request: Request, code: str, done: Done = "") -> HTMLResponse:
    """One campaign.

    Args:
        request: of the reader.
        code: in the CRM, or Mailchimp's id. 404 for an unknown one.
        done: what a form did just now.
    """
    with closing(warehouse_connection()) as warehouse:
        try:
            found = read_campaign(warehouse, code, datetime.now(UTC))
        except NoSuchCampaignError:
            raise HTTPException(404) from None
    return rendered(
        request,
        "campaign.html",
        found=found,
        done=done,
        ways=WAYS_OF_COUNTING,
        over_time=_over_time(request, found),
    )


@router.get("/plan")
def show_plan(request: Request, run: str) -> HTMLResponse:
    """The plan of a run, member by member.

    Args:
        request: of the reader.
        run: Airflow's id of the run. 404 where it has no plan (any more).
    """
    with closing(warehouse_connection()) as warehouse:
        try:
            plans = read_plan_excerpt(warehouse, run)
        except NoPlanError as error:
            return rendered(request, "refused.html", status=404, kind="missing", words=str(error))
    return rendered(request, "plan.html", run_id=run, plans=plans)


def _parameters(found: CollectionContent) -> Iterator[Parameter]:
    facts = found.facts
    yield Parameter("owner", facts.owner_name, "collection")
    # Each of the collections that share an audience has these for itself.
    if not facts.is_shared_audience:
        yield Parameter("kind", not facts.is_static, "collection")
        yield Parameter("shared", facts.is_shared, "collection")
        yield Parameter("campaign_type", facts.campaign_type, "collection")
        yield Parameter("gdpr_category", facts.gdpr_category, "campaign_type")
    yield Parameter("account", facts.account, "provider")
    yield _audience(found)
    yield Parameter("fields", facts.sync_merge_fields, "collection")
    yield Parameter("confirm", facts.confirm_new_members, "collection")
    yield Parameter("permission", facts.marketing_permission, "collection")
    limits, defaults = SyncSettings.read_usable(), SyncSettings.read_usable({})
    for name, setting in (
        ("guard_percent", "removal_guard_percent"),
        ("guard_minimum", "removal_guard_minimum"),
    ):
        value = getattr(limits, setting)
        is_default = value == getattr(defaults, setting)
        source = "default" if is_default else "environment"
        yield Parameter(name, value, source, is_percent=name == "guard_percent")
    for name in _SENDER:
        if name in facts.settings:
            yield Parameter(name, facts.settings[name], _setting_source(found, name))


def _setting_source(found: CollectionContent, name: str) -> str:
    own = found.facts.own_settings
    if own is None:
        return "merged"
    return "collection" if name in own else "provider"


def _audience(found: CollectionContent) -> Parameter:
    name = found.audience.name if found.audience else None
    if found.audience and found.audience.shared_audience:
        return Parameter("audience", name or found.audience.shared_audience, "sharing")
    if found.facts.provider_list_id:
        return Parameter("audience", name or found.facts.provider_list_id, "collection")
    return Parameter("audience", name, "made")


def _history(request: Request, runs: Sequence[PastRun]) -> Markup:
    language = language_of(request)
    real = [run for run in reversed(runs) if not run.dry_run]
    if not real:
        return Markup("")
    columns = []
    for run in real:
        counts = (run.added, run.updated, run.removed)
        words = text(
            "collection.plot_run",
            language,
            at=day_words(run.started_at, language, with_time=True),
            added=number(run.added, language),
            updated=number(run.updated, language),
            removed=number(run.removed, language),
        )
        columns.append((words, counts, _FEET.get(run.state, "other")))
    ends = [day_words(run.started_at, language) for run in (real[0], real[-1])]
    return plots.bars(
        columns,
        text("collection.plot", language),
        (ends[0], ends[1] if len(real) > 1 else ""),
        ("added", "updated", "removed"),
    )


def _over_time(request: Request, found: CampaignContent) -> Markup:
    if not found.hours:
        return Markup("")
    language = language_of(request)
    known = {hour.began_at: hour for hour in found.hours}
    first, last = found.hours[0].began_at, found.hours[-1].began_at
    steps = [
        known.get(first + timedelta(hours=step))
        for step in range(int((last - first) / timedelta(hours=1)) + 1)
    ]
    title = text(
        "campaign.over_time_words",
        language,
        opens=number(sum(hour.opens for hour in found.hours), language),
        clicks=number(sum(hour.clicks for hour in found.hours), language),
    )
    return plots.lines(
        [
            ("one", [hour.opens if hour else 0 for hour in steps]),
            ("three", [hour.opens_without_proxy if hour else 0 for hour in steps]),
            ("two", [hour.clicks if hour else 0 for hour in steps]),
        ],
        title,
        (day_words(first, language, with_time=True), day_words(last, language, with_time=True)),
    )
