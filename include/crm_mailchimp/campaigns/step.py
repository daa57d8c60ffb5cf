"""One step of one campaign: read both sides, look the pair up in the plan, carry the action out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from psycopg import Connection

from crm_mailchimp.campaigns import gate, links, take_back
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign, read_campaigns
from crm_mailchimp.campaigns.links import Link
from crm_mailchimp.campaigns.options import CampaignOptions
from crm_mailchimp.campaigns.planning import (
    Plan,
    crm_state_of,
    next_quarter,
    plan,
    remote_state_of,
)
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.mailchimp.errors import BadRequest, MailchimpError, PermissionDenied
from crm_mailchimp.provider import RemoteCampaign
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import audiences

log = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Mailchimp takes no time in the past: nearer than this we send ourselves, at the time.
_SCHEDULE_MARGIN = timedelta(seconds=30)
#: So long an unanswered call that sends may still be on its way.
_CALL_TAKES = timedelta(minutes=10)
_EDITABLE = ("save", "paused")


class ChangedMeanwhileError(Exception):
    """The CRM or Mailchimp changed while the gate decided: the decision is about something else."""


class NoTestError(PermanentError):
    """A test was asked for and could not be sent."""


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """What was done with a campaign.

    ``outcome``: the action's word in the past tense, ``held`` where a person has to look, or
    ``waiting`` for its time. ``wait_until``: when it is to be looked at again, where that is soon;
    ``is_ours``: until then a schedule made by us stands in Mailchimp.
    """

    campaign_code: str
    action: str
    outcome: str
    detail: str | None = None
    status: str | None = None
    provider_campaign_id: str | None = None
    wait_until: datetime | None = None
    is_ours: bool = False


@dataclass(frozen=True)
class _Done:
    outcome: str
    detail: str | None = None
    wait_until: datetime | None = None


class Step:
    """Made with the audience's lock held, for one attempt.

    Args:
        warehouse: the warehouse; commits after every call that changes something.
        crm: to ``crm_db``, in autocommit.
        provider: open, with a connection slot.
        campaign: as the CRM has it now; None where its row is gone.
        link: what the ledger knows; None at the first look.
        options: agreed ages and limits.
        clock: tells the present time of the provider.
    """

    def __init__(
        self,
        warehouse: Connection[Any],
        crm: Connection[Any],
        provider: gate.GateProvider,
        campaign: CrmCampaign | None,
        link: Link | None,
        options: CampaignOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self.warehouse, self.crm, self.provider = warehouse, crm, provider
        self.campaign, self.options, self.clock = campaign, options, clock
        if link is None:
            links.meet(warehouse, _there(campaign))
            link = _there(links.find_link(warehouse, _there(campaign).campaign_id))
        self.link = link
        self.code = campaign.code if campaign else link.campaign_code
        self.audience = (
            audiences.find_known(warehouse, campaign.collection_id) if campaign else None
        )
        warehouse.commit()
        self.remote: RemoteCampaign | None = None
        self.hand_made: tuple[str, ...] = ()

    def carry_out(self, *, recreate: bool = False) -> CampaignResult:
        """Do what the plan says for the two states.

        Raises:
            ChangedMeanwhileError: nothing went out; read both sides again.
            MailchimpError, PermanentError: noted in ``sync.campaign.detail`` too.
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
        except (MailchimpError, PermanentError) as error:
            self.warehouse.rollback()
            self._note(action="failed", detail=f"{type(error).__name__}: {error}")
            raise
        return self._finish(made, done)

    def send_test(self, addresses: Sequence[str], run_id: str) -> CampaignResult:
        """Send a test of the campaign as it stands in Mailchimp, once for a run; nothing else.

        Args:
            addresses: of colleagues.
            run_id: of who asks.

        Raises:
            NoTestError: there is nothing to test, or Mailchimp refused.
        """
        self._look()
        remote = self.remote
        if remote is None or remote.status not in (*_EDITABLE, "schedule"):
            state = remote.status if remote else "not there"
            raise NoTestError(f"campaign {self.code} has no draft in Mailchimp to test: {state}")
        detail = f"test sent to {len(addresses)} addresses"
        if run_id and self.link.tested_by_run == run_id:
            detail = "this run has sent its test already; start another for one more"
        else:
            self._note(tested_by_run=run_id or None)
            try:
                self.provider.send_test(remote.campaign_id, addresses)
            except (BadRequest, PermissionDenied) as error:
                self._note(tested_by_run=None)
                raise NoTestError(
                    f"campaign {self.code}: Mailchimp sent no test; has the draft a body, and are "
                    f"the addresses right? {error}"
                ) from error
            self._note(tested_at=datetime.now(UTC))
        log.info("campaign %s: %s", self.code, detail)
        return CampaignResult(
            campaign_code=self.code,
            action="test",
            outcome="tested",
            detail=detail,
            status=remote.status,
            provider_campaign_id=remote.campaign_id,
        )

    # ---- both sides

    def _look(self) -> None:
        if self.link.provider_campaign_id is not None:
            self.remote = self.provider.campaign(self.link.provider_campaign_id)
            return
        self.remote = None
        if self.campaign is None or self.audience is None:
            return
        found = links.find_remote(
            self.warehouse, self.provider, self.campaign, self.link, self.audience.list_id
        )
        if found is not None:
            if self.link.intended_at is None:
                links.intend(self.warehouse, self.campaign, self.campaign.draft(found.list_id))
                # Which of its settings were made by hand nobody knows: the CRM's are written.
                self._note(pushed=None)
            links.remember(self.warehouse, self.campaign.campaign_id, found)
            log.info("campaign %s was there already, found by its title", self.code)
            self.remote, self.link = found, self._find_link()

    def _plan(self) -> Plan:
        campaign, link = self.campaign, self.link
        return plan(
            crm_state_of(
                campaign.state if campaign else None,
                campaign.planned_at if campaign else None,
                is_active=campaign.collection_is_active if campaign else False,
                now=self.clock(),
                max_lateness=self.options.max_lateness,
            ),
            remote_state_of(
                self.remote.status if self.remote else None,
                is_linked=link.provider_campaign_id is not None,
                is_shelved=link.shelved_at is not None,
                last_status=link.status,
            ),
        )

    def _act(self, made: Plan) -> _Done:
        done: _Done = getattr(self, f"_{made.action}")()
        return done

    # ---- the plan's actions

    def _nothing(self) -> _Done:
        return _Done("nothing")

    def _follow(self) -> _Done:
        return _Done("followed", None if self.remote else "deleted in Mailchimp after it was sent")

    def _hold(self) -> _Done:
        if self.remote is None:
            return _Done(
                "held",
                "deleted: somebody deleted it in Mailchimp; cancel it in the CRM, or run with the "
                "param recreate to make a new draft",
            )
        if self._plan().crm_state == "overdue":
            return _Done("held", "overdue: its time is too long past; give it a new planned_at")
        if self._plan().crm_state == "gone":
            return _Done(
                "held", "gone: the CRM has no such active campaign any more; its draft stays"
            )
        return _Done("held", f"unknown_status: Mailchimp calls it {self._remote.status!r}")

    def _create(self) -> _Done:
        campaign = self._campaign
        problem = self._problem()
        if problem is not None:
            return problem
        draft = campaign.draft(_there(self.audience).list_id)
        self.remote = links.create_once(self.warehouse, self.provider, campaign, draft)
        self.link = self._find_link()
        return _Done("created", "its body is made in Mailchimp")

    def _update(self) -> _Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        if self._plan().crm_state == "by_hand":
            return _Done("waiting", "approved without planned_at: a person sends or schedules it")
        return _Done("updated")

    def _schedule(self) -> _Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        at = next_quarter(self._planned_at)
        moment = self._planned_at if self._we_send else at - self.options.schedule_ahead
        if self.clock() < moment:
            # Asked early, so that people have time for what is wrong; asked again at its moment.
            if not self._gate_was_open():
                decision = self._gate("schedule")
                if not decision.is_open:
                    return _closed(decision)
            return self._wait(moment)
        decision = self._gate("schedule")
        if not decision.is_open:
            return _closed(decision)
        return self._put_into_schedule(at)

    def _put_into_schedule(self, at: datetime) -> _Done:
        if at - self.clock() < _SCHEDULE_MARGIN:
            return self._wait(at, "sent by us")
        self._require_unchanged()
        # Committed before the call: a schedule of ours is known as ours after a crash too.
        self._note(scheduled_for=at)
        try:
            self.provider.schedule_campaign(self._remote.campaign_id, at)
        except (BadRequest, PermissionDenied) as error:
            # All that could be wrong with the campaign itself the gate just asked about.
            log.info("campaign %s is not scheduled in Mailchimp: %s", self.code, error)
            self._note(scheduled_for=None, schedule_refused_at=datetime.now(UTC))
            return self._wait(self._planned_at)
        self._read_again()
        return _Done("scheduled", f"for {at:%Y-%m-%d %H:%M} UTC", self._last_check(at))

    def _wait(self, moment: datetime, doing: str | None = None) -> _Done:
        doing = doing or ("sent by us" if self._we_send else "scheduled in Mailchimp")
        soon = moment - self.clock() <= self.options.wait_horizon
        return _Done(
            "waiting",
            f"{doing} at {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            moment if soon else None,
        )

    def _check(self) -> _Done:
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
        return _Done("scheduled", words, self._last_check(remote.send_at or self.clock()))

    def _reschedule(self, at: datetime) -> _Done:
        """Back to the time that a person chose in Mailchimp, with the CRM's new settings."""
        problem = self._write_settings()
        if problem is not None:
            return problem
        decision = self._gate("schedule")
        if not decision.is_open:
            return _closed(decision)
        if at - self.clock() < _SCHEDULE_MARGIN:
            return _Done("held", "its time passed while it was judged: schedule it anew")
        self._require_unchanged()
        self.provider.schedule_campaign(self._remote.campaign_id, at)
        self._read_again()
        return _Done(
            "scheduled",
            f"for {at:%Y-%m-%d %H:%M} UTC, a time chosen in Mailchimp",
            self._last_check(at),
        )

    def _send(self) -> _Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        called = self.link.send_called_at
        if called is not None and self.clock() - called < _CALL_TAKES:
            return _Done(
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
        except (BadRequest, PermissionDenied):
            self._note(send_called_at=None)
            raise
        self._read_again()
        return _Done("sent")

    def _unschedule(self) -> _Done:
        cancelled = self._plan().crm_state == "cancelled"
        self._take_back()
        if not self._is_draft():
            return self._act(self._plan())
        if cancelled:
            self._note(shelved_at=datetime.now(UTC))
            return _Done("unscheduled", "cancelled in the CRM; its draft stays in Mailchimp")
        return _Done("unscheduled", "it is not approved in the CRM")

    def _delete(self) -> _Done:
        self.provider.delete_campaign(self._remote.campaign_id)
        links.forget(self.warehouse, self.link.campaign_id)
        self.link = self._find_link()
        self.remote = None
        return _Done("deleted", "cancelled in the CRM")

    # ---- what the actions are made of

    def _problem(self) -> _Done | None:
        """What keeps the campaign from being made, or from staying in the schedule."""
        campaign = self._campaign
        if campaign.missing:
            return _Done("held", f"missing_parameter: {_columns(campaign.missing)}")
        if self.audience is None:
            return _Done(
                "held", f"no_audience: collection {campaign.collection_code} was never synced"
            )
        return None

    def _write_settings(self) -> _Done | None:
        problem = self._problem()
        if problem is not None:
            return problem
        audience = _there(self.audience)
        wanted = self._campaign.draft(audience.list_id).settings()
        changes = self._changes()
        list_id = audience.list_id if self._moved_audience() else None
        if changes or list_id:
            self.remote = self.provider.change_campaign(
                self._remote.campaign_id, changes, list_id=list_id
            )
        pushed = dict(self.link.pushed or {})
        if pushed != wanted or list_id or self.link.shelved_at:
            self._note(
                pushed=wanted,
                title=wanted["title"],
                list_id=audience.list_id,
                collection_code=self._campaign.collection_code,
                shelved_at=None,
            )
        self.hand_made = tuple(
            name for name, value in wanted.items() if self._remote.settings[name] != value
        )
        return None

    def _changes(self) -> dict[str, str]:
        """What the CRM changed since we wrote it. What only Mailchimp changed stays."""
        pushed = self.link.pushed or {}
        remote = self._remote.settings
        wanted = self._campaign.draft(self.link.list_id or "").settings()
        return {
            name: value
            for name, value in wanted.items()
            if value != pushed.get(name) and value != remote[name]
        }

    def _moved_audience(self) -> bool:
        """Whether the CRM moved the campaign to another collection, or its audience changed."""
        return self.audience is not None and self.link.list_id != self.audience.list_id

    def _is_ours(self) -> bool:
        """Whether the schedule that stands in Mailchimp is the one we made."""
        ours = self.link.scheduled_for
        return ours is not None and ours == self._remote.send_at

    def _is_superseded(self) -> bool:
        """Whether the CRM has another time than the schedule, given after it was made."""
        planned_at = self._campaign.planned_at
        wanted = next_quarter(planned_at) if planned_at else None
        if wanted is not None and wanted == self._remote.send_at:
            if not self._is_ours():
                self._note(scheduled_for=wanted)
            return False
        if self._is_ours():
            return True
        # Somebody chose a time in Mailchimp: followed, until the CRM gives a new one.
        return wanted is not None and self.link.planned_at != planned_at

    def _is_draft(self) -> bool:
        return self.remote is not None and self.remote.status in _EDITABLE

    def _gate(self, occasion: gate.Occasion) -> gate.Decision:
        if self.audience is None:
            raise PermanentError(f"campaign {self.code} has no audience to judge")
        self._read_again()
        return gate.decide(
            self.warehouse,
            self.crm,
            self.provider,
            self._campaign,
            self._remote,
            self.audience,
            occasion=occasion,
            options=self.options,
        )

    def _gate_was_open(self) -> bool:
        row = self.warehouse.execute(
            statement("campaigns/gate_was_open"),
            {
                "campaign_id": self.link.campaign_id,
                "provider_campaign_id": self._remote.campaign_id,
                "gdpr_category": self._campaign.gdpr_category,
                "list_id": self._remote.list_id,
            },
        ).fetchone()
        self.warehouse.commit()
        return bool(row and row[0])

    def _require_unchanged(self) -> None:
        """Both sides are still what the gate judged: asked right before the call that counts.

        Raises:
            ChangedMeanwhileError: they are not.
        """
        judged = self._remote
        found = read_campaigns(self.crm, campaign_ids=[self._campaign.campaign_id])
        if not found or found[0] != self.campaign:
            raise ChangedMeanwhileError("the CRM changed it while it was judged")
        self._read_again()
        if self._remote != judged:
            raise ChangedMeanwhileError("somebody changed it in Mailchimp while it was judged")

    def _take_back(self) -> None:
        self.remote = take_back.unschedule(self.provider, self._remote.campaign_id)
        columns = {"status": self.remote.status} if self.remote else {}
        self._note(scheduled_for=None, **columns)

    def _last_check(self, send_at: datetime) -> datetime | None:
        """When to judge again before Mailchimp sends, where that is soon."""
        check_at = send_at - self.options.last_check
        if self.clock() < check_at <= self.clock() + self.options.wait_horizon:
            return check_at
        return None

    def _read_again(self) -> None:
        self.remote = self.provider.campaign(self._remote.campaign_id)
        if self.remote is None:
            raise PermanentError(f"campaign {self.code} was deleted in Mailchimp meanwhile")

    def _finish(self, made: Plan, done: _Done) -> CampaignResult:
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

    def _note(self, **columns: Any) -> None:
        links.note(self.warehouse, self.link.campaign_id, **columns)
        self.link = self._find_link()

    def _find_link(self) -> Link:
        return _there(links.find_link(self.warehouse, self.link.campaign_id))

    @property
    def _we_send(self) -> bool:
        return self.link.schedule_refused_at is not None or not self.options.schedule_there

    @property
    def _campaign(self) -> CrmCampaign:
        return _there(self.campaign)

    @property
    def _remote(self) -> RemoteCampaign:
        return _there(self.remote)

    @property
    def _planned_at(self) -> datetime:
        return _there(self._campaign.planned_at)

    @property
    def _send_at(self) -> datetime:
        # A schedule without a time could go out at once.
        return self._remote.send_at or self.clock()


def totals(remote: RemoteCampaign) -> dict[str, Any]:
    """Columns of ``sync.campaign`` that tell what came of it."""
    return {
        "emails_sent": remote.emails_sent,
        "unique_opens": remote.unique_opens,
        "unique_clicks": remote.unique_clicks,
        "sent_at": remote.send_at,
    }


def _there(value: _T | None) -> _T:
    """The plan's table leads to an action only where what it needs is there."""
    if value is None:
        raise RuntimeError("an action of the plan misses what it works on")
    return value


def _closed(decision: gate.Decision) -> _Done:
    reasons = "; ".join(str(reason) for reason in decision.open_reasons)
    return _Done("held", f"gate {decision.gate_id} is closed: {reasons}")


def _columns(names: Sequence[str]) -> str:
    return f"fill {', '.join(f'crm.campaign.{name}' for name in names)} or the list's defaults"


def _join(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part)
