"""``CampaignTrigger``: waits for a campaign's moment, or for its state in Mailchimp."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

log = logging.getLogger(__name__)

#: Seconds to queue for one of the account's connections before the look is left out.
SLOT_SECONDS = 20.0


class CampaignTrigger(BaseTrigger):
    """Fires when the moment has come, or before when the campaign is in one of the states.

    The event is ``{"outcome": "due" | "reached", "status": <last seen> | None}``. A look that
    fails is left out: what is wrong shows in the task that goes on after the moment.

    Args:
        provider_campaign_id: the campaign in Mailchimp.
        until: the moment, ISO 8601 with a zone.
        wanted: Mailchimp's words that end the waiting, and ``deleted``.
        poll_seconds: how often to look.
    """

    def __init__(
        self,
        *,
        provider_campaign_id: str,
        until: str,
        wanted: Sequence[str],
        poll_seconds: float = 60.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.provider_campaign_id = provider_campaign_id
        self.until = until
        self.wanted = list(wanted)
        self.poll_seconds = poll_seconds
        moment = datetime.fromisoformat(until)
        if moment.tzinfo is None:
            raise ValueError("the moment a campaign waits for needs a time zone")
        self._moment = moment.astimezone(UTC)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments: what the triggerer makes the trigger from again."""
        return (
            "mailchimp_provider.triggers.campaign.CampaignTrigger",
            {
                "provider_campaign_id": self.provider_campaign_id,
                "until": self.until,
                "wanted": self.wanted,
                "poll_seconds": self.poll_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again; the moment is never missed by more than a slow look."""
        status: str | None = None
        while (left := self._seconds_left()) > 0:
            try:
                status = await asyncio.wait_for(
                    # In a thread that the triggerer lends: the client and the database wait.
                    sync_to_async(self._read_status, thread_sensitive=False)(),
                    timeout=left,
                )
            except Exception as error:
                # Any fault, a slow answer too: the waiting itself must go on.
                log.warning("the campaign's state could not be read: %s", type(error).__name__)
            else:
                if status in self.wanted:
                    yield _event("reached", status)
                    return
            await asyncio.sleep(max(0.0, min(self.poll_seconds, self._seconds_left())))
        yield _event("due", status)

    def _seconds_left(self) -> float:
        return (self._moment - datetime.now(UTC)).total_seconds()

    def _read_status(self) -> str:
        from mailchimp_provider.connections import mailchimp  # noqa: PLC0415 - takes seconds

        with mailchimp(slot_seconds=SLOT_SECONDS) as provider:
            remote = provider.campaign(self.provider_campaign_id)
        return remote.status if remote else "deleted"


def _event(outcome: str, status: str | None) -> TriggerEvent:
    return TriggerEvent({"outcome": outcome, "status": status})  # type: ignore[no-untyped-call]
