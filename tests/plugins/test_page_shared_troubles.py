"""What keeps a shared audience is shown once on the page, with the collections that it stops."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.page_content.overview import read_overview
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from page_reader import reading
from sharing_world import CODE, NAME, audience_of, change, fill_two, share, sync_each


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    share(campaigning)
    fill_two(campaigning)
    campaigning.collection("OWN")
    sync_each(campaigning)
    return campaigning


def troubles(world: CampaignWorld) -> dict[str, list[str]]:
    """The collections that each trouble stops, by the code of what is in trouble."""
    with world.connect(world.warehouse_dsn) as warehouse:
        found = read_overview(warehouse, datetime.now(UTC)).troubles
    return {one.row.collection_code: [row.collection_code for row in one.sharing] for one in found}


def boxes(world: CampaignWorld) -> list[str]:
    """What the page says first, in Greek."""
    with reading(world.warehouse_dsn) as reader:
        text = html.unescape(reader.get("", **{"Accept-Language": "el"}))
    (first,) = re.findall(r'<ul class="ask">(.*?)</ul>', text, re.DOTALL)
    return re.findall(r"<li.*?</li>", first, re.DOTALL)


def test_nothing_is_in_trouble(world: CampaignWorld) -> None:
    assert troubles(world) == {}


@pytest.mark.parametrize("state", ["blocked", "failed"])
def test_the_trouble_of_the_audience_is_shown_once(world: CampaignWorld, state: str) -> None:
    if state == "blocked":
        for number, code in enumerate(("NEWS", "OFFERS")):
            change(world, code, provider_list_id=f"abcdef012{number}")
    else:
        world.sandbox.control(
            "POST",
            "faults",
            {
                "next": [
                    {"kind": "500", "count": 10**4, "path": f"/lists/{audience_of(world)}/members"}
                ]
            },
        )
    sync_each(world)
    world.sandbox.control("POST", "faults", {"clear": True})

    found = troubles(world)
    assert found[CODE] == ["NEWS", "OFFERS"]
    assert "NEWS" not in found
    (box,) = [one for one in boxes(world) if NAME in one]
    assert "Αυτό σταματά τις 2 συλλογές που μοιράζονται το κοινό:" in box
    assert [code in box for code in ("code=NEWS", "code=OFFERS", "code=OWN")] == [True, True, False]


def test_a_trouble_of_its_own_is_shown_by_itself(world: CampaignWorld) -> None:
    change(world, "OFFERS", campaign_type=None)
    sync_each(world)
    assert troubles(world) == {"OFFERS": []}

    change(world, "OFFERS", campaign_type="NEWS", is_active=True)
    change(world, "NEWS", provider_list_id="abcdef0120")
    change(world, "OFFERS", provider_list_id="abcdef0121")
    more = world.collection("MORE", shared_audience=NAME, campaign_type=None)
    world.contact("eleni2@galaxy.gr", more)
    sync_each(world)
    assert troubles(world) == {CODE: ["NEWS", "OFFERS"], "MORE": []}


def test_what_the_guard_of_the_audience_stops_is_shown_once(world: CampaignWorld) -> None:
    """The question about the removals says all: who waits for it needs no box of its own."""
    for number in range(12):
        world.contact(f"filos{number}@galaxy.gr", 1, first_name="Φίλος")
    sync_each(world)
    change(world, "NEWS", shared_audience=None)
    world.contact("panos@galaxy.gr", 2, first_name="Πάνος")
    sync_each(world, times=2, options=SyncOptions())

    assert troubles(world) == {CODE: ["OFFERS"]}


def test_the_bill_names_a_former_audience(world: CampaignWorld) -> None:
    """Its name is also that of another audience, and somebody has to archive its members."""
    own = world.crm.execute(
        "select collection_id from crm.contact_collection where code = 'OWN'"
    ).fetchone()
    assert own
    world.contact("dimitra@galaxy.gr", own[0], first_name="Δήμητρα")
    sync_each(world)
    change(world, "OWN", shared_audience=NAME)
    sync_each(world)
    with reading(world.warehouse_dsn) as reader:
        billed = html.unescape(reader.get()).split('id="billed-audiences"')[1].split("</table>")[0]
    assert "none any more: a former audience of ours" in billed
    assert "none of ours" not in billed


def test_a_trouble_names_its_account_where_there_are_several(world: CampaignWorld) -> None:
    change(world, "OWN", campaign_type=None)
    sync_each(world)
    (box,) = boxes(world)
    assert "Λογαριασμός" not in box
    world.warehouse.execute(
        "update sync.staged_collection set connection_id = 'mailchimp_kriti'"
        " where collection_code = 'OWN'"
    )
    (box,) = boxes(world)
    assert "Λογαριασμός mailchimp_kriti" in box
