"""One campaign's step: read both sides, look the pair up in the plan, carry the action out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import Connection

from crm_mailchimp.campaigns import gate, links
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
from crm_mailchimp.sync import audiences
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class UnknownCampaignError(PermanentError):
    """A campaign code that neither the CRM nor the ledger has."""


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """What was done with a campaign.

    ``outcome``: the action's word in the past tense, ``held`` where a person has to look, or
    ``waiting`` for its time. ``wait_until``: when it is to be looked at again, where that is soon.
    """

    campaign_code: str
    action: str
    outcome: str
    detail: str | None = None
    status: str | None = None
    provider_campaign_id: str | None = None
    wait_until: datetime | None = None


@dataclass(frozen=True)
class _Done:
    outcome: str
    detail: str | None = None
    wait_until: datetime | None = None


def sync_campaign(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: gate.GateProvider,
    *,
    code: str,
    options: CampaignOptions | None = None,
    now: datetime | None = None,
    test_to: Sequence[str] = (),
    recreate: bool = False,
) -> CampaignResult:
    """Bring one campaign one step further; safe to repeat at any time.

    Args:
        warehouse: the warehouse; commits after every call that changes something.
        crm: to ``crm_db``, in autocommit.
        provider: open, with a connection slot.
        code: of the campaign.
        options: agreed ages and limits.
        now: present time of the provider; by default this machine's.
        test_to: addresses that get a test of the draft.
        recreate: make a new draft where the old one was deleted in Mailchimp.

    Raises:
        UnknownCampaignError: nobody knows the code.
        AmbiguousCampaignError: several campaigns in Mailchimp bear its title.
        MailchimpError: Mailchimp refused or failed; stored in ``sync.campaign.detail`` too.
    """
    found = read_campaigns(crm, codes=[code])
    campaign = found[0] if found else None
    link = (
        links.find_link(warehouse, campaign.campaign_id)
        if campaign
        else links.find_link_by_code(warehouse, code)
    )
    if campaign is None and link is None:
        raise UnknownCampaignError(
            f"no campaign {code!r} with a collection that has an external provider: check "
            "crm.campaign and crm.contact_collection"
        )
    collection_code = campaign.collection_code if campaign else link.collection_code if link else ""
    with audience_lock(warehouse, collection_code):
        step = _Step(
            warehouse,
            crm,
            provider,
            code,
            campaign,
            options or CampaignOptions(),
            now or datetime.now(UTC),
        )
        return step.carry_out(test_to, recreate=recreate)


class _Step:
    def __init__(
        self,
        warehouse: Connection[Any],
        crm: Connection[Any],
        provider: gate.GateProvider,
        code: str,
        campaign: CrmCampaign | None,
        options: CampaignOptions,
        now: datetime,
    ) -> None:
        self.warehouse, self.crm, self.provider = warehouse, crm, provider
        self.code, self.campaign, self.options, self.now = code, campaign, options, now
        self.link = self._find_link()
        self.audience = (
            audiences.find_known(warehouse, campaign.collection_id) if campaign else None
        )
        warehouse.commit()
        self.remote: RemoteCampaign | None = None
        self.hand_made: tuple[str, ...] = ()

    def carry_out(self, test_to: Sequence[str], *, recreate: bool) -> CampaignResult:
        plan_made: Plan | None = None
        try:
            self._look()
            plan_made = self._plan()
            if recreate and plan_made.remote_state == "deleted":
                self._note(provider_campaign_id=None)
                plan_made = self._plan()
            done: _Done = getattr(self, f"_{plan_made.action}")()
            if test_to:
                done = self._send_test(test_to, done)
        except (MailchimpError, PermanentError) as error:
            self.warehouse.rollback()
            if self.link is not None or self._find_link() is not None:
                self._note(action="failed", detail=f"{type(error).__name__}: {error}")
            raise
        return self._finish(plan_made, done)

    # ---- both sides

    def _look(self) -> None:
        if self.link is not None and self.link.provider_campaign_id is not None:
            self.remote = self.provider.campaign(self.link.provider_campaign_id)
            return
        if self.campaign is None or self.audience is None:
            return
        found = links.find_remote(
            self.warehouse, self.provider, self.campaign, self.link, self.audience.list_id
        )
        if found is not None:
            if self.link is None:
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
                now=self.now,
                max_lateness=self.options.max_lateness,
            ),
            remote_state_of(
                self.remote.status if self.remote else None,
                is_linked=link is not None and link.provider_campaign_id is not None,
                is_shelved=link is not None and link.shelved_at is not None,
            ),
        )

    # ---- the plan's actions

    def _nothing(self) -> _Done:
        return _Done("nothing")

    def _follow(self) -> _Done:
        return _Done("followed")

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
        if campaign.missing:
            return _Done("held", f"missing_parameter: {_columns(campaign.missing)}")
        if self.audience is None:
            return _Done(
                "held", f"no_audience: collection {campaign.collection_code} was never synced"
            )
        draft = campaign.draft(self.audience.list_id)
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
        planned_at = self._planned_at
        refused = self._link.schedule_refused_at is not None
        if (refused or not self.options.schedule_there) and self._gate_was_open():
            return self._wait_to_send()
        decision = self._gate("schedule")
        if not decision.is_open:
            return _closed(decision)
        if refused or not self.options.schedule_there:
            return self._wait_to_send()
        at = next_quarter(planned_at)
        try:
            self.provider.schedule_campaign(self._remote.campaign_id, at)
        except (BadRequest, PermissionDenied) as error:
            # All that could be wrong with the campaign itself the gate just asked about.
            log.info("campaign %s is not scheduled in Mailchimp: %s", self.code, error)
            self._note(schedule_refused_at=datetime.now(UTC))
            return self._wait_to_send()
        self._note(scheduled_for=at, status="schedule")
        self._read_again()
        return _Done("scheduled", f"for {at:%Y-%m-%d %H:%M} UTC", self._last_check(at))

    def _wait_to_send(self) -> _Done:
        planned_at = self._planned_at
        soon = planned_at - self.now <= self.options.wait_horizon
        return _Done(
            "waiting",
            f"sent by us at {planned_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            planned_at if soon else None,
        )

    def _check(self) -> _Done:
        remote, link = self._remote, self._link
        at = next_quarter(self._planned_at) if self._plan().crm_state == "planned" else None
        moved = at is not None and link.scheduled_for not in (None, at) and remote.send_at != at
        changed = bool(self._changes()) or self._moved_audience()
        if at is not None and (moved or changed):
            self._take_back()
            return self._schedule()
        return self._check_gate(at)

    def _check_gate(self, at: datetime | None) -> _Done:
        remote = self._remote
        if at is not None and remote.send_at == at:
            self._note(scheduled_for=at)
        send_at = remote.send_at or self.now
        near = send_at - self.now <= self.options.wait_horizon
        if near or not self._gate_was_open():
            decision = self._gate("check")
            if not decision.is_open:
                self._take_back()
                return _closed(decision)
        words = f"for {send_at:%Y-%m-%d %H:%M} UTC"
        if at is not None and send_at != at:
            words += ", a time chosen in Mailchimp"
        return _Done("scheduled", words, self._last_check(send_at))

    def _send(self) -> _Done:
        problem = self._write_settings()
        if problem is not None:
            return problem
        decision = self._gate("send")
        if not decision.is_open:
            return _closed(decision)
        self._note(send_called_at=datetime.now(UTC))
        self.provider.send_campaign(self._remote.campaign_id)
        self._read_again()
        return _Done("sent")

    def _unschedule(self) -> _Done:
        cancelled = self._plan().crm_state == "cancelled"
        self._take_back()
        if cancelled:
            self._note(shelved_at=datetime.now(UTC))
            return _Done("unscheduled", "cancelled in the CRM; its draft stays in Mailchimp")
        return _Done("unscheduled", "it is not approved in the CRM")

    def _delete(self) -> _Done:
        self.provider.delete_campaign(self._remote.campaign_id)
        self._note(provider_campaign_id=None, status="deleted", scheduled_for=None)
        self.remote = None
        return _Done("deleted", "cancelled in the CRM")

    # ---- what the actions are made of

    def _write_settings(self) -> _Done | None:
        campaign = self._campaign
        if campaign.missing:
            return _Done("held", f"missing_parameter: {_columns(campaign.missing)}")
        if self.audience is None:
            return _Done(
                "held", f"no_audience: collection {campaign.collection_code} was never synced"
            )
        wanted = campaign.draft(self.audience.list_id).settings()
        changes = self._changes()
        list_id = self.audience.list_id if self._moved_audience() else None
        if changes or list_id:
            self.remote = self.provider.change_campaign(
                self._remote.campaign_id, changes, list_id=list_id
            )
        pushed = dict(self._link.pushed or {})
        if pushed != wanted or list_id or self._link.shelved_at:
            self._note(
                pushed=wanted,
                title=wanted["title"],
                list_id=self.audience.list_id,
                collection_code=campaign.collection_code,
                shelved_at=None,
            )
        self.hand_made = tuple(
            name for name, value in wanted.items() if self._remote.settings[name] != value
        )
        return None

    def _changes(self) -> dict[str, str]:
        """What the CRM changed since we wrote it. What only Mailchimp changed stays."""
        pushed = self._link.pushed or {}
        remote = self._remote.settings
        wanted = self._campaign.draft(self._link.list_id or "").settings()
        return {
            name: value
            for name, value in wanted.items()
            if value != pushed.get(name) and value != remote[name]
        }

    def _moved_audience(self) -> bool:
        """Whether the CRM moved the campaign to another collection, or its audience changed."""
        return self.audience is not None and self._link.list_id != self.audience.list_id

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
            "select is_open from sync.campaign_gate where campaign_id = %s"
            " and provider_campaign_id = %s order by gate_id desc limit 1",
            (self._link.campaign_id, self._remote.campaign_id),
        ).fetchone()
        self.warehouse.commit()
        return bool(row and row[0])

    def _take_back(self) -> None:
        self.provider.unschedule_campaign(self._remote.campaign_id)
        self._note(scheduled_for=None)
        self._read_again()

    def _last_check(self, send_at: datetime) -> datetime | None:
        """When to pass the gate again before Mailchimp sends, where that is soon."""
        check_at = send_at - self.options.last_check
        if self.now < check_at <= self.now + self.options.wait_horizon:
            return check_at
        return None

    def _send_test(self, addresses: Sequence[str], done: _Done) -> _Done:
        if self.remote is None or self.remote.status not in ("save", "paused"):
            return _Done(done.outcome, _join(done.detail, "no draft to test"), done.wait_until)
        self.provider.send_test(self.remote.campaign_id, addresses)
        self._note(tested_at=datetime.now(UTC))
        words = f"test sent to {len(addresses)} addresses"
        return _Done(done.outcome, _join(done.detail, words), done.wait_until)

    def _read_again(self) -> None:
        self.remote = self.provider.campaign(self._remote.campaign_id)
        if self.remote is None:
            raise PermanentError(f"campaign {self.code} was deleted in Mailchimp meanwhile")

    def _finish(self, made: Plan, done: _Done) -> CampaignResult:
        remote = self.remote
        link = self._find_link()
        status = remote.status if remote else "deleted" if made.remote_state == "deleted" else None
        detail = done.detail
        if self.hand_made:
            detail = _join(detail, f"changed in Mailchimp: {', '.join(self.hand_made)}")
        if link is not None:
            columns: dict[str, Any] = {
                "crm_state": made.crm_state,
                "planned_at": self.campaign.planned_at if self.campaign else None,
                "action": done.outcome,
                "detail": detail,
                "look_again_at": done.wait_until,
                "status": status or link.status,
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
        )

    def _note(self, **columns: Any) -> None:
        link = self.link or self._find_link()
        if link is None:
            raise RuntimeError(f"campaign {self.code} has no row in sync.campaign")
        links.note(self.warehouse, link.campaign_id, **columns)
        self.link = self._find_link()

    def _find_link(self) -> Link | None:
        if self.campaign is not None:
            return links.find_link(self.warehouse, self.campaign.campaign_id)
        return links.find_link_by_code(self.warehouse, self.code)

    @property
    def _campaign(self) -> CrmCampaign:
        return _there(self.campaign)

    @property
    def _link(self) -> Link:
        return _there(self.link)

    @property
    def _remote(self) -> RemoteCampaign:
        return _there(self.remote)

    @property
    def _planned_at(self) -> datetime:
        return _there(self._campaign.planned_at)


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
