"""People hear of a campaign that does not go out at its time: once, and when that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaign_provider import RemoteCampaign
from crm_mailchimp.campaigns import take_back
from crm_mailchimp.campaigns.held_campaigns import held_campaigns
from crm_mailchimp.errors import ProviderUnreachableError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
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


def tell(
    world: CampaignWorld, receiver: Receiver, codes: Sequence[str] | None = None
) -> list[Message]:
    """What the task does at the end of a run about these; gives what people hear then."""
    before = len(receiver.messages)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        alert_about_held(
            warehouse,
            lambda: {
                one.campaign_code: one.words
                for one in held_campaigns(warehouse, ahead=AHEAD, now=world.now())
            },
            AlertTimes(),
            receiver,
            codes=codes,
        )
    return receiver.messages[before:]


def planned(world: CampaignWorld, code: str = "NL-11", **columns: Any) -> None:
    """An approved campaign whose time comes in about two hours, with a body."""
    columns = {"planned_at": world.quarter_in(2), "state": "approved", **columns}
    world.campaign(code, **columns)
    world.step(code)
    world.design(code)
    world.step(code)


def take_back_undecided(world: CampaignWorld, code: str) -> None:
    """What happens near its time while a sync of its audience is at work."""
    with psycopg.connect(world.warehouse_dsn) as warehouse, world.open_provider() as provider:
        taken = take_back.if_near(provider, world.provider_id(code), near=AHEAD, now=world.now())
        assert taken is not None
        take_back.record_taken_back(warehouse, taken, "audience_busy: a sync is at work")


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
    planned_at = world.quarter_in(2)
    for code in ("NL-11", "NL-12"):
        planned(world, code, planned_at=planned_at)
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
    # The next look finds a draft for a person. The person's schedule is still gone.
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
    take_back_undecided(world, "NL-11")
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


class _Unreachable(Mailchimp):
    def campaign(self, campaign_id: str) -> RemoteCampaign | None:
        raise ProviderUnreachableError("Mailchimp gives no answer")


def test_a_look_that_fails_ends_no_alert(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned_at = world.quarter_in(2)
    for code in ("NL-11", "NL-12"):
        planned(world, code, planned_at=planned_at)
    world.go_to(world.row()["planned_at"], minutes=4)
    world.consent(people[0], granted=False)
    assert world.step().outcome == "held"
    [message] = tell(world, receiver)
    assert "NL-12" not in message.text

    for code in ("NL-11", "NL-12"):
        with pytest.raises(ProviderUnreachableError):
            world.step(code, provider=_Unreachable)
    assert tell(world, receiver) == [], "nothing is well, and the failed run has its own alert"
    assert world.step().outcome == "held"
    assert tell(world, receiver) == [], "people know it"

    world.sync()
    world.pass_time(minutes=10)
    assert world.step().outcome == "sent"
    [over] = tell(world, receiver)
    assert "campaign NL-11: no longer held" in over.text


def test_nobody_hears_of_a_campaign_without_a_time(campaigning: CampaignWorld) -> None:
    """A person did not schedule it yet, so no time is near."""
    world, receiver = campaigning, Receiver()
    world.collection("NEWS")
    world.campaign("FIRST", state="approved")
    assert str(world.step("FIRST").detail).startswith("no_audience: ")
    assert tell(world, receiver) == []

    news = world.crm.execute("select collection_id from crm.contact_collection").fetchone()
    assert news
    person = world.contact("filos@mail.gr", news[0])
    world.sync()
    for code in ("DELETED", "MOVED", "UNDECIDED"):
        planned(world, code)
    world.change_campaign("DELETED", planned_at=None)
    world.step("DELETED")
    with world.provider() as provider:
        provider.delete_campaign(world.provider_id("DELETED"))
    assert str(world.step("DELETED").detail).startswith("deleted: ")

    world.schedule_early()
    assert world.step("UNDECIDED").outcome == "scheduled"
    world.go_to(world.row("UNDECIDED")["scheduled_for"], minutes=1)
    take_back_undecided(world, "UNDECIDED")

    world.change_campaign("MOVED", planned_at=world.quarter_in(2))
    world.consent(person, granted=False)
    assert world.step("MOVED").outcome == "held", "its gate is closed long before its time"
    for code in ("MOVED", "UNDECIDED"):
        world.change_campaign(code, planned_at=None)
        assert world.step(code).outcome == "waiting"
    assert tell(world, receiver) == []


def test_the_time_of_a_person_and_new_settings(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned(world, planned_at=None)
    world.schedule_by_hand(world.quarter_in(2))
    assert world.step().outcome == "scheduled"
    world.consent(people[0], granted=False)
    world.change_campaign(subject_line="Διόρθωση")
    assert world.step().outcome == "held"
    [message] = tell(world, receiver)
    assert "a person scheduled it in Mailchimp: no_valid_consent" in message.text
    assert world.step().outcome == "waiting"
    assert tell(world, receiver) == []


def test_a_code_that_another_campaign_has_now(campaigning: CampaignWorld) -> None:
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned(world)
    world.consent(people[0], granted=False)
    world.go_to(world.row()["planned_at"], minutes=4)
    assert world.step().outcome == "held"
    assert len(tell(world, receiver)) == 1

    # The CRM deletes it, and plans another one under its code. Nobody looks at the first again.
    world.crm.execute("delete from crm.campaign where code = 'NL-11'")
    world.campaign(description="Ενημερωτικό Δεκεμβρίου", planned_at=world.quarter_in(24))
    assert world.step().outcome != "held"
    [over] = tell(world, receiver)
    assert "campaign NL-11: no longer held" in over.text


def test_a_run_tells_of_the_campaigns_that_it_looked_at(campaigning: CampaignWorld) -> None:
    """Two campaigns have the same time. What held one of them long before is solved."""
    world, receiver = campaigning, Receiver()
    people = world.audience(3)
    planned_at = world.quarter_in(2)
    for code in ("NL-11", "NL-12"):
        planned(world, code, planned_at=planned_at)
    world.consent(people[0], granted=False)
    later = world.quarter_in(3)
    world.change_campaign("NL-12", subject_line="Διόρθωση", planned_at=later)
    world.change_campaign("NL-11", planned_at=later)
    world.warehouse.execute("delete from sync.campaign_gate")
    for code in ("NL-11", "NL-12"):
        assert world.step(code).outcome == "held"
    world.sync()
    world.go_to(world.row()["planned_at"], minutes=4)
    assert world.step("NL-12").outcome == "scheduled"
    assert tell(world, receiver, ["NL-12"]) == [], "NL-11 is judged in a moment"
    assert world.step("NL-11").outcome == "scheduled"
    assert tell(world, receiver, ["NL-11"]) == []

    world.consent(people[1], granted=False)
    for code in ("NL-11", "NL-12"):
        assert world.step(code).outcome == "held"
    for code in ("NL-11", "NL-12"):
        [message] = tell(world, receiver, [code])
        assert message.subject == "Mailchimp sync: 1 held"
    assert tell(world, receiver) == []
