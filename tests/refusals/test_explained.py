"""What ``explain`` says about a person: which address, which audience, what ends a refusal."""

from __future__ import annotations

import csv
import io

import pytest

from crm_mailchimp.quality.__main__ import main as quality
from refusals.story import Story

OLD, NEW = "eleni@mail.gr", "eleni.nea@mail.gr"
REMEDY = "It ends when Mailchimp shows the address that refused subscribed again in that audience. "
ENDED = ": Mailchimp shows the address subscribed again"


@pytest.fixture
def eleni(story: Story) -> int:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact(OLD, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    return eleni


def about(text: str, beginning: str) -> list[str]:
    """The paragraphs that begin so."""
    return [part for part in text.split("\n\n") if part.startswith(beginning)]


def test_two_addresses_of_one_contact_are_named_apart(
    story: Story, eleni: int, capsys: pytest.CaptureFixture[str]
) -> None:
    audience = story.list_id()
    story.act(OLD, "unsubscribe")
    story.synced()
    story.move(eleni, NEW)
    story.synced()

    said = story.explain(contact=eleni)
    earlier, present = sorted(about(said, "NEWS: "), key=lambda part: "present" in part)
    assert f"\n  contact {eleni} at an earlier address\n" in earlier
    assert f"\n  contact {eleni} at the CRM's present address\n" in present
    assert earlier.startswith("NEWS: unsubscribed (the person unsubscribed)")
    assert present.startswith("NEWS: not in the audience\n")
    assert REMEDY in present
    assert "It may be an earlier address of the person." in present
    (refusal,) = about(said, "Refusal: ")
    assert (
        "it ends when Mailchimp shows the address that refused (perhaps an earlier one) subscribed "
        f"again in audience {audience}. Only the person should subscribe it" in refusal
    )
    (at_address,) = about(story.explain(email=OLD), "Refusal: ")
    assert f"shows this address subscribed again in audience {audience}" in at_address
    # The CSV says the same.
    capsys.readouterr()
    assert quality(["export", "--dsn", story.warehouse_dsn]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row["what_to_do"].startswith(REMEDY)

    # She signs up by herself at the CRM's present address: a foreign member, and no end.
    story.act(NEW, "subscribe")
    story.synced()
    said = story.explain(contact=eleni)
    (present,) = [one for one in about(said, "NEWS: ") if "CRM's present address" in one]
    assert present.startswith("NEWS: in the audience, subscribed in audience")
    assert "not ours: signed up, or was added, in Mailchimp itself" in present
    assert "suppressed_unsubscribed" in present
    assert "not pushed yet" not in said and "to be removed" not in said
    assert about(said, "Refusal: ")
    by_address = story.explain(email=NEW)
    assert len(about(by_address, "NEWS: in the audience, subscribed")) == 1

    # She signs up with the address that refused.
    story.act(OLD, "subscribe")
    story.synced()
    (former,) = about(story.explain(contact=eleni), "Former refusal: ")
    assert ENDED in former


def test_staff_who_bring_back_an_archived_member_end_it_too(story: Story, eleni: int) -> None:
    story.archive_in(story.list_id(), OLD)
    story.synced()
    held = story.explain(contact=eleni)
    assert "suppressed_archived" in held
    assert f"What to do: {REMEDY}" in held
    assert "Only the person should subscribe" in held

    story.put_by_hand(story.list_id(), "subscribed", [OLD])
    story.synced()

    (former,) = about(story.explain(contact=eleni), "Former refusal: somebody archived")
    assert ENDED in former
    assert story.reason(eleni) is None


def test_a_deletion_is_dated_when_it_is_noticed(story: Story, eleni: int) -> None:
    story.delete_for_good(OLD)
    story.synced(full_refresh=True)
    row = story.warehouse.execute("select known_at, refused_at from sync.refusal").fetchone()
    assert row["refused_at"] < row["known_at"]  # the member's last change: no deletion

    said = story.explain(contact=eleni)
    noticed = f"noticed {row['known_at']:%Y-%m-%d %H:%M:}"
    (refusal,) = about(said, "Refusal: the member was permanently deleted in Mailchimp")
    assert noticed in refusal.splitlines()[0]
    assert "  known because the audience no longer has the member\n" in refusal
    assert "full listing" not in said
    (membership,) = about(said, "NEWS: ")
    assert noticed in membership.splitlines()[0]
    assert " since " not in membership.splitlines()[0]


def test_a_blocked_collection_is_named_with_its_code(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    anna = story.contact("anna@mail.gr", news)
    story.audience_by_hand("Τα νέα μας (NEWS)", subscribed=["xenos@mail.gr"])
    assert story.blocked().startswith("audience_by_hand")
    (said,) = about(story.explain(contact=anna), "NEWS: ")
    assert (
        "and not pushed yet: that run ended blocked for the collection (audience_by_hand)" in said
    )


def test_an_audience_of_before_is_named_as_former(story: Story, eleni: int) -> None:
    first = story.list_id()
    story.reimport_collection("NEWS", 77)
    assert story.blocked().startswith("collection_replaced")
    story.says("new-collection", "NEWS")
    story.synced()

    said = story.explain(contact=eleni)
    (former,) = [part for part in said.split("\n\n") if f"in audience {first} " in part]
    assert former.startswith("NEWS (")
    assert "in a former audience, subscribed" in former
    assert "members stay as they are" in former
    assert "to be removed" not in said
    (present,) = about(said, "NEWS: ")
    assert f"in audience {story.list_id()} " in present
    assert "former" not in present


def test_a_contact_that_nobody_knows(story: Story, eleni: int) -> None:
    said = story.explain(contact=99999999)
    assert said.startswith("The warehouse knows no contact 99999999: ")
    assert "NEWS" not in said
    assert f"Contacts: {eleni}" in story.explain(contact=eleni)
