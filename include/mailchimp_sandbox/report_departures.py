"""Who left through a campaign: unsubscribes and complaints."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import happenings
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.report_rows import collection, one, person, rows_where
from mailchimp_sandbox.reports import reported
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import AbuseReport, Campaign, Recipient


def _unsubscribe(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> dict[str, Any]:
    row = person(sandbox, campaign, recipient)
    row["timestamp"] = iso(recipient.unsubscribed_at)
    row["reason"] = recipient.unsubscribe_reason
    return row


@operation(
    "GET",
    "/reports/{campaign_id}/unsubscribed",
    rows={"unsubscribes": "/reports/{campaign_id}/unsubscribed/{email_id}"},
)
def list_unsubscribes(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdUnsubscribed: who left through this campaign."""
    campaign = reported(sandbox, call)
    found = rows_where(
        sandbox,
        campaign,
        "unsubscribed",
        lambda row: (
            row.unsubscribed_at is not None
            and sandbox.lag.is_listed(
                "unsubscribed",
                f"{campaign.campaign_id}:{row.hash}",
                row.unsubscribed_at,
                sandbox.now,
            )
        ),
        endpoint="unsubscribed",
    )
    return collection(
        campaign,
        "unsubscribes",
        [_unsubscribe(sandbox, campaign, row) for row in found[window(call.query)]],
        len(found),
    )


@operation("GET", "/reports/{campaign_id}/unsubscribed/{subscriber_hash}")
def get_unsubscribe(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdUnsubscribedId."""
    campaign = reported(sandbox, call)
    recipient = one(campaign, call)
    if recipient.unsubscribed_at is None:
        raise not_found()
    return _unsubscribe(sandbox, campaign, recipient)


def _complaints(sandbox: Sandbox, campaign: Campaign) -> list[tuple[AbuseReport, Recipient]]:
    audience = happenings.audience_of(sandbox, campaign)
    if audience is None:
        return []
    found = []
    for report in audience.abuse_reports:
        position = campaign.positions.get(report.hash)
        is_listed = sandbox.lag.is_listed(
            "abuse-reports", str(report.report_id), report.date, sandbox.now
        )
        if report.campaign_id == campaign.campaign_id and position is not None and is_listed:
            found.append((report, campaign.recipients[position]))
    return found


def _complaint(
    sandbox: Sandbox, campaign: Campaign, report: AbuseReport, recipient: Recipient
) -> dict[str, Any]:
    row = person(sandbox, campaign, recipient)
    row["id"] = report.report_id
    row["date"] = iso(report.date)
    return row


@operation(
    "GET",
    "/reports/{campaign_id}/abuse-reports",
    rows={"abuse_reports": "/reports/{campaign_id}/abuse-reports/{id}"},
)
def list_complaints(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdAbuseReportsId."""
    campaign = reported(sandbox, call)
    rows = [_complaint(sandbox, campaign, *found) for found in _complaints(sandbox, campaign)]
    return collection(campaign, "abuse_reports", rows[window(call.query)], len(rows))


@operation("GET", "/reports/{campaign_id}/abuse-reports/{report_id}")
def get_complaint(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdAbuseReportsIdId."""
    campaign = reported(sandbox, call)
    for report, recipient in _complaints(sandbox, campaign):
        if str(report.report_id) == call.parts["report_id"]:
            return _complaint(sandbox, campaign, report, recipient)
    raise not_found()
