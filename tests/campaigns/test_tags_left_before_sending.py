"""A campaign in Mailchimp's schedule goes to a tag, and its collection leaves the audience."""

from __future__ import annotations

from datetime import datetime

import pytest

from campaign_world import CampaignWorld
from sharing_world import CODE, NAME, change, last_run, share, sync_each, tagged, with_status
from sync_world import subscriber_hash

MARIA, ZOI, KOSTAS = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas"))
OTHER = "Άλλο κοινό"


class Leaving:
    """Maria and Zoi are in NEWS; Zoi and Kostas are in OFFERS, of another category.

    Attributes:
        zoi: id of her contact.
        at: when the campaign of NEWS goes out.
    """

    def __init__(self, world: CampaignWorld) -> None:
        self.world = world
        share(world)
        news = world.collection("NEWS", shared_audience=NAME)
        offers = world.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
        world.contact(MARIA, news)
        self.zoi = world.contact(ZOI, news, offers)
        world.consent(self.zoi, category="offer")
        world.contact(KOSTAS, offers, consent="offer")
        sync_each(world, 2)
        self.at: datetime = world.quarter_in(2)
        world.campaign(state="approved", planned_at=self.at)
        world.step()
        world.design()
        world.step()
        world.go_to(self.at, minutes=4)
        assert world.step().outcome == "scheduled"

    def leave(self, to: str | None) -> None:
        """NEWS gets another audience, and its people are there."""
        change(self.world, "NEWS", shared_audience=to)
        sync_each(self.world, 2)
        place = "NEWS" if to is None else f"shared:{to}"
        assert MARIA in with_status(self.world, "subscribed", place)


@pytest.fixture
def leaving(campaigning: CampaignWorld) -> Leaving:
    return Leaving(campaigning)


@pytest.mark.parametrize("to", [None, OTHER])
@pytest.mark.parametrize("when", ["before the move", "after it"])
def test_who_refuses_after_the_last_check_does_not_get_it(
    leaving: Leaving, to: str | None, when: str
) -> None:
    world = leaving.world
    if when == "before the move":
        world.regrant(leaving.zoi, granted=False)
    leaving.leave(to)
    if when == "after it":
        world.regrant(leaving.zoi, granted=False)
        sync_each(world)

    world.go_to(leaving.at, minutes=-2)

    assert world.sent_to() == [MARIA]
    assert tagged(world, "OFFERS") == {ZOI, KOSTAS}


def test_once_it_is_out_of_the_schedule_the_collection_is_gone(leaving: Leaving) -> None:
    world = leaving.world
    leaving.leave(None)
    assert "a campaign to its tag is on its way" in last_run(world, CODE)["detail"]
    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}
    world.step()
    with world.provider() as provider:
        campaign = provider.campaign(world.provider_id())
    assert campaign is not None
    assert (campaign.list_id, campaign.tag_id) == (world.list_id("NEWS"), None)

    sync_each(world, 2)

    assert with_status(world, "subscribed") == {ZOI, KOSTAS}
    assert last_run(world, CODE)["detail"] is None


def test_nobody_waits_for_one_that_nobody_looks_at_any_more(leaving: Leaving) -> None:
    world = leaving.world
    leaving.leave(None)
    world.go_to(leaving.at, minutes=-2)
    columns = ("scheduled_for", "changed_at")
    before = ", ".join(f"{name} = {name} - interval '3 days'" for name in columns)
    world.warehouse.execute(f"update sync.campaign set {before}".encode())

    sync_each(world, 2)

    assert with_status(world, "subscribed") == {ZOI, KOSTAS}
    with world.provider() as provider:
        member = provider.member(world.list_id(CODE), subscriber_hash(MARIA))
    assert member is not None
    assert member.status == "archived"
