"""Sending a campaign: who gets it, which links it has, and what follows."""

from __future__ import annotations

import hashlib
import html
import re

from mailchimp_sandbox import behaviour, segment_choice, subscriptions
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.state import (
    Audience,
    Campaign,
    Link,
    Member,
    Recipient,
    Totals,
)

# The least that a simulated delivery takes.
SHORTEST = 5  # seconds

_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*("([^"]*)"|'([^']*)')""", re.IGNORECASE)
_PLAIN_URL = re.compile(r"https?://[^\s<>\"')]+")


def audience_members(sandbox: Sandbox, audience: Audience, campaign: Campaign) -> list[Member]:
    """Who would get the campaign now: subscribed members, of the segment if there is one."""
    chosen = segment_choice.members_now(sandbox, audience, campaign.segment_opts)
    return [member for member in chosen if member.status == "subscribed"]


def recipient_count(sandbox: Sandbox, audience: Audience, campaign: Campaign) -> int:
    """How many ``audience_members`` there are, without a walk where there is no segment."""
    if not campaign.segment_opts:
        return audience.counts.get("subscribed", 0)
    return len(audience_members(sandbox, audience, campaign))


def links_of(campaign: Campaign) -> list[Link]:
    """The tracked links, in the order of the content, each URL once. Merge tags such as
    ``*|UNSUB|*`` and other schemes than http(s) are not tracked."""
    sources = [campaign.html, *(part.get("html", "") for part in campaign.variate_contents)]
    urls = [html.unescape(m[2] or m[3]).strip() for text in sources for m in _HREF.finditer(text)]
    if not urls and campaign.plain_text:
        urls = _PLAIN_URL.findall(campaign.plain_text)
    tracked = dict.fromkeys(
        url for url in urls if url.lower().startswith(("http://", "https://")) and "*|" not in url
    )
    return [
        Link(
            hashlib.sha256(f"{campaign.campaign_id}:{position}:{url}".encode()).hexdigest()[:10],
            url,
        )
        for position, url in enumerate(tracked)
    ]


def _groups(campaign: Campaign, amount: int) -> list[str]:
    """A/B groups: ``test_size`` percent are split between a and b, the rest get the winner."""
    if campaign.type not in ("variate", "absplit"):
        return [""] * amount
    tested = amount * int(campaign.variate.get("test_size", 100)) // 100
    return ["ab"[n % 2] if n < tested else "winner" for n in range(amount)]


def send(sandbox: Sandbox, campaign: Campaign, at: int) -> None:
    """Begin the delivery at a moment; ``finish`` ends it."""
    audience = sandbox.account.audiences.get(campaign.list_id)
    if audience is None:
        campaign.status = "save"
        return
    members = audience_members(sandbox, audience, campaign)
    groups = _groups(campaign, len(members))
    campaign.status = "sending"
    campaign.send_time = at
    campaign.delivered_at = at + SHORTEST + len(members) // behaviour.PACE
    campaign.links = links_of(campaign)
    campaign.totals = Totals(sent=len(members))
    campaign.hourly = {iso(at - at % 3600): [len(members), 0, 0, 0]}
    campaign.recipients = [
        Recipient(member.hash, member.email_address, member.contact_id, group=group)
        for member, group in zip(members, groups, strict=True)
    ]
    campaign.positions = {row.hash: n for n, row in enumerate(campaign.recipients)}
    for member in members:
        member.campaigns.append(campaign.campaign_id)
        sandbox.ledger.event(
            at,
            "sent",
            "mailchimp",
            list_id=audience.list_id,
            campaign_id=campaign.campaign_id,
            subscriber_hash=member.hash,
            email_address=member.email_address,
        )
    account = sandbox.account
    campaign.timeline = behaviour.timeline(account.seed, campaign, account.rates, at)
    campaign.position = 0
    campaign.version += 1
    subscriptions.touch_day(audience, at, "emails_sent", len(members))
    audience.last_sent = at
    audience.mails_sent += len(members)
    audience.campaign_count += 1
    audience.since_send = {}
    sandbox.next_due = 0
    sandbox.ledger.event(
        at,
        "campaign_sent",
        "mailchimp",
        list_id=audience.list_id,
        campaign_id=campaign.campaign_id,
        detail=str(len(members)),
    )


def finish(sandbox: Sandbox, campaign: Campaign) -> None:
    """The last mail is out."""
    campaign.status = "sent"
    campaign.version += 1
