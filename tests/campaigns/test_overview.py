"""What a run looks at, and what people see of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import campaign_round
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sync.runs.collections_page import read_page


def shown(world: CampaignWorld) -> list[tuple[Any, ...]]:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
    ):
        campaign_round.look_at_all(warehouse, provider)
    rows = world.warehouse.execute(
        "select title, origin, status from stats.campaign_overview order by title, status"
    )
    return [tuple(row.values()) for row in rows]


def test_a_renamed_campaign_stays_the_same(world: CampaignWorld) -> None:
    world.audience(2)
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.quarter_in(30))
    world.step()
    world.design()
    world.step()
    world.change_campaign(code="NL-12")

    assert world.choose() == ["NL-12"]
    # Asked by its old code, before the ledger knows the new one: it is not gone.
    assert world.step("NL-11").outcome == "scheduled"
    assert world.step("NL-12").outcome == "scheduled"
    assert world.remote_status("NL-12") == "schedule"
    [remote] = world.remote_campaigns()
    assert remote["settings"]["title"] == "Ενημερωτικό Νοεμβρίου (NL-12)"
    assert world.choose() == ["NL-12"]


def test_what_is_deleted_is_shown_so(world: CampaignWorld) -> None:
    world.audience(2)
    ours = "Ενημερωτικό Νοεμβρίου (NL-11)"
    world.campaign()
    world.step()
    assert shown(world) == [(ours, "crm", "save")]

    # A draft of ours that we deleted is no campaign made in Mailchimp.
    world.change_campaign(state="cancelled")
    world.step()
    assert shown(world) == [(ours, "crm", "deleted")]
    world.change_campaign(state="draft")
    world.step()
    assert shown(world) == [(ours, "crm", "save")]

    # Neither is one that somebody deleted and that was made again.
    with world.provider() as provider:
        provider.delete_campaign(world.provider_id())
    world.step()
    assert shown(world) == [(ours, "crm", "deleted")]
    world.step(recreate=True)
    assert shown(world) == [(ours, "crm", "save")]

    theirs = world.draft_by_hand("Με το χέρι")
    assert shown(world) == [(ours, "crm", "save"), ("Με το χέρι", "mailchimp", "save")]
    with world.provider() as provider:
        provider.delete_campaign(theirs)
    assert shown(world) == [(ours, "crm", "save"), ("Με το χέρι", "mailchimp", "deleted")]


def test_all_campaigns_are_listed_once(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign()
    world.step()
    before = len(listings(world))
    shown(world)
    assert len(listings(world)) == before + 1


def listings(world: CampaignWorld) -> list[dict[str, Any]]:
    requests = world.sandbox.control("GET", "ledger/requests?count=100000")["requests"]
    return [request for request in requests if request["template"] == "/campaigns"]


class _Gone(Mailchimp):
    """Deleted in Mailchimp after it was sent."""

    def campaign(self, campaign_id: str) -> None:
        return None


def test_what_was_sent_stays_sent(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign(state="approved", planned_at=world.in_hours(-1))
    world.step()
    world.design()
    world.step()
    world.pass_time(hours=1)
    assert world.step().status == "sent"

    for options in ({}, {"recreate": True}):
        followed = world.step(provider=_Gone, **options)
        assert (followed.outcome, followed.status) == ("followed", "sent")
    assert (world.row()["status"], world.row()["emails_sent"]) == ("sent", 2)
    assert world.choose() == []


def test_why_nothing_was_made_of_it_is_shown(world: CampaignWorld) -> None:
    world.collection()
    world.campaign()
    world.step()
    [row] = world.warehouse.execute(
        "select crm_campaign_code, status, origin, crm_state, detail from stats.campaign_overview"
    ).fetchall()
    assert tuple(row.values()) == (
        "NL-11", "none", "crm", "draft", "no_audience: collection NEWS was never synced",
    )  # fmt: skip
    assert world.choose() == ["NL-11"]


def test_the_waiting_begins_before_any_step(world: CampaignWorld) -> None:
    world.audience(2)
    at = world.quarter_in(3)
    world.campaign("A", state="approved", planned_at=at)
    world.campaign("B", state="approved", planned_at=at - timedelta(minutes=7))
    world.campaign("C", state="draft", planned_at=at)
    world.campaign("D", state="approved")

    def planned(**options: Any) -> list[tuple[str, datetime]]:
        with psycopg.connect(world.crm_dsn) as crm:
            moments = campaign_round.planned_soon(
                crm, ["A", "B", "C", "D"], options=world.options, now=at - timedelta(**options)
            )
        return [(moment.campaign_code, moment.look_again_at) for moment in moments]

    ahead, last = at - timedelta(minutes=5), at - timedelta(minutes=2)
    assert planned(hours=1) == []
    between = at - timedelta(minutes=7)
    assert planned(minutes=20) == [("A", ahead), ("B", between)]
    assert planned(minutes=4) == [("A", last)]
    assert planned(minutes=1) == []

    # The step finds the same moment, so that it is waited for once.
    world.step("A")
    world.design("A")
    world.go_to(at, minutes=15)
    world.step("A")
    with (
        psycopg.connect(world.crm_dsn) as crm,
        psycopg.connect(world.warehouse_dsn) as warehouse,
    ):
        [early] = campaign_round.planned_soon(crm, ["A"], options=world.options, now=world.now())
        [late] = campaign_round.due_soon(warehouse, ["A"])
    assert (early.campaign_id, early.look_again_at) == (late.campaign_id, late.look_again_at)
    assert late.provider_campaign_id == world.provider_id("A")
    assert not late.is_ours
    world.go_to(at, minutes=5)
    world.step("A")
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [late] = campaign_round.due_soon(warehouse, ["A"])
    assert late.is_ours
    assert late.look_again_at == last


def test_the_page_reads_all_its_sections(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign()
    world.step()
    shown(world)
    world.warehouse.execute(
        "insert into sync.removal_request (collection_code, run_id, removals, members)"
        " values ('NEWS', 'run', 3, 4)"
    )
    world.warehouse.execute(
        "insert into sync.quarantine"
        " (collection_code, contact_id, reason_code, first_seen_at, last_seen_at)"
        " values ('NEWS', 99, 'no_consent', now(), now())"
    )
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        found = read_page(warehouse)

    [collection] = found.collections
    assert (collection.collection_code, collection.subscribed, collection.state) == (
        "NEWS", 2, "succeeded",
    )  # fmt: skip
    [removal] = found.removals
    assert (removal.removals, removal.members) == (3, 4)
    [held_back] = found.held_back
    assert (held_back.reason_code, held_back.contacts) == ("no_consent", 1)
    [campaign] = found.campaigns
    assert (campaign.code, campaign.status, campaign.gate_reasons) == ("NL-11", "save", [])
