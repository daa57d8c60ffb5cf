"""What the page says, from a real warehouse: which questions wait, and what a preview is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import release
from crm_mailchimp.sync.decisions.approval import decide_removals
from crm_mailchimp.sync.runs.contact_limits import note_contact_limits
from page_reader import reading

DAY = timedelta(hours=24)


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Any:
    world = CampaignWorld(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()


@pytest.fixture
def shown(world: CampaignWorld) -> Callable[..., str]:
    def render(*paused: str) -> str:
        with reading(world.warehouse_dsn, paused=paused) as reader:
            return html.unescape(reader.get())

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
    assert "<strong>Ενημερωτικό δελτίο</strong> · Waiting for approval" in text
    assert text.count("7 of 12 members would be removed.") == 2, "above, and at its collection"
    assert "plan?run=" in text and "Who they are" in text
    assert "<strong>NL-11</strong> · Waiting for approval" in text
    assert "<li>The last sync of the collection was blocked.</li>" in text
    assert "is paused" not in text
    assert shown("release_campaigns").count("release_campaigns is paused in Airflow") == 1
    assert "filos" not in text, "nobody's address"

    world.warehouse.execute("update sync.removal_request set of_tag = true")
    assert shown().count("7 of 12 members would lose the tag of the collection.") == 2

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, 1, "rejected", decided_by="μαρία")
    assert "Removals of 7 of 12 members: rejected by μαρία" in shown()


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
    asks, waits = "asks a person", "would be removed. Waiting for approval"
    assert asks not in shown()
    assert "withdrawals and erasures; ένα πεδίο λείπει" in shown()
    assert shown().count(waits) == 1

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        decide_removals(warehouse, 1, "rejected", decided_by="μαρία")
    text = shown()
    assert asks not in text
    assert waits not in text
    assert "Since" not in text.split("Collections</h2>")[0], "nothing waits"
    assert "7 of 12 members would be removed: nothing was pushed" in text
    assert "It is asked again if anything changes, or on" in text
    # The next run says the same, once.
    world.sync()
    assert shown().count("It is asked again if anything changes") == 1
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
        number = 'name="number" value="{}"'
        assert number.format(first.number) not in shown(), "an answer would release nothing"
        second = release.request_releases(warehouse, ["ΝΕΑ-11"])[-1]
        assert shown().count(number.format(second.number)) == 2, "a yes and a no"
        release.decide_release(
            warehouse, second.number, "rejected", holds=DAY, ask_again_after=DAY, decided_by="ελένη"
        )
    text = shown()
    assert "Waiting for approval" not in text
    assert "The release was rejected by ελένη" in text
    assert "It is asked again if anything changes, or on" in text
    assert 'id="campaign-ΝΕΑ-11"' in text


def test_a_collection_that_was_only_previewed_is_not_up_to_date(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    world.contact("filos@mail.gr", world.collection("ΒΙΒΛΙΑ"))
    world.sync(dry_run=True)
    text = shown()
    assert '<span class="state ">Only previewed</span>' in text
    assert "Up to date" not in text.partition('id="collections"')[2].partition("</table>")[0]


def test_a_preview_hides_no_real_run_and_a_new_code_no_success(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    people = world.audience(12)
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    world.sync(dry_run=True)
    assert '<span class="state warn">Blocked: a person must decide</span>' in shown()
    assert '<span class="state ">Preview</span>' not in shown()

    world.crm.execute("update crm.contact_collection set code = 'ΝΕΟΣ'")
    world.sync()
    text = shown()
    assert "ΝΕΟΣ" in text
    assert "Last success: Never" not in text


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
        with reading(world.warehouse_dsn) as reader:
            return reader.get(f"plan?run={row['run_id']}")

    assert "The run has not come to this collection yet" in plan()
    assert "No member would change" not in plan()
    assert "(not finished)" in shown()

    world.push(staging_id, "NEWS")
    assert "(not finished)" not in shown()
    text = plan()
    assert "Nothing of this was done." in text
    assert "To be added: 1 contact<" in text
    assert "Held back by the check: 1 contact<" in text
    assert "The e-mail address is not well formed." in text


def test_the_bill_is_on_the_page(world: CampaignWorld, shown: Callable[..., str]) -> None:
    assert "What Mailchimp bills" not in shown(), "nothing is known yet"
    news, offers = world.collection(), world.collection("ΒΙΒΛΙΑ")
    world.contact("filos@mail.gr", news, offers)
    world.contact("maria@mail.gr", news)
    world.sync()
    text = shown()
    assert "What Mailchimp bills" in text
    assert 'scope="row">mailchimp_default<span class="note">2 audiences</span>' in text
    assert "not set (MAILCHIMP_CONTACT_LIMIT)" in text
    assert "Near the plan's limit" not in text
    assert "Συλλογή ΒΙΒΛΙΑ (ΒΙΒΛΙΑ)<span" in text
    cells = re.findall(
        r'<td class="number"[^>]*>([^<]*)',
        text.split('id="bill"')[1].split("</table>")[0],
    )
    unset = "not set (MAILCHIMP_CONTACT_LIMIT)"
    assert [cell.strip() for cell in cells] == ["3", unset, "", "1", "1"]

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note_contact_limits(warehouse, {"MAILCHIMP_CONTACT_LIMIT": "3"})
    text = shown()
    assert "Near the plan's limit" in text
    assert "3 contacts are billed. The plan includes 3." in text
    assert "100.0 %" in text
    assert "Mailchimp may charge more" not in text
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note_contact_limits(warehouse, {"MAILCHIMP_CONTACT_LIMIT": "mailchimp_default=2"})
    text = shown()
    assert "Over the plan's limit" in text and "Mailchimp may charge more" in text
    assert "filos" not in text and "maria" not in text, "nobody's address"


def test_a_collection_above_a_threshold_is_named_with_its_figures(
    world: CampaignWorld, shown: Callable[..., str]
) -> None:
    world.audience(12, description="Ενημερωτικό δελτίο")
    with reading(world.warehouse_dsn) as reader:
        assert "Thresholds" not in reader.get("collection?code=NEWS"), "no run was judged"
    code = world.warehouse.execute("select collection_code from sync.audience").fetchone()
    world.warehouse.execute(
        "insert into sync.collection_health (collection_id, collection_code, first_run_id, run_id,"
        " staged, held_back, expired, sent, rejected, most_held_back, most_expired, most_rejected,"
        " too_many, above_since) select collection_id, collection_code, 'r', 'r', 1200, 900, 3, 0,"
        " 0, 50, 10, 10, '{held_back}', now() from sync.audience"
    )
    text = shown()
    assert "<strong>Ενημερωτικό δελτίο</strong></a> · Above a threshold" in text
    assert "Held back: 900 of 1,200 contacts (75.0 %). The threshold is 50.0 %." in text
    assert "Rejected by Mailchimp: " not in text
    with reading(world.warehouse_dsn) as reader:
        detail = html.unescape(reader.get(f"collection?code={code['collection_code']}"))
    assert detail.count("Above a threshold") == 1
    assert detail.count("In order") == 2
    # Below again, there is nothing to do.
    world.warehouse.execute(
        "update sync.collection_health set too_many = '{}', above_since = null, held_back = 5"
    )
    assert "Above a threshold" not in shown()
