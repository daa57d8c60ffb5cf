"""Somebody deletes a member for good, and people move in the CRM before a full listing shows it.

Only the weekly full listing shows such deletions. Nothing says who asked for one. So it belongs to
everybody who had the address between the last look and the deletion.
"""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.members import pull_back
from refusals.story import Story

SHARED, NEW = "oikogeneia@mail.gr", "eleni.nea@mail.gr"


@pytest.fixture
def news(story: Story) -> int:
    return story.collection(description="Τα νέα μας")


@pytest.fixture
def eleni(story: Story, news: int) -> int:
    eleni = story.contact(SHARED, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    return eleni


def assert_held(story: Story, contact: int) -> None:
    for _ in range(2):
        story.synced()
        assert story.subscribed() == {"anna@mail.gr"}
        assert story.reason(contact) == "suppressed_forgotten"
    assert story.send() == {"anna@mail.gr"}
    story.synced(full_refresh=True)
    assert story.subscribed() == {"anna@mail.gr"}
    assert story.send() == {"anna@mail.gr"}


def test_who_moved_since_is_held(story: Story, eleni: int) -> None:
    story.synced()
    story.delete_for_good(SHARED)
    story.move(eleni, NEW)

    assert_held(story, eleni)


def test_who_moved_since_is_held_after_signing_up_there(story: Story, news: int) -> None:
    """A member that signed up by itself stays when its contact moves, so no removal fails."""
    eleni = story.contact(SHARED, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    list_id = story.audience_by_hand("Τα νέα μας", subscribed=[SHARED])
    story.link("NEWS", list_id)
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    story.move(eleni, NEW)

    assert_held(story, eleni)


@pytest.mark.parametrize("mover", ["first", "second"])
def test_who_shared_the_address_and_moved_since_is_held(
    story: Story, news: int, eleni: int, mover: str
) -> None:
    nikos = story.contact(SHARED, news, first_name="Νίκος")
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    moved = eleni if mover == "first" else nikos
    story.move(moved, NEW)

    assert_held(story, moved)


@pytest.mark.parametrize("mover", ["first", "second"])
def test_the_other_one_asks_to_be_erased(story: Story, news: int, eleni: int, mover: str) -> None:
    """Our own removal of the erased contact finds the member gone: that is the deletion."""
    nikos = story.contact(SHARED, news, first_name="Νίκος")
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    moved, erased = (eleni, nikos) if mover == "first" else (nikos, eleni)
    story.move(moved, NEW)
    story.change_contact(erased, erasure_requested_at="2026-01-01")

    assert_held(story, moved)


def test_made_again_under_another_id_and_moved(story: Story, eleni: int) -> None:
    story.synced()
    story.delete_for_good(SHARED)
    story.reimport(eleni, 4711)
    story.synced()
    story.move(4711, NEW)

    assert_held(story, 4711)


def test_a_run_that_died_before_its_look_hides_nothing(story: Story, eleni: int) -> None:
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    story.move(eleni, NEW)
    story.stage(["NEWS"])  # nobody pushed it

    assert_held(story, eleni)


def test_an_old_address_that_is_cleared_away_is_no_refusal(story: Story, news: int) -> None:
    """The member was there after the move: who deletes it then only clears it away."""
    eleni = story.contact(SHARED, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    list_id = story.audience_by_hand("Τα νέα μας", subscribed=[SHARED])
    story.link("NEWS", list_id)
    story.synced()
    story.move(eleni, NEW)
    story.synced()
    assert story.subscribed() == {"anna@mail.gr", SHARED, NEW}
    story.synced()
    story.delete_for_good(SHARED)

    story.synced(full_refresh=True)

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", NEW}


def test_who_left_a_shared_address_before_the_deletion_goes_on(
    story: Story, news: int, eleni: int
) -> None:
    nikos = story.contact(SHARED, news, first_name="Νίκος")
    story.synced()
    story.move(nikos, NEW)
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)

    story.synced(full_refresh=True)

    assert story.reasons() == {eleni: {"suppressed_forgotten"}}
    assert story.send() == {"anna@mail.gr", NEW}


@pytest.mark.parametrize("is_gone", [False, True])
def test_who_signs_up_again_after_the_deletion_is_a_member_of_its_own(
    story: Story, eleni: int, is_gone: bool
) -> None:
    """We did not add this member. So we do not archive it when its contact is gone."""
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    story.act(SHARED, "subscribe")
    if is_gone:
        story.delete_contact(eleni)

    story.synced()

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", SHARED}


def test_a_look_asks_only_for_members_of_contacts_that_moved(story: Story, eleni: int) -> None:
    story.synced()
    story.synced()
    story.move(eleni, NEW)

    assert by_name(story.requests_of(story.synced)) == 1
    assert by_name(story.requests_of(story.synced)) == 0


def test_many_moves_at_once_list_the_whole_audience(
    story: Story, eleni: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_back, "_BY_NAME", 0)
    story.synced()
    story.synced()
    story.delete_for_good(SHARED)
    story.move(eleni, NEW)

    # The deleted member alone is read by name, because the listing does not show it.
    assert by_name(story.requests_of(story.synced)) == 1
    assert_held(story, eleni)


def by_name(requests: list[str]) -> int:
    """How many members were read by name."""
    return sum(one.startswith("GET ") and "/members/{" in one for one in requests)
