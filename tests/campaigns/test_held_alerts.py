"""People hear of a campaign that does not go out at its time: once, and when that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import take_back
from crm_mailchimp.campaigns.held_campaigns import held_campaigns
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_held

AHEAD = timedelta(minutes=5)


class Receiver:
    """Gets the alerts.

    Attributes:
        reached: whether a channel takes a message.
    """

    def __init__(self) -> None:
        self.reached = True
        self.messages: list[Message] = []

    def __call__(self, message: Message) -> bool:
        if self.reached:
            self.messages.append(message)
        return self.reached


def tell(world: CampaignWorld, receiver: Receiver) -> list[Message]:
    """What the task does at the end of a run; gives what people hear then."""
    before = len(receiver.messages)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        alert_about_held(
            warehouse,
            lambda: {
                one.campaign_code: str(one)
                for one in held_campaigns(warehouse, ahead=AHEAD, now=world.now())
            },
            AlertTimes(),
            receiver,
        )
    return receiver.messages[before:]


def planned(world: CampaignWorld, code: str = "NL-11", **columns: Any) -> None:
    """An approved campaign whose time comes in about two hours, with a body."""
    columns = {"planned_at": world.quarter_in(2), "state": "approved", **columns}
    world.campaign(code, **columns)
    world.step(code)
    world.design(code)
    world.step(code)


def test_people_hear_when_the_time_is_near_and_when_it_is_over(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned(world)
    assert tell(world, receiver) == [], "it waits for its time"

    # The gate is closed long before its time: the run's note says it, and people have time.
    world.consent(people[1], granted=False)
    world.change_campaign(campaign_type="OFFER")
    world.step()
    assert tell(world, receiver) == []

    at = world.row()["planned_at"]
    world.go_to(at, minutes=4)
    assert world.step().outcome == "held"
    [message] = tell(world, receiver)
    assert message.subject == "Mailchimp sync: 1 held"
    assert f"campaign NL-11: planned for {at:%Y-%m-%d %H:%M} UTC: no_valid_consent" in message.text
    assert [event.severity for event in message.events] == ["error"]
    # Another reason is another alert; the same reason with other counts is none.
    world.consent(people[2], granted=False, category="offer")
    world.step()
    assert world.gate_codes() == ["no_valid_consent", "refused_address"]
    [message] = tell(world, receiver)
    assert message.text.count("campaign NL-11") == 1
    assert tell(world, receiver) == []

    # Over its time it is still held. The CRM's new time ends that.
    world.pass_time(minutes=10)
    world.step()
    assert tell(world, receiver) == []
    world.change_campaign(planned_at=world.quarter_in(3), campaign_type="NEWS")
    world.sync()
    world.step()
    [over] = tell(world, receiver)
    assert "campaign NL-11: no longer held" in over.text
    assert over.events[0].is_over
    assert tell(world, receiver) == []


def test_it_goes_out_after_the_correction(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned(world)
    world.go_to(world.row()["planned_at"], minutes=4)
    world.consent(people[0], granted=False)
    world.step()
    receiver.reached = False
    assert tell(world, receiver) == []
    receiver.reached = True
    [message] = tell(world, receiver)
    assert "NL-11" in message.text, "nobody was reached before"

    world.sync()
    world.pass_time(minutes=10)
    assert world.step().outcome == "sent"
    [over] = tell(world, receiver)
    assert "campaign NL-11: no longer held" in over.text


def test_a_late_campaign_stays_held_until_the_crm_decides(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    for code in ("NL-11", "NL-12"):
        planned(world, code)
    world.consent(people[0], granted=False)
    world.go_to(world.row()["planned_at"], minutes=2)
    assert world.step("NL-12").outcome == "held", "what held it then is not what holds it later"
    world.pass_time(days=2)
    for code in ("NL-11", "NL-12"):
        assert world.step(code).outcome == "held"
    [message] = tell(world, receiver)
    assert message.subject == "Mailchimp sync: 2 held"
    assert message.text.count(" UTC: overdue") == 2

    world.change_campaign("NL-11", state="cancelled")
    world.step("NL-11")
    [over] = tell(world, receiver)
    assert "NL-11" in over.text
    assert "NL-12" not in over.text


def test_what_a_person_scheduled_and_the_gate_took_back(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned(world, planned_at=None)
    assert tell(world, receiver) == [], "a person sends it"
    at = world.quarter_in(1)
    world.schedule_by_hand(at)
    world.step()
    assert tell(world, receiver) == []

    world.consent(people[0], granted=False)
    world.go_to(at, minutes=4)
    assert world.step().outcome == "held"
    [message] = tell(world, receiver)
    assert (
        "campaign NL-11: a person scheduled it in Mailchimp: no_valid_consent, refused_address"
        in message.text
    )
    # The next look finds a draft for a person. That the person's schedule is gone holds on.
    assert world.step().outcome == "waiting"
    assert tell(world, receiver) == []

    world.sync()
    world.schedule_by_hand(world.quarter_in(1))
    assert world.step().outcome == "scheduled"
    [over] = tell(world, receiver)
    assert "no longer held" in over.text


def test_one_that_could_not_be_judged_is_held_too(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    world.audience(3)
    world.schedule_early()
    planned(world)
    assert world.row()["status"] == "schedule"
    world.go_to(world.row()["scheduled_for"], minutes=1)
    with psycopg.connect(world.warehouse_dsn) as warehouse, world.open_provider() as provider:
        taken = take_back.if_near(provider, world.provider_id("NL-11"), near=AHEAD, now=world.now())
        assert taken is not None
        take_back.record_taken_back(warehouse, taken, "audience_busy: a sync is at work")
    [message] = tell(world, receiver)
    assert "UTC: gate_undecided" in message.text

    world.pass_time(minutes=2)
    assert world.step().outcome == "sent"
    assert len(tell(world, receiver)) == 1


def test_no_campaign_hides_another(campaigning: CampaignWorld) -> None:
    """A draft, a cancelled or sent campaign, and one without a row in the CRM are no trouble."""
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    for code in ("DRAFT", "CANCELLED", "GONE", "SENT", "HELD"):
        planned(world, code)
    world.pass_time(hours=3)
    assert world.step("SENT").outcome == "sent"
    world.consent(people[0], granted=False)
    for code in ("DRAFT", "CANCELLED", "GONE", "HELD"):
        assert world.step(code).outcome == "held"
    world.change_campaign("DRAFT", state="draft")
    world.change_campaign("CANCELLED", state="cancelled")
    world.crm.execute("delete from crm.campaign where code = 'GONE'")
    for code in ("DRAFT", "CANCELLED", "GONE", "SENT"):
        world.step(code)
    [message] = tell(world, receiver)
    assert message.subject == "Mailchimp sync: 1 held"
    assert "campaign HELD: planned for" in message.text
