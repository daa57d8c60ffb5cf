"""What the page says, from a real warehouse: which questions wait, and what a preview is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import release
from crm_mailchimp.sync.decisions.approval import decide_removals
from crm_mailchimp.sync.decisions.plan_excerpt import read_plan_excerpt
from crm_mailchimp.sync.runs.collections_page import read_page
from crm_mailchimp.sync.runs.contact_limits import note_contact_limits
from mailchimp_provider import page

DAY = timedelta(hours=24)


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Any:
    world = CampaignWorld(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()


@pytest.fixture
def shown(world: CampaignWorld) -> Callable[..., str]:
    def render(*paused: str) -> str:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            found = read_page(warehouse)
        answer = page._rendered(
            "page.html",
            found=found,
            paused=list(paused),
            now=datetime.now(UTC),
            ask_again_after=timedelta(hours=168),
        )
        return " ".join(bytes(answer.body).decode().split())

    return render


def test_both_kinds_of_questions_wait_in_one_place(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    people = world.audience(12, description="Ενημερωτικό δελτίο")
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    world.design()
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    world.step()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        release.request_releases(warehouse, ["NL-11"])

    text = shown()
    assert "Ενημερωτικό δελτίο</strong>: 7 of 12 members would be removed" in text
    assert "plan?run=" in text and "Who they are" in text
    assert "NL-11</strong>: the gate of this campaign is closed: sync_blocked" in text
    assert "it is paused" not in text
    assert shown("release_campaigns").count("it is paused, so nobody is asked") == 1
    assert "filos" not in text, "nobody's address"

    assert "plan 1 (7 of 12 members) waits for an answer" in text

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, 1, "rejected", decided_by="μαρία")
    assert "(7 of 12 members) rejected by μαρία" in shown()


def test_an_answer_is_the_same_at_all_places_before_the_next_run(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    """What the run said at its end is no news after the answer: nothing waits any more."""
    people = world.audience(12, description="Ενημερωτικό δελτίο")
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    # As a run ends that has more to say.
    row = world.warehouse.execute(
        "update sync.collection_run set detail = detail || '; ένα πεδίο λείπει'"
        " where state = 'blocked' returning detail"
    ).fetchone()
    assert row and "asks a person (plan 1); " in row["detail"]
    asks, waits = "asks a person", "waits for an answer"
    assert asks not in shown()
    assert "withdrawals and erasures; ένα πεδίο λείπει" in shown()
    assert shown().count(waits) == 1

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, 1, "rejected", decided_by="μαρία")
    text = shown()
    assert asks not in text
    assert waits not in text
    assert "Waiting for a decision" not in text
    assert "7 of 12 members would be removed: nothing was pushed" in text
    assert "asked again when its members change, or on" in text
    # The next run says the same, once.
    world.sync()
    assert shown().count("asked again when its members change") == 1
    assert "was not approved on" not in shown()


def test_a_gate_that_closed_for_more_waits_once(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    world.audience(12)
    world.schedule_early()
    world.campaign("ΝΕΑ-11", state="approved", planned_at=world.quarter_in(48))
    world.step("ΝΕΑ-11")
    world.design("ΝΕΑ-11")
    world.warehouse.execute("update sync.staging_run set clock = now() - interval '3 hours'")
    world.step("ΝΕΑ-11")
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [first] = release.request_releases(warehouse, ["ΝΕΑ-11"])
        world.warehouse.execute(
            "update sync.collection_run set state = 'blocked', detail = 'removal_guard: 12'"
        )
        world.step("ΝΕΑ-11")
        assert f"gate {first.number}, since" not in shown(), "an answer would release nothing"
        second = release.request_releases(warehouse, ["ΝΕΑ-11"])[-1]
        assert shown().count("waits for an answer") == 1
        release.decide_release(
            warehouse, second.number, "rejected", holds=DAY, ask_again_after=DAY, decided_by="ελένη"
        )
    text = shown()
    assert "Waiting for a decision" not in text
    assert "waits for an answer" not in text
    assert "was rejected by ελένη" in text
    assert "asked again when its reasons change, or on" in text
    assert 'id="campaign-ΝΕΑ-11"' in text


def test_a_preview_hides_no_real_run_and_a_new_code_no_success(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    people = world.audience(12)
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    world.sync(dry_run=True)
    assert '<span class="state blocked">blocked</span>' in shown()
    assert '<span class="state dry_run">' not in shown()

    world.crm.execute("update crm.contact_collection set code = 'ΝΕΟΣ'")
    world.sync()
    text = shown()
    assert "ΝΕΟΣ" in text
    assert "last succeeded: never" not in text


def test_a_plan_that_is_not_made_yet_says_so(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    news = world.collection()
    world.contact("filos@mail.gr", news)
    world.contact("χωρίς", news)
    staging_id = world.stage(dry_run=True)
    row = world.warehouse.execute("select run_id from sync.staging_run").fetchone()
    assert row

    def plan() -> str:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            plans = read_plan_excerpt(warehouse, row["run_id"])
        answer = page._rendered("plan.html", run_id=row["run_id"], plans=plans)
        return " ".join(bytes(answer.body).decode().split())

    assert "The run has not come to this collection yet" in plan()
    assert "No member would change" not in plan()
    assert "(not finished)" in shown()

    world.push(staging_id, "NEWS")
    assert "(not finished)" not in shown()
    text = plan()
    assert "Nothing of this was done. As of" in text
    assert "1 contact: the contact is added" in text
    assert "1 contact: the contact is held back by the check" in text
    assert "invalid_email" in text


def test_the_bill_is_on_the_page(world: CampaignWorld, shown: Callable[..., str]) -> None:
    assert "What Mailchimp bills" not in shown(), "nothing is known yet"
    news, offers = world.collection(), world.collection("ΒΙΒΛΙΑ")
    world.contact("filos@mail.gr", news, offers)
    world.contact("maria@mail.gr", news)
    world.sync()
    text = shown()
    assert "What Mailchimp bills" in text
    assert '<strong>mailchimp_default</strong> <span class="note">2 audiences</span>' in text
    assert "not set" in text and "MAILCHIMP_CONTACT_LIMIT" in text
    assert "Near the plan's limit" not in text
    assert "Συλλογή ΒΙΒΛΙΑ (ΒΙΒΛΙΑ)</strong>" in text
    cells = text.split('id="bill"')[1].split("</table>")[0].split('<td class="number">')[1:]
    assert [cell.split("<")[0].strip() for cell in cells] == ["3", "not set", "", "1", "1"]

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note_contact_limits(warehouse, {"MAILCHIMP_CONTACT_LIMIT": "3"})
    text = shown()
    assert "Near the plan's limit" in text
    assert "has 3 contacts that Mailchimp bills. Its plan includes 3." in text
    assert "100.0 %" in text
    assert "Mailchimp may charge more" not in text
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note_contact_limits(warehouse, {"MAILCHIMP_CONTACT_LIMIT": "mailchimp_default=2"})
    text = shown()
    assert "Over the plan's limit" in text and "Mailchimp may charge more" in text
    assert "filos" not in text and "maria" not in text, "nobody's address"
