"""How a member's status may change, and what counts it moves.

Sources:

- OpenAPI (statuses);
- error glossary: "Member Exists", "Member In Compliance State", "Forgotten Email Not Subscribed";
- help pages "About Your Contacts", "Archive and Unarchive Contacts", "Delete Contacts",
  "Resubscribe a Contact", "Soft vs. Hard Bounces".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_sandbox import addresses, billing
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import day, month
from mailchimp_sandbox.member_body import differs, settings_of, store
from mailchimp_sandbox.member_problems import (
    forgotten,
    in_compliance_state,
    member_exists,
)
from mailchimp_sandbox.state import Audience, Member

BY_ADMIN = "N/A (Unsubscribed by admin)"


def touch_day(audience: Audience, at: int, name: str, amount: int = 1) -> None:
    """Count something in the audience's daily activity."""
    counts = audience.daily.setdefault(day(at), {})
    counts[name] = counts.get(name, 0) + amount


def count_status(audience: Audience, at: int, old: str, new: str) -> None:
    """Move one member from a status to another in the audience's figures; '' is nowhere."""
    if old:
        audience.counts[old] = audience.counts.get(old, 0) - 1
    if new:
        audience.counts[new] = audience.counts.get(new, 0) + 1
        audience.since_send[new] = audience.since_send.get(new, 0) + 1
    audience.monthly[month(at)] = dict(audience.counts)


def set_status(
    sandbox: Sandbox,
    audience: Audience,
    member: Member,
    status: str,
    *,
    by: str,
    at: int,
    reason: str = "",
    opted_out: str = "",
    campaign_id: str = "",
    ip: str = "",
) -> None:
    """Move a member to a status. Rules about who may are elsewhere.

    Args:
        by: 'api', 'person', 'admin' or 'mailchimp'.
        at: when, in seconds since the epoch.
        reason: of an unsubscribe.
        opted_out: see ``Member.opted_out``; kept when empty, except that a person who subscribes
            again has opted in.
    """
    old = member.status
    member.status = status
    member.last_changed = at
    if opted_out:
        member.opted_out = opted_out
    if status == "subscribed":
        audience.last_sub = at
        touch_day(audience, at, "subs" if by == "person" else "other_adds")
        member.unsubscribe_reason = ""
        member.unsubscribed_at = None
        if by == "person":
            member.opted_out = ""
            member.soft_bounces = 0
    elif status == "unsubscribed":
        audience.last_unsub = at
        member.unsubscribed_at = at
        member.unsubscribe_reason = reason or BY_ADMIN
        touch_day(audience, at, "unsubs" if by == "person" else "other_removes")
    elif status in ("cleaned", "archived"):
        touch_day(audience, at, "other_removes")
    count_status(audience, at, old, status)
    audience.version += 1
    sandbox.ledger.event(
        at,
        status,
        by,
        list_id=audience.list_id,
        campaign_id=campaign_id,
        subscriber_hash=member.hash,
        email_address=member.email_address,
        ip=ip,
        detail=reason,
    )


def create(
    sandbox: Sandbox, audience: Audience, email_address: str, status: str, *, by: str, at: int
) -> Member:
    """Put a new address on a list."""
    number = sandbox.next_number()
    member = Member(
        hash=addresses.subscriber_hash(email_address),
        email_address=email_address,
        unique_email_id=addresses.unique_email_id(email_address),
        contact_id=sandbox.new_id("contact", 32),
        web_id=10_000_000 + number,
        status="",
        created_at=at,
        last_changed=at,
        source="Hosted Signup Form" if by == "person" else "API - Generic",
    )
    audience.members[member.hash] = member
    audience.contacts[member.contact_id] = member.hash
    set_status(sandbox, audience, member, status, by=by, at=at)
    return member


def _stamp_opt_in(
    member: Member, body: Mapping[str, Any], at: int, ip: str, *, is_back: bool
) -> None:
    """A member that is new, or back from the archive, gets the time of this call.

    A member that the API unsubscribed and that is subscribed again keeps its time. Both are
    recorded in grouparoo/grouparoo
    (plugins/@grouparoo/mailchimp/__tests__/fixtures/export/exportRecord.js).
    """
    if member.status == "subscribed":
        if not body.get("timestamp_opt") and (is_back or member.timestamp_opt is None):
            member.timestamp_opt = at
        if not body.get("ip_opt") and (is_back or not member.ip_opt):
            member.ip_opt = ip
    elif member.status == "pending":
        if not body.get("timestamp_signup"):
            member.timestamp_signup = at
        if not body.get("ip_signup"):
            member.ip_signup = ip


def _may_become(member: Member, status: str) -> bool:
    """Whether the API may move a member to a status.

    A person's opt-out can only become ``pending``. A bounce or a complaint cannot even become that
    (undocumented for ``pending``).
    """
    if status == "subscribed":
        return not member.opted_out
    if status in ("pending", "transactional"):
        return member.opted_out in ("", "person")
    return True


def add(
    sandbox: Sandbox,
    audience: Audience,
    body: Mapping[str, Any],
    *,
    status: str,
    ip: str,
    skip_validation: bool,
) -> Member:
    """Add an address, or bring an archived one back.

    Raises:
        Problem: 400 for an address that is there, opted out, forgotten or refused; 403 where the
            account has no room.
    """
    address = str(body["email_address"])
    key = addresses.subscriber_hash(address)
    if key in audience.forgotten:
        raise forgotten(address)
    held = audience.members.get(key)
    if held is not None:
        if not _may_become(held, status):
            raise in_compliance_state(address)
        if held.status != "archived":
            raise member_exists(address)
    values = settings_of(
        audience, body, held.merge_fields if held else {}, skip_validation=skip_validation
    )
    billing.require_room(sandbox, [(held, status)])
    now = sandbox.now
    if held is None:
        member = create(sandbox, audience, address, status, by="api", at=now)
    else:
        member = held
        set_status(sandbox, audience, member, status, by="api", at=now)
    store(member, values)
    _stamp_opt_in(member, body, now, ip, is_back=True)
    return member


def change(
    sandbox: Sandbox,
    audience: Audience,
    member: Member,
    body: Mapping[str, Any],
    *,
    ip: str,
    skip_validation: bool,
) -> None:
    """Change a member as PATCH does: what is not in the body stays.

    A call that changes nothing does not move ``last_changed`` (recorded in grouparoo/grouparoo,
    plugins/@grouparoo/mailchimp/__tests__/fixtures/export/exportRecord.js).

    Raises:
        Problem: 400; 403 where the account has no room.
    """
    address = body.get("email_address")
    renamed = address is not None and address != member.email_address
    if renamed:
        key = addresses.subscriber_hash(str(address))
        if key != member.hash and key in audience.forgotten:
            raise forgotten(str(address))
        if key != member.hash and key in audience.members:
            raise member_exists(str(address))
    status = body.get("status")
    moves = status is not None and status != member.status
    if moves and not _may_become(member, str(status)):
        raise in_compliance_state(member.email_address)
    values = settings_of(audience, body, member.merge_fields, skip_validation=skip_validation)
    if not (renamed or moves or differs(member, values)):
        return
    billing.require_room(sandbox, [(member, status if moves else member.status)])
    now = sandbox.now
    was_archived = member.status == "archived"
    store(member, values)
    if renamed:
        rename(sandbox, audience, member, str(address), by="api", at=now)
    if moves:
        set_status(sandbox, audience, member, str(status), by="api", at=now)
        _stamp_opt_in(member, body, now, ip, is_back=was_archived)
    elif not renamed:
        sandbox.ledger.event(
            now,
            "changed",
            "api",
            list_id=audience.list_id,
            subscriber_hash=member.hash,
            email_address=member.email_address,
        )
    member.last_changed = now
    audience.version += 1


def rename(
    sandbox: Sandbox, audience: Audience, member: Member, address: str, *, by: str, at: int
) -> None:
    """Give a member another address. The subscriber hash and ``unique_email_id`` change; all
    else stays: ``contact_id``, ``web_id``, status, tags, ``timestamp_opt`` (recorded in
    grouparoo/grouparoo, plugins/@grouparoo/mailchimp/__tests__/fixtures/export/exportRecord.js)."""
    old = member.hash
    member.email_address = address
    member.hash = addresses.subscriber_hash(address)
    member.unique_email_id = addresses.unique_email_id(address)
    if member.hash != old:
        del audience.members[old]
        member.former_hashes.append(old)
        audience.members[member.hash] = member
    audience.contacts[member.contact_id] = member.hash
    for segment in audience.segments.values():
        if segment.members.pop(old, None):
            segment.members[member.hash] = True
    member.last_changed = at
    audience.version += 1
    sandbox.ledger.event(
        at,
        "email_changed",
        by,
        list_id=audience.list_id,
        subscriber_hash=member.hash,
        email_address=address,
        detail=old,
    )
