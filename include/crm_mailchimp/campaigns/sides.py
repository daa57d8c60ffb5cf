"""Both sides of one campaign, the CRM's and Mailchimp's: read, compared, judged, taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from crm_mailchimp.provider import RemoteCampaign
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import audiences

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_EDITABLE = ("save", "paused")


class ChangedMeanwhileError(Exception):
    """The CRM or Mailchimp changed while the gate decided: the decision is about something else."""


@dataclass(frozen=True)
class Done:
    """How an action ended, in the words of ``CampaignResult``."""

    outcome: str
    detail: str | None = None
    wait_until: datetime | None = None


class Sides:
    """One campaign as the CRM, the ledger and Mailchimp have it, with the audience's lock held.

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
            links.meet(warehouse, there(campaign))
            link = there(links.find_link(warehouse, there(campaign).campaign_id))
        self.link = link
        self.code = campaign.code if campaign else link.campaign_code
        self.audience = (
            audiences.find_known(warehouse, campaign.collection_id) if campaign else None
        )
        warehouse.commit()
        self.remote: RemoteCampaign | None = None
        self.hand_made: tuple[str, ...] = ()

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

    def _problem(self) -> Done | None:
        """What keeps the campaign from being made, or from staying in the schedule."""
        campaign = self._campaign
        if campaign.missing:
            return Done("held", f"missing_parameter: {_columns(campaign.missing)}")
        if self.audience is None:
            return Done(
                "held", f"no_audience: collection {campaign.collection_code} was never synced"
            )
        return None

    def _write_settings(self) -> Done | None:
        problem = self._problem()
        if problem is not None:
            return problem
        audience = there(self.audience)
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

    def _read_again(self) -> None:
        self.remote = self.provider.campaign(self._remote.campaign_id)
        if self.remote is None:
            raise PermanentError(f"campaign {self.code} was deleted in Mailchimp meanwhile")

    def _note(self, **columns: Any) -> None:
        links.note(self.warehouse, self.link.campaign_id, **columns)
        self.link = self._find_link()

    def _find_link(self) -> Link:
        return there(links.find_link(self.warehouse, self.link.campaign_id))

    @property
    def _we_send(self) -> bool:
        return self.link.schedule_refused_at is not None or not self.options.schedule_there

    @property
    def _campaign(self) -> CrmCampaign:
        return there(self.campaign)

    @property
    def _remote(self) -> RemoteCampaign:
        return there(self.remote)

    @property
    def _planned_at(self) -> datetime:
        return there(self._campaign.planned_at)

    @property
    def _send_at(self) -> datetime:
        # A schedule without a time could go out at once.
        return self._remote.send_at or self.clock()


def there(value: _T | None) -> _T:
    """The plan's table leads to an action only where what it needs is there."""
    if value is None:
        raise RuntimeError("an action of the plan misses what it works on")
    return value


def _columns(names: Sequence[str]) -> str:
    return f"fill {', '.join(f'crm.campaign.{name}' for name in names)} or the list's defaults"
