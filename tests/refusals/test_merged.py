"""A contact and everybody who was merged into it are one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from refusals.story import LAST_YEAR, Story, names

NOW = datetime.now(UTC)


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def news(story: Story) -> int:
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    return news


def older_grant(story: Story, email: str, *collections: int) -> int:
    """A contact that consented last year."""
    contact = story.contact(email, *collections, first_name="Ελένη", consent=None)
    story.consent(contact, effective_at=LAST_YEAR)
    return contact


def test_unsubscribed_and_merged(story: Story, news: int) -> None:
    """CASES 1.4."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()

    second = older_grant(story, "eleni.nea@mail.gr", news)
    story.merge(first, second)
    story.synced()

    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.reason(second) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_withdrawn_and_merged(story: Story, news: int) -> None:
    """CASES 1.5."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    story.withdraw(first)
    story.synced()

    second = older_grant(story, "eleni.nea@mail.gr", news)
    story.merge(first, second)
    story.synced()

    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.reason(second) == "consent_withdrawn"
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("kind", ["unsubscribed", "withdrawn"])
def test_the_survivor_was_mailed_until_then(story: Story, news: int, kind: str) -> None:
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    second = older_grant(story, "eleni.nea@mail.gr", news)
    story.synced()
    if kind == "unsubscribed":
        story.act("eleni@mail.gr", "unsubscribe")
    else:
        story.withdraw(first)
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}

    story.merge(first, second)
    story.synced()

    assert story.remote()["eleni.nea@mail.gr"] == "unsubscribed"
    reason = "suppressed_unsubscribed" if kind == "unsubscribed" else "consent_withdrawn"
    assert story.reason(second) == reason
    assert story.send() == {"anna@mail.gr"}


def test_a_chain_of_merges(story: Story, news: int) -> None:
    """Each link is made in another run; the survivor moves in between."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    between = older_grant(story, "eleni.doulia@mail.gr")
    story.merge(first, between)
    story.synced()
    last = older_grant(story, "eleni.nea@mail.gr", news)
    story.merge(between, last)
    story.synced()
    assert story.reason(last) == "suppressed_unsubscribed"

    story.move(last, "eleni.triti@mail.gr")
    story.synced()

    assert story.reason(last) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("unsubscribed", "suppressed_unsubscribed"), ("withdrawn", "suppressed_pending")],
)
def test_the_merged_row_vanishes(
    story: Story, news: int, seen: bool, kind: str, reason: str
) -> None:
    """A CRM that deletes merged rows: what was seen of the merge holds. Of a withdrawal no row is
    left that could decide; that we carried it out is known, so she is asked."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    if kind == "unsubscribed":
        story.act("eleni@mail.gr", "unsubscribe")
    else:
        story.withdraw(first)
    story.synced()
    second = older_grant(story, "eleni.nea@mail.gr", news)
    story.merge(first, second)
    story.synced()
    story.crm.execute("delete from crm.contact where contact_id = %s", (first,))
    story.crm.execute("delete from crm.consent where contact_id = %s", (first,))
    story.crm.execute("delete from crm.collection_member where contact_id = %s", (first,))
    if seen:
        story.synced()

    story.move(second, "eleni.triti@mail.gr")
    story.synced()

    assert story.reason(second) == reason
    assert story.send() == {"anna@mail.gr"}


def test_merged_in_a_circle(story: Story, news: int) -> None:
    """By mistake: nobody survives, nothing hangs, nobody who refused is mailed."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    second = story.contact("eleni.nea@mail.gr", news, first_name="Ελένη")
    story.contact("zoe@mail.gr", news, first_name="Ζωή")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    story.merge(first, second)
    story.merge(second, first)

    story.synced()

    assert story.reasons() == {first: {"inactive_contact"}, second: {"inactive_contact"}}
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr"}
    # Mended: the chain counts.
    story.merge(second, None)
    story.synced()
    assert story.reasons()[second] == {"suppressed_unsubscribed"}
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr"}


@pytest.mark.parametrize("kind", ["unsubscribed", "withdrawn"])
def test_an_unmerge_separates_them_again(story: Story, news: int, kind: str) -> None:
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.synced()
    if kind == "unsubscribed":
        story.act("eleni@mail.gr", "unsubscribe")
    else:
        story.withdraw(first)
    story.synced()
    second = older_grant(story, "maria@mail.gr", news)
    third = older_grant(story, "zoe@mail.gr", news)
    story.merge(first, second)
    story.merge(second, third)
    story.synced()
    assert story.send() == {"anna@mail.gr"}

    story.merge(second, None)
    story.merge(first, None)
    story.synced()

    reason = "suppressed_unsubscribed" if kind == "unsubscribed" else "consent_withdrawn"
    assert story.reasons() == {first: {reason}}
    assert story.send() == {"anna@mail.gr", "maria@mail.gr", "zoe@mail.gr"}


def test_an_unmerge_of_who_was_mailed_before(story: Story, news: int) -> None:
    """We unsubscribed her because of the merge: she is mailed again, or asked first."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    second = older_grant(story, "maria@mail.gr", news)
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    story.merge(first, second)
    story.synced()
    assert story.remote()["maria@mail.gr"] == "unsubscribed"

    story.merge(first, None)
    story.synced()

    assert story.reason(first) == "suppressed_unsubscribed"
    assert story.remote()["maria@mail.gr"] in ("subscribed", "pending")
    assert story.reason(second) in (None, "suppressed_pending")


#: The survivor's rows, the merged contact's rows (days ago, granted) → may the survivor be mailed.
HISTORIES = {
    "grant after the other's withdrawal": ([(10, True)], [(20, False)], True),
    "grant before the other's withdrawal": ([(20, True)], [(10, False)], False),
    "both at the same moment": ([(10, True)], [(10, False)], False),
    "the other granted, she did not": ([], [(10, True)], False),
    "the other granted after her withdrawal": ([(20, False)], [(10, True)], False),
    "the other withdrew and granted again": ([(30, True)], [(20, False), (10, True)], False),
    "the other granted and withdrew long ago": ([(10, True)], [(30, True), (20, False)], True),
    "only grants": ([(20, True)], [(10, True)], True),
    "the other's withdrawal lies in the future": ([(10, True)], [(-10, False)], True),
}


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("addresses", ["two addresses", "one address"])
def test_one_history_of_consent(story: Story, news: int, depth: int, addresses: str) -> None:
    """A merged contact's grant never counts; its withdrawals do, and the newest row decides. At
    the same address it is no other holder who refused, but the same person, earlier."""
    people: dict[str, int] = {}
    for number, (own, others, _) in enumerate(HISTORIES.values()):
        email = f"eleni{number}@mail.gr"
        survivor = story.contact(email, news, first_name="Ελένη", consent=None)
        other = story.contact(
            email if addresses == "one address" else f"palia{number}@mail.gr",
            consent=None, first_name="Ελένη",
        )  # fmt: skip
        for contact, rows in ((survivor, own), (other, others)):
            for days, granted in rows:
                story.consent(contact, granted=granted, effective_at=days_ago(days))
        between = survivor
        if depth == 2:
            between = story.contact(f"mesi{number}@mail.gr", consent=None, first_name="Ελένη")
            story.merge(between, survivor)
        story.merge(other, between)
        people[email] = survivor

    story.synced()

    right = {email for email, (_, _, may) in zip(people, HISTORIES.values(), strict=True) if may}
    assert story.subscribed() - {"anna@mail.gr"} == right
    reasons = {email: story.reason(contact) for email, contact in people.items()}
    assert {email for email, reason in reasons.items() if reason is None} == right
    assert set(reasons.values()) <= {None, "no_consent", "consent_withdrawn"}
    assert story.send() == {"anna@mail.gr"} | right


@pytest.mark.parametrize(
    "what", ["withdrawal", "merge after an opt-out", "merge after a withdrawal"]
)
def test_the_last_look_before_the_push(story: Story, news: int, what: str) -> None:
    """Something happens after the snapshot: the plan is judged again by the CRM of now."""
    first = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    second = older_grant(story, "eleni.nea@mail.gr")
    if what == "withdrawal":
        story.merge(first, second)
    story.synced()
    if what == "merge after an opt-out":
        story.act("eleni@mail.gr", "unsubscribe")
        story.synced()
    story.join(news, second)
    staging = story.stage(["NEWS"])
    if what != "merge after an opt-out":
        story.withdraw(first)
    if what != "withdrawal":
        story.merge(first, second)

    story.push(staging, "NEWS")

    assert "eleni.nea@mail.gr" not in story.remote()
    story.synced()
    assert "eleni.nea@mail.gr" not in story.remote()
    assert story.send() == {"anna@mail.gr"}


@pytest.mark.parametrize("what", ["withdrawal", "merge after a withdrawal"])
def test_the_gate_judges_the_person(story: Story, news: int, what: str) -> None:
    """After the sync, somebody who was merged withdraws, or a merge makes somebody withdrawn."""
    first = story.contact("eleni@mail.gr", first_name="Ελένη")
    second = older_grant(story, "eleni.nea@mail.gr", news)
    if what == "withdrawal":
        story.merge(first, second)
    story.synced()
    assert story.send() == {"anna@mail.gr", "eleni.nea@mail.gr"}

    story.withdraw(first)
    story.merge(first, second)
    campaign, result = story.try_to_send()
    assert result.outcome == "held"
    assert names(result.detail, second)
    assert not any(reason["may_be_released"] for reason in story.gate(campaign)["reasons"])

    story.synced()
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}
