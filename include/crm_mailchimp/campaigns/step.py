"""One step of one campaign: look the pair of states up in the plan, and carry the action out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_mailchimp.campaigns import gate, links
from crm_mailchimp.campaigns.planning import (
    Plan,
    next_quarter,
)
from crm_mailchimp.campaigns.result import CampaignResult, totals
from crm_mailchimp.campaigns.sides import Done, Sides, there
from crm_mailchimp.errors import PermanentError, ProviderError, RefusedByProviderError

log = logging.getLogger(__name__)

#: Mailchimp takes no time in the past: nearer than this we send ourselves, at the time.
_SCHEDULE_MARGIN = timedelta(seconds=30)
#: So long an unanswered call that sends may still be on its way.
_CALL_TAKES = timedelta(minutes=10)


class Step(Sides):
    """What the plan's table says, for one attempt; each action is a method of its name."""

    def carry_out(self, *, recreate: bool = False) -> CampaignResult:
        """Do what the plan says for the two states.

        Raises:
            ChangedMeanwhileError: nothing went out; read both sides again.
            ProviderError, PermanentError: noted in ``sync.campaign.detail`` too.
        """
        try:
            self._look()
            made = self._plan()
            if recreate and made.remote_state == "deleted":
                links.forget(self.warehouse, self.link.campaign_id)
                self.link = self._find_link()
                self._look()
                made = self._plan()
            done = self._act(made)
        except (ProviderError, PermanentError) as error:
            self.warehouse.rollback()
            self._note(action="failed", detail=f"{type(error).__name__}: {error}")
            raise
        return self._finish(made, done)

    def _act(self, made: Plan) -> Done:
        done: Done = getattr(self, f"_{made.action}")()
        return done

    def _nothing(self) -> Done:
        return Done("nothing")

    def _follow(self) -> Done:
        return Done("followed", None if self.remote else "deleted in Mailchimp after it was sent")

    def _hold(self) -> Done:
        if self.remote is None:
            return Done(
                "held",
                "deleted: somebody deleted it in Mailchimp; cancel it in the CRM, or run with the "
                "param recreate to make a new draft",
            )
        if self._plan().crm_state == "overdue":
            return Done("held", "overdue: its time is too long past; give it a new planned_at")
        if self._plan().crm_state == "gone":
            return Done(
                "held", "gone: the CRM has no such active campaign any more; its draft stays"
            )
        return Done("held", f"unknown_status: Mailchimp calls it {self._remote.status!r}")

    def _create(self) -> Done:
        campaign = self._campaign
        problem = self._problem()
        if problem is not None:
            return problem
        draft = campaign.draft(there(self.audience).list_id)
        self.remote = links.create_once(self.warehouse, self.provider, campaign, draft)
        self.link = self._find_link()
        return Done("created", "its body is made in Mailchimp")

    def _update(self) -> Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        if self._plan().crm_state == "by_hand":
            return Done("waiting", "approved without planned_at: a person sends or schedules it")
        return Done("updated")

    def _schedule(self) -> Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        at = next_quarter(self._planned_at)
        # Between two quarters its own time may come first: then we send, on the minute.
        moment = min(self._planned_at, at - self.options.schedule_ahead)
        if self._we_send:
            moment = self._planned_at
        if self.clock() < moment:
            # Asked early, so that people have time for what is wrong; asked again at its moment.
            if not self._gate_was_open():
                decision = self._gate("schedule")
                if not decision.is_open:
                    return _closed(decision)
            return self._wait(moment, "sent by us" if moment == self._planned_at else None)
        decision = self._gate("schedule")
        if not decision.is_open:
            return _closed(decision)
        return self._put_into_schedule(at)

    def _put_into_schedule(self, at: datetime) -> Done:
        if at - self.clock() < _SCHEDULE_MARGIN:
            return self._wait(at, "sent by us")
        self._require_unchanged()
        # Committed before the call: a schedule of ours is known as ours after a crash too.
        self._note(scheduled_for=at)
        try:
            self.provider.schedule_campaign(self._remote.campaign_id, at)
        except RefusedByProviderError as error:
            # All that could be wrong with the campaign itself the gate just asked about.
            log.info("campaign %s is not scheduled in Mailchimp: %s", self.code, error)
            self._note(scheduled_for=None, schedule_refused_at=datetime.now(UTC))
            return self._wait(self._planned_at)
        self._read_again()
        return Done("scheduled", f"for {at:%Y-%m-%d %H:%M} UTC", self._last_check(at))

    def _wait(self, moment: datetime, doing: str | None = None) -> Done:
        doing = doing or ("sent by us" if self._we_send else "scheduled in Mailchimp")
        soon = moment - self.clock() <= self.options.wait_horizon
        return Done(
            "waiting",
            f"{doing} at {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            moment if soon else None,
        )

    def _check(self) -> Done:
        remote = self._remote
        problem = self._problem()
        if problem is not None or self._is_superseded():
            self._take_back()
            return problem or self._act(self._plan())
        changed = bool(self._changes()) or self._moved_audience()
        is_near = self._send_at - self.clock() <= self.options.near
        if self._is_ours():
            if changed or is_near or not self._gate_was_open():
                # First out of the schedule, then judged, then in again: whatever happens in
                # between, nothing goes out unjudged.
                self._take_back()
                return self._act(self._plan())
        elif changed:
            at = self._send_at
            self._take_back()
            return self._reschedule(at) if self._is_draft() else self._act(self._plan())
        elif is_near or not self._gate_was_open():
            decision = self._gate("check")
            if not decision.is_open:
                self._take_back()
                return _closed(decision)
            self._require_unchanged()
        words = f"for {self._send_at:%Y-%m-%d %H:%M} UTC"
        if not self._is_ours():
            words += ", a time chosen in Mailchimp"
        return Done("scheduled", words, self._last_check(remote.send_at or self.clock()))

    def _reschedule(self, at: datetime) -> Done:
        """Back to the time that a person chose in Mailchimp, with the CRM's new settings."""
        problem = self._write_settings()
        if problem is not None:
            return problem
        decision = self._gate("schedule")
        if not decision.is_open:
            return _closed(decision)
        if at - self.clock() < _SCHEDULE_MARGIN:
            return Done("held", "its time passed while it was judged: schedule it anew")
        self._require_unchanged()
        self.provider.schedule_campaign(self._remote.campaign_id, at)
        self._read_again()
        return Done(
            "scheduled",
            f"for {at:%Y-%m-%d %H:%M} UTC, a time chosen in Mailchimp",
            self._last_check(at),
        )

    def _send(self) -> Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        called = self.link.send_called_at
        if called is not None and self.clock() - called < _CALL_TAKES:
            return Done(
                "waiting",
                "Mailchimp has not answered the call that sends it: it may be on its way",
                called + _CALL_TAKES,
            )
        decision = self._gate("send")
        if not decision.is_open:
            return _closed(decision)
        self._require_unchanged()
        self._note(send_called_at=self.clock())
        try:
            self.provider.send_campaign(self._remote.campaign_id)
        except RefusedByProviderError:
            self._note(send_called_at=None)
            raise
        self._read_again()
        return Done("sent")

    def _unschedule(self) -> Done:
        cancelled = self._plan().crm_state == "cancelled"
        self._take_back()
        if not self._is_draft():
            return self._act(self._plan())
        if cancelled:
            self._note(shelved_at=datetime.now(UTC))
            return Done("unscheduled", "cancelled in the CRM; its draft stays in Mailchimp")
        return Done("unscheduled", "it is not approved in the CRM")

    def _delete(self) -> Done:
        self.provider.delete_campaign(self._remote.campaign_id)
        links.forget(self.warehouse, self.link.campaign_id)
        self.link = self._find_link()
        self.remote = None
        return Done("deleted", "cancelled in the CRM")

    def _last_check(self, send_at: datetime) -> datetime | None:
        """When to judge again before Mailchimp sends, where that is soon."""
        check_at = send_at - self.options.last_check
        if self.clock() < check_at <= self.clock() + self.options.wait_horizon:
            return check_at
        return None

    def _finish(self, made: Plan, done: Done) -> CampaignResult:
        remote, link = self.remote, self.link
        status = remote.status if remote else link.status
        if remote is None and made.remote_state == "deleted":
            status = "deleted"
        detail = done.detail
        if self.hand_made:
            detail = _join(detail, f"changed in Mailchimp: {', '.join(self.hand_made)}")
        columns: dict[str, Any] = {
            "campaign_code": self.code,
            "crm_state": made.crm_state,
            "planned_at": self.campaign.planned_at if self.campaign else None,
            "action": done.outcome,
            "detail": detail,
            "look_again_at": done.wait_until,
            "status": status,
        }
        if remote is not None and remote.status in ("sending", "sent"):
            columns |= totals(remote)
        self._note(**columns)
        log.info("campaign %s: %s × %s → %s: %s%s", self.code, made.crm_state, made.remote_state,
                 made.action, done.outcome, f" ({detail})" if detail else "")  # fmt: skip
        return CampaignResult(
            campaign_code=self.code,
            action=made.action,
            outcome=done.outcome,
            detail=detail,
            status=status,
            provider_campaign_id=remote.campaign_id if remote else None,
            wait_until=done.wait_until,
            is_ours=status == "schedule" and self._is_ours(),
        )


def _closed(decision: gate.Decision) -> Done:
    reasons = "; ".join(str(reason) for reason in decision.open_reasons)
    return Done("held", f"gate {decision.gate_id} is closed: {reasons}")


def _join(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part)
