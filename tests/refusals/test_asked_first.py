"""`confirm_new_members`: nobody is subscribed who has not confirmed, whatever changes meanwhile."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm_mailchimp.crm.schema import unreadable_values
from refusals.story import UNGUARDED, Story


@pytest.fixture
def story(either_story: Story) -> Story:
    return either_story


@pytest.fixture
def news(story: Story) -> int:
    """A collection that asks first, and a member from the time before."""
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.change_collection("NEWS", confirm_new_members=True)
    return news


def lose_one(story: Story, method: str) -> None:
    """Mailchimp acts on the next request with this method, and its answer is lost."""
    left = [True]

    def before(what: str) -> bool:
        return what.startswith(method) and bool(left) and left.pop()

    story.calls.reset(before=before)


def asked(story: Story, email: str) -> int:
    """How often Mailchimp mailed an address a request to confirm."""
    events = story.sandbox.control("GET", "ledger/events?action=pending&count=100000")["events"]
    return sum(event["email_address"] == email for event in events)


def test_new_members_are_asked_and_mailed_after_they_confirmed(story: Story, news: int) -> None:
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")

    assert story.synced().counts["added"] == 1

    for _ in range(2):
        assert story.remote() == {"anna@mail.gr": "subscribed", "eleni@mail.gr": "pending"}
        assert story.reason(eleni) == "suppressed_pending"
        assert story.write_back()[news, eleni] == ("pending", "suppressed_pending")
        assert story.send() == {"anna@mail.gr"}
        story.synced(full_refresh=True)
    assert asked(story, "eleni@mail.gr") == 1
    assert "pending" in story.explain(email="eleni@mail.gr")

    story.act("eleni@mail.gr", "confirm")
    story.change_contact(eleni, first_name="Ελένη-Μαρία")
    story.synced()

    assert story.reasons() == {}
    assert story.remote_fields("eleni@mail.gr")["FNAME"] == "Ελένη-Μαρία"
    assert story.send() == {"anna@mail.gr", "eleni@mail.gr"}


def test_who_waits_goes_on_waiting_when_the_switch_is_turned_off(story: Story, news: int) -> None:
    eleni = story.contact("eleni@mail.gr", news)
    zoe = story.contact("zoe@mail.gr", news)
    story.synced()
    for value in (False, None):
        story.change_collection("NEWS", confirm_new_members=value)
        story.synced(full_refresh=True)
        assert story.reasons() == {
            eleni: {"suppressed_pending"},
            zoe: {"suppressed_pending"},
        }

    # Not at another address either, nor after a departure.
    story.move(eleni, "eleni.nea@mail.gr")
    story.leave(news, zoe)
    story.synced()
    story.join(news, zoe)
    nikos = story.contact("nikos@mail.gr", news)
    story.synced()

    assert story.remote() == {
        "anna@mail.gr": "subscribed",
        "eleni@mail.gr": "unsubscribed",
        "eleni.nea@mail.gr": "pending",
        "zoe@mail.gr": "pending",
        "nikos@mail.gr": "subscribed",
    }
    assert story.reason(nikos) is None
    assert story.send() == {"anna@mail.gr", "nikos@mail.gr"}


def test_a_contact_that_comes_back_is_no_new_member(story: Story, news: int) -> None:
    story.contact("eleni@mail.gr", news)
    story.synced()
    story.act("eleni@mail.gr", "confirm")
    story.synced()
    members = [row[0] for row in story.crm.execute("select contact_id from crm.contact").fetchall()]
    for contact in members:
        story.leave(news, contact)
    story.contact("nikos@mail.gr", news)
    story.synced()
    assert story.remote() == {
        "anna@mail.gr": "archived", "eleni@mail.gr": "archived", "nikos@mail.gr": "pending",
    }  # fmt: skip

    for contact in members:
        story.join(news, contact)
    story.synced()

    assert story.subscribed() == {"anna@mail.gr", "eleni@mail.gr"}
    assert asked(story, "eleni@mail.gr") == 1


def test_another_contact_at_an_archived_address_is_asked(story: Story, news: int) -> None:
    [(anna,)] = story.crm.execute("select contact_id from crm.contact").fetchall()
    story.contact("zoe@mail.gr", news)
    story.leave(news, anna)
    story.synced()
    assert story.remote()["anna@mail.gr"] == "archived"
    other = story.contact("anna@mail.gr", news, first_name="Αννίτα")

    story.synced()

    assert story.remote()["anna@mail.gr"] == "pending"
    assert story.reason(other) == "suppressed_pending"


def test_a_new_address_of_a_confirmed_contact_is_asked(story: Story, news: int) -> None:
    [(anna,)] = story.crm.execute("select contact_id from crm.contact").fetchall()
    story.move(anna, "anna.nea@mail.gr")

    story.synced()

    assert story.remote() == {"anna@mail.gr": "archived", "anna.nea@mail.gr": "pending"}
    assert story.reason(anna) == "suppressed_pending"


def test_a_preview_says_who_would_be_asked(story: Story, news: int) -> None:
    story.contact("eleni@mail.gr", news)
    result = story.sync(["NEWS"], dry_run=True)["NEWS"]
    assert result.state == "dry_run"
    assert "add_pending 1" in (result.detail or ""), result.detail
    assert story.remote() == {"anna@mail.gr": "subscribed"}


def test_nobody_is_asked_twice_after_a_lost_answer(story: Story, news: int) -> None:
    story.contact("eleni@mail.gr", news)
    lose_one(story, "POST")
    story.synced()
    assert sum(call.startswith("POST") for call in story.calls.made) > 1
    story.calls.reset()

    story.synced()
    story.synced(full_refresh=True)

    assert story.remote()["eleni@mail.gr"] == "pending"
    assert asked(story, "eleni@mail.gr") == 1


def test_a_withdrawal_ends_the_waiting(story: Story, news: int) -> None:
    eleni = story.contact("eleni@mail.gr", news)
    story.synced()
    story.withdraw(eleni)
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "unsubscribed"
    assert story.reason(eleni) == "consent_withdrawn"


@pytest.mark.parametrize("kind", ["text", "integer"])
def test_a_value_that_is_no_boolean_holds_back_its_own_collection(
    story: Story, news: int, kind: str
) -> None:
    eleni = story.contact("eleni@mail.gr", news)
    offers = story.collection("OFFER", campaign_type="OFFER")
    story.contact("zoe@mail.gr", offers, consent="offer")
    story.crm.execute(
        "alter table crm.contact_collection alter column confirm_new_members type "
        f"{kind} using case when confirm_new_members then 1 end"
    )

    named = [str(one) for one in unreadable_values(story.crm)]
    detail = story.blocked()

    assert named == [
        "crm.contact_collection.confirm_new_members: 1 rows (neither true nor false); "
        "these collections are blocked (unreadable_row)"
    ]
    assert detail.startswith("unreadable_row: ")
    assert "column confirm_new_members is neither true nor false" in detail
    assert "eleni@mail.gr" not in story.remote()
    story.synced("OFFER")
    assert story.subscribed("OFFER") == {"zoe@mail.gr"}
    # What no consent covers any more still leaves.
    [(anna,)] = story.crm.execute(
        "select contact_id from crm.contact where email = 'anna@mail.gr'"
    ).fetchall()
    story.withdraw(anna)
    story.blocked()
    assert story.remote() == {"anna@mail.gr": "unsubscribed"}
    assert story.reason(eleni) is None


def test_without_the_column_nobody_is_asked(story: Story, news: int) -> None:
    story.crm.execute("alter table crm.contact_collection drop column confirm_new_members")
    story.contact("eleni@mail.gr", news)
    story.synced()
    assert story.subscribed() == {"anna@mail.gr", "eleni@mail.gr"}


ACTS = (
    "move", "leave", "join", "withdraw", "grant", "confirm", "unsubscribe", "switch", "lose", "new",
)  # fmt: skip
_numbers = itertools.count(1)


class Asking:
    """A collection whose people do anything, and what the person behind each address has said."""

    def __init__(self, story: Story) -> None:
        self.story, self.code = story, f"H{next(_numbers)}"
        self.is_on = True
        self.news = story.collection(self.code, confirm_new_members=True)
        self.people = [story.contact(self.address(n), self.news) for n in range(3)]
        self.emails = {contact: self.address(n) for n, contact in enumerate(self.people)}
        self.inside = set(self.people)
        #: Addresses that confirmed, or that were new while the collection did not ask.
        self.may_get_mail: set[str] = set()
        #: Contacts that were asked and have not answered yet, and those asked at each address.
        self.waiting: set[int] = set()
        self.asked: dict[str, set[int]] = {}
        self.known: dict[str, str] = {}
        self.lose_next = False

    def address(self, number: int) -> str:
        return f"p{number}@{self.code.lower()}.gr"

    def act(self, act: str, who: int, number: int) -> None:
        story, contact = self.story, self.people[who % len(self.people)]
        email = self.emails[contact]
        if act == "move":
            self.emails[contact] = self.address(number)
            story.move(contact, self.emails[contact])
        elif act == "leave" and contact in self.inside:
            self.inside.remove(contact)
            story.leave(self.news, contact)
        elif act == "join" and contact not in self.inside:
            self.inside.add(contact)
            story.join(self.news, contact)
        elif act == "withdraw":
            story.withdraw(contact)
        elif act == "grant":
            story.regrant(contact)
        elif act == "confirm" and self.known.get(email) == "pending":
            story.act(email, "confirm", self.code)
            self.known[email] = "subscribed"
            self.may_get_mail.add(email)
            # The word given at one address counts for every address to come.
            self.waiting -= self._holders(email) | self.asked.get(email, set())
        elif act == "unsubscribe" and self.known.get(email) == "subscribed":
            story.act(email, "unsubscribe", self.code)
            self.known[email] = "unsubscribed"
        elif act == "switch":
            self.is_on = not self.is_on
            story.change_collection(self.code, confirm_new_members=self.is_on)
        elif act == "lose":
            self.lose_next = True
        elif act == "new":
            new = story.contact(self.address(number), self.news)
            self.people.append(new)
            self.inside.add(new)
            self.emails[new] = self.address(number)

    def sync(self) -> None:
        story = self.story
        if self.lose_next:
            lose_one(story, "POST" if self.known else "GET")
        self.lose_next = False
        result = story.sync([self.code], options=UNGUARDED)[self.code]
        story.calls.reset()
        assert result.state == "succeeded", result.detail
        if result.list_id is None:
            return
        now = story.remote(self.code)
        for email, status in now.items():
            if status == "subscribed" and email not in self.may_get_mail:
                holders = self._holders(email)
                assert not self.is_on, (email, now)
                assert self.known.get(email) in (None, "archived"), (email, self.known, now)
                assert not holders & self.waiting, (email, self.known, now)
                self.may_get_mail.add(email)
            if status == "pending":
                self.waiting |= self._holders(email)
                self.asked.setdefault(email, set()).update(self._holders(email))
        self.known = now

    def _holders(self, email: str) -> set[int]:
        return {contact for contact, held in self.emails.items() if held == email}


@settings(
    max_examples=4,
    deadline=None,
    # Each example takes seconds: a shorter one takes longer than it is worth.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rounds=st.lists(
        st.lists(
            st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 5)), max_size=4
        ),
        min_size=2,
        max_size=4,
    )
)
def test_nobody_is_subscribed_who_never_confirmed(
    story: Story, rounds: list[list[tuple[str, int, int]]]
) -> None:
    asking = Asking(story)
    asking.sync()
    assert set(asking.known.values()) == {"pending"}
    for acts in rounds:
        for act in acts:
            asking.act(*act)
        asking.sync()
