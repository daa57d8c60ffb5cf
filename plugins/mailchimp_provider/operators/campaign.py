"""``CampaignWhenDueOperator``: waits for a campaign's moment without a worker, then goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from mailchimp_provider.triggers.campaign import CampaignTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

#: What makes waiting for the moment pointless: it is out, or it is gone.
_OUT = ("sending", "sent", "canceling", "canceled", "archived", "deleted")
_OVER = ("sent", "canceled", "archived", "deleted", "save", "paused")


class CampaignWhenDueOperator(BaseOperator):
    """Waits until ``wait_until``, takes the campaign's step (gate, send or let go), waits until
    Mailchimp has sent it, and takes the last step. Nothing it knew before is trusted after a wait:
    each step reads the CRM and Mailchimp again.

    Args:
        campaign_code: code of the CRM's campaign.
        provider_campaign_id: its id in Mailchimp.
        wait_until: ISO 8601 with a zone.
        sending_minutes: how long to wait for the sending to end; a later run follows it anyway.
        poll_seconds: how often to look at its state meanwhile.
    """

    template_fields: Sequence[str] = ("campaign_code", "provider_campaign_id", "wait_until")

    def __init__(
        self,
        *,
        campaign_code: str,
        provider_campaign_id: str,
        wait_until: str,
        sending_minutes: float = 15,
        poll_seconds: float = 20.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.campaign_code = campaign_code
        self.provider_campaign_id = provider_campaign_id
        self.wait_until = wait_until
        self.sending_minutes = sending_minutes
        self.poll_seconds = poll_seconds

    def execute(self, context: Context) -> None:
        """Give the worker back until the moment."""
        context["campaign_code"] = self.campaign_code  # type: ignore[typeddict-unknown-key]
        self._wait(self.wait_until, _OUT, "go_on")

    def go_on(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """The moment has come: one step, and a wait for the end of the sending if it began."""
        self.log.info("campaign %s: %s", self.campaign_code, event)
        result = self._step(context)
        if result["status"] in ("sending", "schedule") and result["outcome"] != "held":
            until = datetime.now(UTC) + timedelta(minutes=self.sending_minutes)
            self._wait(until.isoformat(), _OVER, "end")
        return result

    def end(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """It is sent, or takes longer: one more step tells."""
        self.log.info("campaign %s: %s", self.campaign_code, event)
        return self._step(context)

    def _wait(self, until: str, wanted: Sequence[str], then: str) -> None:
        self.defer(
            trigger=CampaignTrigger(
                provider_campaign_id=self.provider_campaign_id,
                until=until,
                wanted=wanted,
                poll_seconds=self.poll_seconds,
            ),
            method_name=then,
        )

    def _step(self, context: Context) -> dict[str, Any]:
        from mailchimp_provider.campaign_steps import take_step  # noqa: PLC0415 - takes seconds

        context["campaign_code"] = self.campaign_code  # type: ignore[typeddict-unknown-key]
        return take_step(self.campaign_code)
