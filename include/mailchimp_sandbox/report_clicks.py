"""Clicks by link and by member: click-details."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import ordered, window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.report_rows import (
    collection,
    contact_status,
    listed_events,
    one,
    person,
    rows_where,
)
from mailchimp_sandbox.reports import reported
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Campaign, Link, Recipient


def _as_listed(sandbox: Sandbox, campaign: Campaign, link: Link) -> Link:
    """The link with its totals as far as the list has caught up."""
    if not sandbox.lag.seconds.get("click-details"):
        return link
    index = campaign.links.index(link)
    clicks = [
        (event[0], recipient.hash)
        for recipient in campaign.recipients
        for event in listed_events(sandbox, campaign, recipient, "click-details")
        if event[1] == "click" and event[3] == index
    ]
    return replace(
        link,
        total=len(clicks),
        unique=len({member for _, member in clicks}),
        last_click=max((at for at, _ in clicks), default=None),
    )


def _link_row(campaign: Campaign, link: Link) -> dict[str, Any]:
    totals = campaign.totals
    row: dict[str, Any] = {
        "id": link.link_id,
        "url": link.url,
        "total_clicks": link.total,
        "click_percentage": round(link.total / totals.clicks, 6) if totals.clicks else 0,
        "unique_clicks": link.unique,
        "unique_click_percentage": round(link.unique / totals.unique_clicks, 6)
        if totals.unique_clicks
        else 0,
        "last_click": iso(link.last_click),
        "campaign_id": campaign.campaign_id,
    }
    if campaign.type in ("variate", "absplit"):
        row["ab_split"] = {group: _link_group(campaign, link, group) for group in ("a", "b")}
    return row


def _link_group(campaign: Campaign, link: Link, group: str) -> dict[str, Any]:
    index = next(n for n, one in enumerate(campaign.links) if one.link_id == link.link_id)
    clicks = [
        sum(event[1] == "click" and event[3] == index for event in recipient.events)
        for recipient in campaign.recipients
        if recipient.group == group and not recipient.deleted
    ]
    total, unique = sum(clicks), sum(count > 0 for count in clicks)
    return {
        f"total_clicks_{group}": total,
        f"click_percentage_{group}": round(total / link.total, 6) if link.total else 0,
        f"unique_clicks_{group}": unique,
        f"unique_click_percentage_{group}": round(unique / link.unique, 6) if link.unique else 0,
    }


def _link(campaign: Campaign, call: Call) -> tuple[int, Link]:
    for index, link in enumerate(campaign.links):
        if link.link_id == call.parts["link_id"]:
            return index, link
    raise not_found()


@operation(
    "GET",
    "/reports/{campaign_id}/click-details",
    rows={"urls_clicked": "/reports/{campaign_id}/click-details/{id}"},
)
def list_links(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdClickDetails: every tracked link, clicked or not."""
    campaign = reported(sandbox, call)
    rows = ordered(
        [_as_listed(sandbox, campaign, link) for link in campaign.links],
        call.query,
        {"total_clicks": lambda link: link.total, "unique_clicks": lambda link: link.unique},
    )
    return collection(
        campaign,
        "urls_clicked",
        [_link_row(campaign, row) for row in rows[window(call.query)]],
        len(rows),
    )


@operation("GET", "/reports/{campaign_id}/click-details/{link_id}")
def get_link(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdClickDetailsId."""
    campaign = reported(sandbox, call)
    return _link_row(campaign, _as_listed(sandbox, campaign, _link(campaign, call)[1]))


def _clicker(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, index: int
) -> dict[str, Any]:
    row = person(sandbox, campaign, recipient)
    row.update(
        {
            "clicks": sum(
                event[1] == "click" and event[3] == index
                for event in listed_events(sandbox, campaign, recipient, "click-details")
            ),
            "url_id": campaign.links[index].link_id,
            "contact_status": contact_status(sandbox, campaign, recipient),
        }
    )
    return row


def _has_clicked(sandbox: Sandbox, campaign: Campaign, recipient: Recipient, index: int) -> bool:
    return any(
        event[1] == "click" and event[3] == index
        for event in listed_events(sandbox, campaign, recipient, "click-details")
    )


@operation(
    "GET",
    "/reports/{campaign_id}/click-details/{link_id}/members",
    rows={"members": "/reports/{campaign_id}/click-details/{link_id}/members/{email_id}"},
)
def list_clickers(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdClickDetailsIdMembers."""
    campaign = reported(sandbox, call)
    index, link = _link(campaign, call)
    found = rows_where(
        sandbox,
        campaign,
        f"clicks:{link.link_id}",
        lambda row: _has_clicked(sandbox, campaign, row, index),
        endpoint="click-details",
    )
    return collection(
        campaign,
        "members",
        [_clicker(sandbox, campaign, row, index) for row in found[window(call.query)]],
        len(found),
    )


@operation("GET", "/reports/{campaign_id}/click-details/{link_id}/members/{subscriber_hash}")
def get_clicker(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdClickDetailsIdMembersId."""
    campaign = reported(sandbox, call)
    index, _ = _link(campaign, call)
    recipient = one(campaign, call)
    if not _has_clicked(sandbox, campaign, recipient, index):
        raise not_found()
    return _clicker(sandbox, campaign, recipient, index)
