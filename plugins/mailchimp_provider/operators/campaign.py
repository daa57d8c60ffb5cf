"""``CampaignWhenDueOperator``: waits for a campaign's moments without a worker, acts at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from mailchimp_provider.triggers.campaign import CampaignTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

#: What makes waiting for the moment pointless: it is out, or it is gone.
_OUT = ("sending", "sent", "canceling", "canceled", "archived", "deleted")
_OVER = ("sent", "canceled", "archived", "deleted", "save", "paused")


class CampaignWhenDueOperator(BaseOperator):
    """Waits until ``wait_until``, then takes the campaign's step (gate, schedule, send or let go).

    It waits again for the moment that the step returns, until Mailchimp has sent the campaign.
    Nothing it knew before is trusted after a wait: each step reads the CRM and Mailchimp again. The
    triggerer takes back a schedule of ours before the last judgement. So no campaign goes out
    unjudged when the step fails or when no worker is free.

    Args:
        campaign_code: code of the CRM's campaign.
        wait_until: ISO 8601 with a zone; empty means now.
        provider_campaign_id: its id in Mailchimp, if known.
        account: the connection that leads there; empty: the default one.
        is_ours: ``True`` if we put it into Mailchimp's schedule until then.
        sending_minutes: how long to wait for the sending to end; a later run follows it anyway.
        poll_seconds: how often to look at its state meanwhile.
    """

    template_fields: Sequence[str] = (
        "campaign_code",
        "wait_until",
        "provider_campaign_id",
        "account",
        "is_ours",
    )

    def __init__(
        self,
        *,
        campaign_code: str,
        wait_until: str = "",
        provider_campaign_id: str = "",
        account: str = "",
        is_ours: str | bool = False,
        sending_minutes: float = 15,
        poll_seconds: float = 20.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.campaign_code = campaign_code
        self.wait_until = wait_until
        self.provider_campaign_id = provider_campaign_id
        self.account = account
        self.is_ours = is_ours
        self.sending_minutes = sending_minutes
        self.poll_seconds = poll_seconds

    def execute(self, context: Context) -> None:
        """Give the worker back until the moment."""
        self._name(context)
        self._wait(
            self.wait_until or datetime.now(UTC).isoformat(),
            _OUT,
            "go_on",
            self.provider_campaign_id or None,
            self.account or None,
            is_ours=str(self.is_ours) == "True",
            take_back=str(self.is_ours) == "True",
        )

    def go_on(
        self,
        context: Context,
        event: dict[str, Any],
        provider_campaign_id: str | None = None,
        account: str | None = None,
    ) -> dict[str, Any]:
        """A moment has come: one step, then the next moment, or the end of the sending."""
        self.log.info("campaign %s: %s", self.campaign_code, event)
        result = self._advance(context, provider_campaign_id, account)
        known = result["provider_campaign_id"] or provider_campaign_id
        if result["wait_until"]:
            self._wait_again(result, known)
        if result["status"] in ("sending", "schedule") and result["outcome"] != "held":
            until = datetime.now(UTC) + timedelta(minutes=self.sending_minutes)
            self._wait(
                until.isoformat(),
                _OVER,
                "end",
                known,
                result["account"],
                is_ours=bool(result["is_ours"]),
            )
        return self._ended(context, result)

    def end(
        self,
        context: Context,
        event: dict[str, Any],
        provider_campaign_id: str | None = None,
        account: str | None = None,
    ) -> dict[str, Any]:
        """It is sent, takes longer, or was taken back: one more look shows it."""
        self.log.info("campaign %s: %s", self.campaign_code, event)
        result = self._advance(context, provider_campaign_id, account)
        if result["wait_until"]:
            self._wait_again(result, provider_campaign_id)
        return self._ended(context, result)

    def _wait_again(self, result: dict[str, Any], provider_campaign_id: str | None) -> None:
        is_ours = bool(result["is_ours"])
        # A draft again before its moment: it was taken back, and what that means is seen at once.
        drafts = ("save", "paused") if is_ours else ()
        # Waiting for an answer or a lock: what it is in Mailchimp already ends no waiting.
        wanted = (*_OUT, *drafts) if result["status"] not in _OUT else ()
        self._wait(
            result["wait_until"],
            wanted,
            "go_on",
            provider_campaign_id,
            result["account"],
            is_ours=is_ours,
            take_back=is_ours,
        )

    def _wait(
        self,
        until: str,
        wanted: Sequence[str],
        then: str,
        provider_campaign_id: str | None,
        account: str | None,
        *,
        is_ours: bool = False,
        take_back: bool = False,
    ) -> None:
        known = {"provider_campaign_id": provider_campaign_id}
        if account not in (None, DEFAULT_ACCOUNT):
            known["account"] = account
        self.defer(
            trigger=CampaignTrigger(
                until=until,
                wanted=wanted,
                provider_campaign_id=provider_campaign_id,
                account=account,
                poll_seconds=self.poll_seconds,
                guarded_code=self.campaign_code if is_ours else None,
                take_back=take_back,
            ),
            method_name=then,
            kwargs=known,
        )

    def _advance(
        self, context: Context, provider_campaign_id: str | None, account: str | None
    ) -> dict[str, Any]:
        from mailchimp_provider.tasks.campaigns import advance_campaign  # noqa: PLC0415

        self._name(context)
        return advance_campaign(
            self.campaign_code, provider_campaign_id=provider_campaign_id, account=account
        )

    def _ended(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        from mailchimp_provider.tasks.campaigns import require_not_held  # noqa: PLC0415

        return require_not_held(result, context["ti"])

    def _name(self, context: Context) -> None:
        context["campaign_code"] = self.campaign_code  # type: ignore[typeddict-unknown-key]
