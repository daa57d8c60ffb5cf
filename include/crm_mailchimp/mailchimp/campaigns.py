"""Campaigns: reading all of them, drafting, checking, scheduling and sending regular ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from crm_mailchimp.campaign_provider import CampaignDraft, RemoteCampaign
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.mailchimp.read_ahead import ReadAhead, ahead_of
from crm_mailchimp.mailchimp.readings import (
    count_of,
    instant_of,
    object_of,
    objects_of,
    text_of,
)
from crm_mailchimp.mailchimp.reports import OVERLAP, sent_in
from crm_mailchimp.mailchimp.timestamps import format_instant
from crm_mailchimp.send_checklist import Checklist, ChecklistItem

Row = dict[str, Any]

#: Settings that every change of a draft has to contain (OpenAPI 3.0.55, ``patchCampaignsId``).
_REQUIRED_SETTINGS = ("subject_line", "from_name", "reply_to")


def campaigns(
    client: MailchimpClient,
    *,
    since_send_time: datetime | None = None,
    before_send_time: datetime | None = None,
    list_id: str | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[Row]:
    """All campaigns of the account, those made by hand included, oldest first.

    Source: ``GET /campaigns`` (OpenAPI 3.0.55), one row an item.

    Args:
        client: open client.
        since_send_time: only campaigns sent after this instant.
        before_send_time: only campaigns sent before this instant.
        list_id: only campaigns to this audience.
        ahead: asks for the later pages side by side.
    """
    filters = sent_in(since_send_time, before_send_time)
    if list_id is not None:
        filters["list_id"] = list_id

    def fetch(client: MailchimpClient, count: int, offset: int) -> Row | None:
        answer: Row | None = client.campaigns.list(
            count=count,
            offset=offset,
            exclude_fields=["_links", "campaigns._links"],
            sort_field="create_time",
            sort_dir="ASC",
            **filters,
        )
        return answer

    yield from walk(
        partial(fetch, client),
        "campaigns",
        key=lambda row: str(row.get("id")),
        overlap=OVERLAP,
        ahead=ahead_of(ahead, fetch),
    )


def campaign(client: MailchimpClient, campaign_id: str) -> Row | None:
    """One campaign; None where it does not exist (any more)."""
    try:
        answer: Row = client.campaigns.get(campaign_id, exclude_fields=["_links"])
    except NotFound:
        return None
    return answer


def create_campaign(client: MailchimpClient, draft: CampaignDraft) -> Row:
    """Create a regular campaign as a draft. Never repeated after a lost answer: look for its
    title among the audience's campaigns before creating it again.

    Raises:
        ConnectionFault, ServerError: with ``outcome_unknown``, the campaign may exist.
    """
    answer: Row = client.campaigns.create(
        {
            "type": "regular",
            "recipients": _recipients(draft.list_id, draft.tag_id),
            "settings": draft.settings(),
        }
    )
    return answer


def change_campaign(
    client: MailchimpClient,
    campaign_id: str,
    settings: Mapping[str, str],
    *,
    list_id: str | None = None,
    tag_id: int | None = None,
) -> Row:
    """Change only these settings of a draft; what people set or designed there stays.

    Mailchimp wants three settings in each change. Those that do not change are read right before
    the change, and sent back as they are. So what people wrote there a moment ago stays, too.

    Args:
        client: open client.
        campaign_id: of a draft.
        settings: by the API's names, such as ``subject_line``.
        list_id: another audience; a segment chosen by hand goes with the old one.
        tag_id: only members of that audience with this tag.

    Raises:
        NotFound: it does not exist (any more).
    """
    answer = object_of(client.campaigns.get(campaign_id, fields=["settings"]))
    held = object_of(answer.get("settings"))
    required = {name: text_of(held.get(name)) for name in _REQUIRED_SETTINGS}
    body: dict[str, Any] = {"settings": {**required, **settings}}
    if list_id is not None:
        body["recipients"] = _recipients(list_id, tag_id)
    changed: Row = client.campaigns.update(campaign_id, body)
    return changed


def _recipients(list_id: str, tag_id: int | None) -> Row:
    # A tag is a static segment (OpenAPI 3.0.55, ``recipients.segment_opts.saved_segment_id``).
    if tag_id is None:
        return {"list_id": list_id}
    return {"list_id": list_id, "segment_opts": {"saved_segment_id": tag_id}}


def _tag_id_of(segment: object) -> int | None:
    """The tag or saved segment of ``segment_opts``, unless another condition is beside it.

    Mailchimp shows a tag as a condition, too (OpenAPI 3.0.55, "Static Segment").
    """
    options = object_of(segment)
    found = options.get("saved_segment_id")
    if isinstance(found, bool) or not isinstance(found, int) or not found:
        return None
    shown = {
        (text_of(one.get("op")), str(one.get("value")))
        for one in objects_of(options.get("conditions"))
    }
    return found if shown <= {("static_is", str(found))} else None


def send_checklist(client: MailchimpClient, campaign_id: str) -> Checklist:
    """What Mailchimp would say before sending."""
    answer = object_of(client.campaigns.get_send_checklist(campaign_id, exclude_fields=["_links"]))
    return Checklist(
        # Only a plain yes lets a campaign go out.
        is_ready=answer.get("is_ready") is True,
        items=tuple(
            ChecklistItem(
                type=text_of(item.get("type")),
                heading=text_of(item.get("heading")),
                details=text_of(item.get("details")),
            )
            for item in objects_of(answer.get("items"))
        ),
    )


def schedule(client: MailchimpClient, campaign_id: str, at: datetime) -> None:
    """Schedule a draft.

    Raises:
        ValueError: not on a quarter of an hour (``schedule_time`` of the API reference).
        BadRequest: in the past, not ready, or not in the account's plan.
        ConnectionFault, ServerError: with ``outcome_unknown``: read the campaign's status.
    """
    if at.minute % 15 or at.second or at.microsecond:
        raise ValueError("Mailchimp schedules campaigns on the quarter of an hour only.")
    client.campaigns.schedule(campaign_id, {"schedule_time": format_instant(at)})


def unschedule(client: MailchimpClient, campaign_id: str) -> None:
    """Make a scheduled campaign a draft again."""
    client.campaigns.unschedule(campaign_id)


def send(client: MailchimpClient, campaign_id: str) -> None:
    """Send now. Never repeated after a lost answer: read the campaign's status.

    Raises:
        ConnectionFault, ServerError: with ``outcome_unknown``, it may be on its way.
    """
    client.campaigns.send(campaign_id)


def send_test(client: MailchimpClient, campaign_id: str, addresses: Sequence[str]) -> None:
    """Send a test of a draft to some addresses."""
    client.campaigns.send_test_email(
        campaign_id, {"test_emails": list(addresses), "send_type": "html"}
    )


def delete_campaign(client: MailchimpClient, campaign_id: str) -> bool:
    """Delete a campaign; False where it does not exist (any more)."""
    try:
        client.campaigns.remove(campaign_id)
    except NotFound:
        return False
    return True


def sender_domains(client: MailchimpClient) -> dict[str, bool]:
    """Domains of the account and whether they are verified (``GET /verified-domains``)."""
    answer = object_of(client.verified_domains.get_verified_domains_all())
    return {
        text_of(row.get("domain")).lower(): row.get("verified") is True
        for row in objects_of(answer.get("domains"))
        if text_of(row.get("domain"))
    }


def campaign_of(row: Mapping[str, Any]) -> RemoteCampaign:
    """Read a campaign from its JSON object."""
    recipients = object_of(row.get("recipients"))
    summary = object_of(row.get("report_summary"))
    settings = object_of(row.get("settings"))
    segment = recipients.get("segment_opts")
    return RemoteCampaign(
        campaign_id=text_of(row.get("id")),
        status=text_of(row.get("status")),
        list_id=text_of(recipients.get("list_id")),
        settings={
            name: text_of(settings.get(name))
            for name in ("title", "subject_line", "preview_text", "from_name", "reply_to")
        },
        send_at=instant_of(row.get("send_time")),
        recipient_count=count_of(recipients.get("recipient_count")),
        emails_sent=count_of(row.get("emails_sent")),
        unique_opens=count_of(summary.get("unique_opens")),
        unique_clicks=count_of(summary.get("subscriber_clicks")),
        has_segment=bool(segment),
        tag_id=_tag_id_of(segment),
        type=text_of(row.get("type")),
    )
