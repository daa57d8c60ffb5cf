"""Who gets a campaign that is not sent yet, and how many these are, on the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from campaign_world import CampaignWorld
from page_reader import Reader, reading
from sharing_world import NAME, share, sync_each

GREEK = {"Accept-Language": "el"}
TITLE = "Who gets it"


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    return campaigning


@pytest.fixture
def reader(world: CampaignWorld) -> Iterator[Reader]:
    with reading(world.warehouse_dsn) as reader:
        yield reader


def cards(text: str) -> dict[str, str]:
    """The figures of the section, by their names."""
    section = re.search(r'<h2 id="recipients">.*?</div> (?!<div)', text)
    assert section, "the view has no such section"
    return dict(re.findall(r'<div class="card">([^<]+)<b>([^<]+)</b>', section[0]))


def campaign(reader: Reader, **headers: str) -> str:
    return html.unescape(reader.get("campaign?code=NL-11", **headers))


def test_a_planned_campaign_says_who_gets_it_and_how_many(
    world: CampaignWorld, reader: Reader
) -> None:
    world.audience(12, description="Ενημερωτικό δελτίο")
    world.contact("not an address", 1)
    world.contact("filos99@mail.gr", 1)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.sync()
    world.step()
    world.warehouse.execute(
        "update sync.member set status = 'unsubscribed'"
        " where subscriber_hash = (select min(subscriber_hash) from sync.member)"
    )
    text = campaign(reader)
    assert TITLE in text
    assert cards(text) == {
        "People, estimated": "12",
        "In the CRM's collection": "14",
        "Held back": "1",
    }
    assert "Everybody who is subscribed in the audience" in text
    assert re.search(r"An estimate by the newest sync, of \d+ \w+ \d{4}", text)
    assert "with the tag" not in text
    assert "Mailchimp counted" not in text, "no check was before sending yet"
    greek = campaign(reader, **GREEK)
    assert "Ποιοι τη λαμβάνουν" in greek
    assert cards(greek) == {
        "Άτομα, κατ' εκτίμηση": "12",
        "Στη συλλογή του CRM": "14",
        "Δεν αποστέλλονται": "1",
    }


def test_the_count_of_the_check_before_sending_wins(world: CampaignWorld, reader: Reader) -> None:
    world.audience(12)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.schedule_early()
    world.step()
    world.design()
    world.step()
    assert world.gate()["recipients"] == 12
    world.warehouse.execute("update sync.campaign_gate set recipients = 11")
    text = campaign(reader)
    assert cards(text)["Mailchimp's count"] == "11"
    assert "People, estimated" not in text
    assert "Mailchimp counted them at the check before sending, on " in text
    world.warehouse.execute("update sync.campaign_gate set provider_campaign_id = 'former'")
    assert cards(campaign(reader))["People, estimated"] == "12", "the count was of another draft"


def test_in_a_shared_audience_only_those_with_the_tag_count(
    world: CampaignWorld, reader: Reader
) -> None:
    share(world)
    world.audience(3, shared_audience=NAME)
    other = world.collection("OFFERS", shared_audience=NAME)
    for number in range(5):
        world.contact(f"allos{number}@mail.gr", other)
    sync_each(world, 2)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    text = campaign(reader)
    assert cards(text)["People, estimated"] == "3", "the audience has 8 members"
    assert "with the tag" in text and "(NEWS)" in text
    world.warehouse.execute(
        "update sync.tag_member set taken_by_hand_at = now() where subscriber_hash = ("
        " select min(tagged.subscriber_hash) from sync.tag_member as tagged"
        " inner join sync.tag using (list_id, collection_id) where collection_code = 'NEWS')"
    )
    assert cards(campaign(reader))["People, estimated"] == "2", "somebody took the tag"


def test_a_collection_without_an_audience_has_no_estimate(
    world: CampaignWorld, reader: Reader
) -> None:
    world.collection("NEWS")
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    text = campaign(reader)
    assert "It has no audience yet. The next sync of its collection makes one." in text
    assert "People, estimated" not in text


def test_a_sent_or_cancelled_campaign_has_no_estimate(world: CampaignWorld, reader: Reader) -> None:
    world.audience(3)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    assert TITLE in campaign(reader)
    for values in ("status = 'sent', sent_at = now()", "sent_at = null, status = 'canceled'"):
        world.warehouse.execute(f"update sync.campaign set {values}")
        assert TITLE not in campaign(reader), values


def test_a_campaign_of_mailchimp_says_that_its_recipients_are_chosen_there(
    world: CampaignWorld, reader: Reader
) -> None:
    world.audience(3)
    world.warehouse.execute(
        "insert into stats.campaigns (campaign_id, list_id, status, title, recipient_count)"
        " select 'c1', list_id, 'save', 'Με το χέρι', 2 from sync.audience"
    )
    text = html.unescape(reader.get("campaign?code=c1"))
    for words in (text, html.unescape(reader.get())):
        assert "Somebody made it in Mailchimp. It is finished and sent there." in words
        assert "approve it in the CRM" not in words
    assert "Its recipients are chosen in Mailchimp." in text
    assert "People, estimated" not in text
