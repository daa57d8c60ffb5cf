"""Drafts of a collection whose audience stays, while it begins or ends to share that audience."""

from __future__ import annotations

import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from sharing_world import CODE, NAME, audience_of, change, share, sync_each, with_status

MARIA, ZOI, KOSTAS, NIKOS = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "nikos"))


@pytest.fixture
def sharing(world: CampaignWorld) -> CampaignWorld:
    share(world)
    return world


def due(world: CampaignWorld) -> None:
    world.campaign(state="approved", planned_at=world.in_hours(-1))
    world.step()
    world.design()


def own_becomes_shared(world: CampaignWorld) -> None:
    """NEWS shares the audience that it has, with OFFERS."""
    list_id = world.list_id("NEWS")
    offers = world.collection("OFFERS", shared_audience=NAME)
    world.contact(KOSTAS, offers)
    change(world, "NEWS", shared_audience=NAME, provider_list_id=list_id)
    sync_each(world, 2)
    assert with_status(world, "subscribed") == {MARIA, ZOI, KOSTAS}


def shared_becomes_own(world: CampaignWorld) -> None:
    """OFFERS leaves, NEWS keeps the audience, and gets a further member."""
    list_id = audience_of(world)
    change(world, "OFFERS", shared_audience=None)
    sync_each(world, 2)
    change(world, "NEWS", shared_audience=None, provider_list_id=list_id)
    with world.connect(world.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, CODE)
    (news,) = world.crm.execute(
        "select collection_id from crm.contact_collection where code = 'NEWS'"
    ).fetchone() or (None,)
    assert news
    world.contact(NIKOS, news)
    sync_each(world, 2)
    assert with_status(world, "subscribed", "NEWS") == {MARIA, ZOI, NIKOS}


def own(world: CampaignWorld) -> None:
    news = world.collection("NEWS")
    world.contact(MARIA, news)
    world.contact(ZOI, news)
    sync_each(world)


def shared(world: CampaignWorld) -> None:
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    world.contact(MARIA, news)
    world.contact(ZOI, news, offers)
    world.contact(KOSTAS, offers)
    sync_each(world)


def choose(world: CampaignWorld, segment: dict[str, object]) -> None:
    """Somebody chooses recipients in Mailchimp."""
    with world.provider() as provider:
        list_id = provider.client.campaigns.get(world.provider_id())["recipients"]["list_id"]
        recipients = {"list_id": list_id, "segment_opts": segment}
        provider.client.campaigns.update(world.provider_id(), {"recipients": recipients})


def tag_id(world: CampaignWorld, list_id: str, code: str) -> int:
    with world.provider() as provider:
        (found,) = [one.tag_id for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
    return found


def test_it_goes_to_the_tag_when_the_audience_becomes_shared(sharing: CampaignWorld) -> None:
    own(sharing)
    due(sharing)
    own_becomes_shared(sharing)

    result = sharing.step()

    assert result.outcome == "sent", result.detail
    assert set(sharing.sent_to()) == {MARIA, ZOI}


def test_it_goes_to_all_of_the_audience_when_that_becomes_its_own(sharing: CampaignWorld) -> None:
    shared(sharing)
    due(sharing)
    shared_becomes_own(sharing)

    result = sharing.step()

    assert result.outcome == "sent", result.detail
    assert set(sharing.sent_to()) == {MARIA, ZOI, NIKOS}


def test_a_scheduled_one_follows_into_the_sharing(sharing: CampaignWorld) -> None:
    sharing.schedule_early()
    own(sharing)
    at = sharing.quarter_in(30)
    sharing.campaign(state="approved", planned_at=at)
    sharing.step()
    sharing.design()
    assert sharing.step().outcome == "scheduled"
    own_becomes_shared(sharing)

    assert sharing.step().outcome == "scheduled"
    sharing.go_to(at, minutes=-5)
    sharing.step()

    assert set(sharing.sent_to()) == {MARIA, ZOI}


def test_what_a_person_chose_stays_when_the_audience_becomes_shared(
    sharing: CampaignWorld,
) -> None:
    """Only a person knows which members the condition means, now that others are there too."""
    own(sharing)
    due(sharing)
    condition = {"condition_type": "EmailAddress", "field": "EMAIL", "op": "contains"}
    choose(sharing, {"match": "all", "conditions": [{**condition, "value": "galaxy"}]})
    own_becomes_shared(sharing)

    result = sharing.step()

    assert result.outcome == "held"
    assert "tag_changed: " in str(result.detail)
    assert sharing.sent_to() == []


def test_what_a_person_chose_stays_when_the_audience_becomes_its_own(
    sharing: CampaignWorld,
) -> None:
    shared(sharing)
    due(sharing)
    list_id = audience_of(sharing)
    shared_becomes_own(sharing)
    choose(sharing, {"saved_segment_id": tag_id(sharing, list_id, "OFFERS")})

    result = sharing.step()

    assert result.outcome == "sent", result.detail
    assert set(sharing.sent_to()) == {ZOI}


def test_a_tag_of_the_time_before_closes_the_gate(sharing: CampaignWorld) -> None:
    """Nobody knows any more that the sync wrote the tag, and new members do not get it."""
    shared(sharing)
    due(sharing)
    list_id = audience_of(sharing)
    shared_becomes_own(sharing)
    sharing.warehouse.execute("update sync.campaign set tag_id = null")

    result = sharing.step()

    assert result.outcome == "held"
    assert "tag_changed: it goes to the tag " in str(result.detail)
    with sharing.provider() as provider:
        provider.change_campaign(sharing.provider_id(), {}, list_id=list_id)
    assert sharing.step().outcome == "sent"
    assert set(sharing.sent_to()) == {MARIA, ZOI, NIKOS}


def test_words_for_a_collection_that_waits_for_its_new_audience(sharing: CampaignWorld) -> None:
    shared(sharing)
    due(sharing)
    sharing.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing, 2)

    result = sharing.step()

    assert result.outcome == "held"
    assert str(result.detail).startswith(
        "no_audience: collection NEWS left the audience that it shared, and is in no other one yet"
    )


def test_words_for_a_collection_whose_audience_was_taken_from_it(sharing: CampaignWorld) -> None:
    own(sharing)
    due(sharing)
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, "NEWS")

    assert str(sharing.step().detail).startswith(
        "no_audience: collection NEWS has left its audience, and has no other one yet"
    )


def test_words_for_a_collection_that_never_got_an_audience(sharing: CampaignWorld) -> None:
    sharing.sandbox.control("POST", "limits", {"max_audiences": 0})
    news = sharing.collection("NEWS")
    sharing.contact(MARIA, news)
    sync_each(sharing)
    sharing.campaign(state="approved", planned_at=sharing.in_hours(-1))

    assert str(sharing.step().detail).startswith(
        "no_audience: collection NEWS has no audience yet. See why its last sync did not succeed"
    )
