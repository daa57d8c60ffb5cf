"""Members who go: archived, or deleted for good."""

from __future__ import annotations

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import Problem
from mailchimp_sandbox.state import Audience, Member
from mailchimp_sandbox.subscriptions import count_status, set_status


def archive(sandbox: Sandbox, audience: Audience, member: Member, *, by: str) -> None:
    """Archive as DELETE does.

    Raises:
        Problem: 405 for who cannot be archived (seen in amro/gibbon#320; recorded with its header
            in grouparoo/grouparoo, plugins/@grouparoo/mailchimp/__tests__/fixtures/integration).
    """
    if member.status in ("archived", "cleaned", "pending"):
        raise Problem(
            405,
            "Method Not Allowed",
            "This list member cannot be removed. Can not archive a contact that is bounced, "
            "pending or archived",
            headers={"Allow": "GET, PUT"},
        )
    set_status(sandbox, audience, member, "archived", by=by, at=sandbox.now)


def delete_permanently(
    sandbox: Sandbox, audience: Audience, member: Member, *, by: str = "api"
) -> None:
    """Remove a member for good, with its activity in reports (docs, "Delete Contacts"); the
    reports' totals stay. The address can only come back by the person's own sign-up."""
    now = sandbox.now
    del audience.members[member.hash]
    audience.contacts.pop(member.contact_id, None)
    audience.forgotten[member.hash] = True
    count_status(audience, now, member.status, "")
    for segment in audience.segments.values():
        segment.members.pop(member.hash, None)
    own_hashes = {member.hash, *member.former_hashes}
    audience.abuse_reports = [
        report for report in audience.abuse_reports if report.hash not in own_hashes
    ]
    for campaign_id in member.campaigns:
        campaign = sandbox.account.campaigns.get(campaign_id)
        if campaign is not None:
            _remove_recipient(sandbox, campaign_id, member)
    audience.version += 1
    sandbox.ledger.event(
        now,
        "deleted",
        by,
        list_id=audience.list_id,
        subscriber_hash=member.hash,
        email_address=member.email_address,
    )


def _remove_recipient(sandbox: Sandbox, campaign_id: str, member: Member) -> None:
    """Take a deleted member out of a campaign's details. The row leaves a gap that pages skip."""
    campaign = sandbox.account.campaigns[campaign_id]
    for key in [member.hash, *(k for k in member.former_hashes if k != member.hash)]:
        position = campaign.positions.pop(key, None)
        if position is not None:
            campaign.recipients[position].deleted = True
            campaign.deleted_recipients += 1
            campaign.version += 1
