"""What the rows of all campaign details share: who, of which list, with which properties now.

A permanently deleted member is gone from the rows while totals and ``total_items`` stay (docs,
"Delete Contacts"; the rest observed).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailchimp_sandbox import addresses, happenings
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call
from mailchimp_sandbox.state import Campaign, Recipient


def identity(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> dict[str, Any]:
    """The recipient of a row, with the address at the time the campaign was sent.

    A later change of address does not change it (undocumented).
    """
    return {
        "campaign_id": campaign.campaign_id,
        "list_id": campaign.list_id,
        "list_is_active": campaign.list_id in sandbox.account.audiences,
        "email_id": recipient.hash,
        "email_address": recipient.email_address,
    }


def person(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> dict[str, Any]:
    """Identity with the member's own properties as they are now."""
    row = identity(sandbox, campaign, recipient)
    audience = happenings.audience_of(sandbox, campaign)
    member = happenings.member_of(sandbox, campaign, recipient)
    row["merge_fields"] = (
        {field.tag: member.merge_fields.get(field.tag, "") for field in audience.merge_fields}
        if audience is not None and member is not None
        else {}
    )
    row["vip"] = member.vip if member is not None else False
    return row


def contact_status(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> str:
    """The member's status now; empty when there is no member any more."""
    member = happenings.member_of(sandbox, campaign, recipient)
    return member.status if member is not None else ""


def listed_events(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, endpoint: str
) -> list[Any]:
    """A recipient's events as far as a list already holds them; see ``lag``."""
    return sandbox.lag.events(endpoint, campaign, recipient, sandbox.now)


def rows_where(
    sandbox: Sandbox,
    campaign: Campaign,
    kind: str,
    fits: Callable[[Recipient], bool],
    *,
    endpoint: str = "",
) -> list[Any]:
    """Recipients for which ``fits`` holds, found once per version of the campaign (and, while the
    ``endpoint`` lags, per second)."""
    return sandbox.cached(
        (kind + sandbox.lag.version(endpoint, sandbox.now), campaign.campaign_id),
        campaign.version,
        lambda: [row for row in campaign.recipients if not row.deleted and fits(row)],
    )


def everybody(sandbox: Sandbox, campaign: Campaign) -> list[Any]:
    """Recipients that are still there, in the order of sending."""
    if not campaign.deleted_recipients:
        return campaign.recipients
    return rows_where(sandbox, campaign, "recipients", lambda row: True)


def one(campaign: Campaign, call: Call) -> Recipient:
    """The recipient of a path.

    Raises:
        Problem: 404.
    """
    key = call.parts["subscriber_hash"].lower()
    position = campaign.positions.get(key)
    if position is None and "@" in key:
        position = campaign.positions.get(addresses.subscriber_hash(key))
    if position is None:
        raise not_found()
    return campaign.recipients[position]


def collection(campaign: Campaign, name: str, rows: list[Any], total: int) -> dict[str, Any]:
    """A page in its envelope."""
    return {name: rows, "campaign_id": campaign.campaign_id, "total_items": total}
