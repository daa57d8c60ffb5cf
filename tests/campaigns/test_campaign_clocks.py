"""A clock that is ahead sends no campaign early: a mail cannot be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign_world import CampaignWorld, Connections
from crm_mailchimp.campaigns import synchronise
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.synchronise import sync_campaign

HOURS = timedelta(hours=5)


@pytest.mark.parametrize("in_mailchimp", [True, False])
@pytest.mark.parametrize("wrong", ["machine", "crm"])
def test_a_campaign_waits_for_both_clocks(
    world: CampaignWorld, in_mailchimp: bool, wrong: str
) -> None:
    world.audience()
    world.campaign()
    world.step()
    world.design()
    planned_at = world.in_hours(2) + timedelta(minutes=7)
    world.change_campaign(state="approved", planned_at=planned_at)
    options = {"schedule_in_mailchimp": in_mailchimp}

    def step() -> str:
        now = world.now()
        machine, crm = (now + HOURS, now) if wrong == "machine" else (now, now + HOURS)
        result = world.step(now=machine, crm_now=crm, options=options)
        assert result.status != "sent"
        return f"{result.outcome} {result.detail}"

    early = step()
    assert early.startswith("waiting")
    assert ("clocks differ" in early) == (wrong == "machine")

    world.pass_time(hours=2.2)
    now = world.now()
    machine, crm = (now + HOURS, now) if wrong == "machine" else (now, now + HOURS)
    assert world.step(now=machine, crm_now=crm, options=options).outcome == "sent"


def test_the_crms_own_clock_is_asked(world: CampaignWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.audience()
    world.campaign()
    world.step()
    world.design()
    world.change_campaign(state="approved", planned_at=datetime.now(UTC) - timedelta(minutes=1))

    def step() -> CampaignResult:
        return sync_campaign(Connections(world), code="NL-11", options=world.options)

    with monkeypatch.context() as patch:
        patch.setattr(synchronise, "_read_time", lambda _: datetime.now(UTC) - HOURS)
        waiting = step()
    assert waiting.outcome == "waiting"
    assert "clocks differ" in (waiting.detail or "")
    assert step().outcome == "sent"
