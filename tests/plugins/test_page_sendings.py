"""Sent campaigns on the page: their health, their rates, and an old one that is overdue."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest

from campaign_world import CampaignWorld
from page_reader import Reader, reading

GREEK = {"Accept-Language": "el"}


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    return campaigning


@pytest.fixture
def reader(world: CampaignWorld) -> Iterator[Reader]:
    with reading(world.warehouse_dsn) as reader:
        yield reader


def sent_campaign(world: CampaignWorld) -> str:
    """A campaign of 40 mails, of which 8 came back, with a report; gives its id in Mailchimp."""
    world.audience(12)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    campaign_id = world.provider_id()
    world.warehouse.execute(
        "update sync.campaign set status = 'sent', sent_at = now() - interval '1 day',"
        " emails_sent = 40, unique_opens = 16, unique_clicks = 8"
    )
    world.warehouse.execute(
        "insert into stats.campaigns (campaign_id, list_id, status, title, sent_at)"
        " select provider_campaign_id, list_id, 'sent', 'Νέα', sent_at from sync.campaign"
    )
    world.warehouse.execute(
        "insert into stats.report_snapshots (campaign_id, taken_at, emails_sent, hard_bounces,"
        " soft_bounces, unique_opens, unique_subscriber_clicks)"
        " values (%s, now(), 40, 6, 2, 16, 8)",
        (campaign_id,),
    )
    return campaign_id


def note_health(world: CampaignWorld, *, is_judged: bool = True, too_many: str = "{}") -> None:
    world.warehouse.execute(
        "insert into sync.sending_health (campaign_id, provider_campaign_id, list_id, sent_at,"
        " emails_sent, hard_bounces, complaints, unsubscribes, is_judged, too_many,"
        " unhealthy_since)"
        " select campaign_id, provider_campaign_id, list_id, sent_at, 40, 6, 0, 1, %(is_judged)s,"
        " %(too_many)s::text[], case when %(too_many)s <> '{}' then now() end from sync.campaign",
        {"is_judged": is_judged, "too_many": too_many},
    )


def test_a_sending_that_went_badly_needs_somebody(world: CampaignWorld, reader: Reader) -> None:
    sent_campaign(world)
    assert "Health of the sending" not in reader.get("campaign?code=NL-11"), "nobody looked yet"
    note_health(world, too_many="{hard_bounces}")
    text = html.unescape(reader.get())
    assert "<strong>NL-11</strong></a> · The sending went badly" in text
    assert "<li>Addresses that do not exist: 6 of 40 mails</li>" in text
    assert "People who unsubscribed:" not in text, "only what there is too much of"
    detail = html.unescape(reader.get("campaign?code=NL-11"))
    assert detail.count("Above a threshold") == 1
    assert detail.count("In order") == 2
    greek = html.unescape(reader.get("campaign?code=NL-11", **GREEK))
    assert "Υγεία της αποστολής" in greek and "Διευθύνσεις που δεν υπάρχουν" in greek
    assert "Η αποστολή δεν πήγε καλά" in html.unescape(reader.get(**GREEK))


def test_a_sending_in_order_needs_nobody(world: CampaignWorld, reader: Reader) -> None:
    sent_campaign(world)
    note_health(world)
    assert "The sending went badly" not in reader.get()
    detail = reader.get("campaign?code=NL-11")
    assert detail.count("In order") == 3 and "Above a threshold" not in detail


def test_a_small_sending_is_not_judged(world: CampaignWorld, reader: Reader) -> None:
    sent_campaign(world)
    note_health(world, is_judged=False)
    detail = reader.get("campaign?code=NL-11")
    assert "Too few mails were sent: nothing is judged." in detail
    assert "In order" not in detail


def test_a_rate_is_the_same_on_both_views(world: CampaignWorld, reader: Reader) -> None:
    sent_campaign(world)
    for path in ("", "campaign?code=NL-11"):
        text = html.unescape(reader.get(path))
        assert "50.0 %" in text, "16 opened of 32 delivered"
        assert "25.0 %" in text, "8 clicked of 32 delivered"
        assert "40.0 %" not in text, "of the mails that were sent"


def test_an_overdue_campaign_is_shown_however_many_are_newer(
    world: CampaignWorld, reader: Reader
) -> None:
    world.audience(12)
    world.campaign(state="approved", planned_at=world.quarter_in(48))
    world.step()
    world.warehouse.execute(
        "update sync.campaign set crm_state = 'overdue', planned_at = now() - interval '90 days',"
        " scheduled_for = null"
    )
    world.warehouse.execute(
        "insert into stats.campaigns (campaign_id, status, title, sent_at)"
        " select 'c' || n, 'sent', 'Νέα ' || n, now() - n * interval '1 hour'"
        " from generate_series(1, 60) as n"
    )
    text = reader.get()
    assert text.count("<strong>NL-11</strong>") + text.count('id="campaign-NL-11"') >= 1
    assert "It was planned for" in text


def test_nobody_is_asked_to_send_by_hand_what_a_refusal_holds(
    world: CampaignWorld, reader: Reader
) -> None:
    """Sent by hand it would reach who withdrew. After the next sync it goes out by itself."""
    contacts = world.audience(12)
    world.campaign(state="approved", planned_at=world.in_hours(1))
    world.step()
    world.design()
    world.consent(contacts[0], granted=False)
    world.pass_time(hours=1.5)
    assert "no_valid_consent" in str(world.step().detail)
    world.warehouse.execute("update sync.campaign set planned_at = now() - interval '1 hour'")

    for path in ("", "campaign?code=NL-11"):
        text = html.unescape(reader.get(path))
        assert "It goes out when the check allows it" in text
        assert "send it by hand" not in text

    world.sync()
    world.step()
    assert len(world.sent_to()) == 11


def test_clicks_of_scanners_are_said_in_words(world: CampaignWorld, reader: Reader) -> None:
    campaign_id = sent_campaign(world)
    world.warehouse.execute("update stats.report_snapshots set clicks_total = 1500")
    world.warehouse.execute(
        "insert into mart.campaign_engagement (campaign_id, recipients, delivered, openers,"
        " human_openers, clickers, opens, proxy_opens, clicks, bot_clicks)"
        " values (%s, 40, 32, 16, 16, 8, 16, 0, 1500, 1200)",
        (campaign_id,),
    )
    assert "1,200 of 1,500 clicks are probably by scanners." in reader.get("campaign?code=NL-11")
    greek = reader.get("campaign?code=NL-11", **GREEK)
    assert "1.200 από 1.500 κλικ έγιναν πιθανώς από σαρωτές." in greek


def test_the_overview_says_that_it_has_only_the_newest(
    world: CampaignWorld, reader: Reader
) -> None:
    newest = "Only the newest 50 are here. The calendar has all:"
    for first, is_cut in ((1, False), (50, True)):
        world.warehouse.execute(
            "insert into stats.campaigns (campaign_id, status, title, sent_at)"
            " select 'c' || n, 'sent', 'Νέα ' || n, now() from generate_series(%s, %s + 48) as n",
            (first, first),
        )
        assert (newest in reader.get()) is is_cut
