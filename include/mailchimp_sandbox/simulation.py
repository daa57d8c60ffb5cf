"""Letting time pass: each thing happens at its own moment.

Scheduled campaigns go out, RSS campaigns look at their feeds, and recipients act.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailchimp_sandbox import delivery, happenings, rss_series
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.state import Campaign

_NEVER = 2**62


def catch_up(sandbox: Sandbox) -> None:
    """Let everything happen that is due by now, in order of time. Cheap when nothing is."""
    now = sandbox.now
    if now < sandbox.next_due:
        return
    while True:
        waiting = [
            campaign
            for campaign in sandbox.account.campaigns.values()
            if campaign.scheduled_for is not None and campaign.scheduled_for <= now
        ]
        first = min(waiting, key=lambda c: (c.scheduled_for or 0, c.number), default=None)
        horizon = now if first is None else (first.scheduled_for or now)
        _play_until(sandbox, horizon)
        if first is None:
            break
        first.scheduled_for = None
        if first.status == "schedule":
            delivery.send(sandbox, first, horizon)
        elif first.status == "sending":
            rss_series.look(sandbox, first, horizon)
    sandbox.next_due = min(_due_times(sandbox), default=_NEVER)


def _due_times(sandbox: Sandbox) -> Iterator[int]:
    for campaign in sandbox.account.campaigns.values():
        if campaign.scheduled_for is not None:
            yield campaign.scheduled_for
        if campaign.status == "sending" and campaign.delivered_at is not None:
            yield campaign.delivered_at
        if campaign.position < len(campaign.timeline):
            yield campaign.timeline[campaign.position][0]


def _play_until(sandbox: Sandbox, horizon: int) -> None:
    due: list[tuple[int, int, Campaign, list[Any]]] = []
    for campaign in list(sandbox.account.campaigns.values()):
        if (
            campaign.status == "sending"
            and campaign.delivered_at is not None
            and campaign.delivered_at <= horizon
        ):
            delivery.finish(sandbox, campaign)
        position = campaign.position
        timeline = campaign.timeline
        while position < len(timeline) and timeline[position][0] <= horizon:
            due.append((timeline[position][0], campaign.number, campaign, timeline[position]))
            position += 1
        campaign.position = position
        if position == len(timeline) and timeline:
            campaign.timeline, campaign.position = [], 0
    due.sort(key=lambda item: item[:2])
    for _, _, campaign, entry in due:
        _play(sandbox, campaign, entry)


def _play(sandbox: Sandbox, campaign: Campaign, entry: list[Any]) -> None:
    at, action, key, ip, link, is_proxy, detail = entry
    if action == "sign_up":
        audience = happenings.audience_of(sandbox, campaign)
        if audience is not None:
            happenings.signed_up(sandbox, audience, key, at, ip)
        return
    position = campaign.positions.get(key)
    if position is None:
        return  # deleted for good meanwhile
    recipient = campaign.recipients[position]
    if action == "open":
        happenings.opened(sandbox, campaign, recipient, at, ip, is_proxy, detail or "person")
    elif action == "click":
        happenings.clicked(sandbox, campaign, recipient, at, ip, link, detail or "person")
    elif action == "bounce":
        happenings.bounced(sandbox, campaign, recipient, at, detail)
    elif action == "unsubscribe":
        happenings.unsubscribed(sandbox, campaign, recipient, at, detail, ip)
    elif action == "abuse":
        happenings.complained(sandbox, campaign, recipient, at)
    elif action == "forward":
        happenings.forwarded(sandbox, campaign, recipient, at)
