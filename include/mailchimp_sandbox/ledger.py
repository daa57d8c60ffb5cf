"""Everything that happened: what tests compare the pipeline's figures with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Event:
    """One thing that happened to one member, campaign or audience.

    ``action``, by what it happened to:

    - recipients: 'sent', 'open', 'click', 'bounce', 'unsubscribe', 'abuse', 'forward';
    - members: 'subscribed', 'pending', 'unsubscribed', 'cleaned', 'transactional', 'archived',
      'deleted', 'changed', 'email_changed', 'tagged';
    - audiences and campaigns: 'list_created', 'list_changed', 'list_deleted', 'campaign_created',
      'campaign_scheduled', 'campaign_sent', 'campaign_deleted', 'test_sent'.

    ``by`` is 'api', 'person', 'admin', 'mailchimp' or 'scanner'. ``at`` is in seconds since the
    epoch.
    """

    seq: int
    at: int
    action: str
    by: str
    list_id: str = ""
    campaign_id: str = ""
    subscriber_hash: str = ""
    email_address: str = ""
    url: str = ""
    ip: str = ""
    bounce_type: str = ""
    is_proxy: bool = False
    detail: str = ""


@dataclass(slots=True)
class Request:
    """One API request.

    ``template`` is its OpenAPI path, empty when there is none. ``answered`` is False when the
    answer never reached the client.
    """

    seq: int
    at: int
    method: str
    template: str
    path: str
    status: int
    via: str
    answered: bool = True


@dataclass(slots=True)
class Ledger:
    """Two append-only journals; ``seq`` is a row's position in its journal."""

    events: list[Event] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def event(
        self,
        at: int,
        action: str,
        by: str,
        *,
        list_id: str = "",
        campaign_id: str = "",
        subscriber_hash: str = "",
        email_address: str = "",
        url: str = "",
        ip: str = "",
        bounce_type: str = "",
        is_proxy: bool = False,
        detail: str = "",
    ) -> None:
        """Append an event."""
        self.events.append(
            Event(
                len(self.events),
                at,
                action,
                by,
                list_id,
                campaign_id,
                subscriber_hash,
                email_address,
                url,
                ip,
                bounce_type,
                is_proxy,
                detail,
            )
        )

    def request(
        self,
        at: int,
        method: str,
        template: str,
        path: str,
        status: int,
        via: str,
        answered: bool = True,
    ) -> None:
        """Append a request."""
        self.requests.append(
            Request(len(self.requests), at, method, template, path, status, via, answered)
        )

    def find_events(self, after: int, wanted: dict[str, str]) -> Iterator[Event]:
        """Events with a ``seq`` above ``after`` whose attributes equal ``wanted``."""
        for event in self.events[after + 1 :]:
            if all(getattr(event, name) == value for name, value in wanted.items()):
                yield event
