"""Campaign reports: ``/reports`` and ``/reports/{campaign_id}`` (OpenAPI: reports).

The ``proxy_excluded_*`` figures and ``is_proxy_open`` are in Mailchimp's answers since 2024, though
not in OpenAPI 3.0.55.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailchimp_sandbox import lists, rss_series
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.campaigns import TYPES
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import choice, moment, window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Campaign, Recipient, Totals

HOURS_SHOWN = 24


def reported(sandbox: Sandbox, call: Call) -> Campaign:
    """The campaign of a report.

    Raises:
        Problem: 404 for one that is unknown or not sent.
    """
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if not has_report(campaign):
        raise not_found()
    return campaign


def has_report(campaign: Campaign) -> bool:
    """Whether anything of it was sent; an RSS campaign may be paused since."""
    return campaign.send_time is not None


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0


def totals_of(recipients: Iterable[Recipient]) -> Totals:
    """Figures of some recipients, counted from their events: for A/B parts."""
    totals = Totals()
    for recipient in recipients:
        totals.sent += 1
        totals.hard_bounces += recipient.status == "hard"
        totals.soft_bounces += recipient.status == "soft"
        totals.unsubscribed += recipient.unsubscribed_at is not None
        opens = [event for event in recipient.events if event[1] == "open"]
        clicks = [event for event in recipient.events if event[1] == "click"]
        humans = [event for event in opens if not event[4]]
        totals.opens += len(opens)
        totals.unique_opens += bool(opens)
        totals.human_opens += len(humans)
        totals.unique_human_opens += bool(humans)
        totals.clicks += len(clicks)
        totals.clickers += bool(clicks)
        totals.unique_clicks += len({event[3] for event in clicks})
        for event in opens:
            totals.last_open = max(totals.last_open or 0, event[0])
        for event in clicks:
            totals.last_click = max(totals.last_click or 0, event[0])
    return totals


def _split(campaign: Campaign) -> dict[str, Any]:
    answer = {}
    for group in ("a", "b"):
        totals = totals_of(row for row in campaign.recipients if row.group == group)
        answer[group] = {
            "bounces": totals.hard_bounces + totals.soft_bounces,
            "abuse_reports": 0,
            "unsubs": totals.unsubscribed,
            "recipient_clicks": totals.clickers,
            "forwards": 0,
            "forwards_opens": 0,
            "opens": totals.opens,
            "last_open": iso(totals.last_open),
            "unique_opens": totals.unique_opens,
        }
    return answer


def _timeseries(campaign: Campaign) -> list[dict[str, Any]]:
    start = (campaign.send_time or 0) - (campaign.send_time or 0) % 3600
    rows = []
    for hour in range(HOURS_SHOWN):
        stamp = iso(start + hour * 3600)
        sent, opens, human, clicks = campaign.hourly.get(stamp, (0, 0, 0, 0))
        rows.append(
            {
                "timestamp": stamp,
                "emails_sent": sent,
                "unique_opens": opens,
                "proxy_excluded_unique_opens": human,
                "recipients_clicks": clicks,
            }
        )
    return rows


def describe(sandbox: Sandbox, campaign: Campaign, totals: Totals | None = None) -> dict[str, Any]:
    """A report; ``totals`` other than the campaign's for an A/B part."""
    own = totals is None
    is_series = rss_series.is_series(campaign)
    if totals is None:
        totals = rss_series.totals(sandbox, campaign) if is_series else campaign.totals
    is_under_way = campaign.status == "sending" and not is_series
    audience = sandbox.account.audiences.get(campaign.list_id)
    delivered = totals.sent - totals.hard_bounces - totals.soft_bounces
    stats = lists.describe(audience)["stats"] if audience else {}
    row: dict[str, Any] = {
        "id": campaign.campaign_id,
        "campaign_title": campaign.settings.get("title", ""),
        "type": campaign.type,
        "list_id": campaign.list_id,
        "list_is_active": audience is not None,
        "list_name": audience.name
        if audience
        else sandbox.account.deleted_audiences.get(campaign.list_id, ""),
        "subject_line": campaign.settings.get("subject_line", ""),
        "preview_text": campaign.settings.get("preview_text", ""),
        "emails_sent": totals.sent,
        "abuse_reports": totals.abuse,
        "unsubscribed": totals.unsubscribed,
        "send_time": iso(campaign.send_time),
        "bounces": {
            "hard_bounces": totals.hard_bounces,
            "soft_bounces": totals.soft_bounces,
            "syntax_errors": 0,
        },
        "forwards": {
            "forwards_count": totals.forwards,
            "forwards_opens": totals.forward_opens,
        },
        "opens": {
            "opens_total": totals.opens,
            "proxy_excluded_opens": totals.human_opens,
            "unique_opens": totals.unique_opens,
            "proxy_excluded_unique_opens": totals.unique_human_opens,
            "open_rate": _rate(totals.unique_opens, delivered),
            "proxy_excluded_open_rate": _rate(totals.unique_human_opens, delivered),
            "last_open": iso(totals.last_open),
        },
        "clicks": {
            "clicks_total": totals.clicks,
            "unique_clicks": totals.unique_clicks,
            "unique_subscriber_clicks": totals.clickers,
            "click_rate": _rate(totals.clickers, delivered),
            "last_click": iso(totals.last_click),
        },
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "industry_stats": {
            "type": "Agriculture and Food Services",
            "open_rate": 0.214,
            "click_rate": 0.021,
            "bounce_rate": 0.004,
            "unopen_rate": 0.782,
            "unsub_rate": 0.002,
            "abuse_rate": 0.0001,
        },
        "list_stats": {
            "sub_rate": stats.get("avg_sub_rate", 0),
            "unsub_rate": stats.get("avg_unsub_rate", 0),
            "open_rate": stats.get("open_rate", 0),
            "click_rate": stats.get("click_rate", 0),
        },
        "timeseries": _timeseries(campaign),
        "share_report": {
            "share_url": f"https://elaiones.us1.list-manage.com/reports/{campaign.campaign_id}",
            "share_password": "",
        },
        "ecommerce": {
            "total_orders": 0,
            "total_spent": 0,
            "total_revenue": 0,
            "currency_code": "EUR",
        },
        "delivery_status": {
            "enabled": is_under_way,
            "can_cancel": is_under_way,
            "status": "delivering" if is_under_way else "delivered",
            "emails_sent": totals.sent,
            "emails_canceled": 0,
        },
    }
    if own and campaign.type in ("variate", "absplit"):
        row["ab_split"] = _split(campaign)
    if is_series:
        row["rss_last_send"] = iso(campaign.send_time)
        del row["timeseries"]  # "the first 24 hours of the campaign": there is no such time
    return row


@operation("GET", "/reports", rows={"reports": "/reports/{id}"})
def list_reports(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReports, the newest first."""
    query = call.query
    kind = choice(query, "type", TYPES)
    after, until = moment(query, "since_send_time"), moment(query, "before_send_time")
    rows = [
        campaign
        for campaign in sandbox.account.campaigns.values()
        if has_report(campaign)
        and (kind is None or campaign.type == kind)
        and (after is None or (campaign.send_time or 0) > after)
        and (until is None or (campaign.send_time or 0) <= until)
    ]
    rows.sort(key=lambda campaign: (-(campaign.send_time or 0), -campaign.number))
    return {
        "reports": [describe(sandbox, row) for row in rows[window(query)]],
        "total_items": len(rows),
    }


@operation("GET", "/reports/{campaign_id}")
def get_report(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsId."""
    return describe(sandbox, reported(sandbox, call))


def _subject(campaign: Campaign, group: str) -> Any:
    """What a part's recipients got: the subject of its combination (OpenAPI: variate_settings,
    "combinations"). That the winner is the first one is undocumented."""
    subjects = campaign.variate.get("subject_lines") or [campaign.settings.get("subject_line", "")]
    return subjects[min("ab".find(group), len(subjects) - 1)] if group in "ab" else subjects[0]


@operation("GET", "/reports/{campaign_id}/sub-reports", rows={"reports": "/reports/{id}"})
def list_sub_reports(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdSubReportsId: one report per A/B part, and per mail of an RSS campaign
    ("child campaigns")."""
    campaign = reported(sandbox, call)
    rows = []
    if rss_series.is_series(campaign):
        mails = rss_series.children(sandbox, campaign)
        rows = [describe(sandbox, mail) for mail in mails]
    if campaign.type in ("variate", "absplit"):
        for group in dict.fromkeys(row.group for row in campaign.recipients):
            part = describe(
                sandbox,
                campaign,
                totals_of(row for row in campaign.recipients if row.group == group),
            )
            part["id"] = f"{campaign.campaign_id}-{group}"
            part["subject_line"] = _subject(campaign, group)
            rows.append(part)
    return {
        "reports": rows,
        "campaign_id": campaign.campaign_id,
        "total_items": len(rows),
    }


@operation("GET", "/reports/{campaign_id}/advice", rows={"advice": "/reports/{campaign_id}/advice"})
def list_advice(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdAdvice."""
    campaign = reported(sandbox, call)
    totals = campaign.totals
    rows = []
    if totals.sent and totals.hard_bounces / totals.sent > 0.01:
        rows.append({"type": "negative", "message": "Your bounce rate is above the average."})
    if totals.abuse:
        rows.append({"type": "negative", "message": "Your campaign received abuse complaints."})
    if totals.sent and totals.unique_opens / totals.sent > 0.25:
        rows.append({"type": "positive", "message": "Your open rate is above the average."})
    return {"advice": rows, "campaign_id": campaign.campaign_id, "total_items": len(rows)}


@operation("GET", "/reports/{campaign_id}/eepurl")
def get_eepurl(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdEepurl: nobody in the simulation shares on social media."""
    campaign = reported(sandbox, call)
    return {
        "eepurl": f"http://eepurl.com/{campaign.campaign_id[:6]}",
        "clicks": {"clicks": 0, "first_click": "", "last_click": "", "locations": []},
        "referrers": [],
        "twitter": {
            "tweets": 0,
            "first_tweet": "",
            "last_tweet": "",
            "retweets": 0,
            "statuses": [],
        },
        "campaign_id": campaign.campaign_id,
        "total_items": 0,
    }


@operation("GET", "/reports/{campaign_id}/ecommerce-product-activity")
def list_products(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdEcommerceProductActivity: no shop is connected."""
    reported(sandbox, call)
    choice(call.query, "sort_field", ("title", "total_revenue", "total_purchased"))
    products: list[Any] = []
    return {"products": products[window(call.query)], "total_items": 0}


@operation("GET", "/reports/{campaign_id}/locations")
def list_locations(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdLocations: opens by place."""
    campaign = reported(sandbox, call)
    rows = []
    for place, (opens, human) in sorted(campaign.locations.items(), key=lambda item: -item[1][0]):
        country, region, name = place.split(":")
        rows.append(
            {
                "country_code": country,
                "region": region,
                "region_name": name,
                "opens": opens,
                "proxy_excluded_opens": human,
            }
        )
    return {
        "locations": rows[window(call.query)],
        "campaign_id": campaign.campaign_id,
        "total_items": len(rows),
    }


@operation("GET", "/reports/{campaign_id}/domain-performance")
def list_domains(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getReportsIdDomainPerformance: the five domains with most recipients.
    OpenAPI: "top-performing domains"; that they are five, and these, is undocumented."""
    campaign = reported(sandbox, call)
    rows = sandbox.cached(
        ("domains", campaign.campaign_id), campaign.version, lambda: _domains(campaign)
    )
    return {
        "domains": rows,
        "total_sent": campaign.totals.sent,
        "campaign_id": campaign.campaign_id,
        "total_items": len(rows),
    }


def _domains(campaign: Campaign) -> list[Any]:
    groups: dict[str, list[Recipient]] = {}
    for recipient in campaign.recipients:
        if not recipient.deleted:
            domain = recipient.email_address.rpartition("@")[2].lower()
            groups.setdefault(domain, []).append(recipient)
    rows = []
    for domain, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:5]:
        totals = totals_of(members)
        bounces = totals.hard_bounces + totals.soft_bounces
        delivered = totals.sent - bounces
        rows.append(
            {
                "domain": domain,
                "emails_sent": totals.sent,
                "bounces": bounces,
                "opens": totals.unique_opens,
                "clicks": totals.clickers,
                "unsubs": totals.unsubscribed,
                "delivered": delivered,
                "emails_pct": _rate(totals.sent, campaign.totals.sent),
                "bounces_pct": _rate(bounces, totals.sent),
                "opens_pct": _rate(totals.unique_opens, delivered),
                "clicks_pct": _rate(totals.clickers, delivered),
                "unsubs_pct": _rate(totals.unsubscribed, delivered),
            }
        )
    return rows
