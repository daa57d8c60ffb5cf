"""A sending that goes badly causes one alert, and holds the next campaign until a person looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_world import CampaignWorld
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns import release
from crm_mailchimp.campaigns.sending_health import (
    HealthLimits,
    look_at_sendings,
    read_health_limits,
    too_many,
    unhealthy_sendings,
)
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import alert_about_sendings

DAY = timedelta(hours=24)
LIMITS = HealthLimits(
    hard_bounces=2, complaints=0.1, unsubscribes=2, least_mails=10, least_people=3
)


def send(world: CampaignWorld, code: str = "NL-11") -> str:
    """A campaign goes out; gives its id in Mailchimp."""
    world.campaign(code, state="approved", planned_at=world.quarter_in(1))
    world.step(code)
    world.design(code)
    scheduled = world.step(code)
    assert scheduled.outcome == "scheduled", scheduled
    world.pass_time(hours=2)
    world.step(code)
    assert world.row(code)["status"] == "sent"
    return world.provider_id(code)


def look(world: CampaignWorld, limits: HealthLimits = LIMITS, *, at: datetime | None = None) -> int:
    with psycopg.connect(world.warehouse_dsn) as warehouse, world.open_provider() as provider:
        return look_at_sendings(
            warehouse, Accounts.only(provider), limits=limits, now=at or world.now()
        )


def health(world: CampaignWorld) -> dict[str, Any]:
    row = world.warehouse.execute("select * from sync.sending_health").fetchone()
    assert row is not None
    return dict(row)


def refuse(world: CampaignWorld, campaign_id: str, action: str, people: range) -> None:
    """People act because of a campaign."""
    for number in people:
        email = f"filos{number}@mail.gr"
        if action == "bounce":
            world.sandbox.control(
                "POST",
                "bounce",
                {
                    "list_id": world.list_id(),
                    "email_address": email,
                    "campaign_id": campaign_id,
                    "bounce_type": "hard",
                },
            )
        else:
            world.act(email, action, campaign_id=campaign_id)


def tell(world: CampaignWorld, sent: list[Message]) -> int:
    """What ``watch_sendings`` does after its looks; gives the number of alerts."""

    def deliver(message: Message) -> bool:
        sent.append(message)
        return True

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        found = {one.campaign_code: one.too_many for one in unhealthy_sendings(warehouse)}
        return len(alert_about_sendings(warehouse, found, deliver))


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    return campaigning


@pytest.fixture
def quiet(world: CampaignWorld) -> CampaignWorld:
    """Recipients do nothing but what the test lets them do."""
    world.sandbox.control(
        "POST",
        "behaviour",
        dict.fromkeys(
            ("hard_bounce", "soft_bounce", "unsubscribe", "abuse", "sign_up", "forward"), 0.0
        ),
    )
    world.schedule_early()
    return world


def test_ten_minutes_after_and_then_hourly_for_a_day(quiet: CampaignWorld) -> None:
    quiet.audience(12)
    quiet.campaign("NL-11", state="approved", planned_at=quiet.quarter_in(1))
    assert look(quiet) == 0, "nothing was sent"
    quiet.step()
    quiet.design()
    quiet.step()
    quiet.go_to(quiet.row()["scheduled_for"], minutes=0)
    quiet.pass_time(seconds=30)
    quiet.step()
    sent_at = quiet.row()["sent_at"]
    assert sent_at is not None
    assert look(quiet, at=sent_at + timedelta(minutes=9)) == 0
    looks = [
        minute
        for minute in range(10, 3 * 24 * 60, 10)
        if look(quiet, at=sent_at + timedelta(minutes=minute))
    ]
    assert looks[0] == 10
    assert {later - earlier for earlier, later in pairwise(looks)} == {60}
    assert looks[-1] == 24 * 60 + 10, "the last look comes after the day, and then no other"
    assert health(quiet)["looks"] == len(looks) == 25
    assert health(quiet)["emails_sent"] == 12
    assert health(quiet)["too_many"] == []


@pytest.mark.parametrize(
    ("action", "name"),
    [("unsubscribe", "unsubscribes"), ("complain", "complaints"), ("bounce", "hard_bounces")],
)
def test_too_many_hold_the_next_campaign_until_a_person_releases_it(
    quiet: CampaignWorld, action: str, name: str
) -> None:
    quiet.audience(20)
    sent: list[Message] = []
    campaign_id = send(quiet)
    refuse(quiet, campaign_id, action, range(2))
    quiet.pass_time(minutes=20)
    assert look(quiet) == 1
    assert health(quiet)["too_many"] == [], "two people are too few to say anything"
    assert tell(quiet, sent) == 0

    refuse(quiet, campaign_id, action, range(2, 4))
    quiet.pass_time(hours=1)
    assert look(quiet) == 1
    assert health(quiet)[name] == 4
    assert health(quiet)["too_many"] == [name]
    assert [tell(quiet, sent), tell(quiet, sent)] == [1, 0], "one alert"
    assert "campaign NL-11" in sent[0].text
    assert "@" not in sent[0].text

    quiet.sync()
    quiet.campaign("NL-12", state="approved", planned_at=quiet.quarter_in(1))
    quiet.step("NL-12")
    quiet.design("NL-12")
    assert quiet.step("NL-12").outcome == "held"
    assert quiet.gate_codes("NL-12") == ["last_send_unhealthy"]
    with psycopg.connect(quiet.warehouse_dsn) as warehouse:
        gate_id = quiet.gate("NL-12")["gate_id"]
        release.request_releases(warehouse, ["NL-12"])
        release.decide_release(warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY)
    assert quiet.step("NL-12").outcome == "scheduled"

    # A third campaign waits for its own release, as long as no sending has gone well.
    quiet.campaign("NL-13", state="approved", planned_at=quiet.quarter_in(4))
    quiet.step("NL-13")
    quiet.design("NL-13")
    assert quiet.step("NL-13").outcome == "held"
    quiet.pass_time(hours=2)
    quiet.step("NL-12")
    quiet.pass_time(minutes=20)
    assert look(quiet) >= 1
    quiet.sync()
    assert quiet.step("NL-13").outcome == "scheduled", quiet.gate_codes("NL-13")
    assert tell(quiet, sent) == 0


def test_a_collection_with_another_audience_is_still_held(quiet: CampaignWorld) -> None:
    quiet.audience(20)
    refuse(quiet, send(quiet), "unsubscribe", range(5))
    quiet.pass_time(minutes=20)
    look(quiet)
    quiet.warehouse.execute("update sync.sending_health set list_id = 'άλλη'")
    quiet.sync()
    quiet.campaign("NL-12", state="approved", planned_at=quiet.quarter_in(1))
    quiet.step("NL-12")
    quiet.design("NL-12")
    quiet.step("NL-12")
    assert quiet.gate_codes("NL-12") == ["last_send_unhealthy"]


def test_a_small_sending_opens_nothing(quiet: CampaignWorld) -> None:
    quiet.audience(20)
    refuse(quiet, send(quiet), "unsubscribe", range(5))
    quiet.pass_time(minutes=20)
    look(quiet)
    with psycopg.connect(quiet.warehouse_dsn) as warehouse:
        assert [one.campaign_code for one in unhealthy_sendings(warehouse)] == ["NL-11"]
    quiet.sync()
    send_released(quiet, "NL-12")
    quiet.pass_time(minutes=20)
    assert look(quiet, replace(LIMITS, least_mails=16)) >= 1
    with psycopg.connect(quiet.warehouse_dsn) as warehouse:
        assert [one.campaign_code for one in unhealthy_sendings(warehouse)] == ["NL-11"]


def send_released(world: CampaignWorld, code: str) -> None:
    world.campaign(code, state="approved", planned_at=world.quarter_in(1))
    world.step(code)
    world.design(code)
    assert world.step(code).outcome == "held"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        release.request_releases(warehouse, [code])
        release.decide_release(
            warehouse, world.gate(code)["gate_id"], "approved", holds=DAY, ask_again_after=DAY
        )
    world.step(code)
    world.pass_time(hours=2)
    world.step(code)
    assert world.row(code)["status"] == "sent"


def test_a_campaign_that_mailchimp_does_not_know_stops_no_other(quiet: CampaignWorld) -> None:
    quiet.audience(20)
    send(quiet)
    send(quiet, "NL-12")
    quiet.warehouse.execute(
        "update sync.campaign set provider_campaign_id = '0123456789' where campaign_code = 'NL-11'"
    )
    quiet.pass_time(minutes=20)
    assert look(quiet) == 1
    assert health(quiet)["provider_campaign_id"] == quiet.provider_id("NL-12")


@given(
    sent=st.integers(0, 10**6),
    shares=st.tuples(*(st.integers(0, 1000) for _ in range(4))),
    least=st.integers(0, 1000),
)
def test_more_of_something_is_never_better(
    sent: int, shares: tuple[int, int, int, int], least: int
) -> None:
    soft, hard, complaints, unsubscribes = (min(one, sent) for one in shares)
    limits = replace(LIMITS, least_mails=least)

    def found(more: int = 0) -> set[str]:
        return set(
            too_many(
                limits,
                sent=sent,
                bounces=soft + hard,
                hard=hard + more,
                complaints=complaints + more,
                unsubscribes=unsubscribes + more,
            )
        )

    assert found() <= found(1)
    if sent < least:
        assert not found(10**6)


def test_the_settings_are_obeyed() -> None:
    limits = read_health_limits({"SENDING_MOST_COMPLAINTS": "0.5", "SENDING_LEAST_MAILS": "1000"})
    assert (limits.complaints, limits.least_mails, limits.hard_bounces) == (0.5, 1000, 2)
