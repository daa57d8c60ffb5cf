"""Between two looks records are made again, merged or cut off, and audiences are replaced."""

from __future__ import annotations

import pytest

from refusals.story import Story

OLD, CHOSEN, NEW = "eleni@mail.gr", "eleni.dikia@mail.gr", "eleni.nea@mail.gr"


@pytest.fixture
def news(story: Story) -> int:
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    return news


@pytest.fixture
def eleni(story: Story, news: int) -> int:
    return story.contact(OLD, news, first_name="Ελένη")


def unsubscribed(story: Story, email: str = OLD) -> None:
    story.synced()
    story.act(email, "unsubscribe")
    story.synced()


# ---- mailed wrongly


@pytest.mark.parametrize("where", ["in the collection", "outside"])
def test_a_second_record_stays_at_the_address_that_she_changed(
    story: Story, news: int, eleni: int, where: str
) -> None:
    """Two records with one address. She changes it in Mailchimp, and unsubscribes there."""
    second = story.contact(OLD, *([news] if where == "in the collection" else []))
    story.synced()
    story.change_email(OLD, CHOSEN)
    story.synced()
    story.act(CHOSEN, "unsubscribe")
    story.synced()
    story.move(second, NEW)
    story.synced()
    if where == "outside":
        story.join(news, second)
        story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_unsubscribed_and_changed_then_made_again_and_moved(
    story: Story, news: int, eleni: int
) -> None:
    """She corrects her address in Mailchimp after she unsubscribed; the CRM's new record of her
    has the corrected address, and moves."""
    unsubscribed(story)
    story.change_email(OLD, CHOSEN)
    story.synced()
    story.delete_contact(eleni)
    again = story.contact(CHOSEN, news)
    story.synced()
    story.move(again, NEW)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("how", ["linked", "retired"])
def test_unsubscribed_and_changed_then_another_audience(
    story: Story, news: int, eleni: int, how: str
) -> None:
    """The very address that Mailchimp has as unsubscribed is added to the next audience."""
    unsubscribed(story)
    story.change_email(OLD, CHOSEN)
    story.synced()
    story.delete_contact(eleni)
    story.contact(CHOSEN, news)
    story.synced()
    if how == "linked":
        story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    else:
        story.says("retire", "NEWS")
    story.synced()
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("kind", ["unsubscribed", "withdrew"])
def test_the_record_in_the_middle_of_two_merges_vanishes(
    story: Story, news: int, eleni: int, kind: str
) -> None:
    """Eleni's record names a record that the CRM deleted: nothing undid the merges."""
    story.synced()
    if kind == "unsubscribed":
        story.act(OLD, "unsubscribe")
    else:
        story.withdraw(eleni)
    story.synced()
    middle = story.contact("mesi@mail.gr", consent=None)
    survivor = story.contact(NEW, news)
    story.merge(eleni, middle)
    story.merge(middle, survivor)
    story.synced()
    assert NEW not in story.subscribed()
    story.delete_contact(middle)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_made_again_while_outside_the_collection(story: Story, news: int, eleni: int) -> None:
    """A re-import loads contacts first and the collection's members later; she moved between."""
    unsubscribed(story)
    again = story.reimport(eleni, 4711)
    story.leave(news, again)
    story.synced()
    story.move(again, NEW)
    story.synced()
    story.join(news, again)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_a_new_record_at_the_address_with_a_merge_that_is_undone(
    story: Story, news: int, eleni: int
) -> None:
    """Without the merge the new record is held for good; with it, until the merge is undone."""
    unsubscribed(story)
    again = story.contact(OLD, news)
    story.merge(eleni, again)
    story.synced()
    story.merge(eleni, None)
    story.synced()
    story.move(again, NEW)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_deleted_for_good_and_another_holder_is_merged(story: Story, news: int, eleni: int) -> None:
    """Nothing shows that a merge came after the deletion. The gate counts the recipients, and the
    next full listing holds the other record back."""
    nikos = story.contact(OLD, news)
    story.synced()
    story.synced()
    story.delete_for_good(OLD)
    survivor = story.contact(NEW, news)
    story.merge(nikos, survivor)
    story.synced()

    _, result = story.try_to_send()
    assert result.outcome == "held"
    assert "recipients_differ" in (result.detail or "")
    story.synced(full_refresh=True)
    assert story.send() == {"anna@mail.gr"}


# ---- lost


def test_a_refused_person_gets_the_address_that_another_one_leaves(
    story: Story, news: int, eleni: int
) -> None:
    """Nikos never refused, so he is mailed at his new address, and not asked first."""
    nikos = story.contact("nikos@mail.gr", news)
    unsubscribed(story)
    story.move(eleni, "nikos@mail.gr")
    story.move(nikos, "nikos.neos@mail.gr")
    story.synced()
    story.synced()
    assert story.remote().get("nikos.neos@mail.gr") == "subscribed"
    assert story.send() == {"anna@mail.gr", "nikos.neos@mail.gr"}


# ---- the collection gets another audience before a look, or before the weekly full listing


def another_audience(story: Story, how: str) -> None:
    if how == "linked":
        story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    elif how == "retired":
        story.says("retire", "NEWS")
    else:
        story.reimport_collection("NEWS", 9000)
        story.blocked()
        story.says("new-collection", "NEWS")


@pytest.mark.parametrize("how", ["linked", "retired", "new collection"])
def test_deleted_for_good_and_then_another_audience(
    story: Story, news: int, eleni: int, how: str
) -> None:
    """She did not move: the deletion was in the audience that the collection had at that time."""
    story.synced()
    story.synced()
    story.delete_for_good(OLD)
    another_audience(story, how)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_archived_by_hand_and_then_a_new_collection(story: Story, news: int, eleni: int) -> None:
    """The archive came first, and nobody looked before the command."""
    story.synced()
    story.archive_by_hand(OLD)
    story.move(eleni, NEW)
    another_audience(story, "new collection")
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_unsubscribed_while_the_collection_is_inactive(story: Story, news: int, eleni: int) -> None:
    """Nobody looks at its audience; she moves and is loaded again before it is active again."""
    story.synced()
    other = story.collection("OTHER", description="Η λέσχη μας")
    story.contact("zoe@mail.gr", other)
    story.change_collection("NEWS", is_active=False)
    story.synced("OTHER")
    story.act(OLD, "unsubscribe")
    story.sync()
    story.move(eleni, CHOSEN)
    story.sync()
    story.reimport(eleni, 4711)
    story.sync()
    story.move(4711, NEW)
    story.sync()
    story.change_collection("NEWS", is_active=True)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


# ---- a withdrawal ends without her own act


def shares_after_her_withdrawal(story: Story, news: int) -> int:
    """She withdrew, granted again, and has the address of Nikos, who represents it."""
    nikos = story.contact("nikos@mail.gr", news, contact_id=500, is_active=False)
    eleni = story.contact(OLD, news, contact_id=900)
    story.synced()
    story.withdraw(eleni)
    story.synced()
    story.regrant(eleni)
    story.move(eleni, "nikos@mail.gr")
    story.change_contact(nikos, is_active=True)
    return eleni


def test_the_answer_to_our_addition_of_another_contact_is_lost(story: Story, news: int) -> None:
    """With the answer she is asked at her next address; our own addition is no sign-up."""
    eleni = shares_after_her_withdrawal(story, news)
    story.calls.reset(before=lambda what: what.startswith("POST /lists/"))
    assert "Mailchimp failed for 1 members" in (story.sync(["NEWS"])["NEWS"].detail or "")
    story.calls.reset()
    story.synced()
    assert story.remote()["nikos@mail.gr"] == "subscribed"
    story.move(eleni, NEW)
    story.synced()
    assert story.remote()[NEW] == "pending"
    assert story.send() == {"anna@mail.gr", "nikos@mail.gr"}


@pytest.mark.parametrize("command", ["explain", "access"])
@pytest.mark.parametrize("contact", ["99999999999999999999", "0", "-5", "μία"])
def test_a_contact_id_that_no_database_can_hold(story: Story, command: str, contact: str) -> None:
    done = story.command(command, f"--contact={contact}")

    assert done.returncode == 2
    assert "is no contact id: write a whole number above 0" in done.stderr
