"""What only the reports of a campaign tell: the member was gone before anybody looked."""

from __future__ import annotations

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaigns
from listed_campaigns import campaigns_to_read
from refusals.story import UNGUARDED, Story


def read_reports(story: Story) -> None:
    with story.provider() as provider, psycopg.connect(story.warehouse_dsn) as warehouse:
        chosen = campaigns_to_read(warehouse, provider)
        assert chosen
        extract_campaigns(warehouse, provider, chosen)


@pytest.fixture
def eleni(story: Story) -> int:
    """Got a campaign."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni@mail.gr"}
    return eleni


@pytest.mark.parametrize(
    ("action", "reason"),
    [("unsubscribe", "suppressed_unsubscribed"), ("complain", "suppressed_complaint")],
)
def test_hidden_by_our_own_archive(story: Story, eleni: int, action: str, reason: str) -> None:
    """She leaves the collection, and opts out between our last look and our archive."""
    news = story.collections["NEWS"]
    story.leave(news, eleni)

    def before(what: str) -> None:
        if what.startswith("DELETE"):
            story.act("eleni@mail.gr", action, campaign_id=story.last_mail)

    story.calls.reset(before=before)
    story.sync(["NEWS"], options=UNGUARDED)
    story.calls.reset()
    assert story.remote()["eleni@mail.gr"] == "archived"
    read_reports(story)

    story.move(eleni, "eleni.nea@mail.gr")
    story.join(news, eleni)
    story.synced()

    assert story.reason(eleni) == reason
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("action", ["unsubscribe", "complain"])
@pytest.mark.parametrize("seen", ["archived first", "report first"])
def test_opted_out_and_archived_by_hand(story: Story, eleni: int, action: str, seen: str) -> None:
    """Between two looks: only the archive is to be seen in the audience."""
    story.act("eleni@mail.gr", action, campaign_id=story.last_mail)
    story.archive_by_hand("eleni@mail.gr")
    if seen == "archived first":
        story.synced()
        read_reports(story)
    else:
        read_reports(story)
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reason(eleni) in (
        "suppressed_archived", "suppressed_unsubscribed", "suppressed_complaint",
    )  # fmt: skip
    assert story.send() == {"anna@mail.gr"}

    # Unarchived by hand, which is no word of hers, or confirmed by her: Mailchimp shows which.
    story.move(eleni, "eleni@mail.gr")
    story.synced()
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("action", ["unsubscribe", "complain"])
def test_a_report_of_before_her_return(story: Story, eleni: int, action: str) -> None:
    """She opted out and signed up again; the report is read days later: her return is newer."""
    story.act("eleni@mail.gr", action, campaign_id=story.last_mail)
    story.synced()
    story.pass_time(days=1)
    story.act("eleni@mail.gr", "subscribe")
    story.synced()
    read_reports(story)
    story.synced()
    assert story.reasons() == {}

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}


@pytest.mark.parametrize("action", ["unsubscribe", "complain"])
def test_opted_out_and_back_between_two_looks(story: Story, eleni: int, action: str) -> None:
    """The audience shows nothing of it, the report half of it."""
    story.act("eleni@mail.gr", action, campaign_id=story.last_mail)
    story.pass_time(hours=1)
    story.act("eleni@mail.gr", "subscribe")
    read_reports(story)
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni@mail.gr"}

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}


def test_reported_for_somebody_who_moved_meanwhile(story: Story, eleni: int) -> None:
    """The CRM moved her before anybody looked; the report knows the old address."""
    story.act("eleni@mail.gr", "unsubscribe", campaign_id=story.last_mail)
    story.move(eleni, "eleni.nea@mail.gr")
    read_reports(story)
    story.synced()

    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.send() == {"anna@mail.gr"}


def test_a_strangers_campaign(story: Story, eleni: int) -> None:
    """An audience that is no collection's: what is said there is not said to us."""
    list_id = story.audience_by_hand("Σύλλογος", subscribed=["eleni@mail.gr"])
    campaign = story.mail_by_hand(list_id)
    story.acts(list_id, "eleni@mail.gr", "unsubscribe", campaign_id=campaign)
    read_reports(story)
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}
