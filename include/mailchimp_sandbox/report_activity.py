"""Who got a campaign and what they did: sent-to, email-activity, open-details.

The rules of these answers are observed and partly undocumented:

- ``since`` excludes the moment itself.
- email-activity with ``since`` still answers a row for every recipient.
- It holds no unsubscribes, and stops at 1,000 opens and 1,000 clicks a member.
"""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import moment, ordered, window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.report_rows import (
    collection,
    contact_status,
    everybody,
    identity,
    listed_events,
    one,
    person,
    rows_where,
)
from mailchimp_sandbox.reports import reported
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Campaign, Recipient

CAP = 1000


def _sent_to(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> dict[str, Any]:
    events = listed_events(sandbox, campaign, recipient, "sent-to")
    opens = [event[0] for event in events if event[1] == "open"]
    row = person(sandbox, campaign, recipient)
    row.update(
        {
            "status": next((event[5] for event in events if event[1] == "bounce"), "sent"),
            "open_count": len(opens),
            "last_open": iso(max(opens, default=None)),
            "gmt_offset": 0,
        }
    )
    if recipient.group:
        row["absplit_group"] = recipient.group
    return row


def _sent(sandbox: Sandbox, campaign: Campaign) -> list[Any]:
    if not sandbox.lag.seconds.get("sent-to"):
        return everybody(sandbox, campaign)
    sent, now = campaign.send_time or 0, sandbox.now
    return [
        row
        for row in everybody(sandbox, campaign)
        if sandbox.lag.is_listed("sent-to", f"{campaign.campaign_id}:{row.hash}", sent, now)
    ]


@operation(
    "GET",
    "/reports/{campaign_id}/sent-to",
    rows={"sent_to": "/reports/{campaign_id}/sent-to/{email_id}"},
)
def list_sent_to(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdSentTo."""
    campaign = reported(sandbox, call)
    rows = _sent(sandbox, campaign)[window(call.query)]
    return collection(
        campaign,
        "sent_to",
        [_sent_to(sandbox, campaign, row) for row in rows],
        len(campaign.recipients),
    )


@operation("GET", "/reports/{campaign_id}/sent-to/{subscriber_hash}")
def get_sent_to(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdSentToId."""
    campaign = reported(sandbox, call)
    return _sent_to(sandbox, campaign, one(campaign, call))


def _activity(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, since: int | None
) -> dict[str, Any]:
    shown = {"open": 0, "click": 0}
    activity = []
    events = listed_events(sandbox, campaign, recipient, "email-activity")
    for at, action, ip, link, _, bounce_type in events:
        if action in shown:
            shown[action] += 1
            if shown[action] > CAP:
                continue
        if since is not None and at <= since:
            continue
        row = {"action": action, "timestamp": iso(at)}
        if action == "bounce":
            row["type"] = bounce_type
        else:
            row["ip"] = ip
        if action == "click":
            row["url"] = campaign.links[link].url
        activity.append(row)
    answer = identity(sandbox, campaign, recipient)
    answer["activity"] = activity
    return answer


@operation(
    "GET",
    "/reports/{campaign_id}/email-activity",
    rows={"emails": "/reports/{campaign_id}/email-activity/{email_id}"},
)
def list_activity(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdEmailActivity. Inside a batch a call without ``count`` is answered
    with all rows; singer-io/tap-mailchimp relies on it (undocumented)."""
    campaign = reported(sandbox, call)
    since = moment(call.query, "since")
    rows = everybody(sandbox, campaign)
    if call.via != "batch" or call.query.get("count"):
        rows = rows[window(call.query)]
    return collection(
        campaign,
        "emails",
        [_activity(sandbox, campaign, row, since) for row in rows],
        len(campaign.recipients),
    )


@operation("GET", "/reports/{campaign_id}/email-activity/{subscriber_hash}")
def get_activity(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdEmailActivityId."""
    campaign = reported(sandbox, call)
    return _activity(sandbox, campaign, one(campaign, call), moment(call.query, "since"))


def _opens(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, since: int | None
) -> dict[str, Any]:
    events = [
        event
        for event in listed_events(sandbox, campaign, recipient, "open-details")
        if event[1] == "open" and (since is None or event[0] > since)
    ]
    row = person(sandbox, campaign, recipient)
    row.update(
        {
            "contact_status": contact_status(sandbox, campaign, recipient),
            "opens_count": len(events),
            "proxy_excluded_opens_count": sum(not event[4] for event in events),
            "opens": [
                {"timestamp": iso(event[0]), "is_proxy_open": event[4]} for event in events[:CAP]
            ],
        }
    )
    return row


def _has_opened(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, since: int | None
) -> bool:
    return any(
        event[1] == "open" and (since is None or event[0] > since)
        for event in listed_events(sandbox, campaign, recipient, "open-details")
    )


@operation(
    "GET",
    "/reports/{campaign_id}/open-details",
    rows={"members": "/reports/{campaign_id}/open-details/{email_id}"},
)
def list_opens(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdOpenDetails: members who opened."""
    campaign = reported(sandbox, call)
    since = moment(call.query, "since")
    found = rows_where(
        sandbox,
        campaign,
        f"opens:{since}",
        lambda row: _has_opened(sandbox, campaign, row, since),
        endpoint="open-details",
    )
    found = ordered(
        found,
        call.query,
        {"opens_count": lambda row: sum(event[1] == "open" for event in row.events)},
    )
    answer = collection(
        campaign,
        "members",
        [_opens(sandbox, campaign, row, since) for row in found[window(call.query)]],
        len(found),
    )
    answer["total_opens"] = campaign.totals.opens
    answer["total_proxy_excluded_opens"] = campaign.totals.human_opens
    return answer


@operation("GET", "/reports/{campaign_id}/open-details/{subscriber_hash}")
def get_opens(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdOpenDetailsIdMembersId."""
    campaign = reported(sandbox, call)
    recipient = one(campaign, call)
    if not _has_opened(sandbox, campaign, recipient, None):
        raise not_found()
    return _opens(sandbox, campaign, recipient, None)
