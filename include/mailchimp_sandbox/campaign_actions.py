"""``/campaigns/{campaign_id}/actions/...`` (OpenAPI: campaigns, "Actions")."""

from __future__ import annotations

import copy
from typing import Any

from mailchimp_sandbox import (
    addresses,
    campaigns,
    delivery,
    rss_series,
    validation,
)
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.campaign_content import is_ready
from mailchimp_sandbox.problem import Problem, bad_request, invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Campaign

QUARTER = 900


def _not_ready() -> Problem:
    return bad_request("Your Campaign is not ready to send.")


def _draft(sandbox: Sandbox, call: Call) -> Campaign:
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if campaign.status != "save" or not is_ready(sandbox, campaign):
        raise _not_ready()
    return campaign


@operation("POST", "/campaigns/{campaign_id}/actions/send")
def send(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsSend: "For RSS Campaigns, the campaign will send according to
    its schedule." """
    campaign = _draft(sandbox, call)
    if rss_series.is_series(campaign):
        rss_series.start(sandbox, campaign)
    else:
        delivery.send(sandbox, campaign, sandbox.now)


@operation("POST", "/campaigns/{campaign_id}/actions/schedule")
def schedule(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsSchedule: on the quarter-hour only, and ahead;
    "sending RSS Campaigns, use the send action instead"."""
    body = call.body()
    validation.check(
        body,
        {"schedule_time": "string", "timewarp": "boolean", "batch_delivery": "object"},
        ("schedule_time",),
    )
    at = validation.moment(body["schedule_time"], "schedule_time")
    campaign = _draft(sandbox, call)
    if rss_series.is_series(campaign):
        raise bad_request("RSS Campaigns are scheduled by their own settings.")
    if at is None or at % QUARTER:
        raise invalid_fields(
            (
                "schedule_time",
                "Campaigns may only be scheduled to send on the quarter-hour (:00, :15, :30, :45).",
            )
        )
    if at <= sandbox.now:
        raise invalid_fields(("schedule_time", "The schedule time must be in the future."))
    campaign.status = "schedule"
    campaign.scheduled_for = at
    sandbox.next_due = 0
    sandbox.ledger.event(
        sandbox.now,
        "campaign_scheduled",
        "api",
        list_id=campaign.list_id,
        campaign_id=campaign.campaign_id,
        detail=body["schedule_time"],
    )


@operation("POST", "/campaigns/{campaign_id}/actions/unschedule")
def unschedule(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsUnschedule."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if campaign.status != "schedule":
        raise bad_request("This campaign is not scheduled.")
    campaign.status = "save"
    campaign.scheduled_for = None


@operation("POST", "/campaigns/{campaign_id}/actions/cancel-send")
def cancel_send(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsCancelSend: while it is being sent only, and not an RSS
    campaign ("Cancel a Regular or Plain-Text Campaign"). What went out stays out."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if campaign.status != "sending" or rss_series.is_series(campaign):
        raise bad_request("Only campaigns that are sending can be canceled.")
    delivery.finish(sandbox, campaign)


def _series(sandbox: Sandbox, call: Call, status: str) -> Campaign:
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if not rss_series.is_series(campaign) or campaign.status != status:
        raise bad_request("Only RSS-driven campaigns can be paused and resumed.")
    return campaign


@operation("POST", "/campaigns/{campaign_id}/actions/pause")
def pause(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsPause (RSS campaigns)."""
    rss_series.pause(_series(sandbox, call, "sending"))


@operation("POST", "/campaigns/{campaign_id}/actions/resume")
def resume(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsResume (RSS campaigns)."""
    rss_series.start(sandbox, _series(sandbox, call, "paused"))


@operation("POST", "/campaigns/{campaign_id}/actions/test")
def test(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsTest."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    body = call.body()
    validation.check(
        body, {"test_emails": "array", "send_type": "string"}, ("test_emails", "send_type")
    )
    validation.one_of(body["send_type"], ("html", "plaintext"), "send_type")
    if not body["test_emails"] or any(addresses.complaint(a) for a in body["test_emails"]):
        raise invalid_fields(("test_emails", "Please provide a valid email address."))
    if not (campaign.html or campaign.plain_text or campaign.variate_contents):
        raise _not_ready()
    for address in body["test_emails"]:
        sandbox.ledger.event(
            sandbox.now,
            "test_sent",
            "api",
            campaign_id=campaign.campaign_id,
            email_address=address,
        )


def _copy(sandbox: Sandbox, campaign: Campaign, title: str) -> Campaign:
    draft = campaigns.new_campaign(sandbox, campaign.type)
    for name in (
        "list_id",
        "segment_opts",
        "settings",
        "tracking",
        "variate",
        "rss",
        "social_card",
        "content_type",
        "html",
        "plain_text",
        "variate_contents",
    ):
        setattr(draft, name, copy.deepcopy(getattr(campaign, name)))
    draft.settings["title"] = title
    campaigns.add(sandbox, draft)
    return draft


@operation("POST", "/campaigns/{campaign_id}/actions/replicate", address="/campaigns/{id}")
def replicate(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsReplicate: saved or sent ones."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    title = f"{campaign.settings.get('title', '')} (copy 01)".strip()
    return campaigns.describe(sandbox, _copy(sandbox, campaign, title))


@operation("POST", "/campaigns/{campaign_id}/actions/create-resend", address="/campaigns/{id}")
def create_resend(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdActionsCreateResend: "Resend to Non-Openers"."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    if campaign.status != "sent":
        raise bad_request("Only campaigns that were sent can be resent.")
    title = f"{campaign.settings.get('title', '')} (resend)".strip()
    draft = _copy(sandbox, campaign, title)
    draft.parent_id = campaign.campaign_id
    draft.segment_opts = {
        "match": "all",
        "conditions": [
            {
                "condition_type": "Aim",
                "field": "aim",
                "op": "noopen",
                "value": str(campaign.web_id),
            }
        ],
    }
    return campaigns.describe(sandbox, draft)
