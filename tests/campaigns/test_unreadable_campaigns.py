"""A campaign whose row cannot be read stops only itself, whatever is in it."""

from __future__ import annotations

import psycopg

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns.campaign_round import campaigns_to_sync
from crm_mailchimp.campaigns.crm_campaigns import read_crm_campaigns
from crm_mailchimp.crm.schema import unreadable_values

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


def test_a_campaign_without_a_collection_or_a_code_is_named_and_stops_no_other(
    world: CampaignWorld,
) -> None:
    world.audience(2)
    world.crm.execute(LOOSE)
    world.crm.execute("alter table crm.campaign drop constraint if exists campaign_code_key")
    world.crm.execute(
        "alter table crm.campaign drop constraint if exists campaign_collection_id_fkey"
    )
    world.crm.execute("alter table crm.campaign alter code drop not null")
    planned = {"state": "approved", "planned_at": world.in_hours(30)}
    world.campaign("NL-11", **planned)
    world.campaign("ΧΩΡΙΣ", **planned)
    world.crm.execute("update crm.campaign set collection_id = 404 where code = 'ΧΩΡΙΣ'")
    unnamed = []
    for code in ("", " ", None):
        world.campaign("X", **planned)
        [(campaign_id,)] = world.crm.execute(
            "update crm.campaign set code = %s where code = 'X' returning campaign_id::bigint",
            (code,),
        ).fetchall()
        unnamed.append(f"campaign {campaign_id}")

    with psycopg.connect(world.crm_dsn) as crm, psycopg.connect(world.warehouse_dsn) as warehouse:
        chosen = campaigns_to_sync(warehouse, crm)
        said = [str(held) for held in unreadable_values(crm)]

    assert set(chosen) == {"NL-11", "ΧΩΡΙΣ", *(f"{name}.00" for name in unnamed)}
    assert (world.step("ΧΩΡΙΣ").detail or "").startswith(
        "unreadable_row: column collection_id names no row of crm.contact_collection. Correct it"
    )
    for name in unnamed:
        assert (world.step(f"{name}.00").detail or "").startswith(
            "unreadable_row: column code is empty. Correct it in crm.campaign"
        )
    assert world.step("NL-11").outcome == "created"
    assert "crm.campaign.collection_id: 1 rows (no collection)" in " ".join(said)
    assert "crm.campaign.code: 3 rows (null or empty)" in " ".join(said)


def test_codes_that_look_the_same_are_kept_apart(world: CampaignWorld) -> None:
    """The plain one is sent. The odd ones are named by their ids, with a reason."""
    world.audience(2)
    planned = {"state": "approved", "planned_at": world.in_hours(30)}
    odd = [
        world.campaign(code, description=f"Παράξενο {number}", **planned)
        for number, code in enumerate(
            (
                "ΝΕΑ 14\u00a0",
                "ΝΕΑ\u00a014",
                " ΝΕΑ 14",
                "ΝΕΑ  14",
                "ΝΕ\u200bΑ 14",
                "ΝΕΑ\t14\U000e0041",
            )
        )
    ]
    world.campaign("ΝΕΑ 14", **planned)
    odd.append(world.campaign("ΝΕ\u0391\u0301", description="Τόνος", **planned))
    world.campaign("ΝΕΆ", **planned)
    world.campaign("ΝΕΑ14", **planned)  # people see that it is another one

    with psycopg.connect(world.crm_dsn) as crm, psycopg.connect(world.warehouse_dsn) as warehouse:
        chosen = campaigns_to_sync(warehouse, crm)
        said = " ".join(map(str, unreadable_values(crm)))
    assert set(chosen) == {"ΝΕΑ 14", "ΝΕΆ", "ΝΕΑ14", *(f"campaign {one}" for one in odd)}
    assert "crm.campaign.code: 7 rows (another code differs only in spaces" in said
    for code in ("ΝΕΑ 14", "ΝΕΆ", "ΝΕΑ14"):
        assert world.step(code).outcome == "created"
    for campaign_id in odd:
        detail = world.step(f"campaign {campaign_id}").detail or ""
        assert detail.startswith("unreadable_row: column code ")
        assert "campaign " in detail
    assert len(world.remote_campaigns()) == 3


def test_a_code_like_a_made_up_name_hides_nobody(world: CampaignWorld) -> None:
    world.audience(2)
    planned = {"state": "approved", "planned_at": world.in_hours(30)}
    without = world.campaign("", **planned)
    world.campaign(f"campaign {without}", **planned)
    world.campaign(f"campaign\u00a0{without} (by id)", description="Άλλο", **planned)

    with psycopg.connect(world.crm_dsn) as crm, psycopg.connect(world.warehouse_dsn) as warehouse:
        chosen = campaigns_to_sync(warehouse, crm)
    hidden = f"campaign {without} (by id) (by id)"
    taken = f"campaign\u00a0{without} (by id)"
    assert set(chosen) == {hidden, f"campaign {without}", taken}
    assert world.step(f"campaign {without}").outcome == "created"
    assert world.step(taken).outcome == "created"
    assert (world.step(hidden).detail or "").startswith("unreadable_row: column code is empty")


def test_two_campaigns_with_one_code_are_both_named(world: CampaignWorld) -> None:
    world.audience(2)
    world.crm.execute("alter table crm.campaign drop constraint if exists campaign_code_key")
    planned = {"state": "approved", "planned_at": world.in_hours(30)}
    twins = [world.campaign("ΔΙΔΥΜΑ", **planned) for _ in range(2)]
    world.campaign("ΔΙΔΥΜΑ\u200b", **planned)
    world.campaign("NL-11", **planned)
    for one, other in zip(twins, reversed(twins), strict=True):
        detail = world.step(f"campaign {one}").detail or ""
        assert detail.startswith("unreadable_row: column code has the code of campaign")
        assert f"campaign {other}" in detail or "others" in detail
    assert world.step("NL-11").outcome == "created"
