"""A campaign is on its way to a whole audience, and that becomes the audience of others too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign_world import CampaignWorld
from sharing_world import CODE, NAME, change, last_run, share, sync_each, tagged, with_status

MARIA, ZOI, KOSTAS = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas"))


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    share(campaigning)
    return campaigning


def fill(world: CampaignWorld) -> dict[str, int]:
    """Maria and Zoi are in NEWS. Zoi and Kostas are to be in OFFERS; he refused newsletters."""
    news = world.collection("NEWS")
    people = {one: world.contact(one, news) for one in (MARIA, ZOI)}
    sync_each(world)
    offers = world.collection("OFFERS", is_active=False, campaign_type="OFFER")
    people[KOSTAS] = world.contact(KOSTAS, offers, consent=None)
    world.join(offers, people[ZOI])
    for email in (ZOI, KOSTAS):
        world.consent(people[email], category="offer")
    world.consent(people[KOSTAS], granted=False)
    return people


def schedule(world: CampaignWorld, hours: float) -> datetime:
    """A campaign of NEWS is scheduled for so far ahead; gives its time."""
    at = world.quarter_in(hours)
    world.campaign(state="approved", planned_at=at)
    world.step()
    world.design()
    world.step()
    return at


def share_with_offers(world: CampaignWorld) -> None:
    """NEWS shares the audience that it has."""
    list_id = world.list_id("NEWS")
    change(world, "OFFERS", is_active=True, shared_audience=NAME)
    change(world, "NEWS", shared_audience=NAME, provider_list_id=list_id)


def leave_to_offers(world: CampaignWorld) -> None:
    """NEWS gets another audience, and OFFERS takes the one that it has."""
    list_id = world.list_id("NEWS")
    change(world, "NEWS", shared_audience="Άλλο κοινό")
    sync_each(world, 2)
    change(world, "OFFERS", is_active=True, provider_list_id=list_id)


@pytest.mark.parametrize("get_others", [share_with_offers, leave_to_offers])
def test_after_the_last_check_nobody_else_receives_it(
    world: CampaignWorld, get_others: Any
) -> None:
    people = fill(world)
    at = schedule(world, 2)
    world.go_to(at, minutes=4)
    assert world.step().outcome == "scheduled"
    world.go_to(at, minutes=1.5)
    sync_each(world)
    world.step()

    get_others(world)
    world.regrant(people[ZOI], granted=False)
    sync_each(world, 2)
    world.go_to(at, minutes=-2)
    assert world.sent_to() == []
    for _ in range(3):
        world.step()
        world.pass_time(minutes=16)

    assert set(world.sent_to()) == {MARIA}


def test_one_that_is_scheduled_early_goes_to_the_tag(world: CampaignWorld) -> None:
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    with world.provider() as provider:
        assert provider.campaign(world.provider_id()).status == "schedule"

    share_with_offers(world)
    sync_each(world)

    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert world.step().outcome == "scheduled"
    world.go_to(at, minutes=-5)
    world.step()
    assert set(world.sent_to()) == {MARIA, ZOI}


def test_a_preview_takes_nothing_back(world: CampaignWorld) -> None:
    world.schedule_early()
    fill(world)
    schedule(world, 30)
    share_with_offers(world)

    world.sync(dry_run=True)

    with world.provider() as provider:
        assert provider.campaign(world.provider_id()).status == "schedule"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nobody_is_let_in_while_it_may_still_go_out(world: CampaignWorld, method: str) -> None:
    """Mailchimp does not take it back, or does not say what became of it."""
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    provider_id = world.provider_id()
    path = f"/campaigns/{provider_id}" + ("/actions/unschedule" if method == "POST" else "")
    fault = {"kind": "500", "count": 10**4, "method": method, "path": path}
    world.sandbox.control("POST", "faults", {"next": [fault]})
    share_with_offers(world)
    sync_each(world, 2)
    assert last_run(world, CODE)["state"] == "failed"
    world.sandbox.control("POST", "faults", {"clear": True})

    sync_each(world)

    assert last_run(world, CODE)["state"] == "succeeded"
    assert tagged(world, "NEWS") == {MARIA, ZOI}
    world.step()
    world.go_to(at, minutes=-5)
    world.step()
    assert set(world.sent_to()) == {MARIA, ZOI}


def test_one_that_a_person_scheduled_since_the_last_round(world: CampaignWorld) -> None:
    fill(world)
    at = world.quarter_in(30)
    world.campaign(state="approved", planned_at=at + timedelta(hours=3))
    world.step()
    world.design()
    world.step()
    world.schedule_by_hand(at)

    share_with_offers(world)
    sync_each(world, 2)

    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert world.remote_status() == "save"
    world.go_to(at, minutes=-5)
    assert world.sent_to() == []


@pytest.mark.parametrize("get_others", [share_with_offers, leave_to_offers])
def test_after_a_loss(world: CampaignWorld, get_others: Callable[[CampaignWorld], None]) -> None:
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    list_id = world.list_id("NEWS")
    provider_id = world.provider_id()
    world.forget_ledger()
    if get_others is share_with_offers:
        change(world, "OFFERS", is_active=True, shared_audience=NAME)
        change(world, "NEWS", shared_audience=NAME, provider_list_id=list_id)
    else:
        change(world, "NEWS", shared_audience="Άλλο κοινό")
        sync_each(world, 2)
        change(world, "OFFERS", is_active=True, provider_list_id=list_id)

    sync_each(world, 2)

    with world.provider() as provider:
        assert provider.campaign(provider_id).status == "save"
    require_that_nobody_gets_it(world, list_id, at)


def test_the_code_of_its_collection_belongs_to_another_one(world: CampaignWorld) -> None:
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    list_id = world.list_id("NEWS")
    change(world, "NEWS", shared_audience="Άλλο κοινό", code="OLD")
    sync_each(world, 2)
    change(world, "OFFERS", is_active=True, provider_list_id=list_id, code="NEWS")

    sync_each(world, 2)

    assert world.remote_status() == "save"
    require_that_nobody_gets_it(world, list_id, at)


def require_that_nobody_gets_it(world: CampaignWorld, list_id: str, at: datetime) -> None:
    """Kostas is in the audience, and the campaign does not go out at its time."""
    with world.provider() as provider:
        assert KOSTAS in {one.email_address for one in provider.members(list_id)}
    world.go_to(at, minutes=-5)
    assert world.sent_to() == []


def test_after_a_loss_its_collection_has_no_provider(world: CampaignWorld) -> None:
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    list_id = world.list_id("NEWS")
    world.forget_ledger()
    change(world, "NEWS", external_provider=None)
    change(world, "OFFERS", is_active=True, provider_list_id=list_id)

    sync_each(world, 2)

    require_that_nobody_gets_it(world, list_id, at)


def test_one_that_the_crm_gave_to_the_other_collection_since(world: CampaignWorld) -> None:
    """It was judged for NEWS. Kostas refused newsletters."""
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    list_id = world.list_id("NEWS")
    change(world, "NEWS", shared_audience="Άλλο κοινό")
    world.crm.execute(
        "update crm.campaign set collection_id = collection.collection_id"
        " from crm.contact_collection as collection where collection.code = 'OFFERS'"
    )
    sync_each(world, 2)
    change(world, "OFFERS", is_active=True, provider_list_id=list_id)

    sync_each(world, 2)

    require_that_nobody_gets_it(world, list_id, at)


def test_one_that_is_no_campaign_of_the_crm_stays_scheduled(world: CampaignWorld) -> None:
    fill(world)
    by_hand = world.draft_by_hand("Με το χέρι (NL-99)")
    at = world.quarter_in(30)
    with world.provider() as provider:
        provider.schedule_campaign(by_hand, at)

    share_with_offers(world)
    sync_each(world, 2)

    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}
    with world.provider() as provider:
        assert provider.campaign(by_hand).status == "schedule"


def test_an_audience_that_gets_nobody_else_keeps_its_schedule_at_a_loss(
    world: CampaignWorld,
) -> None:
    world.schedule_early()
    fill(world)
    at = schedule(world, 30)
    provider_id = world.provider_id()
    world.forget_ledger()

    sync_each(world, 2)

    with world.provider() as provider:
        assert provider.campaign(provider_id).status == "schedule"
    world.step()
    world.go_to(at, minutes=-5)
    assert set(world.sent_to()) == {MARIA, ZOI}


def test_who_refuses_while_it_may_still_go_out_does_not_get_it(world: CampaignWorld) -> None:
    world.schedule_early()
    people = fill(world)
    at = schedule(world, 30)
    fault = {"kind": "500", "count": 10**4, "method": "POST", "path": "/campaigns/"}
    fault["path"] += f"{world.provider_id()}/actions/unschedule"
    world.sandbox.control("POST", "faults", {"next": [fault]})
    share_with_offers(world)
    world.regrant(people[MARIA], granted=False)

    sync_each(world)

    assert last_run(world, CODE)["state"] == "failed"
    world.go_to(at, minutes=-5)
    assert world.sent_to() == [ZOI]
