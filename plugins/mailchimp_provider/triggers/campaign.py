"""``CampaignTrigger``: waits for a campaign's moment, or for its state in Mailchimp."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.error_words import words_of

log = logging.getLogger(__name__)

#: Seconds to queue for one of the account's connections before the look is left out.
SLOT_SECONDS = 20.0
#: Seconds before the moment from which on its state is looked at: earlier it means nothing.
LOOK_SECONDS = 1200.0


class CampaignTrigger(BaseTrigger):
    """Fires when the moment has come, or before when the campaign is in one of the states.

    The event is ``{"outcome": "due" | "reached", "status": <last seen> | None}``. A look that
    fails is left out: what is wrong shows in the task that goes on after the moment.

    Args:
        until: the moment, ISO 8601 with a zone.
        wanted: Mailchimp's words that end the waiting, and ``deleted``.
        provider_campaign_id: the campaign in Mailchimp; None only waits.
        account: the connection that leads there; None: the default one.
        poll_seconds: how often to look.
        guarded_code: code of the campaign in the CRM, where the schedule is ours. Each look asks
            the CRM, too, and takes the campaign back when it was cancelled or moved there.
        take_back: at the moment, first take the campaign out of Mailchimp's schedule. It is judged
            next. It must not go out unjudged when no worker is free.
    """

    def __init__(
        self,
        *,
        until: str,
        wanted: Sequence[str],
        provider_campaign_id: str | None = None,
        account: str | None = None,
        poll_seconds: float = 60.0,
        guarded_code: str | None = None,
        take_back: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.provider_campaign_id = provider_campaign_id
        self.account = account
        self.until = until
        self.wanted = list(wanted)
        self.poll_seconds = poll_seconds
        self.guarded_code = guarded_code
        self.take_back = take_back
        moment = datetime.fromisoformat(until)
        if moment.tzinfo is None:
            raise ValueError("the moment a campaign waits for needs a time zone")
        self._moment = moment.astimezone(UTC)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments: what the triggerer makes the trigger from again."""
        return (
            "mailchimp_provider.triggers.campaign.CampaignTrigger",
            {
                "until": self.until,
                "wanted": self.wanted,
                "provider_campaign_id": self.provider_campaign_id,
                "account": self.account,
                "poll_seconds": self.poll_seconds,
                "guarded_code": self.guarded_code,
                "take_back": self.take_back,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again; the moment is never missed by more than a slow look."""
        status: str | None = None
        if self.provider_campaign_id is None or not self.wanted:
            await asyncio.sleep(max(0.0, self._seconds_left()))
        else:
            await asyncio.sleep(max(0.0, self._seconds_left() - LOOK_SECONDS))
        while (left := self._seconds_left()) > 0:
            status = await self._look(self._read_status, status, seconds=left)
            if status in self.wanted:
                yield _event("reached", status)
                return
            await asyncio.sleep(max(0.0, min(self.poll_seconds, self._seconds_left())))
        if self.take_back and self.provider_campaign_id is not None:
            status = await self._look(self._take_back, status, seconds=None)
        yield _event("due", status)

    async def _look(self, call: Any, last: str | None, *, seconds: float | None) -> str | None:
        try:
            return await asyncio.wait_for(
                # In a thread that the triggerer lends: the client and the database wait.
                sync_to_async(call, thread_sensitive=False)(),
                timeout=seconds,
            )
        except Exception as error:
            # Any fault, a slow answer too: the waiting itself must go on.
            log.warning("the campaign's state could not be read: %s", words_of(error))
            return last

    def _seconds_left(self) -> float:
        return (self._moment - datetime.now(UTC)).total_seconds()

    def _read_status(self) -> str:
        from crm_mailchimp.campaigns.take_back import if_revoked  # noqa: PLC0415 - takes seconds
        from mailchimp_provider.connections import crm_connection, mailchimp  # noqa: PLC0415

        with mailchimp(self.account or DEFAULT_ACCOUNT, slot_seconds=SLOT_SECONDS) as provider:
            if self.guarded_code is None:
                remote = provider.campaign(str(self.provider_campaign_id))
            else:
                with closing(crm_connection()) as crm:
                    remote = if_revoked(
                        crm, provider, str(self.provider_campaign_id), self.guarded_code
                    )
        return remote.status if remote else "deleted"

    def _take_back(self) -> str:
        from crm_mailchimp.campaign_schedule import take_back_campaign  # noqa: PLC0415 - takes seconds
        from mailchimp_provider.connections import mailchimp  # noqa: PLC0415

        # Waits for no slot and no warehouse: this call is what keeps an unjudged mail in.
        with mailchimp(self.account or DEFAULT_ACCOUNT, slot_seconds=None) as provider:
            remote = take_back_campaign(provider, str(self.provider_campaign_id))
        return remote.status if remote else "deleted"


def _event(outcome: str, status: str | None) -> TriggerEvent:
    return TriggerEvent({"outcome": outcome, "status": status})  # type: ignore[no-untyped-call]
