"""Figures of an audience: complaints, daily activity, growth, mail clients, locations (OpenAPI:
listsAbuseReports, listActivity, listGrowthHistory, listClients, listLocations)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import DAY, day, iso, month
from mailchimp_sandbox.paging import ordered, window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import AbuseReport, Audience

DAYS_SHOWN = 180  # OpenAPI: "Up to the previous 180 days"

_DAILY = (
    "emails_sent",
    "unique_opens",
    "recipient_clicks",
    "hard_bounce",
    "soft_bounce",
    "subs",
    "unsubs",
    "other_adds",
    "other_removes",
)


def _complaint(audience: Audience, report: AbuseReport) -> dict[str, Any]:
    member = audience.members.get(report.hash)
    return {
        "id": report.report_id,
        "campaign_id": report.campaign_id,
        "list_id": audience.list_id,
        "email_id": report.hash,
        "email_address": report.email_address,
        "merge_fields": dict(member.merge_fields) if member else {},
        "vip": member.vip if member else False,
        "date": iso(report.date),
    }


@operation(
    "GET",
    "/lists/{list_id}/abuse-reports",
    rows={"abuse_reports": "/lists/{list_id}/abuse-reports/{id}"},
)
def list_complaints(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdAbuseReports."""
    audience = sandbox.audience(call.parts["list_id"])
    rows = audience.abuse_reports
    return {
        "abuse_reports": [_complaint(audience, row) for row in rows[window(call.query)]],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation("GET", "/lists/{list_id}/abuse-reports/{report_id}")
def get_complaint(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdAbuseReportsId."""
    audience = sandbox.audience(call.parts["list_id"])
    for report in audience.abuse_reports:
        if str(report.report_id) == call.parts["report_id"]:
            return _complaint(audience, report)
    raise not_found()


@operation("GET", "/lists/{list_id}/activity", rows={"activity": "/lists/{list_id}/activity"})
def list_activity(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdActivity: the newest day first, days without anything left out."""
    audience = sandbox.audience(call.parts["list_id"])
    oldest = day(sandbox.now - DAYS_SHOWN * DAY)
    rows = [
        {"day": date, **{name: counts.get(name, 0) for name in _DAILY}}
        for date, counts in sorted(audience.daily.items(), reverse=True)
        if date >= oldest
    ]
    return {
        "activity": rows[window(call.query)],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


def _months(audience: Audience, now: int) -> list[dict[str, Any]]:
    """Totals at the end of each month since the audience began; a quiet month repeats the
    one before."""
    rows = []
    counts: dict[str, int] = {}
    year, number = (int(part) for part in month(audience.date_created).split("-"))
    last = month(now)
    while (name := f"{year:04d}-{number:02d}") <= last:
        earlier = counts.get("subscribed", 0)
        counts = audience.monthly.get(name, counts)
        rows.append(
            {
                "list_id": audience.list_id,
                "month": name,
                "existing": earlier,
                "imports": 0,
                "optins": max(counts.get("subscribed", 0) - earlier, 0),
                "subscribed": counts.get("subscribed", 0),
                "unsubscribed": counts.get("unsubscribed", 0),
                "reconfirm": 0,
                "cleaned": counts.get("cleaned", 0),
                "pending": counts.get("pending", 0),
                "deleted": counts.get("archived", 0),
                "transactional": counts.get("transactional", 0),
            }
        )
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)
    return rows


@operation(
    "GET",
    "/lists/{list_id}/growth-history",
    rows={"history": "/lists/{list_id}/growth-history/{month}"},
)
def list_growth(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdGrowthHistory: the newest month first."""
    audience = sandbox.audience(call.parts["list_id"])
    rows = _months(audience, sandbox.now)[::-1]
    rows = ordered(rows, call.query, {"month": lambda row: row["month"]})
    return {
        "history": rows[window(call.query)],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation("GET", "/lists/{list_id}/growth-history/{month}")
def get_growth(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdGrowthHistoryId."""
    audience = sandbox.audience(call.parts["list_id"])
    for row in _months(audience, sandbox.now):
        if row["month"] == call.parts["month"]:
            return row
    raise not_found()


@operation("GET", "/lists/{list_id}/clients")
def list_clients(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdClients: known from opens."""
    audience = sandbox.audience(call.parts["list_id"])
    counts = Counter(m.email_client for m in audience.members.values() if m.email_client)
    rows = [{"client": name, "members": count} for name, count in counts.most_common()]
    return {"clients": rows, "list_id": audience.list_id, "total_items": len(rows)}


@operation("GET", "/lists/{list_id}/locations")
def list_locations(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdLocations: known from opens."""
    audience = sandbox.audience(call.parts["list_id"])
    counts = Counter(
        m.country_code
        for m in audience.members.values()
        if m.country_code and m.status == "subscribed"
    )
    known = sum(counts.values())
    names = {"GR": "Greece"}
    rows = [
        {
            "country": names.get(code, code),
            "cc": code,
            "percent": round(count / known * 100, 2),
            "total": count,
        }
        for code, count in counts.most_common()
    ]
    return {"locations": rows, "list_id": audience.list_id, "total_items": len(rows)}
