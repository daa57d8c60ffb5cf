"""Acting as a subscriber, for the control API."""

from __future__ import annotations

from fastapi import HTTPException

from mailchimp_sandbox import addresses, happenings, permissions, subscriptions
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.control_requests import Act
from mailchimp_sandbox.state import Audience, Campaign, Member


def audience_or_404(sandbox: Sandbox, list_id: str) -> Audience:
    """The list, or an HTTP 404 of the control API."""
    found = sandbox.account.audiences.get(list_id)
    if found is None:
        raise HTTPException(404, "no such list")
    return found


def member_or_404(audience: Audience, address: str) -> Member:
    """The member with that address, or a 404."""
    member = audience.members.get(addresses.subscriber_hash(address))
    if member is None:
        raise HTTPException(404, "no such member in that list")
    return member


def campaign_or_404(sandbox: Sandbox, campaign_id: str) -> Campaign:
    """The campaign once sent, or a 404."""
    campaign = sandbox.account.campaigns.get(campaign_id)
    if campaign is None or campaign.send_time is None:
        raise HTTPException(404, "no such campaign, or not sent")
    return campaign


def act_as_subscriber(sandbox: Sandbox, act: Act) -> None:
    """Carry out what a subscriber does; see ``Act``.

    Raises:
        HTTPException: 404 or 409 when it cannot be.
    """
    audience = audience_or_404(sandbox, act.list_id)
    now = sandbox.now
    if act.action == "subscribe":
        confirmed = not audience.settings.get("double_optin", False)
        member = happenings.signed_up(
            sandbox, audience, act.email_address, now, act.ip, confirmed=confirmed
        )
        member.merge_fields.update(act.merge_fields)
        _answer(audience, member, act, given=True)
        return
    member = member_or_404(audience, act.email_address)
    if act.action == "confirm":
        if member.status != "pending":
            raise HTTPException(409, "that member is not pending")
        happenings.signed_up(sandbox, audience, member.email_address, now, act.ip)
    elif act.action == "change_email":
        key = addresses.subscriber_hash(act.new_email_address)
        if addresses.complaint(act.new_email_address) or key in audience.members:
            raise HTTPException(409, "that address is taken or invalid")
        subscriptions.rename(sandbox, audience, member, act.new_email_address, by="person", at=now)
    elif act.action in ("update_profile", "give_permissions", "take_back_permissions"):
        member.merge_fields.update(act.merge_fields)
        if act.action != "update_profile":
            _answer(audience, member, act, given=act.action == "give_permissions")
        member.last_changed = now
        audience.version += 1
        sandbox.ledger.event(
            now,
            "changed",
            "person",
            list_id=audience.list_id,
            subscriber_hash=member.hash,
            email_address=member.email_address,
        )
    elif act.action == "unsubscribe" and not act.campaign_id:
        subscriptions.set_status(
            sandbox,
            audience,
            member,
            "unsubscribed",
            by="person",
            at=now,
            reason=act.reason,
            opted_out="person",
            ip=act.ip,
        )
    else:
        _act_on_campaign(sandbox, act, member)


def _answer(audience: Audience, member: Member, act: Act, *, given: bool) -> None:
    texts = permissions.in_use(audience)
    for named in act.marketing_permissions:
        found = [one for one, text in texts.items() if named in (one, text)]
        if not found:
            raise HTTPException(409, "the audience has no such permission")
        member.permissions[found[0]] = given


def _act_on_campaign(sandbox: Sandbox, act: Act, member: Member) -> None:
    campaign = campaign_or_404(sandbox, act.campaign_id)
    recipient = happenings.recipient_of(campaign, member)
    if recipient is None:
        raise HTTPException(409, "the campaign did not go to that member")
    now = sandbox.now
    if act.action == "unsubscribe":
        happenings.unsubscribed(sandbox, campaign, recipient, now, act.reason, act.ip)
    elif act.action == "complain":
        happenings.complained(sandbox, campaign, recipient, now)
    elif act.action == "forward":
        happenings.forwarded(sandbox, campaign, recipient, now)
    elif act.action == "open":
        for _ in range(act.times):
            happenings.opened(sandbox, campaign, recipient, now, act.ip, act.is_proxy)
    else:
        urls = [link.url for link in campaign.links]
        if not urls or (act.url and act.url not in urls):
            raise HTTPException(409, "the campaign has no such link")
        index = urls.index(act.url) if act.url else 0
        for _ in range(act.times):
            happenings.clicked(sandbox, campaign, recipient, now, act.ip, index)
