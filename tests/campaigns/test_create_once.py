"""One campaign in Mailchimp for one in the CRM, wherever a task dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaign_provider import CampaignDraft, RemoteCampaign
from crm_mailchimp.campaigns import campaign_records
from crm_mailchimp.campaigns.campaign_records import AmbiguousCampaignError
from crm_mailchimp.mailchimp.errors import ConnectionFault
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry


class Died(BaseException):
    """The process is gone: nothing of ours handles it."""


class _DiesBefore(Mailchimp):
    def create_campaign(self, draft: CampaignDraft) -> RemoteCampaign:
        raise Died


class _DiesAfter(Mailchimp):
    def create_campaign(self, draft: CampaignDraft) -> RemoteCampaign:
        super().create_campaign(draft)
        raise Died


def _die_before_intention(world: CampaignWorld, patch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise Died

    patch.setattr(campaign_records, "intend", die)
    world.step()


def _die_before_the_call(world: CampaignWorld, patch: pytest.MonkeyPatch) -> None:
    world.step(provider=_DiesBefore)


def _die_after_the_call(world: CampaignWorld, patch: pytest.MonkeyPatch) -> None:
    world.step(provider=_DiesAfter)


def _die_before_the_last_commit(world: CampaignWorld, patch: pytest.MonkeyPatch) -> None:
    update_record = campaign_records.update_record

    def die(*arguments: Any, **columns: Any) -> None:
        if "action" in columns:
            raise Died
        update_record(*arguments, **columns)

    patch.setattr(campaign_records, "update_record", die)
    world.step()


STEPS: Mapping[str, Callable[[CampaignWorld, pytest.MonkeyPatch], None]] = {
    "before the intention": _die_before_intention,
    "before the call": _die_before_the_call,
    "between call and commit": _die_after_the_call,
    "before the last commit": _die_before_the_last_commit,
}


def test_a_task_dies_at_each_step(world: CampaignWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.audience(1)
    for number, (name, die) in enumerate(STEPS.items()):
        world.warehouse.execute("delete from sync.campaign")
        world.crm.execute("delete from crm.campaign")
        for remote in world.remote_campaigns():
            with world.provider() as provider:
                provider.delete_campaign(remote["id"])
        world.campaign(description=f"Εκστρατεία {number}")
        with monkeypatch.context() as patch, pytest.raises(Died):
            die(world, patch)
        # Meanwhile somebody gave it another description.
        world.change_campaign(description="Άλλη περιγραφή")

        world.step()
        world.step()

        [remote] = world.remote_campaigns()
        assert remote["id"] == world.provider_id(), name
        assert remote["settings"]["title"] == "Άλλη περιγραφή (NL-11)", name


def test_a_lost_answer_a_lost_ledger_and_namesakes(world: CampaignWorld) -> None:
    world.audience(1)
    world.campaign()
    world.retry = Retry(attempts=1)
    world.sandbox.control(
        "POST", "faults", {"next": [{"kind": "drop_after", "method": "POST", "path": "/campaigns"}]}
    )
    with pytest.raises(ConnectionFault):
        world.step()
    assert world.row()["action"] == "failed"
    assert world.row()["provider_campaign_id"] is None
    # Cancelled before anybody looked again: the orphan goes, too.
    world.change_campaign(state="cancelled")
    assert world.step().outcome == "deleted"
    assert world.remote_campaigns() == []

    world.change_campaign(state="draft")
    world.step()
    world.design()
    first = world.provider_id()
    world.warehouse.execute("delete from sync.campaign")
    world.step()
    assert world.provider_id() == first
    assert len(world.remote_campaigns()) == 1

    # A copy made by hand has another title; another campaign's code is not this one's.
    with world.provider() as provider:
        provider.client.campaigns.replicate(first)
    world.campaign("L-11")
    assert world.step("L-11").outcome == "created"
    world.warehouse.execute("delete from sync.campaign")
    world.step()
    assert world.provider_id() == first
    assert len(world.remote_campaigns()) == 3

    # Two of the very same title: a person decides.
    copy = next(row for row in world.remote_campaigns() if "copy" in row["settings"]["title"])
    with world.provider() as provider:
        provider.change_campaign(copy["id"], {"title": "Ενημερωτικό Νοεμβρίου (NL-11)"})
    world.warehouse.execute("delete from sync.campaign")
    with pytest.raises(AmbiguousCampaignError, match="2 campaigns"):
        world.step()
    assert len(world.remote_campaigns()) == 3


class _DiesSending(Mailchimp):
    def send_campaign(self, campaign_id: str) -> None:
        super().send_campaign(campaign_id)
        raise Died


class _DiesScheduling(Mailchimp):
    def schedule_campaign(self, campaign_id: str, at: Any) -> None:
        super().schedule_campaign(campaign_id, at)
        raise Died


def test_scheduled_and_sent_once(world: CampaignWorld) -> None:
    world.audience(2)
    world.schedule_early()
    planned_at = world.quarter_in(3)
    world.campaign(state="approved", planned_at=planned_at)
    world.step()
    world.design()
    with pytest.raises(Died):
        world.step(provider=_DiesScheduling)
    assert world.remote_status() == "schedule"
    assert world.row()["scheduled_for"] == planned_at, "committed before the call"
    assert world.step().outcome == "scheduled"
    assert world.row()["scheduled_for"] == planned_at

    # It dies again, and the CRM moves it before anybody has looked: not sent at the old time.
    world.change_campaign(planned_at=planned_at + timedelta(hours=1))
    with pytest.raises(Died):
        world.step(provider=_DiesScheduling)
    world.change_campaign(planned_at=planned_at + timedelta(days=7))
    assert world.step().outcome == "scheduled"
    world.pass_time(hours=5)
    assert world.went_out() == []
    assert world.row()["scheduled_for"] == planned_at + timedelta(days=7)

    world.campaign("B", state="approved", planned_at=world.in_hours(-1))
    world.step("B")
    world.design("B")
    with pytest.raises(Died):
        world.step("B", provider=_DiesSending)
    world.pass_time(hours=1)
    assert world.step("B").status == "sent"
    assert world.went_out() == [world.provider_id("B")]


class _SendingIsLost(Mailchimp):
    """The call that sends gets no answer, and does not arrive."""

    def send_campaign(self, campaign_id: str) -> None:
        raise ConnectionFault("no answer", method="POST", outcome_unknown=True)


def test_an_unanswered_call_to_send_is_not_repeated_at_once(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign(state="approved", planned_at=world.in_hours(-1))
    world.step()
    world.design()
    with pytest.raises(ConnectionFault):
        world.step(provider=_SendingIsLost)

    waiting = world.step()

    assert waiting.outcome == "waiting"
    assert waiting.wait_until is not None
    assert waiting.wait_until > world.now()
    assert world.went_out() == []
    world.pass_time(seconds=660)
    assert world.step().outcome == "sent"


def test_what_people_made_is_not_taken_over(world: CampaignWorld) -> None:
    world.audience(2)
    theirs = world.draft_by_hand("Χριστούγεννα (NL-11)")
    world.campaign()

    with pytest.raises(AmbiguousCampaignError, match="has its code but not its title"):
        world.step()
    world.change_campaign(state="cancelled")
    with pytest.raises(AmbiguousCampaignError):
        world.step()

    [remote] = world.remote_campaigns()
    assert (remote["id"], remote["settings"]["subject_line"]) == (theirs, "Με το χέρι")
    assert world.row()["action"] == "failed"
    assert world.choose() == ["NL-11"], "until a person has looked"
    assert "has its code" in world.row()["detail"]

    # One of another type is nobody's of ours, whatever its title.
    with world.provider() as provider:
        provider.change_campaign(theirs, {"title": "Χριστούγεννα"})
    plain = world.draft_by_hand("Ενημερωτικό Νοεμβρίου (NL-11)", kind="plaintext")
    world.change_campaign(state="draft")
    assert world.step().outcome == "created"
    assert world.provider_id() not in (theirs, plain)

    # A person deletes it and makes one with the same title: our next attempt takes that one.
    with world.provider() as provider:
        provider.delete_campaign(world.provider_id())
    again = world.draft_by_hand("Ενημερωτικό Νοεμβρίου (NL-11)")
    assert world.step().outcome == "held"
    assert world.step(recreate=True).outcome == "updated"
    assert world.provider_id() == again
    assert len(world.remote_campaigns()) == 3


def test_a_lost_ledger_and_a_cancelled_campaign(world: CampaignWorld) -> None:
    world.audience(2)
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.quarter_in(3))
    world.step()
    world.design()
    assert world.step().outcome == "scheduled"
    world.warehouse.execute("delete from sync.campaign")
    world.change_campaign(state="cancelled")

    assert world.choose() == ["NL-11"]
    assert world.step().outcome == "unscheduled"
    world.pass_time(hours=4)
    assert world.went_out() == []

    # A cancelled one that was never there is looked for once.
    world.campaign("ΠΑΛΙΑ", description="Παλιά", state="cancelled")
    assert "ΠΑΛΙΑ" in world.choose()
    assert world.step("ΠΑΛΙΑ").outcome == "nothing"
    assert "ΠΑΛΙΑ" not in world.choose()
    world.change_campaign("ΠΑΛΙΑ", state="draft")
    assert "ΠΑΛΙΑ" in world.choose()
