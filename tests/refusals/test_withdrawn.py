"""Who withdrew, or never confirmed, is asked, wherever they are by now; only their word ends it."""

from __future__ import annotations

import pytest

from crm_mailchimp.mailchimp.retries import Retry
from refusals.story import Story


@pytest.fixture
def eleni(story: Story) -> int:
    """Withdrew, was unsubscribed by us, and has granted nothing again yet."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.withdraw(eleni)
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "unsubscribed"
    assert story.reason(eleni) == "consent_withdrawn"
    return eleni


def assert_asked(story: Story, contact: int, email: str, code: str = "NEWS") -> None:
    """Waits for the person's word at that address, and gets no mail until then."""
    assert story.remote(code).get(email) == "pending"
    assert story.reason(contact, code) == "suppressed_pending"
    assert story.send(code) == {"anna@mail.gr"}


def test_asked_never_confirmed_and_moved(story: Story, eleni: int) -> None:
    story.regrant(eleni)
    story.synced()
    assert_asked(story, eleni, "eleni@mail.gr")

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    assert_asked(story, eleni, "eleni.nea@mail.gr")
    story.move(eleni, "eleni.triti@mail.gr")
    story.synced()
    assert_asked(story, eleni, "eleni.triti@mail.gr")

    # The confirmation ends it, for every address to come.
    story.act("eleni.triti@mail.gr", "confirm")
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.triti@mail.gr"}
    story.move(eleni, "eleni.tetarti@mail.gr")
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.tetarti@mail.gr"}


def go_by_hand(story: Story, how: str) -> None:
    """Somebody removes the member that we had unsubscribed."""
    if how == "archived":
        story.archive_by_hand(f"{how}@mail.gr")
    elif how == "deleted":
        story.delete_for_good(f"{how}@mail.gr")


@pytest.mark.parametrize("order", ["seen first", "at once"])
def test_gone_by_hand_granted_again_and_moved(story: Story, order: str) -> None:
    """The same with a deletion."""
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    people = {
        how: story.contact(f"{how}@mail.gr", news, first_name="Ελένη")
        for how in ("archived", "deleted", "nothing")
    }
    story.synced()
    for contact in people.values():
        story.withdraw(contact)
    story.synced()
    for how in people:
        go_by_hand(story, how)
    if order == "seen first":
        story.synced(full_refresh=True)

    for how, contact in people.items():
        story.regrant(contact)
        story.move(contact, f"{how}.nea@mail.gr")
    story.synced(full_refresh=True)

    for how, contact in people.items():
        assert_asked(story, contact, f"{how}.nea@mail.gr")


def test_gone_by_hand_and_granted_again_at_the_same_address(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    people = {
        how: story.contact(f"{how}@mail.gr", news, first_name="Ελένη")
        for how in ("archived", "deleted")
    }
    story.synced()
    for contact in people.values():
        story.withdraw(contact)
    story.synced()
    for how in people:
        go_by_hand(story, how)
    story.synced(full_refresh=True)

    for contact in people.values():
        story.regrant(contact)
    story.synced(full_refresh=True)

    assert story.reasons() == {
        people["archived"]: {"suppressed_archived"},
        people["deleted"]: {"suppressed_forgotten"},
    }
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("asked_before", [True, False])
def test_another_audience(story: Story, eleni: int, asked_before: bool) -> None:
    if asked_before:
        story.regrant(eleni)
        story.synced()
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    if not asked_before:
        story.regrant(eleni)
        story.synced()
    assert_asked(story, eleni, "eleni@mail.gr")

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    assert_asked(story, eleni, "eleni.nea@mail.gr")
    story.act("eleni.nea@mail.gr", "confirm")
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}


def test_another_collection_takes_the_audience(story: Story, eleni: int) -> None:
    """It takes over who waits there, too."""
    first = story.list_id()
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    club = story.collection("CLUB", description="Η λέσχη μας", provider_list_id=first)
    story.join(club, eleni)
    story.contact("zoe@mail.gr", club, first_name="Ζωή")
    story.synced("CLUB", "NEWS")
    story.regrant(eleni)

    story.synced("CLUB", "NEWS")

    for code in ("CLUB", "NEWS"):
        assert story.remote(code)["eleni@mail.gr"] == "pending"
        assert story.reason(eleni, code) == "suppressed_pending"
    assert story.send("NEWS") == {"anna@mail.gr"}
    assert story.send("CLUB") == {"zoe@mail.gr"}
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced("CLUB", "NEWS")
    for code in ("CLUB", "NEWS"):
        assert story.remote(code)["eleni.nea@mail.gr"] == "pending"
    assert story.send("NEWS") == {"anna@mail.gr"}
    assert story.send("CLUB") == {"zoe@mail.gr"}


def test_withdrawn_for_one_category_alone(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    offers = story.collection("OFFERS", description="Προσφορές", campaign_type="OFFER")
    eleni = story.contact("eleni@mail.gr", news, offers, first_name="Ελένη")
    anna = story.contact("anna@mail.gr", news, offers, first_name="Άννα")
    for contact in (eleni, anna):
        story.consent(contact, category="offer")
    story.synced("NEWS", "OFFERS")
    story.withdraw(eleni)
    story.synced("NEWS", "OFFERS")
    story.regrant(eleni)

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced("NEWS", "OFFERS")

    assert story.reasons("OFFERS") == {}
    assert story.send("OFFERS") == {"anna@mail.gr", "eleni.nea@mail.gr"}
    assert_asked(story, eleni, "eleni.nea@mail.gr")


def test_withdrew_and_opted_out_as_well(story: Story, eleni: int) -> None:
    """Asked after the withdrawal, she unsubscribes by herself: nobody asks any more."""
    story.regrant(eleni)
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    assert story.reason(eleni) == "suppressed_unsubscribed"

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("way", ["reimported", "merged"])
def test_not_asked_before_the_contact_changed(story: Story, eleni: int, way: str) -> None:
    """She withdrew, and the CRM changes the contact before she grants again."""
    if way == "reimported":
        contact = story.reimport(eleni, 1000 + eleni)
    else:
        [(news,)] = story.crm.execute("select collection_id from crm.contact_collection").fetchall()
        contact = story.contact("eleni@mail.gr", news, first_name="Ελένη")
        story.merge(eleni, contact)
    story.synced()
    story.regrant(contact)
    story.move(contact, "eleni.nea@mail.gr")
    story.synced()

    assert_asked(story, contact, "eleni.nea@mail.gr")


def test_never_confirmed_in_an_audience_made_by_hand(story: Story) -> None:
    list_id = story.audience_by_hand(
        "Πελάτες", subscribed=["anna@mail.gr"], pending=["eleni@mail.gr", "zoe@mail.gr"]
    )
    news = story.collection(description="Τα νέα μας", provider_list_id=list_id)
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    zoe = story.contact("zoe@mail.gr", news, first_name="Ζωή")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    assert story.reasons() == {eleni: {"suppressed_pending"}, zoe: {"suppressed_pending"}}

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    assert_asked(story, eleni, "eleni.nea@mail.gr")

    story.act("zoe@mail.gr", "confirm")
    story.synced()
    story.move(zoe, "zoe.nea@mail.gr")
    story.act("eleni.nea@mail.gr", "confirm")
    story.synced()
    assert story.reasons() == {}
    assert story.subscribed() >= {"anna@mail.gr", "eleni.nea@mail.gr", "zoe.nea@mail.gr"}


@pytest.mark.parametrize("moved", [["eleni"], ["nikos"], ["eleni", "nikos"]])
def test_the_answer_to_our_unsubscribe_is_lost_and_people_move(
    story: Story, moved: list[str]
) -> None:
    """The next look shows what we did: it concerns everybody who had the address then."""
    news = story.collection(description="Τα νέα μας")
    people = {name: story.contact("dyo@mail.gr", news, first_name=name) for name in NAMES}
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.synced()
    story.withdraw(people["nikos"])
    lose_the_unsubscribe(story)
    assert story.remote()["dyo@mail.gr"] == "unsubscribed"
    story.regrant(people["nikos"])
    for name in moved:
        story.move(people[name], f"{name}@mail.gr")

    story.synced()

    for name, contact in people.items():
        email = f"{name}@mail.gr" if name in moved else "dyo@mail.gr"
        if story.reason(contact) != "duplicate_email":
            assert_asked(story, contact, email)


NAMES = ("eleni", "nikos")


def lose_the_unsubscribe(story: Story) -> None:
    """A sync whose unsubscribe arrives, while its answer is lost."""
    story.retry = Retry(attempts=1)
    story.calls.reset(before=lambda what: what.startswith(("PATCH", "PUT")))
    assert story.sync(["NEWS"])["NEWS"].state == "failed"
    story.calls.reset()
    story.retry = Retry()
