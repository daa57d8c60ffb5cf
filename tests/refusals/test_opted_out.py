"""Who refused in Mailchimp stays refused, whatever becomes of the contact in the CRM."""

from __future__ import annotations

import pytest

from refusals.story import Story, names


def refuse(story: Story, kind: str, email: str, list_id: str = "") -> None:
    """In NEWS's audience, or in one that nobody of ours fills yet."""
    list_id = list_id or story.list_id()
    if kind == "unsubscribed":
        story.acts(list_id, email, "unsubscribe")
    elif kind == "complained":
        story.acts(list_id, email, "complain", campaign_id=story.last_mail)
    elif kind == "archived":
        story.archive_in(list_id, email)
    else:
        story.delete_in(list_id, email)


REASONS = {
    "unsubscribed": "suppressed_unsubscribed",
    "complained": "suppressed_complaint",
    "archived": "suppressed_archived",
}


def people(story: Story, *kinds: str) -> dict[str, int]:
    """A contact of each kind in NEWS, beside Anna, who gets all mail."""
    news = story.collections["NEWS"]
    story.contact("anna@mail.gr", news, first_name="Άννα")
    return {kind: story.contact(f"{kind}@mail.gr", news, first_name="Ελένη") for kind in kinds}


def test_refused_in_a_linked_audience_before_we_knew_it(story: Story) -> None:
    emails = [f"{kind}@mail.gr" for kind in REASONS]
    list_id = story.audience_by_hand("Πελάτες", subscribed=[*emails, "anna@mail.gr"])
    story.mail_by_hand(list_id)
    for kind in REASONS:
        refuse(story, kind, f"{kind}@mail.gr", list_id)
    story.collection(description="Τα νέα μας", provider_list_id=list_id)
    contacts = people(story, *REASONS)
    right = {contacts[kind]: {reason} for kind, reason in REASONS.items()}
    story.synced()
    assert story.reasons() == right

    for kind, contact in contacts.items():
        story.move(contact, f"{kind}.nea@mail.gr")
    story.synced()

    assert set(story.remote()) == {*emails, "anna@mail.gr"}
    assert story.reasons() == right
    assert story.send() == {"anna@mail.gr"}


def test_the_whole_crm_is_loaded_again(story: Story) -> None:
    """Every contact has a new id. Who had not refused is still mailed."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    anna = story.contact("anna@mail.gr", news, first_name="Άννα")
    zoe = story.contact("zoe@mail.gr", news, first_name="Ζωή")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    for contact in (eleni, anna, zoe):
        story.reimport(contact, 1000 + contact)
    story.synced()
    assert story.reason(1000 + eleni) == "suppressed_unsubscribed"

    story.move(1000 + eleni, "eleni.nea@mail.gr")
    story.move(1000 + zoe, "zoe.nea@mail.gr")
    story.synced()

    assert story.reasons() == {1000 + eleni: {"suppressed_unsubscribed"}}
    assert story.send() == {"anna@mail.gr", "zoe.nea@mail.gr"}

    # And once more.
    story.reimport(1000 + eleni, 2000 + eleni)
    story.synced()
    story.move(2000 + eleni, "eleni.pali@mail.gr")
    story.synced()
    assert story.reasons() == {2000 + eleni: {"suppressed_unsubscribed"}}
    assert story.send() == {"anna@mail.gr", "zoe.nea@mail.gr"}


@pytest.mark.parametrize("mover", ["first", "second", "both"])
def test_two_contacts_share_the_address(story: Story, mover: str) -> None:
    """It may be either of them who refused."""
    news = story.collection(description="Τα νέα μας")
    first = story.contact("oikogeneia@mail.gr", news, first_name="Νίκος")
    second = story.contact("Oikogeneia@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    assert story.reasons() == {second: {"duplicate_email"}}
    story.act("oikogeneia@mail.gr", "unsubscribe")
    story.synced()

    if mover in ("first", "both"):
        story.move(first, "nikos@mail.gr")
    if mover in ("second", "both"):
        story.move(second, "eleni@mail.gr")
    story.synced()

    assert story.reasons() == {
        first: {"suppressed_unsubscribed"}, second: {"suppressed_unsubscribed"},
    }  # fmt: skip
    assert story.send() == {"anna@mail.gr"}


def test_a_holder_outside_the_collection_refused_as_well(story: Story) -> None:
    """The refusal binds all in the CRM with the address. One joins later, under another address."""
    news = story.collection(description="Τα νέα μας")
    story.contact("oikogeneia@mail.gr", news, first_name="Νίκος")
    outside = story.contact("oikogeneia@mail.gr", first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("oikogeneia@mail.gr", "unsubscribe")
    story.synced()

    story.move(outside, "eleni@mail.gr")
    story.join(news, outside)
    story.synced()

    assert story.reason(outside) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_a_second_record_of_the_person(story: Story) -> None:
    """The CRM makes a duplicate record with the refused address, and corrects it later."""
    news = story.collection(description="Τα νέα μας")
    story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    double = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()

    story.move(double, "eleni.nea@mail.gr")
    story.synced()

    assert story.reason(double) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_deleted_for_good_and_moved(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.delete_for_good("eleni@mail.gr")
    story.synced(full_refresh=True)
    assert story.reason(eleni) == "suppressed_forgotten"

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reason(eleni) == "suppressed_forgotten"
    # The campaign would not reach the member that is gone: the gate does not wait.
    assert story.send() == {"anna@mail.gr"}


def test_deleted_for_good_and_moved_before_anybody_noticed(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.delete_for_good("eleni@mail.gr")
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    # The old address was gone when we archived it: the person is added nowhere.
    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.reason(eleni) == "suppressed_forgotten"
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("seen_by", ["sync", "gate"])
def test_refused_after_the_sync(story: Story, seen_by: str) -> None:
    """The gate's own pull-back may be the first to learn of it; the move comes later."""
    news = story.collection(description="Τα νέα μας")
    contacts = people(story, *REASONS)
    twins = {kind: story.contact(f"{kind}@mail.gr", news) for kind in REASONS}
    story.synced()
    assert story.send() == {"anna@mail.gr", *(f"{kind}@mail.gr" for kind in REASONS)}
    for kind in REASONS:
        refuse(story, kind, f"{kind}@mail.gr")
    if seen_by == "gate":
        assert story.send() == {"anna@mail.gr"}

    for kind in REASONS:
        story.move(contacts[kind], f"{kind}.nea@mail.gr")
        story.move(twins[kind], f"{kind}.alli@mail.gr")
    story.synced()

    assert story.subscribed() == {"anna@mail.gr"}
    assert set(story.reasons()) == {*contacts.values(), *twins.values()}
    assert story.send() == {"anna@mail.gr"}


def test_the_gate_asks_the_refusals_too(story: Story) -> None:
    """A subscribed member turns out to be the person who refused: the campaign waits."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    other = story.contact("eleni.doulia@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni.doulia@mail.gr"}

    # The CRM finds out after the sync.
    story.merge(eleni, other)
    campaign, result = story.try_to_send()
    assert result.outcome == "held", result.detail
    assert names(result.detail, other)
    assert not any(reason["may_be_released"] for reason in story.gate(campaign)["reasons"])

    story.synced()
    assert story.remote()["eleni.doulia@mail.gr"] == "unsubscribed"
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}


# ---- what ends a refusal, and what does not


def test_signing_up_again_ends_it(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    assert story.reason(eleni) == "suppressed_unsubscribed"

    story.act("eleni@mail.gr", "subscribe")
    story.synced()
    story.synced()

    assert story.reason(eleni) is None
    assert story.subscribed() >= {"anna@mail.gr", "eleni.nea@mail.gr"}


def test_the_newest_word_is_a_sign_up_under_the_same_address(story: Story) -> None:
    story.collection(description="Τα νέα μας")
    contacts = people(story, *REASONS, "deleted")
    everybody = {"anna@mail.gr", *(f"{kind}@mail.gr" for kind in contacts)}
    story.synced()
    assert story.send() == everybody
    for kind in contacts:
        refuse(story, kind, f"{kind}@mail.gr")
    story.synced(full_refresh=True)
    assert set(story.reasons()) == set(contacts.values())
    for kind in contacts:
        story.act(f"{kind}@mail.gr", "subscribe")
    story.synced()
    assert story.reasons() == {}
    assert story.send() == everybody

    for kind, contact in contacts.items():
        story.move(contact, f"{kind}.nea@mail.gr")
    story.synced()

    assert story.reasons() == {}
    assert story.subscribed() >= {f"{kind}.nea@mail.gr" for kind in contacts}


def test_signing_up_at_another_address_does_not_end_it(story: Story) -> None:
    """What the person signed up for by themselves is theirs; it says nothing about our mail."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    story.act("eleni.nea@mail.gr", "subscribe")
    story.synced()
    assert story.remote()["eleni.nea@mail.gr"] == "subscribed"
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}

    story.move(eleni, "eleni.triti@mail.gr")
    story.synced()

    assert "eleni.triti@mail.gr" not in story.remote()
    assert story.reason(eleni) == "suppressed_unsubscribed"


def test_a_bounce_is_no_refusal(story: Story) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.bounce("eleni@mail.gr")
    story.synced()
    assert story.reason(eleni) == "suppressed_cleaned"

    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}


# ---- who only shares history


def test_an_address_that_passed_on_before_it_refused(story: Story) -> None:
    """Nikos had the address years ago. Eleni has it now, and it is Eleni who unsubscribes."""
    news = story.collection(description="Τα νέα μας")
    nikos = story.contact("grafeio@mail.gr", news, first_name="Νίκος")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.move(nikos, "nikos@mail.gr")
    story.synced()
    eleni = story.contact("grafeio@mail.gr", news, first_name="Ελένη")
    story.synced()
    assert story.send() == {"anna@mail.gr", "nikos@mail.gr", "grafeio@mail.gr"}

    story.act("grafeio@mail.gr", "unsubscribe")
    story.synced()
    story.move(eleni, "eleni@mail.gr")
    story.synced()

    assert story.reasons() == {eleni: {"suppressed_unsubscribed"}}
    assert story.send() == {"anna@mail.gr", "nikos@mail.gr"}
    story.move(nikos, "nikos.neo@mail.gr")
    story.synced()
    assert story.reasons() == {eleni: {"suppressed_unsubscribed"}}
    assert story.send() == {"anna@mail.gr", "nikos.neo@mail.gr"}


def test_a_typing_error_makes_nobody_refuse(story: Story) -> None:
    """Moved by mistake onto an address that had refused: held back there, free elsewhere."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    nikos = story.contact("nikos@mail.gr", news, first_name="Νίκος")
    zoe = story.contact("zoe@mail.gr", news, first_name="Ζωή")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.move(nikos, "eleni@mail.gr")
    story.synced()
    story.move(zoe, "eleni@mail.gr")
    story.synced()
    assert set(story.reasons()) == {eleni, nikos, zoe}
    assert story.send() == {"anna@mail.gr"}

    story.move(nikos, "nikos@mail.gr")
    story.move(zoe, "zoe.nea@mail.gr")
    story.synced()

    assert story.reasons() == {eleni: {"suppressed_unsubscribed"}}
    assert story.send() == {"anna@mail.gr", "nikos@mail.gr", "zoe.nea@mail.gr"}


def test_an_opt_out_holds_for_its_collection_alone(story: Story) -> None:
    """A complaint holds everywhere."""
    news = story.collection(description="Τα νέα μας")
    club = story.collection("CLUB", description="Η λέσχη μας")
    eleni = story.contact("eleni@mail.gr", news, club, first_name="Ελένη")
    zoe = story.contact("zoe@mail.gr", news, club, first_name="Ζωή")
    story.contact("anna@mail.gr", news, club, first_name="Άννα")
    story.synced("NEWS", "CLUB")
    story.send()
    story.act("eleni@mail.gr", "unsubscribe")
    story.act("zoe@mail.gr", "complain", campaign_id=story.last_mail)
    story.synced("NEWS", "CLUB")
    story.move(eleni, "eleni.nea@mail.gr")
    story.move(zoe, "zoe.nea@mail.gr")

    story.synced("NEWS", "CLUB")

    assert story.reasons("NEWS") == {
        eleni: {"suppressed_unsubscribed"}, zoe: {"suppressed_complaint"},
    }  # fmt: skip
    assert story.reasons("CLUB") == {zoe: {"suppressed_complaint"}}
    assert story.send("NEWS") == {"anna@mail.gr"}
    assert story.send("CLUB") == {"anna@mail.gr", "eleni.nea@mail.gr"}


def test_signed_up_and_complained_between_two_looks(story: Story) -> None:
    """The status is as we know it, and yet it is a complaint now, which holds everywhere."""
    eleni = story.contact("eleni@mail.gr", story.collection(description="Τα νέα μας"))
    offers = story.collection("OFFERS", description="Προσφορές")
    story.join(offers, eleni)
    story.contact("petros@mail.gr", offers, first_name="Πέτρος")
    story.synced("NEWS", "OFFERS")
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced("NEWS", "OFFERS")
    assert story.reason(eleni, "OFFERS") is None
    story.pass_time(hours=1)
    story.act("eleni@mail.gr", "subscribe")
    campaign = story.mail_by_hand(story.list_id("NEWS"))
    story.act("eleni@mail.gr", "complain", campaign_id=campaign)

    story.synced("NEWS", "OFFERS")

    assert story.reason(eleni, "OFFERS") == "suppressed_complaint"
    assert story.send("OFFERS") == {"petros@mail.gr"}
