"""One thing happening to one recipient: figures, member status and ledger move together."""

from __future__ import annotations

from mailchimp_sandbox import addresses, subscriptions
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import DAY, iso
from mailchimp_sandbox.state import (
    AbuseReport,
    Audience,
    Campaign,
    Member,
    Recipient,
)

# Docs, "Soft vs. Hard Bounces": cleaned after 7 soft bounces without activity, 15 with.
SOFT_LIMIT = 7
SOFT_LIMIT_ACTIVE = 15

_REGIONS = (("I", "Attica"), ("B", "Central Macedonia"), ("M", "Crete"), ("G", "Western Greece"))


def locate(ip: str) -> tuple[str, str, str]:
    """Country code, region code and region name of a simulated address."""
    first, _, rest = ip.partition(".")
    if first == "17":
        return "US", "CA", "California"
    if first == "94":
        code, name = _REGIONS[int(rest.partition(".")[0]) % len(_REGIONS)]
        return "GR", code, name
    return "", "", ""


def audience_of(sandbox: Sandbox, campaign: Campaign) -> Audience | None:
    """The campaign's audience, unless it is gone."""
    return sandbox.account.audiences.get(campaign.list_id)


def member_of(sandbox: Sandbox, campaign: Campaign, recipient: Recipient) -> Member | None:
    """The member behind a recipient, under whatever address now."""
    audience = audience_of(sandbox, campaign)
    if audience is None:
        return None
    return audience.members.get(audience.contacts.get(recipient.contact_id, ""))


def recipient_of(campaign: Campaign, member: Member) -> Recipient | None:
    """The row of a member in a campaign's details."""
    for key in (member.hash, *member.former_hashes):
        position = campaign.positions.get(key)
        if position is not None:
            recipient = campaign.recipients[position]
            if recipient.contact_id == member.contact_id:
                return recipient
    return None


def _hour(campaign: Campaign, at: int) -> list[int]:
    start = campaign.send_time or at
    hour = start - start % 3600 + (at - start) // 3600 * 3600
    return campaign.hourly.setdefault(iso(hour), [0, 0, 0, 0])


def _ledger(
    sandbox: Sandbox,
    campaign: Campaign,
    recipient: Recipient,
    at: int,
    action: str,
    *,
    ip: str = "",
    url: str = "",
    bounce_type: str = "",
    is_proxy: bool = False,
    detail: str = "",
    by: str = "person",
) -> None:
    sandbox.ledger.event(
        at,
        action,
        "mailchimp" if action == "bounce" else by,
        list_id=campaign.list_id,
        campaign_id=campaign.campaign_id,
        subscriber_hash=recipient.hash,
        email_address=recipient.email_address,
        url=url,
        ip=ip,
        bounce_type=bounce_type,
        is_proxy=is_proxy,
        detail=detail,
    )


def opened(
    sandbox: Sandbox,
    campaign: Campaign,
    recipient: Recipient,
    at: int,
    ip: str,
    is_proxy: bool,
    by: str = "person",
) -> None:
    """An open, by the person, by a mail client's proxy or by a gateway's scanner."""
    totals = campaign.totals
    earlier = [event[4] for event in recipient.events if event[1] == "open"]
    totals.opens += 1
    totals.last_open = max(totals.last_open or 0, at)
    country, region, name = locate(ip)
    place = campaign.locations.setdefault(f"{country}:{region}:{name}", [0, 0])
    place[0] += 1
    if not is_proxy:
        totals.human_opens += 1
        place[1] += 1
        if not any(not proxy for proxy in earlier[:1000]):
            totals.unique_human_opens += 1
    member = member_of(sandbox, campaign, recipient)
    audience = audience_of(sandbox, campaign)
    if not earlier:
        totals.unique_opens += 1
        if at < (campaign.send_time or 0) + DAY:
            hour = _hour(campaign, at)
            hour[1] += 1
            hour[2] += not is_proxy
        if audience is not None:
            subscriptions.touch_day(audience, at, "unique_opens")
            audience.unique_opens += 1
        if member is not None:
            member.opened += 1
    if member is not None and country == "GR":
        member.country_code, member.timezone, member.gmtoff = "GR", "Europe/Athens", 2
        member.latitude, member.longitude = 37.98, 23.73
        member.email_client = member.email_client or "Gmail"
    _append(campaign, recipient, [at, "open", ip, -1, is_proxy, ""])
    _ledger(sandbox, campaign, recipient, at, "open", ip=ip, is_proxy=is_proxy, by=by)


def _append(campaign: Campaign, recipient: Recipient, event: list[object]) -> None:
    recipient.events.append(event)
    campaign.version += 1


def clicked(
    sandbox: Sandbox,
    campaign: Campaign,
    recipient: Recipient,
    at: int,
    ip: str,
    index: int,
    by: str = "person",
) -> None:
    """A click. One without an open counts as an open too (docs, "About Open and Click Rates")."""
    if not any(event[1] == "open" for event in recipient.events):
        opened(sandbox, campaign, recipient, at, ip, False, by)
    totals = campaign.totals
    link = campaign.links[index]
    earlier = [event[3] for event in recipient.events if event[1] == "click"]
    totals.clicks += 1
    totals.last_click = max(totals.last_click or 0, at)
    link.total += 1
    link.last_click = max(link.last_click or 0, at)
    if index not in earlier:
        link.unique += 1
        totals.unique_clicks += 1
    if not earlier:
        totals.clickers += 1
        if at < (campaign.send_time or 0) + DAY:
            _hour(campaign, at)[3] += 1
        audience = audience_of(sandbox, campaign)
        if audience is not None:
            subscriptions.touch_day(audience, at, "recipient_clicks")
            audience.clickers += 1
        member = member_of(sandbox, campaign, recipient)
        if member is not None:
            member.clicked += 1
    _append(campaign, recipient, [at, "click", ip, index, False, ""])
    _ledger(sandbox, campaign, recipient, at, "click", ip=ip, url=link.url, by=by)


def bounced(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, at: int, bounce_type: str
) -> None:
    """A bounce. A hard one cleans the member at once, soft ones after several."""
    if recipient.status != "sent":
        return
    recipient.status = bounce_type
    hard = bounce_type == "hard"
    if hard:
        campaign.totals.hard_bounces += 1
    else:
        campaign.totals.soft_bounces += 1
    _append(campaign, recipient, [at, "bounce", "", -1, False, bounce_type])
    _ledger(sandbox, campaign, recipient, at, "bounce", bounce_type=bounce_type)
    audience = audience_of(sandbox, campaign)
    member = member_of(sandbox, campaign, recipient)
    if audience is None or member is None:
        return
    subscriptions.touch_day(audience, at, "hard_bounce" if hard else "soft_bounce")
    if not hard:
        member.soft_bounces += 1
        limit = SOFT_LIMIT_ACTIVE if member.opened else SOFT_LIMIT
        if member.soft_bounces < limit:
            return
    if member.status in ("subscribed", "pending"):
        clean(sandbox, audience, member, at, campaign.campaign_id)


def clean(
    sandbox: Sandbox, audience: Audience, member: Member, at: int, campaign_id: str = ""
) -> None:
    """Mailchimp stops mailing an address that bounces."""
    subscriptions.set_status(
        sandbox,
        audience,
        member,
        "cleaned",
        by="mailchimp",
        at=at,
        opted_out="bounce",
        campaign_id=campaign_id,
    )


def unsubscribed(
    sandbox: Sandbox, campaign: Campaign, recipient: Recipient, at: int, reason: str, ip: str = ""
) -> None:
    """The link at the foot of the mail."""
    audience = audience_of(sandbox, campaign)
    member = member_of(sandbox, campaign, recipient)
    if audience is None or member is None or member.status != "subscribed":
        return
    recipient.unsubscribed_at = at
    recipient.unsubscribe_reason = reason
    campaign.totals.unsubscribed += 1
    campaign.version += 1
    _ledger(sandbox, campaign, recipient, at, "unsubscribe", ip=ip, detail=reason)
    subscriptions.set_status(
        sandbox,
        audience,
        member,
        "unsubscribed",
        by="person",
        at=at,
        reason=reason,
        opted_out="person",
        campaign_id=campaign.campaign_id,
        ip=ip,
    )


def complained(sandbox: Sandbox, campaign: Campaign, recipient: Recipient, at: int) -> None:
    """ "This is spam": an abuse report, and the member is out (docs, "About Abuse Complaints")."""
    audience = audience_of(sandbox, campaign)
    member = member_of(sandbox, campaign, recipient)
    if audience is None or member is None or member.opted_out == "complaint":
        return
    campaign.totals.abuse += 1
    campaign.version += 1
    audience.abuse_reports.append(
        AbuseReport(
            sandbox.next_number(), campaign.campaign_id, member.hash, member.email_address, at
        )
    )
    _ledger(sandbox, campaign, recipient, at, "abuse")
    subscriptions.set_status(
        sandbox,
        audience,
        member,
        "unsubscribed",
        by="person",
        at=at,
        reason="N/A (Reported as spam)",
        opted_out="complaint",
        campaign_id=campaign.campaign_id,
    )


def forwarded(sandbox: Sandbox, campaign: Campaign, recipient: Recipient, at: int) -> None:
    """ "Forward to a friend", who opens it."""
    campaign.totals.forwards += 1
    campaign.totals.forward_opens += 1
    _ledger(sandbox, campaign, recipient, at, "forward")


def signed_up(
    sandbox: Sandbox, audience: Audience, address: str, at: int, ip: str, *, confirmed: bool = True
) -> Member:
    """A person fills in the hosted form: the only way back for a forgotten or opted-out
    address. ``confirmed`` is False while a double opt-in waits for its click."""
    key = addresses.subscriber_hash(address)
    audience.forgotten.pop(key, None)
    status = "subscribed" if confirmed else "pending"
    member = audience.members.get(key)
    if member is None:
        member = subscriptions.create(sandbox, audience, address, status, by="person", at=at)
    elif member.status != "subscribed":
        subscriptions.set_status(sandbox, audience, member, status, by="person", at=at, ip=ip)
    audience.version += 1
    member.timestamp_signup, member.ip_signup = at, ip
    if confirmed:
        member.timestamp_opt, member.ip_opt = at, ip
    return member
