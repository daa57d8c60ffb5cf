"""An address replaced by another of the same contact is no removal: nobody is asked."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.runs.sync_options import SyncOptions
from refusals.story import Story

PEOPLE = 100
DEFAULT = SyncOptions()


@pytest.fixture
def people(story: Story) -> list[int]:
    news = story.collection(description="Τα νέα μας")
    people = [
        story.contact(f"filos{number}@palio.gr", news, first_name="Μαρία")
        for number in range(PEOPLE)
    ]
    story.synced()
    return people


def new_domain(story: Story, contacts: list[int], domain: str = "neo.gr") -> None:
    for contact in contacts:
        story.crm.execute(
            "update crm.contact set email = split_part(email, '@', 1) || %s, updated_at = now()"
            " where contact_id = %s",
            (f"@{domain}", contact),
        )


def addresses(numbers: range, domain: str) -> set[str]:
    return {f"filos{number}@{domain}" for number in numbers}


@pytest.mark.parametrize("moved", [15, 60, 100])
def test_another_domain(story: Story, people: list[int], moved: int) -> None:
    """The rest of the collection does not wait either."""
    new_domain(story, people[:moved])
    story.change_contact(people[99], first_name="Ζωή")
    story.contact("neos@mail.gr", story.collections["NEWS"], first_name="Νέος")

    result = story.sync(["NEWS"], options=DEFAULT)["NEWS"]

    assert (result.state, result.detail) == ("succeeded", None)
    assert story.reasons() == {}
    right = (
        addresses(range(moved), "neo.gr")
        | addresses(range(moved, PEOPLE), "palio.gr")
        | {"neos@mail.gr"}
    )
    assert story.subscribed() == right
    last = "filos99@neo.gr" if moved == 100 else "filos99@palio.gr"
    assert story.remote_fields(last)["FNAME"] == "Ζωή"
    assert story.send() == right
    again = story.sync(["NEWS"], options=DEFAULT)["NEWS"]
    assert (again.state, again.counts["removed"], again.counts["added"]) == ("succeeded", 0, 0)


def test_moved_back_again(story: Story, people: list[int]) -> None:
    """The members at the old addresses are revived."""
    new_domain(story, people[:30])
    assert story.sync(["NEWS"], options=DEFAULT)["NEWS"].state == "succeeded"
    new_domain(story, people[:30], "palio.gr")
    assert story.sync(["NEWS"], options=DEFAULT)["NEWS"].state == "succeeded"
    assert story.send() == addresses(range(PEOPLE), "palio.gr")


@pytest.mark.parametrize(("leave", "blocked"), [(10, False), (11, True)])
def test_others_who_leave_are_counted_as_before(
    story: Story, people: list[int], leave: int, blocked: bool
) -> None:
    new_domain(story, people[:40])
    for contact in people[50 : 50 + leave]:
        story.leave(story.collections["NEWS"], contact)
    story.withdraw(people[99])

    result = story.sync(["NEWS"], options=DEFAULT)["NEWS"]

    assert story.remote()["filos99@palio.gr"] == "unsubscribed"
    if blocked:
        assert result.state == "blocked"
        assert (result.detail or "").startswith(f"removal_guard: {leave} of ")
        assert not any(address.endswith("neo.gr") for address in story.remote())
        # A campaign that goes out meanwhile reaches nobody who withdrew; it waits for a person.
        campaign, held = story.try_to_send()
        assert held.outcome == "held"
        assert "sync_blocked" in story.gate_codes(campaign)
    else:
        assert result.state == "succeeded"
        assert story.send() == (
            addresses(range(40), "neo.gr")
            | addresses(range(40, 50), "palio.gr")
            | addresses(range(50 + leave, 99), "palio.gr")
        )


@pytest.mark.parametrize("why", ["invalid", "missing", "duplicate", "bounced"])
def test_who_has_no_new_member_is_removed(story: Story, people: list[int], why: str) -> None:
    """A new address at which nobody is added replaces nothing."""
    if why == "invalid":
        new_domain(story, people[:15], "neo")
    elif why == "missing":
        for contact in people[:15]:
            story.move(contact, None)
    elif why == "duplicate":
        for contact in people[1:16]:
            story.move(contact, "filos0@palio.gr")
    else:
        club = story.collection("CLUB", description="Η λέσχη μας")
        for number in range(15):
            story.contact(f"filos{number}@neo.gr", club)
        story.synced("CLUB")
        for number in range(15):
            story.bounce(f"filos{number}@neo.gr", "CLUB")
        story.synced("CLUB")
        new_domain(story, people[:15])

    result = story.sync(["NEWS"], options=DEFAULT)["NEWS"]

    assert result.state == "blocked", result.detail
    assert (result.detail or "").startswith("removal_guard: 15 of 100")
    assert story.subscribed() == addresses(range(PEOPLE), "palio.gr")


def test_who_had_refused_goes_without_a_question(story: Story, people: list[int]) -> None:
    """Fifteen who unsubscribed elsewhere as the same people: a refusal waits for nobody."""
    club = story.collection("CLUB", description="Η λέσχη μας")
    for contact in people[:15]:
        story.join(club, contact)
    story.contact("anna@mail.gr", club)
    story.synced("CLUB")
    story.send("CLUB")
    campaign = story.last_mail
    for number in range(15):
        story.act(f"filos{number}@palio.gr", "complain", "CLUB", campaign_id=campaign)
    story.synced("CLUB")
    new_domain(story, people[:15])
    new_domain(story, people[15:40])

    result = story.sync(["NEWS"], options=DEFAULT)["NEWS"]

    assert (result.state, result.detail) == ("succeeded", None)
    right = addresses(range(15, 40), "neo.gr") | addresses(range(40, PEOPLE), "palio.gr")
    assert story.subscribed() == right
    assert story.send() == right
    assert story.send("CLUB") == {"anna@mail.gr"}


def test_through_batches_and_a_lost_ledger(story: Story, people: list[int]) -> None:
    """Rebuilt from Mailchimp alone the old addresses are still the same contacts'."""
    new_domain(story, people[:60])
    story.forget_ledger()

    result = story.sync(["NEWS"], options=DEFAULT)["NEWS"]

    assert result.state == "succeeded", result.detail
    right = addresses(range(60), "neo.gr") | addresses(range(60, PEOPLE), "palio.gr")
    assert story.subscribed() == right
    assert story.send() == right
