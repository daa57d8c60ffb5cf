"""Campaigns: ``/campaigns`` and ``/campaigns/{campaign_id}`` (OpenAPI: campaigns)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_sandbox import (
    addresses,
    delivery,
    rss_schedule,
    rss_series,
    segment_choice,
    validation,
)
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import choice, moment, ordered, window
from mailchimp_sandbox.problem import bad_request, invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Campaign, Totals

TYPES = ("regular", "plaintext", "absplit", "rss", "variate")
STATUSES = ("save", "paused", "schedule", "sending", "sent")

_SCHEMA = {
    "type": "string",
    "recipients": "object",
    "settings": "object",
    "tracking": "object",
    "variate_settings": "object",
    "rss_opts": "object",
    "social_card": "object",
    "content_type": "string",
}
_SETTINGS: dict[str, tuple[str, Any]] = {
    "subject_line": ("string", ""),
    "preview_text": ("string", ""),
    "title": ("string", ""),
    "from_name": ("string", ""),
    "reply_to": ("string", ""),
    "use_conversation": ("boolean", False),
    "to_name": ("string", ""),
    "folder_id": ("string", ""),
    "authenticate": ("boolean", True),
    "auto_footer": ("boolean", False),
    "inline_css": ("boolean", False),
    "auto_tweet": ("boolean", False),
    "fb_comments": ("boolean", True),
    "timewarp": ("boolean", False),
    "template_id": ("integer", 0),
    "drag_and_drop": ("boolean", False),
}
_TRACKING: dict[str, Any] = {
    "opens": True,
    "html_clicks": True,
    "text_clicks": False,
    "goal_tracking": False,
    "ecomm360": False,
    "google_analytics": "",
    "clicktale": "",
}

CONTENT_TYPES = ("html", "template", "multichannel")
_PARTS: dict[str, dict[str, str]] = {
    "recipients": {"list_id": "string", "segment_opts": "object"},
    "tracking": {
        "opens": "boolean",
        "html_clicks": "boolean",
        "text_clicks": "boolean",
        "goal_tracking": "boolean",
        "ecomm360": "boolean",
        "google_analytics": "string",
        "clicktale": "string",
        "salesforce": "object",
        "capsule": "object",
    },
    "variate_settings": {
        "winner_criteria": "string",
        "wait_time": "integer",
        "test_size": "integer",
        "subject_lines": "array",
        "send_times": "array",
        "from_names": "array",
        "reply_to_addresses": "array",
    },
    "social_card": {"image_url": "string", "description": "string", "title": "string"},
}


def describe(sandbox: Sandbox, campaign: Campaign) -> dict[str, Any]:
    """A campaign as the API answers it."""
    account = sandbox.account
    audience = account.audiences.get(campaign.list_id)
    is_series = rss_series.is_series(campaign)
    totals = rss_series.totals(sandbox, campaign) if is_series else campaign.totals
    gone = campaign.send_time is not None
    if gone and not is_series:
        recipient_count = totals.sent
    else:
        recipient_count = delivery.recipient_count(sandbox, audience, campaign) if audience else 0
    recipients: dict[str, Any] = {
        "list_id": campaign.list_id,
        "list_is_active": audience is not None,
        "list_name": audience.name
        if audience
        else account.deleted_audiences.get(campaign.list_id, ""),
        "segment_text": "",
        "recipient_count": recipient_count,
    }
    if campaign.segment_opts and audience is not None:
        options = segment_choice.shown_options(audience, campaign.segment_opts)
        recipients["segment_opts"] = options
        recipients["segment_text"] = segment_choice.text_of(audience, options, recipient_count)
    elif campaign.segment_opts:
        recipients["segment_opts"] = campaign.segment_opts
    row: dict[str, Any] = {
        "id": campaign.campaign_id,
        "web_id": campaign.web_id,
        "type": campaign.type,
        "create_time": iso(campaign.create_time),
        "archive_url": f"http://eepurl.com/{campaign.campaign_id[:6]}",
        "long_archive_url": (
            f"https://us1.campaign-archive.com/?u=elaiones&id={campaign.campaign_id}"
        ),
        "status": campaign.status,
        "emails_sent": totals.sent,
        "send_time": iso(campaign.send_time if gone else campaign.scheduled_for),
        "content_type": campaign.content_type,
        "needs_block_refresh": False,
        "resendable": campaign.status == "sent",
        "recipients": recipients,
        "settings": {name: campaign.settings.get(name, d) for name, (_, d) in _SETTINGS.items()},
        "tracking": {**_TRACKING, **campaign.tracking},
        "delivery_status": _delivery_status(campaign),
    }
    if campaign.parent_id:
        row["parent_campaign_id"] = campaign.parent_id
    if campaign.variate:
        row["variate_settings"] = campaign.variate
    if campaign.rss:
        row["rss_opts"] = {**campaign.rss, "last_sent": iso(campaign.send_time)}
    if campaign.social_card:
        row["social_card"] = campaign.social_card
    if gone:
        row["report_summary"] = _summary(totals)
    return row


def _delivery_status(campaign: Campaign) -> dict[str, Any]:
    if campaign.status == "sending" and not rss_series.is_series(campaign):
        return {
            "enabled": True,
            "can_cancel": True,
            "status": "delivering",
            "emails_sent": campaign.totals.sent,
            "emails_canceled": 0,
        }
    return {"enabled": False}


def _summary(totals: Totals) -> dict[str, Any]:
    delivered = max(totals.sent - totals.hard_bounces - totals.soft_bounces, 1)
    return {
        "opens": totals.opens,
        "unique_opens": totals.unique_opens,
        "open_rate": round(totals.unique_opens / delivered, 6),
        "clicks": totals.clicks,
        "subscriber_clicks": totals.clickers,
        "click_rate": round(totals.clickers / delivered, 6),
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    }


def _audience(sandbox: Sandbox, list_id: Any) -> Audience:
    audience = sandbox.account.audiences.get(list_id) if isinstance(list_id, str) else None
    if audience is None:
        raise invalid_fields(("recipients.list_id", "The list ID provided does not exist."))
    return audience


def _store(sandbox: Sandbox, campaign: Campaign, body: Mapping[str, Any]) -> None:
    for name, schema in _PARTS.items():
        validation.check(body.get(name, {}), schema, (), f"{name}.")
    if "content_type" in body:
        validation.one_of(body["content_type"], CONTENT_TYPES, "content_type")
    if "recipients" in body:
        given = body["recipients"]
        if not given.get("list_id"):
            raise invalid_fields(
                ("recipients.list_id", "Required fields were not provided: recipients.list_id")
            )
        audience = _audience(sandbox, given["list_id"])
        options = given.get("segment_opts", {})
        segment_choice.members_of(sandbox, audience, options)
        campaign.list_id = audience.list_id
        campaign.segment_opts = options
    if "settings" in body:
        kinds = {name: kind for name, (kind, _) in _SETTINGS.items()}
        validation.check(body["settings"], {**kinds, "auto_fb_post": "array"}, (), "settings.")
        reply_to = body["settings"].get("reply_to")
        if reply_to and addresses.complaint(reply_to):
            raise invalid_fields(("settings.reply_to", "Please provide a valid email address."))
        if len(body["settings"].get("subject_line", "")) > 150:
            raise invalid_fields(
                (
                    "settings.subject_line",
                    "This value is too long. It should have 150 characters or less.",
                )
            )
        campaign.settings.update(
            {name: body["settings"][name] for name in _SETTINGS if name in body["settings"]}
        )
    if "tracking" in body:
        campaign.tracking.update(
            {
                n: v
                for n, v in body["tracking"].items()
                if n in (*_TRACKING, "salesforce", "capsule")
            }
        )
    if "variate_settings" in body:
        _store_variate(sandbox, campaign, body["variate_settings"])
    if "rss_opts" in body:
        rss_schedule.check(body["rss_opts"], whole=False)
        campaign.rss.update(body["rss_opts"])
    if "social_card" in body:
        campaign.social_card.update(body["social_card"])
    campaign.content_type = body.get("content_type", campaign.content_type)


def _store_variate(sandbox: Sandbox, campaign: Campaign, given: Mapping[str, Any]) -> None:
    if not given.get("winner_criteria"):
        raise invalid_fields(
            (
                "variate_settings.winner_criteria",
                "Required fields were not provided: variate_settings.winner_criteria",
            )
        )
    validation.one_of(
        given["winner_criteria"],
        ("opens", "clicks", "manual", "total_revenue"),
        "variate_settings.winner_criteria",
    )
    kept = {**campaign.variate, **given}
    subjects = kept.get("subject_lines") or [campaign.settings.get("subject_line", "")]
    names = kept.get("from_names") or [campaign.settings.get("from_name", "")]
    kept.setdefault("test_size", 100)
    kept.setdefault("wait_time", 0)
    kept["combinations"] = [
        {
            "id": sandbox.new_id("combination"),
            "subject_line": subject,
            "send_time": 0,
            "from_name": name,
            "reply_to": 0,
            "content_description": 0,
            "recipients": 0,
        }
        for subject in range(len(subjects))
        for name in range(len(names))
    ]
    campaign.variate = kept


@operation("GET", "/campaigns", rows={"campaigns": "/campaigns/{id}"})
def list_campaigns(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaigns. ``since_*`` excludes the moment, ``before_*`` includes it."""
    query = call.query
    kind = choice(query, "type", TYPES)
    status = choice(query, "status", STATUSES)
    sent_after, sent_until = moment(query, "since_send_time"), moment(query, "before_send_time")
    made_after, made_until = moment(query, "since_create_time"), moment(query, "before_create_time")
    member_id = query.get("member_id", "")

    def fits(campaign: Campaign) -> bool:
        sent = campaign.send_time or campaign.scheduled_for
        return (
            (kind is None or campaign.type == kind)
            and (status is None or campaign.status == status)
            and (sent_after is None or (sent is not None and sent > sent_after))
            and (sent_until is None or (sent is not None and sent <= sent_until))
            and (made_after is None or campaign.create_time > made_after)
            and (made_until is None or campaign.create_time <= made_until)
            and (not query.get("list_id") or campaign.list_id == query["list_id"])
            and (
                not query.get("folder_id")
                or campaign.settings.get("folder_id") == query["folder_id"]
            )
            and (not member_id or member_id in campaign.positions)
        )

    rows = [campaign for campaign in sandbox.account.campaigns.values() if fits(campaign)]
    rows = ordered(
        rows,
        query,
        {
            "create_time": lambda campaign: (campaign.create_time, campaign.number),
            "send_time": lambda campaign: (campaign.send_time or 0, campaign.number),
        },
    )
    return {
        "campaigns": [describe(sandbox, row) for row in rows[window(query)]],
        "total_items": len(rows),
    }


@operation("POST", "/campaigns", address="/campaigns/{id}")
def create_campaign(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaigns."""
    body = call.body()
    validation.check(body, _SCHEMA, ("type",))
    kind = validation.one_of(body["type"], TYPES, "type")
    if kind == "variate" and "variate_settings" not in body:
        raise invalid_fields(
            ("variate_settings", "Required fields were not provided: variate_settings")
        )
    if kind == "rss":
        rss_schedule.check(body.get("rss_opts", {}), whole=True)
    campaign = new_campaign(sandbox, kind)
    _store(sandbox, campaign, body)
    add(sandbox, campaign)
    return describe(sandbox, campaign)


def new_campaign(sandbox: Sandbox, kind: str) -> Campaign:
    """An empty draft, not in the account yet."""
    number = sandbox.next_number()
    return Campaign(
        campaign_id=sandbox.new_id("campaign"),
        web_id=500_000 + number,
        type=kind,
        create_time=sandbox.now,
        number=number,
    )


def add(sandbox: Sandbox, campaign: Campaign) -> None:
    """Put a draft into the account."""
    sandbox.account.campaigns[campaign.campaign_id] = campaign
    sandbox.ledger.event(
        sandbox.now,
        "campaign_created",
        "api",
        list_id=campaign.list_id,
        campaign_id=campaign.campaign_id,
    )


@operation("GET", "/campaigns/{campaign_id}")
def get_campaign(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignsId."""
    return describe(sandbox, sandbox.campaign(call.parts["campaign_id"]))


@operation("PATCH", "/campaigns/{campaign_id}")
def update_campaign(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchCampaignsId: drafts only, "some or all of the settings".

    The body's schema there requires subject_line, from_name and reply_to, which that sentence
    contradicts. What Mailchimp does is undocumented: the sandbox follows the sentence.
    """
    campaign = sandbox.campaign(call.parts["campaign_id"])
    body = call.body()
    validation.check(body, {name: kind for name, kind in _SCHEMA.items() if name != "type"})
    if campaign.status not in ("save", "paused"):
        raise bad_request("This campaign can no longer be edited.")
    _store(sandbox, campaign, body)
    campaign.version += 1
    return describe(sandbox, campaign)


@operation("DELETE", "/campaigns/{campaign_id}")
def delete_campaign(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteCampaignsId. What is being sent or was sent stays."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if campaign.status in ("sending", "sent"):
        raise bad_request("Campaigns that were sent cannot be deleted.")
    del sandbox.account.campaigns[campaign.campaign_id]
    sandbox.ledger.event(sandbox.now, "campaign_deleted", "api", campaign_id=campaign.campaign_id)
