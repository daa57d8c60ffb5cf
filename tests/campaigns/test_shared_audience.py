"""A campaign of a collection that shares its audience goes to the collection's tag alone."""

from __future__ import annotations

import pytest

from campaign_world import CampaignWorld
from sharing_world import CODE, NAME, act, audience_of, by_hand, share, with_status


@pytest.fixture
def people(world: CampaignWorld) -> dict[str, int]:
    """NEWS has Μαρία and Νίκος, OFFERS has Μαρία and Ελένη; one audience holds them all."""
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    found = {
        "news": news,
        "maria": world.contact("maria@mail.gr", news, offers),
        "nikos": world.contact("nikos@mail.gr", news),
        "eleni": world.contact("eleni@mail.gr", offers),
    }
    world.sync()
    return found


def due(world: CampaignWorld) -> None:
    world.campaign(state="approved", planned_at=world.in_hours(-1))
    world.step()
    world.design()


def recipients(world: CampaignWorld) -> set[str]:
    with world.provider() as provider:
        rows = list(provider.rows(world.provider_id(), "recipients"))
        addresses = {
            one.subscriber_hash: one.email_address for one in provider.members(audience_of(world))
        }
    return {addresses[row["email_id"]] for row in rows}


def reasons(world: CampaignWorld) -> set[str]:
    (row,) = world.warehouse.execute(
        "select reasons from sync.campaign_gate order by gate_id desc limit 1"
    ).fetchall()
    return {reason["code"] for reason in row["reasons"]}


def test_it_goes_to_the_members_of_its_collection(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}


def test_a_tag_given_by_hand_closes_the_gate(world: CampaignWorld, people: dict[str, int]) -> None:
    due(world)
    by_hand(world, "NEWS", "eleni@mail.gr", "given")

    assert world.step().outcome == "held"
    assert "tagged_by_hand" in reasons(world)

    world.sync()
    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}


def ask_eleni(world: CampaignWorld, people: dict[str, int]) -> None:
    """Eleni withdraws and grants again, so she is asked to confirm."""
    world.consent(people["eleni"], granted=False)
    world.sync()
    world.regrant(people["eleni"])
    world.sync()
    assert with_status(world, "pending") == {"eleni@mail.gr"}


def test_a_tag_given_before_somebody_is_asked_is_gone_when_they_confirm(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    by_hand(world, "NEWS", "eleni@mail.gr", "given")
    ask_eleni(world, people)
    act(world, "eleni@mail.gr", "confirm")
    due(world)

    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}


def test_a_tag_given_to_somebody_who_is_to_confirm_closes_no_gate(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    """Nobody can take it before the person confirms. Then the gate is closed until a sync does."""
    due(world)
    ask_eleni(world, people)
    by_hand(world, "NEWS", "eleni@mail.gr", "given")

    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}

    act(world, "eleni@mail.gr", "confirm")
    world.campaign("NL-12", state="approved", planned_at=world.in_hours(-1))
    world.step("NL-12")
    world.design("NL-12")
    assert world.step("NL-12").outcome == "held"
    assert "tagged_by_hand" in reasons(world)


def test_a_campaign_to_the_whole_audience_is_not_sent(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    with world.provider() as provider:
        provider.change_campaign(world.provider_id(), {}, list_id=audience_of(world))

    assert world.step().outcome == "held"
    assert "tag_changed" in reasons(world)


def test_who_withdrew_closes_the_gate_and_members_of_others_do_not(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    world.regrant(people["eleni"], granted=False)
    world.regrant(people["nikos"], granted=False)
    assert world.step().outcome == "held"
    assert reasons(world) == {"no_valid_consent", "refused_address"}

    world.regrant(people["nikos"])
    world.change_campaign(planned_at=world.in_hours(-0.5))
    outcome = world.step().outcome
    assert outcome == "sent", reasons(world)
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}


def test_who_opted_out_in_the_audience_gets_no_campaign(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    act(world, "maria@mail.gr", "unsubscribe")
    result = world.step()
    assert result.outcome == "sent"
    assert recipients(world) == {"nikos@mail.gr"}


def test_a_draft_follows_its_collection_into_a_shared_audience(world: CampaignWorld) -> None:
    share(world)
    news = world.collection("NEWS")
    offers = world.collection("OFFERS", shared_audience=NAME)
    world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", offers)
    world.sync()
    due(world)
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = 'NEWS'", (NAME,)
    )
    world.sync()

    world.step()
    with world.provider() as provider:
        remote = provider.campaign(world.provider_id())
    assert remote is not None
    assert remote.list_id == audience_of(world, CODE)
    assert remote.tag_id is not None
    assert recipients(world) == {"maria@mail.gr"}


def test_contacts_of_one_address_are_judged_each_for_its_collection(world: CampaignWorld) -> None:
    """The member is that of the lowest contact id, which is in another collection."""
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    free = world.collection("FREE", shared_audience=NAME, campaign_type="FREE")
    world.contact("maria@mail.gr", free, consent=None)
    world.contact("maria@mail.gr", news)
    world.sync()
    due(world)

    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr"}


def tag_of_news(world: CampaignWorld) -> int:
    with world.provider() as provider:
        tags = provider.tags(audience_of(world))
        (tag_id,) = [one.tag_id for one in tags if one.name.endswith("(NEWS)")]
    return tag_id


def delete_tag(world: CampaignWorld) -> int:
    """Somebody deletes the tag of NEWS; gives its id."""
    tag_id = tag_of_news(world)
    with world.provider() as provider:
        provider.client.lists.delete_segment(audience_of(world), str(tag_id))
    return tag_id


def choose(world: CampaignWorld, tag_id: int, **beside: object) -> None:
    """Somebody chooses a tag for the campaign in Mailchimp."""
    with world.provider() as provider:
        recipients = {
            "list_id": audience_of(world),
            "segment_opts": {"saved_segment_id": tag_id, **beside},
        }
        provider.client.campaigns.update(world.provider_id(), {"recipients": recipients})


def test_a_draft_follows_a_tag_that_was_made_again(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    former = delete_tag(world)
    assert world.step().outcome == "held"
    assert "tag_changed" in reasons(world)

    # Ελένη joins, Νίκος leaves, and the tag is made again for those who are in now.
    world.join(people["news"], people["eleni"])
    world.leave(people["news"], people["nikos"])
    world.sync()
    assert tag_of_news(world) != former
    result = world.step()

    assert result.outcome == "sent", result.detail
    assert recipients(world) == {"maria@mail.gr", "eleni@mail.gr"}
    assert world.row()["tag_id"] == tag_of_news(world)


def test_the_gate_judges_the_members_of_the_tag_that_was_made_again(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    due(world)
    delete_tag(world)
    world.sync()
    world.regrant(people["nikos"], granted=False)
    by_hand(world, "NEWS", "eleni@mail.gr", "given")

    assert world.step().outcome == "held"
    assert {"no_valid_consent", "tagged_by_hand"} <= reasons(world)
    assert "tag_changed" not in reasons(world)

    world.sync()
    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr"}


def test_a_scheduled_campaign_follows_a_tag_that_was_made_again(
    world: CampaignWorld, people: dict[str, int]
) -> None:
    world.schedule_early()
    at = world.quarter_in(30)
    world.campaign(state="approved", planned_at=at)
    world.step()
    world.design()
    assert world.step().outcome == "scheduled"
    delete_tag(world)
    world.sync()

    assert world.step().outcome == "scheduled"
    with world.provider() as provider:
        remote = provider.campaign(world.provider_id())
    assert remote is not None and remote.tag_id == tag_of_news(world)
    world.go_to(at, minutes=-5)
    world.step()
    assert set(world.sent_to()) == {"maria@mail.gr", "nikos@mail.gr"}


@pytest.mark.parametrize("what", ["another tag", "whole audience", "a further condition"])
def test_what_a_person_chose_stays_when_the_tag_is_made_again(
    world: CampaignWorld, people: dict[str, int], what: str
) -> None:
    due(world)
    with world.provider() as provider:
        (offers,) = [
            one.tag_id for one in provider.tags(audience_of(world)) if one.name.endswith("(OFFERS)")
        ]
        if what == "whole audience":
            provider.change_campaign(world.provider_id(), {}, list_id=audience_of(world))
    if what == "another tag":
        choose(world, offers)
    elif what == "a further condition":
        condition = {"condition_type": "EmailAddress", "field": "EMAIL", "op": "contains"}
        both = [{**condition, "value": "maria"}, {**condition, "value": "mail"}]
        with world.provider() as provider:
            provider.client.campaigns.update(
                world.provider_id(),
                {
                    "recipients": {
                        "list_id": audience_of(world),
                        "segment_opts": {"match": "all", "conditions": both},
                    }
                },
            )
    delete_tag(world)
    world.sync()

    for _ in range(2):
        assert world.step().outcome == "held"
        assert "tag_changed" in reasons(world)
    assert world.sent_to() == []

    choose(world, tag_of_news(world))
    assert world.step().outcome == "sent"
    assert recipients(world) == {"maria@mail.gr", "nikos@mail.gr"}


def test_a_campaign_goes_on_while_two_collections_swap_their_codes(world: CampaignWorld) -> None:
    """Its draft goes to the tag by the id, whatever the tag is called in between."""
    share(world)
    news = world.collection("NEWS", shared_audience=NAME, description="Ίδια")
    offers = world.collection("OFFERS", shared_audience=NAME, description="Ίδια")
    world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", offers)
    world.sync()
    due(world)
    tag_id = tag_of_news(world)
    for old, new in (("NEWS", "TMP"), ("OFFERS", "NEWS"), ("TMP", "OFFERS")):
        world.crm.execute("update crm.contact_collection set code = %s where code = %s", (new, old))
    world.sync()
    assert tag_of_news(world) != tag_id

    result = world.step()

    assert result.outcome == "sent", result.detail
    assert recipients(world) == {"maria@mail.gr"}
