"""Nothing goes out that was cancelled, moved, judged as something else, or could not be judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld, Connections
from crm_mailchimp.campaigns import gate, synchronise
from crm_mailchimp.campaigns.campaign_state import ChangedMeanwhileError
from crm_mailchimp.campaigns.synchronise import sync_campaign
from crm_mailchimp.mailchimp.errors import ServerError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.warehouse import locks
from crm_mailchimp.warehouse.locks import audience_lock

PATIENCE_SECONDS = 60


def due_campaign(world: CampaignWorld, people: int = 2) -> list[int]:
    """Approved, designed, its time come: the next step sends it."""
    contacts = world.audience(people)
    world.campaign(state="approved", planned_at=world.in_hours(-1))
    world.step()
    world.design()
    return contacts


def scheduled_campaign(world: CampaignWorld, people: int = 2, *, hours: float = 3) -> list[int]:
    """Approved, designed, and in Mailchimp's schedule."""
    contacts = world.audience(people)
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.quarter_in(hours))
    world.step()
    world.design()
    assert world.step().outcome == "scheduled"
    return contacts


def while_judging(
    world: CampaignWorld, patch: pytest.MonkeyPatch, act: Callable[[], Any], *, times: int = 1
) -> None:
    """Something happens after the members were judged and before the decision is used."""
    judge, left = gate.judge_members, [times]

    def judge_and_act(*arguments: Any, **options: Any) -> Any:
        judgement = judge(*arguments, **options)
        if left[0]:
            left[0] -= 1
            act()
        return judgement

    patch.setattr(gate, "judge_members", judge_and_act)


def test_cancelled_while_the_audience_is_busy(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_campaign(world)
    done: list[Any] = []
    refused = threading.Event()

    @contextmanager
    def try_audience_lock(*arguments: Any) -> Iterator[bool]:
        with locks.try_audience_lock(*arguments) as got:
            if not got:
                refused.set()
            yield got

    with psycopg.connect(world.warehouse_dsn) as other:
        with audience_lock(other, "NEWS"):
            # A task that does not get the lock in time gives the worker back.
            busy = world.step(options={"lock_wait": timedelta(0)})
            assert busy.outcome == "waiting"
            assert str(busy.detail).startswith("audience_busy")
            assert busy.wait_until is not None
            assert world.row()["look_again_at"] == busy.wait_until

            monkeypatch.setattr(synchronise, "try_audience_lock", try_audience_lock)
            step = threading.Thread(
                target=lambda: done.append(
                    world.step(options={"lock_wait": timedelta(seconds=PATIENCE_SECONDS)})
                )
            )
            step.start()
            assert refused.wait(PATIENCE_SECONDS), "it has read the campaign and waits"
            world.change_campaign(state="cancelled")
        step.join(PATIENCE_SECONDS)
    assert [result.outcome for result in done] == ["deleted"]
    assert world.went_out() == []
    assert world.warehouse.execute("select from sync.campaign_gate").fetchall() == [], (
        "read again before anything is judged"
    )


def test_cancelled_while_it_is_judged(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_campaign(world)
    while_judging(world, monkeypatch, lambda: world.change_campaign(state="cancelled"))
    assert world.step().outcome == "deleted"
    assert world.went_out() == []


def test_changed_again_and_again_while_it_is_judged(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_campaign(world)
    subjects = iter(("Πρώτο", "Δεύτερο", "Τρίτο"))
    with monkeypatch.context() as patch:
        while_judging(
            world, patch, lambda: world.change_campaign(subject_line=next(subjects)), times=3
        )
        with pytest.raises(ChangedMeanwhileError):
            world.step()
    assert world.went_out() == []
    assert world.step().outcome == "sent"
    [remote] = world.remote_campaigns()
    assert remote["settings"]["subject_line"] == "Τρίτο"


def test_another_audience_chosen_while_it_is_judged(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_campaign(world)
    other = world.collection("ALLI", campaign_type="FREE")
    world.contact("allos@mail.gr", other, consent=None)
    world.sync(["ALLI"])

    def choose_another() -> None:
        with world.provider() as provider:
            provider.change_campaign(world.provider_id(), {}, list_id=world.list_id("ALLI"))

    while_judging(world, monkeypatch, choose_another)
    held = world.step()
    assert held.outcome == "held"
    assert "audience_changed" in world.gate_codes()
    assert world.sent_to() == []


def test_the_crm_moves_a_scheduled_campaign(world: CampaignWorld) -> None:
    scheduled_campaign(world)
    first = world.row()["scheduled_for"]

    # No time any more: a person decides.
    world.change_campaign(planned_at=None)
    assert world.step().outcome == "waiting"
    assert (world.remote_status(), world.row()["scheduled_for"]) == ("save", None)

    # A time again, then now, with another subject: both are followed.
    world.change_campaign(planned_at=first)
    assert world.step().outcome == "scheduled"
    world.change_campaign(planned_at=world.in_hours(-0.1), subject_line="Διόρθωση")
    assert world.step().outcome == "sent"
    [remote] = world.remote_campaigns()
    assert remote["settings"]["subject_line"] == "Διόρθωση"

    # Moved into the far past: a person looks.
    world.campaign("B", state="approved", planned_at=world.quarter_in(3))
    world.step("B")
    world.design("B")
    world.step("B")
    world.change_campaign("B", planned_at=world.in_hours(-72))
    assert str(world.step("B").detail).startswith("overdue")
    assert world.remote_status("B") == "save"


def test_settings_change_between_planned_at_and_its_quarter(world: CampaignWorld) -> None:
    scheduled_campaign(world)
    at = world.row()["scheduled_for"]
    world.change_campaign(planned_at=at - timedelta(minutes=8))
    world.go_to(at, minutes=4)
    world.change_campaign(subject_line="Διόρθωση")
    assert world.step().outcome == "sent"
    [remote] = world.remote_campaigns()
    assert remote["settings"]["subject_line"] == "Διόρθωση"


def test_a_time_chosen_by_hand(world: CampaignWorld) -> None:
    people = world.audience(2)
    world.campaign(state="approved")
    world.step()
    world.design()
    assert world.step().outcome == "waiting"
    at = world.quarter_in(3)
    world.schedule_by_hand(at)

    # Judged at once, and followed; the CRM's changes reach it, its time stays.
    assert str(world.step().detail).endswith("a time chosen in Mailchimp")
    assert world.gate()["occasion"] == "check"
    world.change_campaign(subject_line="Διόρθωση")
    assert world.step().outcome == "scheduled"
    [remote] = world.remote_campaigns()
    assert remote["settings"]["subject_line"] == "Διόρθωση"
    assert remote["send_time"].startswith(at.strftime("%Y-%m-%dT%H:%M"))

    # What cannot be judged near its time is taken back, here too.
    world.go_to(at, minutes=2)
    world.consent(people[0], granted=False)
    assert world.step().outcome == "held"
    assert world.remote_status() == "save"

    # A time in the CRM that is newer than the one chosen by hand is followed.
    world.regrant(people[0])
    world.schedule_by_hand(world.quarter_in(3))
    assert world.step().outcome == "scheduled"
    world.schedule_early()
    planned_at = world.quarter_in(8)
    world.change_campaign(planned_at=planned_at)
    assert world.step().outcome == "scheduled"
    assert world.row()["scheduled_for"] == planned_at
    # And one chosen by hand after that stays.
    with world.provider() as provider:
        provider.unschedule_campaign(world.provider_id())
    by_hand = world.quarter_in(6)
    world.schedule_by_hand(by_hand)
    assert str(world.step().detail).endswith("a time chosen in Mailchimp")


@pytest.mark.parametrize("missing", ["audience", "sender", "campaign type"])
def test_what_it_lost_while_scheduled_takes_it_back_at_once(
    world: CampaignWorld, missing: str
) -> None:
    scheduled_campaign(world)
    if missing == "audience":
        world.change_campaign(collection_id=world.collection("NEA"))
    elif missing == "sender":
        world.crm.execute("update crm.external_provider set from_name = null")
    else:
        world.change_campaign(campaign_type="OFFER")
    held = world.step()
    assert held.outcome == "held"
    assert world.remote_status() == "save"
    world.pass_time(hours=4)
    assert world.went_out() == []


class _NoDomains(Mailchimp):
    """One of the questions of the gate is not answered."""

    def sender_domains(self) -> dict[str, bool]:
        raise ServerError("overloaded", method="GET", status=503)


class _NoAnswers(Mailchimp):
    """Mailchimp is not reached at all once the campaign was read."""

    def campaign(self, campaign_id: str) -> Any:
        raise ServerError("overloaded", method="GET", status=503)


def test_what_cannot_be_judged_does_not_stay_scheduled(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = scheduled_campaign(world)
    at = world.row()["scheduled_for"]

    def broken(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("crm_db is down")

    # Far from its time it stays: there will be other looks.
    with monkeypatch.context() as patch:
        patch.setattr("crm_mailchimp.campaigns.synchronise.read_crm_campaigns", broken)
        with pytest.raises(psycopg.OperationalError):
            world.step()
    assert world.remote_status() == "schedule"

    # Near its time it goes, wherever it breaks: the CRM, in the middle of judging, a question.
    world.go_to(at, minutes=5)
    world.consent(people[0], granted=False)
    for place in (
        "synchronise.read_crm_campaigns",
        "campaign_state.read_crm_campaigns",
        "gate.judge_members",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"crm_mailchimp.campaigns.{place}", broken)
            world.warehouse.execute("update sync.campaign set scheduled_for = %s", (at,))
            if world.remote_status() == "save":
                world.schedule_by_hand(at)
            if place == "campaign_state.read_crm_campaigns":
                world.regrant(people[0])
            with pytest.raises(psycopg.OperationalError):
                world.step()
        assert world.remote_status() == "save", place
    world.schedule_by_hand(at)
    with pytest.raises(ServerError):
        world.step(provider=_NoDomains)
    assert world.remote_status() == "save"
    world.pass_time(hours=1)
    assert world.went_out() == []


def test_the_reason_is_logged_where_nothing_could_be_read(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)

    def broken(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("crm_db is down")

    # Mailchimp does not answer either: the log asks a person to act.
    world.retry = Retry(attempts=1)
    with monkeypatch.context() as patch:
        patch.setattr("crm_mailchimp.campaigns.synchronise.read_crm_campaigns", broken)
        with pytest.raises(psycopg.OperationalError):
            world.step(provider=_NoAnswers)
        assert "take it back there by hand" in caplog.text
        assert world.remote_status() == "schedule"
        with pytest.raises(psycopg.OperationalError):
            world.step()
    assert world.gate_codes() == ["gate_undecided"]
    assert not world.gate()["is_open"]
    assert not world.gate()["reasons"][0]["may_be_released"]
    assert "gate_undecided" in world.row()["detail"]
    assert (world.remote_status(), world.row()["scheduled_for"]) == ("save", None)
    # It heals by itself: judged again, scheduled again.
    assert world.step().outcome == "scheduled"


class _WithoutWarehouse(Connections):
    """The warehouse cannot be reached."""

    def warehouse(self) -> psycopg.Connection[Any]:
        self.opened.append("warehouse")
        raise psycopg.OperationalError("the warehouse is down")


def test_one_failure_is_held_back_once(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)

    def broken(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("crm_db is down")

    connections = Connections(world)
    with monkeypatch.context() as patch, pytest.raises(psycopg.OperationalError, match="crm_db"):
        patch.setattr(synchronise, "read_crm_campaigns", broken)
        sync_campaign(connections, code="NL-11", options=world.options, now=world.now())
    assert connections.opened == [
        "warehouse", "crm", "provider_without_slot", "warehouse",
    ]  # fmt: skip
    assert world.remote_status() == "save"
    assert world.gate_codes() == ["gate_undecided"]


def test_it_is_held_back_without_the_warehouse(
    world: CampaignWorld, caplog: pytest.LogCaptureFixture
) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)
    gates = world.gate()["gate_id"]

    connections = _WithoutWarehouse(world)
    with pytest.raises(psycopg.OperationalError, match="the warehouse is down"):
        sync_campaign(
            connections, code="NL-11", provider_campaign_id=world.provider_id(), now=world.now()
        )

    assert connections.opened == ["warehouse", "provider_without_slot", "warehouse"]
    assert world.remote_status() == "save"
    assert "that it was taken back is not stored" in caplog.text
    assert world.gate()["gate_id"] == gates
    world.pass_time(hours=1)
    assert world.went_out() == []


def test_one_found_by_its_title_is_held_back(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)
    world.warehouse.execute("delete from sync.campaign")

    def broken(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("the warehouse is down")

    with monkeypatch.context() as patch, pytest.raises(psycopg.OperationalError):
        patch.setattr("crm_mailchimp.campaigns.campaign_actions.note_own_schedule", broken)
        world.step()
    assert world.remote_status() == "save"
    assert world.gate_codes() == ["gate_undecided"]


def test_a_test_mail_that_fails_takes_nothing_back(world: CampaignWorld) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)
    connections = _WithoutWarehouse(world)
    with pytest.raises(psycopg.OperationalError):
        sync_campaign(
            connections,
            code="NL-11",
            provider_campaign_id=world.provider_id(),
            now=world.now(),
            test_to=["dokimi@galaxy.gr"],
        )
    assert connections.opened == ["warehouse"]
    assert world.remote_status() == "schedule"


class Died(BaseException):
    """The process is gone: nothing of ours handles it."""


def test_our_process_dies_while_it_judges(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=5)

    def die(*_: Any, **__: Any) -> Any:
        raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(gate, "judge_members", die)
        world.step()
    world.pass_time(hours=1)
    assert world.went_out() == []
    # Late, judged, and no later than agreed.
    assert world.step().outcome == "sent"


def test_its_audience_is_busy_at_the_last_check(world: CampaignWorld) -> None:
    scheduled_campaign(world)
    at = world.row()["scheduled_for"]
    no_wait = {"lock_wait": timedelta(0)}
    with psycopg.connect(world.warehouse_dsn) as other, audience_lock(other, "NEWS"):
        world.go_to(at, minutes=8)
        assert world.step(options=no_wait).outcome == "waiting"
        assert world.remote_status() == "schedule", "there is time for another look"
        world.go_to(at, minutes=2)
        assert world.step(options=no_wait).outcome == "held"
        assert world.remote_status() == "save"
        assert world.gate_codes() == ["gate_undecided"]
    assert world.step().outcome == "scheduled"


def test_a_last_check_that_takes_too_long_sends_late(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled_campaign(world)
    at = world.row()["scheduled_for"]
    world.go_to(at, minutes=2)
    passed = [0]
    monotonic = time.monotonic

    def take_long() -> None:
        world.pass_time(seconds=105)
        passed[0] += 105

    with monkeypatch.context() as patch:
        # The machine's clock runs with the sandbox's.
        patch.setattr(
            "crm_mailchimp.campaigns.synchronise.time.monotonic", lambda: monotonic() + passed[0]
        )
        while_judging(world, patch, take_long)
        waiting = world.step()
    assert waiting.outcome == "waiting"
    assert world.remote_status() == "save"
    assert waiting.wait_until == at
    world.go_to(at, seconds=-1)
    assert world.went_out() == []
    assert world.step().outcome == "sent"


def test_a_lost_answer_does_not_leave_it_scheduled(world: CampaignWorld) -> None:
    scheduled_campaign(world)
    world.change_campaign(state="cancelled")
    for kind in ("drop_before", "drop_after"):
        world.sandbox.control(
            "POST",
            "faults",
            {"next": [{"kind": kind, "method": "POST", "path": "/campaigns/*/actions/unschedule"}]},
        )
        assert world.step().outcome == "unscheduled"
        assert world.remote_status() == "save"
        world.change_campaign(state="approved")
        assert world.step().outcome == "scheduled"
        world.change_campaign(state="cancelled")


def test_no_longer_wait_is_needed_for_a_last_check(world: CampaignWorld) -> None:
    """CAMPAIGN_WAIT shorter than the last check leaves no hole."""
    people = scheduled_campaign(world)
    world.go_to(world.row()["scheduled_for"], minutes=2)
    world.consent(people[0], granted=False)
    assert world.step(options={"wait_horizon": timedelta(0)}).outcome == "held"
    assert world.remote_status() == "save"
