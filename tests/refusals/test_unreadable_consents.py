"""Consent in other words: read as the word it is, or the contact is held back; never ignored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refusals.story import LAST_YEAR, Story, names

NO_BREAK, EM_SPACE, IDEOGRAPHIC = "\u00a0", "\u2003", "\u3000"

#: The same word: trimmed and case-folded it is the contract's.
SAME_CHANNEL = (
    "Email", "EMAIL", "eMaiL", "email ", " email", "\temail\n", f"email{NO_BREAK}",
    f"{EM_SPACE}Email{IDEOGRAPHIC}",
)  # fmt: skip
#: Words that nobody can be sure of; the last ones have a Greek capital in them.
OTHER_CHANNEL = ("e-mail", "e mail", "mail", "ηλ. ταχυδρομείο", "", "Εmail", "emaiΙ")
SAME_CATEGORY = (
    "Newsletter",
    "NEWSLETTER",
    "newsletter ",
    f"{NO_BREAK}newsletter",
    "newsLetter\r\n",
)
OTHER_CATEGORY = (
    "newsletters",
    "news letter",
    "news",
    "ενημερωτικά",
    "",
    "Νewsletter",
    "unclassified",
)
#: Rows about other channels, whatever their category is called.
ELSEWHERE = (
    ("sms", "newsletter"),
    ("SMS ", "ενημερωτικά"),
    ("Phone", "όλα"),
    ("post", "newsletter"),
)


def tables(story: Story) -> None:
    """Of a CRM that has no checks."""
    story.crm.execute(
        "alter table crm.consent drop constraint consent_channel_check;"
        "alter table crm.consent drop constraint consent_gdpr_category_check"
    )


def views(story: Story) -> None:
    """Of a CRM that maps its own tables onto the contract."""
    tables(story)
    names = [
        name
        for (name,) in story.crm.execute(
            "select tablename from pg_tables where schemaname = 'crm'"
        ).fetchall()
    ]
    story.crm.execute("alter schema crm rename to enterprise; create schema crm")
    for name in names:
        story.crm.execute(f"create view crm.{name} as select * from enterprise.{name}")


@pytest.fixture(params=[tables, views], ids=["tables", "views"])
def free_words(request: pytest.FixtureRequest, story: Story) -> Story:
    """A CRM in which any word may stand, with a collection and somebody who stays."""
    request.param(story)
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    return story


def person(story: Story, email: str, *collections: int, **row: Any) -> int:
    """Somebody with an old grant and one newer row."""
    contact = story.contact(email, *collections, first_name="Ελένη", consent=None)
    story.consent(contact, effective_at=LAST_YEAR)
    story.consent(contact, effective_at=datetime.now(UTC) - timedelta(days=1), **row)
    return contact


def test_withdrawals_in_other_words(free_words: Story) -> None:
    story, news = free_words, free_words.collections["NEWS"]
    right: dict[int, set[str]] = {}
    emails = (f"eleni{number}@mail.gr" for number in range(1000))
    words = [
        *((channel, "newsletter", "consent_withdrawn") for channel in SAME_CHANNEL),
        *((channel, "newsletter", "unreadable_consent") for channel in OTHER_CHANNEL),
        *(("email", category, "consent_withdrawn") for category in SAME_CATEGORY),
        *(("email", category, "unreadable_consent") for category in OTHER_CATEGORY),
        (f"Email{NO_BREAK}", f"{EM_SPACE}NEWSLETTER", "consent_withdrawn"),
        ("EMAIL ", "ενημερωτικά", "unreadable_consent"),
    ]
    for channel, category, reason in words:
        contact = person(
            story, next(emails), news, granted=False, channel=channel, category=category
        )
        right[contact] = {reason}
    untouched = set()
    for channel, category in ELSEWHERE:
        email = next(emails)
        person(story, email, news, granted=False, channel=channel, category=category)
        untouched.add(email)

    story.synced()

    reasons = story.reasons()
    wrong = {
        f"{channel!r}, {category!r}": (reasons.get(contact), right[contact])
        for (channel, category, _), contact in zip(words, right, strict=True)
        if reasons.get(contact) != right[contact]
    }
    assert wrong == {}
    assert reasons == right
    assert story.send() == {"anna@mail.gr"} | untouched


def test_grants_in_other_words(free_words: Story) -> None:
    """A grant is read as well; what nobody can read holds back, whatever else it says."""
    story, news = free_words, free_words.collections["NEWS"]
    granted, held_back = set(), {}
    for number, channel in enumerate(SAME_CHANNEL):
        email = f"maria{number}@mail.gr"
        contact = story.contact(email, news, first_name="Μαρία", consent=None)
        story.consent(contact, channel=channel)
        granted.add(email)
    for number, category in enumerate(SAME_CATEGORY):
        email = f"zoe{number}@mail.gr"
        contact = story.contact(email, news, first_name="Ζωή", consent=None)
        story.consent(contact, granted=False, effective_at=LAST_YEAR)
        story.regrant(contact, category=category)
        granted.add(email)
    for number, channel in enumerate(OTHER_CHANNEL):
        contact = person(story, f"eleni{number}@mail.gr", news, channel=channel)
        held_back[contact] = {"unreadable_consent"}
    # Older than what decides, and yet unread: it might be about anything.
    contact = story.contact("dimitra@mail.gr", news, first_name="Δήμητρα")
    story.consent(
        contact, granted=False, channel="e-mail",
        effective_at=datetime(2019, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    held_back[contact] = {"unreadable_consent"}

    story.synced()

    assert story.reasons() == held_back
    assert story.send() == {"anna@mail.gr"} | granted


def test_who_else_it_holds_back(free_words: Story) -> None:
    """Who shares the address, and who survived a merge; nobody where consent is not asked for."""
    story, news = free_words, free_words.collections["NEWS"]
    free = story.collection("FREE", description="Ειδοποιήσεις", campaign_type="FREE")
    offers = story.collection("OFFERS", description="Προσφορές", campaign_type="OFFER")
    eleni = person(story, "eleni@mail.gr", news, free, granted=False, channel="e-mail")
    outside = person(story, "zoe@mail.gr", granted=False, channel="e-mail")
    zoe = story.contact("Zoe@mail.gr", news, first_name="Ζωή")
    merged = person(story, "maria.palia@mail.gr", granted=False, category="Νέα")
    between = story.contact("maria.mesi@mail.gr", consent=None)
    maria = story.contact("maria@mail.gr", news, first_name="Μαρία")
    story.merge(merged, between)
    story.merge(between, maria)
    nikos = person(story, "nikos@mail.gr", offers, granted=False, category="Νέα")
    story.consent(nikos, category="offer")
    dimitra = story.contact("dimitra@mail.gr", offers, first_name="Δήμητρα", consent="offer")

    story.synced("NEWS", "FREE", "OFFERS")

    assert story.reason(eleni) == "unreadable_consent"
    assert story.reason(zoe) in ("unreadable_consent", "shared_address_refused")
    assert story.reason(maria) == "unreadable_consent"
    assert outside not in story.reasons()
    assert story.reasons("FREE") == {}
    assert story.reason(nikos, "OFFERS") == "unreadable_consent"
    assert dimitra not in story.reasons("OFFERS")
    assert story.send() == {"anna@mail.gr"}
    assert story.send("FREE") == {"eleni@mail.gr"}
    assert story.send("OFFERS") == {"dimitra@mail.gr"}


def test_it_goes_before_the_other_reasons_of_consent(free_words: Story) -> None:
    story, news = free_words, free_words.collections["NEWS"]
    withdrew = person(story, "eleni@mail.gr", news, granted=False)
    expired = person(story, "zoe@mail.gr", news, expires_at=datetime.now(UTC) - timedelta(hours=1))
    without = story.contact("maria@mail.gr", news, first_name="Μαρία", consent=None)
    inactive = story.contact("nikos@mail.gr", news, first_name="Νίκος", is_active=False)
    for contact in (withdrew, expired, without, inactive):
        story.consent(contact, granted=False, channel="e-mail")

    story.synced()

    assert story.reasons() == {
        withdrew: {"unreadable_consent"}, expired: {"unreadable_consent"},
        without: {"unreadable_consent"}, inactive: {"inactive_contact"},
    }  # fmt: skip
    assert story.send() == {"anna@mail.gr"}


def test_a_member_whose_consent_cannot_be_read_any_more(free_words: Story) -> None:
    """It leaves the audience like others who are not eligible, and comes back by itself."""
    story, news = free_words, free_words.collections["NEWS"]
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni@mail.gr"}
    row = story.consent(eleni, granted=False, channel="e-mail")

    # Nobody synced since: the gate itself reads it.
    campaign, result = story.try_to_send()
    assert result.outcome == "held"
    assert names(result.detail, eleni)
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "archived"
    assert story.reasons() == {eleni: {"unreadable_consent"}}
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}

    # Somebody corrects the row: she had agreed.
    story.crm.execute(
        "update crm.consent set channel = 'email', granted = true where consent_id = %s", (row,)
    )
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "eleni@mail.gr"}


def test_corrected_into_a_withdrawal(free_words: Story) -> None:
    story, news = free_words, free_words.collections["NEWS"]
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    row = story.consent(eleni, granted=False, category="ενημερωτικά")
    story.synced()
    story.crm.execute(
        "update crm.consent set gdpr_category = 'newsletter' where consent_id = %s", (row,)
    )
    story.synced()
    assert story.reasons() == {eleni: {"consent_withdrawn"}}
    assert story.send() == {"anna@mail.gr"}


def test_the_last_look_before_the_push(free_words: Story) -> None:
    """Rows in other words that come after the snapshot, of the contact and of a stranger."""
    story, news = free_words, free_words.collections["NEWS"]
    held_back = set()
    rows = []
    for number, channel in enumerate((f"Email{NO_BREAK}", "e-mail")):
        eleni = story.contact(f"eleni{number}@mail.gr", news, first_name="Ελένη")
        shared = story.contact(f"zoe{number}@mail.gr", news, first_name="Ζωή")
        other = story.contact(f"zoe{number}@mail.gr", first_name="Ζωή", consent=None)
        held_back |= {eleni, shared}
        rows += [(eleni, channel), (other, channel)]
    staging = story.stage(["NEWS"])
    for contact, channel in rows:
        story.consent(contact, granted=False, channel=channel)

    story.push(staging, "NEWS")

    assert story.remote() == {"anna@mail.gr": "subscribed"}
    story.synced()
    assert set(story.reasons()) == held_back
    assert story.send() == {"anna@mail.gr"}


def test_a_null_in_a_row_of_consent(story: Story) -> None:
    """No table of ours allows it, a view may show it: its contact is held back, no other one."""
    views(story)
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    people = {}
    for column in ("channel", "gdpr_category", "granted", "effective_at"):
        people[column] = story.contact(f"{column}@mail.gr", news, first_name="Ελένη")
        row = story.consent(people[column], granted=False)
        story.crm.execute(
            f"alter table enterprise.consent alter column {column} drop not null;"
            f"update enterprise.consent set {column} = null where consent_id = {row}"
        )

    story.synced()

    reasons = {column: story.reason(contact) for column, contact in people.items()}
    assert set(reasons.values()) <= {"unreadable_consent", "unreadable_row"}, reasons
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("moment", ["infinity", "200000-01-01 00:00:00+00"])
def test_a_withdrawal_at_a_time_that_nobody_plans(story: Story, moment: str) -> None:
    """A planned withdrawal may lie in the future, and a grant too: neither holds back anybody."""
    news = story.collection(description="Τα νέα μας")
    anna = story.contact("anna@mail.gr", news, first_name="Άννα")
    story.consent(anna, granted=False, effective_at=datetime.now(UTC) + timedelta(days=900))
    later = story.consent(anna)
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    withdrawal = story.consent(eleni, granted=False)
    story.crm.execute(
        "update crm.consent set effective_at = %s where consent_id = any(%s)",
        (moment, [later, withdrawal]),
    )

    story.synced()

    assert story.reasons() == {eleni: {"unreadable_consent"}}
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("kind", [tables, views])
def test_crm_create_names_and_counts_them(story: Story, kind: Callable[[Story], None]) -> None:
    kind(story)
    news = story.collection(description="Τα νέα μας")
    for number in range(3):
        person(story, f"eleni{number}@mail.gr", news, granted=False, channel="e-mail")
    person(story, "zoe@mail.gr", news, granted=False, category="ενημερωτικά")
    person(story, "maria@mail.gr", news, granted=False, channel="Email")

    done = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.crm", "create", "--dsn", story.crm_dsn],
        capture_output=True, check=False, encoding="utf-8", timeout=120,
    )  # fmt: skip

    said = done.stdout + done.stderr
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if "consent" in line]
    assert any("channel" in line and "3" in line for line in lines), said
    assert any("gdpr_category" in line and "1" in line for line in lines), said


@pytest.mark.parametrize("column", ["channel", "gdpr_category"])
def test_the_detail_names_the_row_and_never_the_value(story: Story, column: str) -> None:
    tables(story)
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, consent=None)
    twin = story.contact("eleni@mail.gr", news)
    story.contact("anna@mail.gr", news)
    consent = story.consent(eleni, effective_at=LAST_YEAR)
    story.crm.execute(
        f"update crm.consent set {column} = 'μυστικό@mail.gr' where consent_id = %s", (consent,)
    )
    story.synced()

    rows = story.warehouse.execute(
        "select contact_id, detail from sync.quarantine where reason_code = 'unreadable_consent'"
        " and resolved_at is null order by contact_id"
    ).fetchall()
    named = f"consent {consent}, column {column}"
    assert [(row["contact_id"], row["detail"]) for row in rows] == [
        (eleni, named),
        (twin, f"{named}, of contact {eleni}, which has the same address"),
    ]
    said = story.explain(contact=eleni)
    assert f"({named})" in said
    assert "μυστικό" not in said
    assert "Correct the consent row that the detail names" in said
