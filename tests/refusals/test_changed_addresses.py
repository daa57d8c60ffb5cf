"""A person changes their address in Mailchimp's own form: they stay, and the CRM learns it."""

from __future__ import annotations

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from refusals.story import LAST_YEAR, Story
from sync_world import subscriber_hash

OLD, NEW, THIRD = "eleni@mail.gr", "eleni.nea@mail.gr", "eleni.triti@mail.gr"


@pytest.fixture
def eleni(story: Story) -> int:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact(OLD, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    return eleni


@pytest.fixture
def changed(story: Story, eleni: int) -> int:
    """She changed it, and one sync has seen so."""
    story.synced()
    story.change_email(OLD, NEW)
    story.synced()
    return eleni


def assert_followed(story: Story, contact: int, email: str = NEW) -> None:
    """She is mailed at the address that she chose, and nowhere else; quarantine names it."""
    hers = {
        address: status for address, status in story.remote().items() if address.startswith("eleni")
    }
    assert hers.pop(email, None) == "subscribed"
    assert set(hers.values()) <= {"archived"}, hers
    assert story.reasons() == {contact: {"address_changed"}}
    assert story.send() == {"anna@mail.gr", email}


def only_address(story: Story) -> None:
    """Nothing of her but the address that she has now is in the audience."""
    assert {at for at in story.remote() if at.startswith("eleni")} == {NEW}


def test_she_stays_and_the_crm_learns_it(story: Story, changed: int) -> None:
    only_address(story)
    assert_followed(story, changed)
    news = story.collections["NEWS"]
    assert story.write_back()[news, changed] == ("subscribed", "address_changed")
    # Whatever is listed, nothing more happens.
    writes = story.write_requests()
    story.synced()
    story.synced()
    assert story.write_requests() == writes
    story.synced(full_refresh=True)
    only_address(story)
    assert_followed(story, changed)
    row = story.warehouse.execute(
        "select detail from sync.quarantine where reason_code = 'address_changed'"
    ).fetchone()
    assert row
    assert "@" not in (row["detail"] or "")


def test_it_is_explained(story: Story, changed: int) -> None:
    for who in ({"email": NEW}, {"email": OLD}, {"contact": changed}):
        said = story.explain(**who)
        assert "NEWS" in said, who
        assert "address_changed" in said or "address changed in mailchimp" in said.lower(), said
    assert "in the audience, subscribed" in story.explain(email=NEW)


@pytest.mark.parametrize("syncs", [0, 1])
def test_changed_before_we_knew_mailchimps_id_of_her(story: Story, eleni: int, syncs: int) -> None:
    """Right after the push, before anything was read back: CRMREF tells who she is."""
    for _ in range(syncs):
        story.synced()
    story.change_email(OLD, NEW)

    story.synced()

    only_address(story)
    assert_followed(story, eleni)


def test_changed_between_the_sync_and_the_campaign(story: Story, eleni: int) -> None:
    """The gate's own look may be the first: the campaign goes, to the new address."""
    story.synced()
    story.change_email(OLD, NEW)

    assert story.send() == {"anna@mail.gr", NEW}
    story.synced()
    only_address(story)
    assert_followed(story, eleni)


def test_changed_twice(story: Story, changed: int) -> None:
    story.change_email(NEW, THIRD)
    story.synced()

    assert_followed(story, changed, THIRD)
    assert NEW not in story.remote()
    assert OLD not in story.remote()


def test_changed_twice_between_two_looks(story: Story, eleni: int) -> None:
    story.synced()
    story.change_email(OLD, NEW)
    story.change_email(NEW, THIRD)
    story.synced()

    assert_followed(story, eleni, THIRD)
    assert set(story.remote()) == {"anna@mail.gr", THIRD}


def test_changed_and_back(story: Story, changed: int) -> None:
    story.change_email(NEW, OLD)
    story.synced()

    assert story.reasons() == {}
    assert set(story.remote()) == {"anna@mail.gr", OLD}
    assert story.send() == {"anna@mail.gr", OLD}
    assert story.write_back().get((story.collections["NEWS"], changed)) in (
        None, ("subscribed", None),
    )  # fmt: skip


def test_the_crm_enters_the_new_address(story: Story, changed: int) -> None:
    story.move(changed, NEW.upper())
    seen = story.mark()
    story.synced()

    assert story.reasons() == {}
    only_address(story)
    assert not [line for line in story.requests_since(seen) if line.startswith(("POST", "DELETE"))]
    assert story.send() == {"anna@mail.gr", NEW}
    news = story.collections["NEWS"]
    assert story.write_back()[news, changed] == ("subscribed", None)


def test_the_crm_enters_a_third_address(story: Story, changed: int) -> None:
    """An ordinary change: the member is replaced, and the note ends."""
    story.move(changed, THIRD)
    story.synced()

    assert story.reasons() == {}
    assert story.remote() == {"anna@mail.gr": "subscribed", NEW: "archived", THIRD: "subscribed"}
    assert story.send() == {"anna@mail.gr", THIRD}
    # What she chose then is the past: the CRM's old address is an ordinary one again.
    story.move(changed, OLD)
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", OLD}


def test_the_crm_enters_the_new_address_before_we_looked(story: Story, eleni: int) -> None:
    story.synced()
    story.change_email(OLD, NEW)
    story.move(eleni, NEW)
    story.synced()

    assert story.reasons() == {}
    only_address(story)
    assert story.send() == {"anna@mail.gr", NEW}


def test_the_crm_enters_a_third_address_before_we_looked(story: Story, eleni: int) -> None:
    """Both changed it; the CRM's word is the newest that we know."""
    story.synced()
    story.change_email(OLD, NEW)
    story.move(eleni, THIRD)
    story.synced()
    story.synced()

    assert story.subscribed() == {"anna@mail.gr", THIRD}
    assert story.send() == {"anna@mail.gr", THIRD}


def test_she_unsubscribes_there_and_the_crm_moves_her(story: Story, changed: int) -> None:
    story.act(NEW, "unsubscribe")
    story.synced()
    assert story.reason(changed) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}

    for email in (THIRD, NEW, OLD):
        story.move(changed, email)
        story.synced()
        assert "subscribed" not in {
            status for at, status in story.remote().items() if at.startswith("eleni")
        }
        assert story.reason(changed) == "suppressed_unsubscribed"
        assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("kind", ["complained", "archived", "deleted"])
def test_she_refuses_otherwise_at_the_new_address(story: Story, changed: int, kind: str) -> None:
    if kind == "complained":
        assert story.send() == {"anna@mail.gr", NEW}
        story.act(NEW, "complain", campaign_id=story.last_mail)
    elif kind == "archived":
        story.archive_by_hand(NEW)
    else:
        story.delete_for_good(NEW)
    story.synced(full_refresh=True)
    assert story.subscribed() == {"anna@mail.gr"}

    story.move(changed, THIRD)
    story.synced(full_refresh=True)

    reason = {
        "complained": "suppressed_complaint", "archived": "suppressed_archived",
        "deleted": "suppressed_forgotten",
    }[kind]  # fmt: skip
    assert story.reason(changed) == reason
    assert story.send() == {"anna@mail.gr"}


def test_changed_and_unsubscribed_between_two_looks(story: Story, eleni: int) -> None:
    story.synced()
    story.change_email(OLD, NEW)
    story.act(NEW, "unsubscribe")
    story.synced()
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert OLD not in story.subscribed()

    story.move(eleni, THIRD)
    story.synced()

    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_unsubscribed_first_and_changed_then(story: Story, eleni: int) -> None:
    """Mailchimp's form of preferences is open to who unsubscribed, too."""
    story.synced()
    story.act(OLD, "unsubscribe")
    story.synced()
    story.change_email(OLD, NEW)
    story.synced()

    for email in (OLD, NEW, THIRD):
        story.move(eleni, email)
        story.synced()
        assert story.subscribed() == {"anna@mail.gr"}
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_a_withdrawal_finds_her_there(story: Story, changed: int) -> None:
    story.withdraw(changed)
    story.synced()
    assert story.remote()[NEW] == "unsubscribed"
    assert story.reason(changed) == "consent_withdrawn"
    assert story.send() == {"anna@mail.gr"}

    # She grants again and is asked once: at the address that she chose.
    story.regrant(changed)
    story.synced()
    remote = {at: status for at, status in story.remote().items() if at.startswith("eleni")}
    assert "subscribed" not in remote.values()
    assert list(remote.values()).count("pending") == 1
    assert story.send() == {"anna@mail.gr"}


def test_a_withdrawal_closes_the_gate(story: Story, changed: int) -> None:
    story.withdraw(changed)
    campaign, result = story.try_to_send()
    assert result.outcome == "held"
    story.synced()
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}


@pytest.mark.parametrize("why", ["left", "inactive", "expired"])
def test_leaving_finds_her_there(story: Story, changed: int, why: str) -> None:
    if why == "left":
        story.leave(story.collections["NEWS"], changed)
    elif why == "inactive":
        story.change_contact(changed, is_active=False)
    else:
        story.consent(changed, effective_at=LAST_YEAR, expires_at=LAST_YEAR)
        story.crm.execute(
            "update crm.consent set expires_at = %s where contact_id = %s", (LAST_YEAR, changed)
        )
    story.synced()

    assert story.remote()[NEW] == "archived"
    assert story.send() == {"anna@mail.gr"}


def test_who_left_comes_back_at_the_address_that_she_chose(story: Story, changed: int) -> None:
    """While the CRM has the old one, hers is still the newer word."""
    news = story.collections["NEWS"]
    story.leave(news, changed)
    story.synced()
    story.join(news, changed)
    story.synced()

    assert_followed(story, changed)


def test_an_erasure_finds_her_there(story: Story, changed: int) -> None:
    story.change_contact(changed, erasure_requested_at="2026-01-01T00:00:00Z")
    story.synced()
    assert story.remote()[NEW] != "subscribed"
    assert story.send() == {"anna@mail.gr"}

    with (
        story.provider() as provider,
        psycopg.connect(story.warehouse_dsn) as warehouse,
        psycopg.connect(story.crm_dsn) as crm,
    ):
        erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")
        assert provider.member(story.list_id(), subscriber_hash(NEW)) is None
    # A new record of hers, under either address, is nobody's to push.
    for email in (OLD, NEW):
        story.contact(email, story.collections["NEWS"])
    story.synced(full_refresh=True)
    assert story.subscribed() == {"anna@mail.gr"}
    assert story.send() == {"anna@mail.gr"}


def test_her_fields_follow_her(story: Story, changed: int) -> None:
    story.change_contact(changed, first_name="Λένα")
    story.synced()

    assert story.remote_fields(NEW)["FNAME"] == "Λένα"
    only_address(story)
    assert_followed(story, changed)


def test_nothing_is_left_of_the_ledger(story: Story, changed: int) -> None:
    """CRMREF still tells who she is: the CRM's address is not added beside hers."""
    story.forget_ledger()
    story.synced()

    only_address(story)
    assert_followed(story, changed)
    story.act(NEW, "unsubscribe")
    story.synced()
    story.move(changed, THIRD)
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_the_new_address_is_anothers_in_the_crm(story: Story, eleni: int) -> None:
    """Her husband has it there, and is in the collection as well: one mail, to both."""
    nikos = story.contact("oikogeneia@mail.gr", story.collections["NEWS"], consent=None)
    story.synced()
    assert story.reason(nikos) == "no_consent"
    story.change_email(OLD, "oikogeneia@mail.gr")
    story.synced()
    assert story.subscribed() == {"anna@mail.gr", "oikogeneia@mail.gr"}
    assert OLD not in story.remote()

    # What he refuses holds for the address.
    story.withdraw(nikos)
    story.synced()
    assert story.subscribed() == {"anna@mail.gr"}
    assert story.send() == {"anna@mail.gr"}


def test_an_address_that_had_refused_under_a_contact_of_the_crm(story: Story, eleni: int) -> None:
    """The CRM says that somebody at the new address withdrew: it is nobody's to mail."""
    other = story.contact(NEW, consent=None)
    story.withdraw(other)
    story.synced()
    story.change_email(OLD, NEW)
    story.synced()

    assert story.subscribed() == {"anna@mail.gr"}
    assert story.send() == {"anna@mail.gr"}


def test_an_adopted_member_changes_it_too(story: Story) -> None:
    """She was in the audience before us. Her member has our reference since then."""
    list_id = story.audience_by_hand("Πελάτες", subscribed=[OLD, "anna@mail.gr"])
    news = story.collection(description="Τα νέα μας", provider_list_id=list_id)
    eleni = story.contact(OLD, news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.change_email(OLD, NEW)
    story.synced()

    only_address(story)
    assert_followed(story, eleni)


def test_two_collections_two_audiences(story: Story) -> None:
    """She changed it in one of them: the other goes on with the CRM's address."""
    news = story.collection(description="Τα νέα μας")
    club = story.collection("CLUB", description="Η λέσχη μας")
    eleni = story.contact(OLD, news, club, first_name="Ελένη")
    story.contact("anna@mail.gr", news, club, first_name="Άννα")
    story.synced("NEWS", "CLUB")
    story.change_email(OLD, NEW)
    story.synced("NEWS", "CLUB")

    assert story.reasons("CLUB") == {}
    assert story.send("CLUB") == {"anna@mail.gr", OLD}
    assert_followed(story, eleni)


def test_a_foreign_member_changes_it(story: Story, eleni: int) -> None:
    """Nobody of the CRM: it is theirs alone."""
    story.act("xenos@mail.gr", "subscribe")
    story.synced()
    story.change_email("xenos@mail.gr", "xenos.neos@mail.gr")
    story.synced(full_refresh=True)

    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", OLD, "xenos.neos@mail.gr"}


def test_pending_and_changed(story: Story, eleni: int) -> None:
    """Asked to confirm, she corrects her address, and confirms there."""
    story.withdraw(eleni)
    story.synced()
    story.regrant(eleni)
    story.synced()
    story.change_email(OLD, NEW)
    story.synced()
    assert "subscribed" not in {
        status for at, status in story.remote().items() if at.startswith("eleni")
    }
    assert story.send() == {"anna@mail.gr"}

    story.act(NEW, "confirm")
    story.synced()
    assert story.subscribed() == {"anna@mail.gr", NEW}
    assert story.send() == {"anna@mail.gr", NEW}


def test_merged_after_she_changed_it(story: Story, changed: int) -> None:
    """The survivor has an address of its own: an ordinary change. Hers is not mailed twice."""
    survivor = story.contact(THIRD, story.collections["NEWS"], first_name="Ελένη")
    story.merge(changed, survivor)
    story.synced()

    assert story.subscribed() == {"anna@mail.gr", THIRD}
    assert story.send() == {"anna@mail.gr", THIRD}


def test_loaded_again_after_she_changed_it(story: Story, changed: int) -> None:
    """The new id has the CRM's old address. She is mailed once, at the one that she chose."""
    again = story.reimport(changed, 1000 + changed)
    story.synced()

    assert_followed(story, again)
    story.synced()
    assert_followed(story, again)
    story.move(again, NEW)
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", NEW}


@pytest.mark.parametrize("refuses", ["before", "after"])
def test_merged_at_the_same_address_and_refused(story: Story, changed: int, refuses: str) -> None:
    """The survivor has the CRM's old address. What she refuses at the chosen one holds for it."""
    if refuses == "before":
        story.act(NEW, "unsubscribe")
        story.synced()
    survivor = story.contact(OLD, story.collections["NEWS"], first_name="Ελένη")
    story.merge(changed, survivor)
    story.change_contact(changed, is_active=False)
    story.synced()
    if refuses == "after":
        assert story.subscribed() == {"anna@mail.gr", NEW}
        assert story.reasons()[survivor] == {"address_changed"}
        story.act(NEW, "unsubscribe")
        story.synced()

    for email in (OLD, THIRD, NEW):
        story.move(survivor, email)
        story.synced()
        assert story.reason(survivor) == "suppressed_unsubscribed"
        assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_she_complains_about_another_collection_at_the_address_that_she_chose(
    story: Story, eleni: int, when: str
) -> None:
    """A complaint holds in all collections, at the address that the CRM does not have."""
    offers = story.collection("OFFERS", description="Προσφορές")
    story.contact("petros@mail.gr", offers, first_name="Πέτρος")
    list_id = story.audience_by_hand("Προσφορές", subscribed=[NEW])
    story.link("OFFERS", list_id)
    story.synced("OFFERS", "NEWS")
    acts = [
        lambda: story.change_email(OLD, NEW),
        lambda: story.acts(list_id, NEW, "complain", campaign_id=story.mail_by_hand(list_id)),
    ]
    for act in acts if when == "after" else reversed(acts):
        act()
        story.synced("OFFERS", "NEWS")
    story.synced("OFFERS", "NEWS")

    assert NEW not in story.subscribed()
    assert story.reason(eleni) == "suppressed_complaint"
    assert story.send() == {"anna@mail.gr"}


def complained_and_changed(story: Story) -> None:
    """She complains about NEWS, and changes her address there before anybody looked."""
    list_id = story.list_id("NEWS")
    story.acts(list_id, OLD, "complain", campaign_id=story.mail_by_hand(list_id))
    story.change_email(OLD, NEW)


def test_she_complains_and_changes_it_between_two_looks(story: Story, eleni: int) -> None:
    """The report names the address that got the mail. It holds in all collections."""
    offers = story.collection("OFFERS", description="Προσφορές")
    story.join(offers, eleni)
    story.contact("petros@mail.gr", offers, first_name="Πέτρος")
    story.synced("NEWS", "OFFERS")
    complained_and_changed(story)

    story.synced("NEWS", "OFFERS")
    story.synced("NEWS", "OFFERS")

    for code, others in (("NEWS", {"anna@mail.gr"}), ("OFFERS", {"petros@mail.gr"})):
        assert story.reason(eleni, code) == "suppressed_complaint"
        assert story.send(code) == others


def test_the_ledger_is_lost_after_she_complained_and_changed_it(story: Story, eleni: int) -> None:
    """Nothing but the report connects her with the complaint."""
    offers = story.collection("OFFERS", description="Προσφορές")
    story.join(offers, eleni)
    story.contact("petros@mail.gr", offers, first_name="Πέτρος")
    story.synced("NEWS", "OFFERS")
    complained_and_changed(story)
    story.synced("NEWS", "OFFERS")
    story.forget_ledger()

    story.synced("NEWS", "OFFERS")
    story.synced("NEWS", "OFFERS")

    assert story.reason(eleni, "OFFERS") == "suppressed_complaint"
    assert story.send("OFFERS") == {"petros@mail.gr"}


def test_a_complaint_that_she_ended_is_none_when_she_unsubscribes_later(
    story: Story, eleni: int
) -> None:
    """Mailchimp keeps the report. An unsubscribe concerns this audience alone."""
    offers = story.collection("OFFERS", description="Προσφορές")
    story.join(offers, eleni)
    story.contact("petros@mail.gr", offers, first_name="Πέτρος")
    story.synced("NEWS", "OFFERS")
    list_id = story.list_id("NEWS")
    story.acts(list_id, OLD, "complain", campaign_id=story.mail_by_hand(list_id))
    story.synced("NEWS", "OFFERS")
    assert story.reason(eleni, "OFFERS") == "suppressed_complaint"
    for action, code in (("subscribe", "NEWS"), ("subscribe", "OFFERS"), ("unsubscribe", "NEWS")):
        story.pass_time(hours=1)
        story.acts(story.list_id(code), OLD, action)
        story.synced("NEWS", "OFFERS")

    assert story.reason(eleni, "NEWS") == "suppressed_unsubscribed"
    assert story.reason(eleni, "OFFERS") is None
    assert story.send("OFFERS") == {"petros@mail.gr", OLD}
