"""An account in memory behind the seam: what the sandbox's clock cannot time exactly enough.

Events may arrive late, members may be deleted, pages may shift, totals may run ahead and a reading
may die in the middle. The ledger in ``happened`` is what tests compare the warehouse with.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import ReportStream

SENT_AT = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def subscriber_hash(number: int) -> str:
    return hashlib.md5(f"μέλος{number}@παράδειγμα.ελ".encode(), usedforsecurity=False).hexdigest()


class Crash(BaseException):
    """The process dies: nothing in it gets to act any more."""


@dataclass
class Event:
    member: str
    action: str
    at: datetime
    url: str = ""
    ip: str = ""
    bounce_type: str = ""
    is_proxy: bool = False
    listed: bool = True


@dataclass
class Campaign:
    campaign_id: str
    list_id: str = "λίστα1"
    sent_at: datetime = SENT_AT
    recipients: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unsubscribes: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    complaints: dict[int, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    emails_sent: int = 0
    is_gone: bool = False

    def send(self, members: int, first: int = 0) -> None:
        self.recipients += [subscriber_hash(number) for number in range(first, first + members)]
        self.emails_sent += members

    def happens(self, member: str, action: str, seconds: int, **more: Any) -> Event:
        event = Event(member, action, self.sent_at + timedelta(seconds=seconds), **more)
        self.events.append(event)
        return event


class Account:
    """Implements ``ReportProvider``.

    Attributes:
        during: called before every row of a per-campaign stream, with the stream's name: makes
            something happen in the middle of a reading, or dies.
        requests: how often each stream or list was asked for.
    """

    def __init__(self, *campaigns: Campaign, cap: int = 1000, flags_proxies: bool = True) -> None:
        self.of_id = {campaign.campaign_id: campaign for campaign in campaigns}
        self.cap = cap
        self.flags_proxies = flags_proxies
        self.during: Callable[[str], None] = lambda stream: None
        self.requests: Counter[str] = Counter()
        self.sinces: list[datetime | None] = []

    def require_answer(self) -> None:
        self.requests["ping"] += 1

    def campaigns(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        self.requests["campaigns"] += 1
        for campaign in self._sent(since_send_time, before_send_time):
            yield {
                "id": campaign.campaign_id,
                "web_id": 7,
                "type": "regular",
                "status": "sent",
                "create_time": campaign.sent_at.isoformat(),
                "send_time": campaign.sent_at.isoformat(),
                "emails_sent": campaign.emails_sent,
                "recipients": {
                    "list_id": campaign.list_id,
                    "list_name": "Πελάτες",
                    "segment_text": "<p>Η διεύθυνση είναι <em>nikos@example.gr</em></p>",
                    "segment_opts": {"conditions": [{"value": "nikos@example.gr"}]},
                },
                "settings": {"title": "Προσφορά", "subject_line": "Νέα από εμάς ☀"},
            }

    def reports(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        self.requests["reports"] += 1
        for campaign in self._sent(since_send_time, before_send_time):
            yield self._report(campaign)

    def report(self, campaign_id: str) -> dict[str, Any]:
        self.requests["report"] += 1
        if self.of_id[campaign_id].is_gone:
            raise NotFoundAtProviderError("no such campaign")
        return self._report(self.of_id[campaign_id])

    def has_recipient(self, campaign_id: str, subscriber_hash: str) -> bool:
        self.requests["has_recipient"] += 1
        campaign = self.of_id[campaign_id]
        return subscriber_hash in set(campaign.recipients) - campaign.deleted

    def rows(
        self, campaign_id: str, stream: ReportStream, *, since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        self.requests[stream] += 1
        if stream == "activity":
            self.sinces.append(since)
        campaign = self.of_id[campaign_id]
        if campaign.is_gone:
            raise NotFoundAtProviderError("no such campaign")
        make = getattr(self, f"_{stream}")
        for row in make(campaign, since) if stream == "activity" else make(campaign):
            self.during(stream)
            yield {"campaign_id": campaign_id, "_links": [], **row}

    def link_members(self, campaign_id: str, link_id: str) -> Iterator[dict[str, Any]]:
        self.requests["link_members"] += 1
        campaign = self.of_id[campaign_id]
        url = next(url for url in _urls(campaign) if _link_id(url) == link_id)
        clicks = Counter(e.member for e in campaign.events if e.url == url)
        for member, count in clicks.items():
            self.during("link_members")
            if member not in campaign.deleted:
                yield {"email_id": member, "url_id": link_id, "clicks": count}

    def growth_history(self, list_id: str) -> Iterator[dict[str, Any]]:
        self.requests["growth-history"] += 1
        yield {"list_id": list_id, "month": "2026-10", "subscribed": 5, "unsubscribed": 1}

    def _sent(self, since: datetime | None, before: datetime | None) -> Iterator[Campaign]:
        for campaign in self.of_id.values():
            if campaign.is_gone:
                continue
            if (since is None or campaign.sent_at > since) and (
                before is None or campaign.sent_at <= before
            ):
                yield campaign

    def _report(self, campaign: Campaign) -> dict[str, Any]:
        opens = [e for e in campaign.events if e.action == "open"]
        clicks = [e for e in campaign.events if e.action == "click"]
        human = [e for e in opens if not e.is_proxy]
        bounces = Counter(e.bounce_type for e in campaign.events if e.action == "bounce")
        report = {
            "id": campaign.campaign_id,
            "list_id": campaign.list_id,
            "type": "regular",
            "campaign_title": "Προσφορά",
            "send_time": campaign.sent_at.isoformat(),
            "emails_sent": campaign.emails_sent,
            "abuse_reports": len(campaign.complaints),
            "unsubscribed": len(campaign.unsubscribes),
            "opens": {
                "opens_total": len(opens),
                "unique_opens": len({e.member for e in opens}),
                "last_open": _newest(opens),
            },
            "clicks": {
                "clicks_total": len(clicks),
                "unique_clicks": len({(e.member, e.url) for e in clicks}),
                "unique_subscriber_clicks": len({e.member for e in clicks}),
                "last_click": _newest(clicks),
            },
            "bounces": {"hard_bounces": bounces["hard"], "soft_bounces": bounces["soft"]},
        }
        if self.flags_proxies:
            report["opens"]["proxy_excluded_opens"] = len(human)
            report["opens"]["proxy_excluded_unique_opens"] = len({e.member for e in human})
        return report

    def _activity(self, campaign: Campaign, since: datetime | None) -> Iterator[dict[str, Any]]:
        for member in list(campaign.recipients):
            if member in campaign.deleted:
                continue
            counts: Counter[str] = Counter()
            activity = []
            for event in sorted(campaign.events, key=lambda e: e.at):
                if event.member != member or not event.listed:
                    continue
                counts[event.action] += 1
                if counts[event.action] > self.cap or (since and event.at <= since):
                    continue
                entry = {"action": event.action, "timestamp": event.at.isoformat()}
                entry |= {"url": event.url} if event.url else {}
                entry |= {"ip": event.ip} if event.ip else {}
                entry |= {"type": event.bounce_type} if event.bounce_type else {}
                activity.append(entry)
            yield {"list_id": campaign.list_id, "email_id": member, "activity": activity}

    def _recipients(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        bounced = {e.member: e.bounce_type for e in campaign.events if e.action == "bounce"}
        for member in list(campaign.recipients):
            if member not in campaign.deleted:
                yield {
                    "email_id": member,
                    "email_address": "never-kept@example.gr",
                    "merge_fields": {"FNAME": "Νίκος"},
                    "list_id": campaign.list_id,
                    "status": bounced.get(member, "sent"),
                }

    def _proxy_opens(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        for member in dict.fromkeys(e.member for e in campaign.events if e.action == "open"):
            if member not in campaign.deleted:
                opens = [
                    {"timestamp": e.at.isoformat()}
                    | ({"is_proxy_open": e.is_proxy} if self.flags_proxies else {})
                    for e in campaign.events
                    if e.member == member and e.action == "open" and e.listed
                ]
                yield {"email_id": member, "opens": opens, "opens_count": len(opens)}

    def _links(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        for url in _urls(campaign):
            clicks = [e for e in campaign.events if e.url == url]
            yield {
                "id": _link_id(url),
                "url": url,
                "total_clicks": len(clicks),
                "unique_clicks": len({e.member for e in clicks}),
                "last_click": _newest(clicks),
            }

    def _unsubscribes(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        for member, (moment, reason) in campaign.unsubscribes.items():
            if member not in campaign.deleted:
                yield {
                    "email_id": member,
                    "list_id": campaign.list_id,
                    "reason": reason,
                    "timestamp": moment.isoformat(),
                }

    def _abuse_reports(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        for number, member in campaign.complaints.items():
            yield {"id": number, "email_id": member, "list_id": campaign.list_id}

    def _domains(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        yield {"domain": "example.gr", "emails_sent": campaign.emails_sent}

    def _sub_reports(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        yield from ()

    def _locations(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        yield {"country_code": "GR", "region": "A", "region_name": "Αττική", "opens": 1}


def _newest(events: list[Event]) -> str:
    return max(e.at for e in events).isoformat() if events else ""


def _urls(campaign: Campaign) -> list[str]:
    return list(dict.fromkeys(e.url for e in campaign.events if e.url))


def _link_id(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:10]
