"""Comments on a draft (OpenAPI: campaignFeedback)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call, operation


@operation(
    "GET",
    "/campaigns/{campaign_id}/feedback",
    rows={"feedback": "/campaigns/{campaign_id}/feedback/{feedback_id}"},
)
def list_feedback(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignsIdFeedback."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    return {
        "feedback": campaign.feedback,
        "campaign_id": campaign.campaign_id,
        "total_items": len(campaign.feedback),
    }


@operation(
    "POST",
    "/campaigns/{campaign_id}/feedback",
    address="/campaigns/{campaign_id}/feedback/{feedback_id}",
)
def add_feedback(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignsIdFeedback."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    body = call.body()
    validation.check(
        body,
        {"message": "string", "block_id": "integer", "is_complete": "boolean"},
        ("message",),
    )
    row = {
        "feedback_id": sandbox.next_number(),
        "parent_id": 0,
        "block_id": body.get("block_id", 0),
        "message": body["message"],
        "is_complete": body.get("is_complete", False),
        "created_by": "elaiones",
        "created_at": iso(sandbox.now),
        "updated_at": iso(sandbox.now),
        "source": "api",
        "campaign_id": campaign.campaign_id,
    }
    campaign.feedback.append(row)
    return row


@operation("GET", "/campaigns/{campaign_id}/feedback/{feedback_id}")
def get_feedback(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignsIdFeedbackId."""
    for row in sandbox.campaign(call.parts["campaign_id"]).feedback:
        if str(row["feedback_id"]) == call.parts["feedback_id"]:
            return row
    raise not_found()


@operation("PATCH", "/campaigns/{campaign_id}/feedback/{feedback_id}")
def update_feedback(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchCampaignsIdFeedbackId."""
    row = get_feedback(sandbox, call)
    body = call.body()
    validation.check(body, {"message": "string", "block_id": "integer", "is_complete": "boolean"})
    row.update({n: body[n] for n in ("message", "block_id", "is_complete") if n in body})
    row["updated_at"] = iso(sandbox.now)
    return row


@operation("DELETE", "/campaigns/{campaign_id}/feedback/{feedback_id}")
def delete_feedback(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteCampaignsIdFeedbackId."""
    row = get_feedback(sandbox, call)
    sandbox.campaign(call.parts["campaign_id"]).feedback.remove(row)
