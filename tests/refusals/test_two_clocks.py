"""The clock of the CRM or of this machine is wrong: nobody is mailed against consent."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.campaigns.consent_now import judge_members
from crm_mailchimp.crm import judging_clock
from crm_mailchimp.crm.consents import judge
from crm_mailchimp.crm.judging_clock import ClocksDifferError, JudgingClock
from fresh_databases import fresh_databases
from sync_world import World

HOUR = timedelta(hours=1)
SOON = timedelta(minutes=30)
PEOPLE = 400


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def this_machine_is(patch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Of the CRM: the CRM's clock went back by as much."""
    patch.setattr(judging_clock, "_time_here", lambda: datetime.now(UTC) + ahead)


def test_a_clock_that_went_back_hides_no_withdrawal(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By the right time, which this machine has, all this happened within the last hour."""
    happened = datetime.now(UTC) + SOON
    news = world.collection()
    world.contact("eleni@mail.gr", news)
    withdrawn, ended = world.contact("maria@mail.gr", news), world.contact("nikos@mail.gr", news)
    world.sync()
    assert world.remote()["maria@mail.gr"] == "subscribed"
    world.consent(withdrawn, granted=False, effective_at=happened)
    world.regrant(ended, expires_at=happened)
    never = world.contact("new@mail.gr", news)
    world.consent(never, granted=False, effective_at=happened)
    later = world.contact("later@mail.gr", news, consent=None)
    world.consent(later, effective_at=happened)

    this_machine_is(monkeypatch, HOUR)
    with caplog.at_level(logging.WARNING):
        world.sync()

    assert world.open_reasons() == {
        withdrawn: "consent_withdrawn",
        never: "consent_withdrawn",
        ended: "consent_expired",
        later: "consent_not_yet_effective",
    }
    assert world.remote() == {
        "eleni@mail.gr": "subscribed",
        "maria@mail.gr": "unsubscribed",
        "nikos@mail.gr": "archived",
    }
    (warning,) = [record for record in caplog.records if "clock of crm_db" in record.message]
    # The machine's clock is looked at some moments after the CRM's.
    found = re.search(r"differ by (\d+) seconds", warning.message)
    assert found and 3600 <= int(found[1]) < 3660


@pytest.mark.parametrize("ahead", [timedelta(days=200), timedelta(days=-200)])
def test_clocks_that_differ_by_more_than_a_day_judge_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    news = world.collection()
    maria = world.contact("maria@mail.gr", news, consent=None)
    now = datetime.now(UTC)
    world.consent(maria, granted=False, effective_at=now - timedelta(days=700))
    world.consent(maria, effective_at=now - 100 * timedelta(days=1))
    world.consent(maria, granted=False, effective_at=now + 100 * timedelta(days=1))
    world.sync()
    staging_id = world.stage()
    before = world.write_requests()

    this_machine_is(monkeypatch, ahead)
    with pytest.raises(ClocksDifferError, match="the clock of crm_db says"):
        world.sync()
    world.push(staging_id, "NEWS")

    assert world.write_requests() == before
    assert world.remote() == {"maria@mail.gr": "subscribed"}
    monkeypatch.undo()
    assert world.sync()["NEWS"].state == "succeeded"
    assert world.remote() == {"maria@mail.gr": "subscribed"}


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_withdrawal_between_staging_and_push_counts_by_either_clock(
    world: World, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", news)
    staging_id = world.stage()
    world.consent(maria, granted=False, effective_at=datetime.now(UTC) + ahead / 2)

    this_machine_is(monkeypatch, ahead)
    world.push(staging_id, "NEWS")

    assert world.remote() == {"eleni@mail.gr": "subscribed"}


def test_a_campaign_is_judged_by_both_clocks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.consent(maria, granted=False, effective_at=datetime.now(UTC) + SOON)

    def causes() -> dict[str, int]:
        with (
            psycopg.connect(world.warehouse_dsn) as warehouse,
            psycopg.connect(world.crm_dsn, autocommit=True) as crm,
        ):
            judgement = judge_members(
                warehouse,
                crm,
                list_id=world.list_id("NEWS"),
                collection_id=news,
                gdpr_category="newsletter",
            )
        return {finding.cause: finding.members for finding in judgement.findings}

    assert causes() == {}
    this_machine_is(monkeypatch, HOUR)
    assert causes() == {"no_valid_consent": 1, "refused_address": 1}


def test_who_counts_by_two_clocks_counts_at_every_time_between_them(world: World) -> None:
    draw = random.Random(7)
    start = datetime(2026, 3, 29, tzinfo=UTC)  # clocks change in Athens

    def minute() -> datetime:
        return start + timedelta(minutes=draw.randrange(240))

    people = [world.contact(f"p{number}@mail.gr", consent=None) for number in range(PEOPLE)]
    for person in people:
        for _ in range(draw.randint(1, 4)):
            effective = minute()
            ends = draw.choice([None, effective + timedelta(minutes=draw.randrange(1, 120))])
            world.consent(
                person,
                granted=draw.random() < 0.7,
                effective_at=effective,
                expires_at=ends,
            )

    def mailable(clock: JudgingClock) -> set[int]:
        with psycopg.connect(world.crm_dsn, autocommit=True) as crm:
            judged = judge(crm, people, clock=clock)
        return {person for (person, _), consent in judged.items() if consent.in_force}

    counted = 0
    for _ in range(25):
        earlier, later = sorted((minute(), minute()))
        both = mailable(JudgingClock(earlier, later))
        between = [earlier + (later - earlier) * part / 6 for part in range(7)]
        for moment in between:
            assert both <= mailable(JudgingClock.at(moment)), (earlier, moment, later)
        if earlier == later:
            assert both == mailable(JudgingClock.at(earlier))
        counted += len(both)
    assert counted > 200
