"""A campaign whose row cannot be read stops only itself, whatever is in it."""

from __future__ import annotations

import psycopg

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns.crm_campaigns import read_crm_campaigns

LOOSE = """
alter table crm.campaign drop constraint campaign_state_check,
    drop constraint campaign_pkey cascade, alter campaign_id type numeric(20, 2),
    alter campaign_id drop not null, alter description drop not null, alter state drop not null,
    alter campaign_type drop not null, alter subject_line drop not null
"""


def test_a_campaign_that_cannot_be_read_is_not_sent(world: CampaignWorld) -> None:
    world.audience(2)
    world.crm.execute(LOOSE)
    world.campaign("NL-11", state="approved", planned_at=world.in_hours(30))
    odd = {
        "T1": {"planned_at": "infinity"},
        "T2": {"planned_at": "-infinity"},
        "T3": {"planned_at": "20226-01-01 00:00:00+00"},
        "T4": {"planned_at": "0044-03-15 00:00:00+00 BC"},
        "T5": {"state": None},
        "T6": {"state": "εγκρίθηκε"},
        "T7": {"description": None},
        "T8": {"campaign_type": None},
    }
    for code, columns in odd.items():
        wanted = {"state": "approved", "planned_at": world.in_hours(-0.1), **columns}
        world.campaign(code, **wanted)
    world.crm.execute("update crm.campaign set updated_at = 'infinity' where code = 'NL-11'")

    good = world.step("NL-11")
    assert (good.action, good.outcome) == ("create", "created")
    for code in odd:
        result = world.step(code)
        assert (result.detail or "").startswith("unreadable_row: "), (code, result)
    assert [remote["settings"]["title"] for remote in world.remote_campaigns()] == [
        "Ενημερωτικό Νοεμβρίου (NL-11)"
    ]
    with psycopg.connect(world.crm_dsn) as crm:
        found = {one.code: one for one in read_crm_campaigns(crm)}
    assert set(found) == {"NL-11", *odd}
    assert all(found[code].state == "draft" for code in odd)


def test_a_time_that_becomes_unreadable_takes_the_schedule_back(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign()
    world.step()
    world.design()
    world.change_campaign(state="approved", planned_at=world.in_hours(30))
    world.schedule_early()
    assert world.step().outcome == "scheduled"

    world.crm.execute("update crm.campaign set planned_at = 'infinity'")
    world.step()

    assert world.remote_status() == "save"
