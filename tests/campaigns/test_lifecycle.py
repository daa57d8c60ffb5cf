"""A campaign from the CRM's plan to the inbox, on the real sandbox."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from campaign_world import BODY, CampaignWorld
from crm_mailchimp.campaigns import campaign_round
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.campaigns.sample_mail import NoTestError
from crm_mailchimp.mailchimp.errors import PermissionDenied
from crm_mailchimp.mailchimp.mailchimp import Mailchimp


def test_drafted_designed_scheduled_sent(world: CampaignWorld) -> None:
    world.audience(3)
    world.campaign()

    created = world.step()

    assert (created.action, created.outcome) == ("create", "created")
    [remote] = world.remote_campaigns()
    assert remote["settings"]["title"] == "Ενημερωτικό Νοεμβρίου (NL-11)"
    assert remote["settings"]["subject_line"] == "Τα νέα του Νοεμβρίου"
    assert remote["settings"]["from_name"] == "Γαλαξίας"
    assert remote["settings"]["reply_to"] == "news@galaxy.gr"
    assert remote["recipients"]["list_id"] == world.list_id()

    # Designed and changed there by hand; the CRM changes another setting.
    world.design()
    world.by_hand(preview_text="Με το χέρι")
    world.change_campaign(subject_line="Άλλο θέμα")
    updated = world.step()
    [remote] = world.remote_campaigns()
    assert updated.outcome == "updated"
    assert updated.detail == "changed in Mailchimp: preview_text"
    assert remote["settings"]["subject_line"] == "Άλλο θέμα"
    assert remote["settings"]["preview_text"] == "Με το χέρι"
    assert world.body() == BODY

    # Approved without a time: a person.
    world.change_campaign(state="approved")
    assert world.step().outcome == "waiting"
    assert world.remote_status() == "save"

    # With a time: on the next quarter of an hour.
    planned_at = world.in_hours(30).replace(minute=37, second=0)
    world.change_campaign(planned_at=planned_at)
    world.schedule_early()
    scheduled = world.step()
    assert (scheduled.action, scheduled.outcome) == ("schedule", "scheduled")
    assert world.remote_status() == "schedule"
    assert world.row()["scheduled_for"] == planned_at.replace(minute=45)
    assert world.gate()["is_open"]
    assert world.gate()["judged"] == world.gate()["recipients"] == 3
    gates = world.gate()["gate_id"]
    assert world.step().outcome == "scheduled"
    assert world.gate()["gate_id"] == gates, "far from its time nothing is asked again"

    # A new time and a new subject are followed.
    planned_at = planned_at.replace(minute=0)
    world.change_campaign(planned_at=planned_at, subject_line="Τρίτο θέμα")
    assert world.step().outcome == "scheduled"
    [remote] = world.remote_campaigns()
    assert remote["send_time"].startswith(planned_at.strftime("%Y-%m-%dT%H:00"))
    assert remote["settings"]["subject_line"] == "Τρίτο θέμα"
    assert world.body() == BODY

    world.pass_time(seconds=int((planned_at - world.now()).total_seconds()) - 600)
    near = world.step()
    assert near.outcome == "scheduled"
    assert world.gate()["gate_id"] > gates, "near its time it is judged at every look"
    assert near.wait_until == planned_at - timedelta(minutes=2)
    assert near.is_ours
    world.pass_time(days=2)
    sent = world.step()
    assert (sent.action, sent.status) == ("follow", "sent")
    assert world.row()["emails_sent"] == 3
    assert len(world.remote_campaigns()) == 1


def test_it_is_in_the_schedule_for_a_few_minutes_only(world: CampaignWorld) -> None:
    world.audience(3)
    planned_at = world.quarter_in(30)
    world.campaign(state="approved", planned_at=planned_at)
    world.step()
    world.design()

    # Judged when it is approved, so that people have time; Mailchimp has no schedule yet.
    waiting = world.step()
    assert (waiting.action, waiting.outcome) == ("schedule", "waiting")
    assert (waiting.wait_until, world.remote_status()) == (None, "save")
    assert world.gate()["occasion"] == "schedule"
    gates = world.gate()["gate_id"]
    world.go_to(planned_at, minutes=15)
    assert world.step().wait_until == planned_at - timedelta(minutes=5)
    assert world.gate()["gate_id"] == gates

    # Five minutes before: judged, and scheduled.
    world.go_to(planned_at, minutes=5)
    scheduled = world.step()
    assert (scheduled.outcome, world.remote_status()) == ("scheduled", "schedule")
    assert scheduled.wait_until == planned_at - timedelta(minutes=2)
    assert world.row()["scheduled_for"] == planned_at

    # Two minutes before: out, judged, in again.
    world.go_to(planned_at, minutes=2)
    checked = world.step()
    assert (checked.outcome, checked.wait_until) == ("scheduled", None)
    assert world.gate()["gate_id"] == gates + 2
    world.go_to(planned_at, seconds=-60)
    assert world.step().status in ("sending", "sent")
    assert world.sent_to() == ["filos0@mail.gr", "filos1@mail.gr", "filos2@mail.gr"]


def test_between_two_quarters_it_is_sent_on_the_minute(world: CampaignWorld) -> None:
    world.audience(1)
    at = world.quarter_in(3)
    world.campaign("A", state="approved", planned_at=at - timedelta(minutes=9))
    world.campaign("B", state="approved", planned_at=at - timedelta(minutes=3))
    for code in ("A", "B"):
        world.step(code)
        world.design(code)
    world.go_to(at, minutes=12)
    assert world.step("A").wait_until == at - timedelta(minutes=9)
    assert world.step("B").wait_until == at - timedelta(minutes=5)
    world.go_to(at, minutes=9)
    assert world.step("A").outcome == "sent"
    # Mailchimp's quarter comes a little later than its time.
    world.go_to(at, minutes=5)
    assert world.step("B").outcome == "scheduled"
    assert world.row("B")["scheduled_for"] == at


def test_a_test_is_all_that_a_test_run_does(world: CampaignWorld) -> None:
    world.audience(2)
    world.schedule_early()
    world.campaign()
    world.step()

    # No body yet: the error says so, and the campaign goes on.
    with pytest.raises(NoTestError, match="has the draft a body"):
        world.step(test_to=["dokimi@galaxy.gr"], test_run="run-1")
    assert world.row()["action"] == "created"
    world.design()

    # Due and approved: tested, not sent.
    world.change_campaign(state="approved", planned_at=world.in_hours(-1))
    tested = world.step(test_to=["dokimi@galaxy.gr", "allos@galaxy.gr"], test_run="run-1")
    assert (tested.outcome, tested.detail) == ("tested", "test sent to 2 addresses")
    assert world.tests_sent() == ["dokimi@galaxy.gr", "allos@galaxy.gr"]
    assert (world.remote_status(), world.went_out()) == ("save", [])
    assert world.row()["tested_at"] is not None

    # The task is tried again; then another run asks.
    again = world.step(test_to=["dokimi@galaxy.gr"], test_run="run-1")
    assert "has sent its test already" in str(again.detail)
    assert len(world.tests_sent()) == 2
    world.step(test_to=["dokimi@galaxy.gr"], test_run="run-2")
    assert len(world.tests_sent()) == 3

    # Planned: tested, not scheduled; and while it is scheduled.
    world.change_campaign(planned_at=world.quarter_in(30))
    world.step(test_to=["dokimi@galaxy.gr"], test_run="run-3")
    assert world.remote_status() == "save"
    assert world.step().outcome == "scheduled"
    world.step(test_to=["dokimi@galaxy.gr"], test_run="run-4")
    assert (world.remote_status(), len(world.tests_sent())) == ("schedule", 5)

    world.campaign("B")
    with pytest.raises(NoTestError, match="not there"):
        world.step("B", test_to=["dokimi@galaxy.gr"], test_run="run-5")


class _NoScheduling(Mailchimp):
    """An account whose plan does not schedule."""

    def schedule_campaign(self, campaign_id: str, at: object) -> None:
        raise PermissionDenied("not in your plan", method="POST", status=403)


def test_where_scheduling_is_refused_it_is_sent_at_its_time(world: CampaignWorld) -> None:
    world.audience(2)
    # Far enough from its quarter to be ahead still when Mailchimp is asked.
    planned_at = world.quarter_in(5)
    world.campaign(state="approved", planned_at=planned_at)
    world.step()
    world.design()

    assert world.step(provider=_NoScheduling).wait_until is None
    world.go_to(next_quarter(planned_at), minutes=5)
    waiting = world.step(provider=_NoScheduling)

    assert (waiting.outcome, waiting.wait_until) == ("waiting", planned_at)
    assert world.row()["schedule_refused_at"] is not None
    assert world.row()["scheduled_for"] is None
    assert world.step().wait_until == planned_at
    assert world.remote_status() == "save"
    world.pass_time(hours=1)
    sent = world.step()
    assert (sent.action, sent.outcome) == ("send", "sent")
    world.pass_time(hours=1)
    assert world.step().status == "sent"
    assert [row["occasion"] for row in world.warehouse.execute(
        "select occasion from sync.campaign_gate order by gate_id").fetchall()] == [
        "schedule", "schedule", "send"]  # fmt: skip


def test_cancelled_deleted_and_too_late(world: CampaignWorld) -> None:
    world.audience(2)
    # A draft is deleted, and made again when the CRM takes that back.
    world.campaign("A")
    world.step("A")
    world.change_campaign("A", state="cancelled")
    assert world.step("A").outcome == "deleted"
    assert world.remote_campaigns() == []
    world.change_campaign("A", state="draft")
    assert world.step("A").outcome == "created"

    # A scheduled one is unscheduled; its body stays.
    world.schedule_early()
    world.campaign("B", state="approved", planned_at=world.in_hours(40))
    world.step("B")
    world.design("B")
    world.step("B")
    world.change_campaign("B", state="cancelled")
    assert world.step("B").outcome == "unscheduled"
    assert world.step("B").outcome == "nothing"
    assert (world.remote_status("B"), world.body("B")) == ("save", BODY)

    # Deleted there by hand: nothing is made until a person says so.
    with world.provider() as provider:
        provider.delete_campaign(world.provider_id("A"))
    held = world.step("A")
    assert (held.outcome, held.status) == ("held", "deleted")
    assert world.step("A", recreate=True).outcome == "created"

    # Its time is too long past: nobody gets last month's news by accident.
    world.campaign("C", state="approved", planned_at=world.in_hours(-48))
    world.step("C")
    world.design("C")
    late = world.step("C")
    assert late.outcome == "held"
    assert late.detail is not None
    assert late.detail.startswith("overdue")
    assert world.remote_status("C") == "save"

    # Gone from the CRM while scheduled: it must not go out.
    world.change_campaign("C", planned_at=world.in_hours(40))
    assert world.step("C").outcome == "scheduled"
    world.crm.execute("delete from crm.campaign where code = 'C'")
    assert world.step("C").outcome == "unscheduled"
    assert world.remote_status("C") == "save"


def test_what_is_missing_is_reported(world: CampaignWorld) -> None:
    world.collection("NEWS")
    world.crm.execute("update crm.external_provider set from_name = null")
    world.campaign(from_name="Γαλαξίας")
    held = world.step()
    assert held.detail == "no_audience: collection NEWS was never synced"
    world.change_campaign(from_name=" ")
    assert "crm.campaign.from_name" in str(world.step().detail)
    with pytest.raises(Exception, match="no campaign 'ΑΛΛΗ'"):
        world.step("ΑΛΛΗ")


def test_the_crm_reads_why_a_draft_is_gone(world: CampaignWorld) -> None:
    world.audience(1)
    shown = "select status, detail from crm.provider_campaign"
    world.campaign("A")
    world.step("A")
    with psycopg.connect(world.warehouse_dsn) as warehouse, psycopg.connect(world.crm_dsn) as crm:
        campaign_round.write_back(warehouse, crm)
        assert crm.execute(shown).fetchall() == [("save", "its body is made in Mailchimp")]
        world.change_campaign("A", state="cancelled")
        assert world.step("A").outcome == "deleted"
        assert campaign_round.write_back(warehouse, crm) == 1
        assert crm.execute(shown).fetchall() == [("deleted", "cancelled in the CRM")]
        assert world.step("A").outcome == "nothing"
        assert campaign_round.write_back(warehouse, crm) == 0
        assert crm.execute(shown).fetchall() == [("deleted", "cancelled in the CRM")]
