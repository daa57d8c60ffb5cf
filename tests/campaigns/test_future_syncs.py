"""A gate does not open by what a clock noted that was ahead."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import release

DAY = timedelta(days=1)


def _approved(world: CampaignWorld) -> None:
    world.audience(3)
    world.campaign()
    world.step()
    world.design()
    world.change_campaign(state="approved", planned_at=world.in_hours(30))


@pytest.mark.parametrize("ahead", ["2 hours", "3 days"])
def test_a_sync_in_the_future_is_not_fresh(world: CampaignWorld, ahead: str) -> None:
    _approved(world)
    world.warehouse.execute(
        f"update sync.staging_run set clock = clock + interval '{ahead}',"
        f" created_at = created_at + interval '{ahead}'"
    )
    world.warehouse.execute(
        f"update sync.collection_run set started_at = started_at + interval '{ahead}'"
    )
    world.step()
    assert world.gate_codes() == ["audience_stale"]
    assert "in the future" in world.gate()["reasons"][0]["detail"]


def test_an_earlier_sync_in_the_future_hides_no_later_one(world: CampaignWorld) -> None:
    _approved(world)
    world.warehouse.execute(
        "update sync.collection_run set started_at = started_at + interval '3 days'"
    )
    world.sync()
    world.warehouse.execute(
        "update sync.collection_run set state = 'failed', detail = 'χάθηκε'"
        " where started_at < now()"
    )
    world.step()
    assert world.gate_codes() == ["sync_failed"]


def test_a_crm_that_is_ahead_by_minutes_closes_no_gate(world: CampaignWorld) -> None:
    _approved(world)
    world.warehouse.execute("update sync.staging_run set clock = clock + interval '20 minutes'")
    world.step()
    assert world.gate()["is_open"]


def test_a_release_in_the_future_opens_no_gate(world: CampaignWorld) -> None:
    _approved(world)
    world.warehouse.execute("update sync.staging_run set clock = now() - interval '3 hours'")
    assert world.step().outcome == "held"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        release.decide_release(warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY)
    world.warehouse.execute(
        "update sync.campaign_release set decided_at = decided_at + interval '9 days',"
        " expires_at = expires_at + interval '9 days'"
    )
    assert world.step().outcome == "held"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [again] = release.request_releases(warehouse, ["NL-11"])
    assert again.number > gate_id, "asked again"
