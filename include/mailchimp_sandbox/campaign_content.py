"""A campaign's content and its send checklist (OpenAPI: campaignContent, campaignSendChecklist)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailchimp_sandbox import billing, delivery, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import bad_request, invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Campaign

_TAGS = re.compile(r"<[^>]+>")
_BLANKS = re.compile(r"[ \t]*\n\s*\n+")


def _plain(markup: str) -> str:
    return _BLANKS.sub("\n\n", _TAGS.sub("", markup)).strip()


def _answer(campaign: Campaign) -> dict[str, Any]:
    body: dict[str, Any] = {"plain_text": campaign.plain_text}
    if campaign.variate_contents:
        body["variate_contents"] = campaign.variate_contents
    if campaign.html:
        body["html"] = campaign.html
        body["archive_html"] = campaign.html
    return body


def _fill(markup: str, section: str, text: str) -> str:
    pattern = re.compile(rf'(mc:edit="{re.escape(section)}"[^>]*>)(.*?)(</)', re.DOTALL)
    return pattern.sub(lambda found: found[1] + text + found[3], markup, count=1)


def _markup(sandbox: Sandbox, given: Mapping[str, Any]) -> str | None:
    if "html" in given:
        return str(given["html"])
    if "template" in given:
        template = sandbox.account.templates.get(str(given["template"].get("id", "")))
        if template is None:
            raise invalid_fields(("template.id", "The template does not exist."))
        markup = template.html
        for name, text in given["template"].get("sections", {}).items():
            markup = _fill(markup, str(name), str(text))
        return markup
    if "url" in given or "archive" in given:
        raise invalid_fields(("url", "The sandbox imports no content from outside."))
    return None


@operation("GET", "/campaigns/{campaign_id}/content")
def get_content(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignsIdContent."""
    return _answer(sandbox.campaign(call.parts["campaign_id"]))


@operation("PUT", "/campaigns/{campaign_id}/content")
def put_content(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: putCampaignsIdContent. A plain-text part is made from the HTML when absent."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    body = call.body()
    validation.check(
        body,
        {
            "html": "string",
            "plain_text": "string",
            "template": "object",
            "archive": "object",
            "url": "string",
            "variate_contents": "array",
        },
    )
    if campaign.status not in ("save", "paused"):
        raise bad_request("This campaign can no longer be edited.")
    markup = _markup(sandbox, body)
    if campaign.type == "plaintext" and markup is not None:
        raise invalid_fields(("html", "Plain-text campaigns take plain_text only."))
    if markup is not None:
        campaign.html = markup
        campaign.content_type = "template" if "template" in body else "html"
        campaign.plain_text = _plain(markup)
    if "plain_text" in body:
        campaign.plain_text = body["plain_text"]
    if "variate_contents" in body:
        campaign.variate_contents = [
            {
                "content_label": str(part.get("content_label", "")),
                "plain_text": str(part.get("plain_text", _plain(str(part.get("html", ""))))),
                "html": _markup(sandbox, part) or "",
            }
            for part in body["variate_contents"]
        ]
    campaign.version += 1
    return _answer(campaign)


def checklist(sandbox: Sandbox, campaign: Campaign) -> list[dict[str, Any]]:
    """What Mailchimp checks before a campaign goes out; entries of type 'error' stop it."""
    account = sandbox.account
    audience = account.audiences.get(campaign.list_id)
    amount = delivery.recipient_count(sandbox, audience, campaign) if audience else 0
    nobody = "There are no recipients."
    if audience is not None and campaign.segment_opts:
        # Seen in brandonseydel/MailChimp.Net#165.
        nobody = f'Your segment of list "{audience.name}" is empty.'
    settings = campaign.settings
    has_content = bool(campaign.html or campaign.plain_text or campaign.variate_contents)
    domain = settings.get("reply_to", "").rpartition("@")[2].lower()
    subjects = campaign.variate.get("subject_lines") or [settings.get("subject_line", "")]
    checks = [
        (501, "List", audience is not None, "No list selected.", "The list is selected."),
        (502, "Recipients", amount > 0, nobody, f"{amount} recipients."),
        (
            503,
            "Subject Line",
            all(subjects),
            "The subject line is missing.",
            "The subject line is set.",
        ),
        (
            504,
            "Replies",
            bool(settings.get("from_name") and settings.get("reply_to")),
            "The from name or the reply-to address is missing.",
            "All replies go to the reply-to address.",
        ),
        (
            505,
            "Verified domain",
            account.domains.get(domain, True),
            "The domain of the reply-to address is not verified.",
            "The domain is verified.",
        ),
        (506, "HTML Email", has_content, "The campaign has no content.", "The content is there."),
    ]
    items = [
        {
            "type": "success" if good else "error",
            "id": number,
            "heading": heading,
            "details": right if good else wrong,
        }
        for number, heading, good, wrong, right in checks
    ]
    if billing.is_paused(sandbox):
        items.append(
            {
                "type": "error",
                "id": 508,
                "heading": "Plan",
                "details": "The account has more contacts than its plan includes.",
            }
        )
    if has_content and campaign.html and not delivery.links_of(campaign):
        items.append(
            {
                "type": "warning",
                "id": 507,
                "heading": "Links",
                "details": "The content has no links to track.",
            }
        )
    return items


def is_ready(sandbox: Sandbox, campaign: Campaign) -> bool:
    """Whether nothing on the checklist stops the campaign."""
    return all(item["type"] != "error" for item in checklist(sandbox, campaign))


@operation("GET", "/campaigns/{campaign_id}/send-checklist")
def get_checklist(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignsIdSendChecklist."""
    campaign = sandbox.campaign(call.parts["campaign_id"])
    items = checklist(sandbox, campaign)
    return {"is_ready": all(item["type"] != "error" for item in items), "items": items}
