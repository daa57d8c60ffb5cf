"""A contact and everybody who was merged into it are one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

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


#: How the merged contact refused → what holds the survivor back.
KINDS = {"unsubscribed": "suppressed_unsubscribed", "withdrawn": "consent_withdrawn"}


def refused(story: Story, news: int) -> dict[str, int]:
    """A contact of each kind, who has just refused; the sync has seen it."""
    found = {kind: story.contact(f"{kind}@mail.gr", news, first_name="Ελένη") for kind in KINDS}
    story.synced()
    story.act("unsubscribed@mail.gr", "unsubscribe")
    story.withdraw(found["withdrawn"])
    story.synced()
    return found


def test_the_survivor_was_mailed_until_then(story: Story, news: int) -> None:
    survivors = {kind: older_grant(story, f"{kind}.nea@mail.gr", news) for kind in KINDS}
    first = refused(story, news)
    assert story.send() == {"anna@mail.gr", *(f"{kind}.nea@mail.gr" for kind in KINDS)}

    for kind, survivor in survivors.items():
        story.merge(first[kind], survivor)
    story.synced()

    for kind, survivor in survivors.items():
        assert story.remote()[f"{kind}.nea@mail.gr"] == "unsubscribed"
        assert story.reason(survivor) == KINDS[kind]
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
def test_the_merged_row_vanishes(story: Story, news: int, seen: bool) -> None:
    """A CRM that deletes merged rows: what was seen of the merge holds. Of a withdrawal no row is
    left that could decide; that we carried it out is known, so she is asked."""
    first = refused(story, news)
    survivors = {kind: older_grant(story, f"{kind}.nea@mail.gr", news) for kind in KINDS}
    for kind, survivor in survivors.items():
        story.merge(first[kind], survivor)
    story.synced()
    for table in ("contact", "consent", "collection_member"):
        story.crm.execute(
            f"delete from crm.{table} where contact_id = any(%s)", (list(first.values()),)
        )
    if seen:
        story.synced()

    for kind, survivor in survivors.items():
        story.move(survivor, f"{kind}.triti@mail.gr")
    story.synced()

    assert story.reason(survivors["unsubscribed"]) == "suppressed_unsubscribed"
    assert story.reason(survivors["withdrawn"]) == "suppressed_pending"
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


def test_an_unmerge_separates_them_again(story: Story, news: int) -> None:
    first = refused(story, news)
    for kind in KINDS:
        second = older_grant(story, f"{kind}.maria@mail.gr", news)
        third = older_grant(story, f"{kind}.zoe@mail.gr", news)
        story.merge(first[kind], second)
        story.merge(second, third)
    story.synced()
    assert story.send() == {"anna@mail.gr"}

    story.crm.execute("update crm.contact set merged_into_id = null, updated_at = now()")
    story.synced()

    assert story.reasons() == {first[kind]: {reason} for kind, reason in KINDS.items()}
    assert story.send() == {
        "anna@mail.gr",
        *(f"{kind}.{name}@mail.gr" for kind in KINDS for name in ("maria", "zoe")),
    }


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


def test_one_history_of_consent(story: Story, news: int) -> None:
    """A merged contact's grant never counts; its withdrawals do, and the newest row decides. At
    the same address it is no other holder who refused, but the same person, earlier."""
    right: dict[str, bool] = {}
    survivors: dict[str, int] = {}
    for number, (own, others, may) in enumerate(HISTORIES.values()):
        for depth, same_address in product((1, 2), (True, False)):
            email = f"eleni{number}-{depth}-{same_address}@mail.gr".lower()
            survivor = story.contact(email, news, first_name="Ελένη", consent=None)
            other = story.contact(email if same_address else f"palia-{email}", consent=None)
            for contact, rows in ((survivor, own), (other, others)):
                for days, granted in rows:
                    story.consent(contact, granted=granted, effective_at=days_ago(days))
            between = survivor
            if depth == 2:
                between = story.contact(f"mesi-{email}", consent=None)
                story.merge(between, survivor)
            story.merge(other, between)
            right[email], survivors[email] = may, survivor

    story.synced()

    mailed = {email for email, may in right.items() if may}
    assert story.subscribed() - {"anna@mail.gr"} == mailed
    reasons = {email: story.reason(contact) for email, contact in survivors.items()}
    assert {email for email, reason in reasons.items() if reason is None} == mailed
    assert set(reasons.values()) <= {None, "no_consent", "consent_withdrawn"}
    assert story.send() == {"anna@mail.gr"} | mailed


def test_the_last_look_before_the_push(story: Story, news: int) -> None:
    """Things happen after the snapshot: the plan is judged again by the CRM of now."""
    first = refused(story, news)
    first["withdraws"] = story.contact("withdraws@mail.gr", first_name="Ελένη")
    first["withdraws later"] = story.contact("later@mail.gr", first_name="Ελένη")
    second = {
        what: older_grant(story, f"{what.replace(' ', '-')}.nea@mail.gr", news) for what in first
    }
    story.merge(first["withdraws"], second["withdraws"])
    staging = story.stage(["NEWS"])
    story.withdraw(first["withdraws"])
    story.withdraw(first["withdraws later"])
    for what, contact in first.items():
        story.merge(contact, second[what])

    story.push(staging, "NEWS")

    assert story.subscribed() == {"anna@mail.gr"}
    story.synced()
    assert set(second.values()) <= set(story.reasons())
    assert story.send() == {"anna@mail.gr"}


def test_the_gate_judges_the_person(story: Story, news: int) -> None:
    """After the sync, somebody who was merged withdraws, and a merge makes somebody withdrawn."""
    first = {what: story.contact(f"{what}@mail.gr", consent=None) for what in ("before", "after")}
    second = {what: older_grant(story, f"{what}.nea@mail.gr", news) for what in first}
    story.merge(first["before"], second["before"])
    story.synced()
    assert story.send() == {"anna@mail.gr", "before.nea@mail.gr", "after.nea@mail.gr"}

    for what, contact in first.items():
        story.withdraw(contact)
        story.merge(contact, second[what])
    campaign, result = story.try_to_send()
    assert result.outcome == "held"
    assert all(names(result.detail, contact) for contact in second.values()), result.detail
    assert not any(reason["may_be_released"] for reason in story.gate(campaign)["reasons"])

    story.synced()
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}
