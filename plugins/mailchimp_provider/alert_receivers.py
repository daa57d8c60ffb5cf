"""Notifiers that post alerts as JSON: to a webhook, and to a service that calls people.

Their addresses and keys are secrets. No error and no log shows them, at no log level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.notifier import BaseNotifier

from crm_mailchimp.scrubbing import silent_transport

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from crm_mailchimp.sync.runs.alert_messages import AlertEvent

_WAIT_SECONDS = 15.0
#: Limits of PagerDuty's Events API v2. Source: developer.pagerduty.com, "Send an Alert Event".
_LONGEST_KEY = 255
_LONGEST_SUMMARY = 1024


class ReceiverError(Exception):
    """A receiver did not take the alert. Its address is a secret, and not shown."""


class WebhookNotifier(BaseNotifier):
    """Posts ``{"text": …}``, which Slack, Mattermost, Teams and Google Chat understand.

    Args:
        url: of the incoming webhook; a secret.
        text: what to say.
    """

    def __init__(self, *, url: str, text: str) -> None:
        super().__init__()
        self._url = url
        self.text = text

    def notify(self, context: Context) -> None:
        """Send it.

        Raises:
            ReceiverError: it was not taken.
        """
        _post(self._url, {"text": self.text}, "the webhook of ALERT_WEBHOOK_URL")


class EventsNotifier(BaseNotifier):
    """Posts events of PagerDuty's Events API v2: a trouble opens an incident, its end resolves it.

    Args:
        url: of the service.
        routing_key: the integration key; a secret.
        events: sent in their order, up to the first that is not taken.
    """

    def __init__(self, *, url: str, routing_key: str, events: Sequence[AlertEvent]) -> None:
        super().__init__()
        self._url = url
        self._routing_key = routing_key
        self.events = tuple(events)

    def notify(self, context: Context) -> None:
        """Send them. An event that is sent once more changes nothing: its key is the same.

        Raises:
            ReceiverError: one was not taken.
        """
        for event in self.events:
            body = {"routing_key": self._routing_key, **event_body(event)}
            _post(self._url, body, "the service of ALERT_EVENTS_URL")


def event_body(event: AlertEvent) -> dict[str, Any]:
    """An event as PagerDuty's Events API v2 takes it, without the integration key."""
    key = event.key
    if len(key) > _LONGEST_KEY:
        digest = hashlib.sha256(key.encode()).hexdigest()
        key = f"{key[: _LONGEST_KEY - len(digest) - 1]} {digest}"
    if event.is_over:
        return {"event_action": "resolve", "dedup_key": key}
    return {
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {
            "summary": event.summary[:_LONGEST_SUMMARY],
            "source": "crm-mailchimp",
            "severity": event.severity,
        },
    }


def _post(url: str, body: Mapping[str, Any], receiver: str) -> None:
    """Post JSON; the answer's body is not read, so a slow one holds nothing up.

    Raises:
        ReceiverError: the receiver is down, slow, or refuses.
    """
    import requests  # noqa: PLC0415

    problem = None
    try:
        with (
            silent_transport(),
            requests.post(url, json=body, timeout=_WAIT_SECONDS, stream=True) as answer,
        ):
            if not answer.ok:
                problem = f"HTTP {answer.status_code}"
    except requests.RequestException as error:
        problem = type(error).__name__  # its text holds the URL
    if problem:
        raise ReceiverError(f"{receiver}: {problem}")
