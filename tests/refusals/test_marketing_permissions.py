"""Audiences with GDPR fields: nobody is mailed who took the permission back, whatever changes."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.retries import Retry
from refusals.story import UNGUARDED, Story
from sync_world import subscriber_hash

EMAIL, POST = "Email", "Direct Mail"


@pytest.fixture
def story(either_story: Story) -> Story:
    return either_story


def switch(story: Story, code: str = "NEWS", *, on: bool = True) -> None:
    """Somebody switches the GDPR fields of a collection's audience on or off."""
    with story.provider() as provider:
        provider.client.lists.update_list(story.list_id(code), {"marketing_permissions": on})


def given_by(story: Story, email: str, code: str = "NEWS") -> set[str]:
    """Texts of the permissions that a member gives, in Mailchimp."""
    with story.provider() as provider:
        member = provider.member(story.list_id(code), subscriber_hash(email))
    assert member, "no such member"
    return {one.text for one in member.permissions if one.is_given}


def take_back(story: Story, email: str, code: str = "NEWS", text: str = EMAIL) -> None:
    story.act(email, "take_back_permissions", code, marketing_permissions=[text])


def give(story: Story, email: str, code: str = "NEWS", text: str = EMAIL) -> None:
    story.act(email, "give_permissions", code, marketing_permissions=[text])


@pytest.fixture
def news(story: Story) -> int:
    """A collection whose audience has got GDPR fields."""
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.contact("zoe@mail.gr", news, first_name="Ζωή")
    story.synced()
    switch(story)
    return news


@pytest.fixture
def mapped(story: Story, news: int) -> int:
    """The same, and the CRM names the permission; everybody has it."""
    story.change_collection("NEWS", marketing_permission=EMAIL)
    story.synced(full_refresh=True)
    assert given_by(story, "anna@mail.gr") == given_by(story, "zoe@mail.gr") == {EMAIL}
    return news


def contact_of(story: Story, email: str) -> int:
    row = story.crm.execute(
        "select contact_id from crm.contact where email = %s", (email,)
    ).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("named", [None, "Τηλέφωνο", "  "])
def test_unmapped_the_collection_is_blocked_and_withdrawals_go_out(
    story: Story, news: int, named: str | None
) -> None:
    story.change_collection("NEWS", marketing_permission=named)
    eleni = story.contact("eleni@mail.gr", news)
    story.withdraw(contact_of(story, "zoe@mail.gr"))

    result = story.sync(["NEWS"], full_refresh=True)["NEWS"]

    assert result.state == "blocked"
    detail = result.detail or ""
    assert detail.startswith("marketing_permissions_unmapped: ")
    assert "crm.contact_collection.marketing_permission" in detail
    assert all(f"('{text}')" in detail for text in (EMAIL, POST))
    assert story.remote() == {"anna@mail.gr": "subscribed", "zoe@mail.gr": "unsubscribed"}
    assert given_by(story, "anna@mail.gr") == set()
    # From now on the audience is known: a run that lists nothing in full is blocked, too.
    assert story.blocked().startswith("marketing_permissions_unmapped: ")
    # The detail says what to enter: an id.
    permission_id = detail.split(f" ('{EMAIL}')")[0].split()[-1]
    story.change_collection("NEWS", marketing_permission=permission_id)
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "subscribed"
    assert given_by(story, "eleni@mail.gr") == given_by(story, "anna@mail.gr") == {EMAIL}
    assert story.reason(eleni) is None


def test_an_empty_audience_says_how_to_find_the_permissions(story: Story) -> None:
    list_id = story.audience_by_hand("Με το χέρι")
    with story.provider() as provider:
        provider.client.lists.update_list(list_id, {"marketing_permissions": True})
    news = story.collection(provider_list_id=list_id, marketing_permission=EMAIL)
    story.contact("eleni@mail.gr", news)

    assert "subscribe yourself with the audience's form" in story.blocked()
    assert story.members(list_id) == {}

    story.acts(list_id, "team@mail.gr", "subscribe")
    story.synced()
    assert story.members(list_id) == {"team@mail.gr": "subscribed", "eleni@mail.gr": "subscribed"}
    assert given_by(story, "eleni@mail.gr") == {EMAIL}
    assert given_by(story, "team@mail.gr") == set()


def test_mapped_a_new_member_gets_the_permission_and_a_second_run_does_nothing(
    story: Story, mapped: int
) -> None:
    story.contact("eleni@mail.gr", mapped)
    assert story.synced().counts["added"] == 1
    assert given_by(story, "eleni@mail.gr") == {EMAIL}
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr", "eleni@mail.gr"}

    writes = story.write_requests()
    second = story.synced()
    assert second.counts["unchanged"] == 3
    assert story.write_requests() == writes
    assert second.counts["api_calls"] <= 2


def test_many_new_members_get_it_by_a_batch(story: Story, mapped: int) -> None:
    story.batching = Batching(above=0, polling=Polling(first=0.02, most=0.1, deadline=20))
    for number in range(12):
        story.contact(f"p{number}@mail.gr", mapped)
    story.synced()
    for number in range(12):
        assert given_by(story, f"p{number}@mail.gr") == {EMAIL}


def test_without_gdpr_fields_nothing_is_asked_for(story: Story, mapped: int) -> None:
    switch(story, on=False)
    story.change_collection("NEWS", marketing_permission=None)
    eleni = story.contact("eleni@mail.gr", mapped)
    story.synced(full_refresh=True)
    assert story.remote()["eleni@mail.gr"] == "subscribed"
    assert story.reason(eleni) is None


def test_taken_back_is_a_refusal_that_only_the_person_ends(story: Story, mapped: int) -> None:
    anna = contact_of(story, "anna@mail.gr")
    # Another permission is not the collection's.
    give(story, "anna@mail.gr", text=POST)
    story.synced()
    take_back(story, "anna@mail.gr", text=POST)
    story.synced()
    assert story.reasons() == {}

    take_back(story, "anna@mail.gr")
    story.synced()

    for change in ("grant", "name", "address", "full"):
        assert story.remote()["anna@mail.gr"] == "unsubscribed"
        assert story.reason(anna) == "suppressed_permission", change
        assert story.send() == {"zoe@mail.gr"}
        if change == "grant":
            story.withdraw(anna)
            story.synced()
            story.regrant(anna)
        elif change == "name":
            story.change_contact(anna, first_name="Αννούλα")
        elif change == "address":
            story.move(anna, "anna.nea@mail.gr")
        story.synced(full_refresh=change == "full")
    assert "anna.nea@mail.gr" not in story.remote()
    words = story.explain(contact=anna)
    assert "as the CRM asked" not in words, "the person asked, not the CRM"
    assert "the next sync asks the person, unless another refusal holds" in words
    assert "took back the marketing permission" in words
    assert "gives the permission again" in words
    story.move(anna, "anna@mail.gr")

    # To subscribe again without it is not enough.
    story.act("anna@mail.gr", "subscribe")
    story.synced()
    assert story.remote()["anna@mail.gr"] == "unsubscribed"
    assert story.reason(anna) == "suppressed_permission"
    story.act("anna@mail.gr", "subscribe", marketing_permissions=[EMAIL])
    story.synced()
    assert story.reasons() == {}
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr"}
    assert given_by(story, "anna@mail.gr") == {EMAIL}


@pytest.mark.parametrize("to", ["another contact", "another collection", "merged"])
def test_taken_back_holds_for_the_person(story: Story, mapped: int, to: str) -> None:
    anna = contact_of(story, "anna@mail.gr")
    take_back(story, "anna@mail.gr")
    story.synced()
    if to == "another contact":
        other = story.contact("anna@mail.gr", mapped, first_name="Αννίτα")
        story.leave(mapped, anna)
    elif to == "merged":
        other = story.contact("anna.b@mail.gr", mapped, first_name="Αννίτα")
        story.merge(anna, other)
    else:
        other = anna
        hand = story.audience_by_hand("Νέο κοινό", subscribed=["team@mail.gr"])
        story.link("NEWS", hand)

    story.synced()

    assert story.reason(other) == "suppressed_permission"
    assert "anna.b@mail.gr" not in story.remote()
    assert story.remote().get("anna@mail.gr") != "subscribed"


def test_an_update_of_other_fields_never_gives_it_again(story: Story, mapped: int) -> None:
    """The person takes it back right before our update, which we planned without knowing it."""
    story.change_contact(contact_of(story, "anna@mail.gr"), first_name="Αννούλα")
    acted = []

    def before(what: str) -> bool:
        if what.startswith("PATCH") and not acted:
            acted.append(what)
            take_back(story, "anna@mail.gr")
        return False

    story.calls.reset(before=before)
    story.synced()
    story.calls.reset()

    assert acted
    assert given_by(story, "anna@mail.gr") == set()
    # Our own answer shows it, so no campaign goes out before the next run.
    _, result = story.try_to_send()
    assert result.outcome != "sent"
    assert "refused in Mailchimp" in (result.detail or "")
    story.synced()
    assert story.remote()["anna@mail.gr"] == "unsubscribed"
    assert story.reason(contact_of(story, "anna@mail.gr")) == "suppressed_permission"


def test_taken_back_after_a_lost_answer(story: Story, mapped: int) -> None:
    eleni = story.contact("eleni@mail.gr", mapped)
    maria = story.contact("maria@mail.gr", mapped)
    story.retry = Retry(attempts=1)
    story.calls.reset(before=lambda what: what.startswith("PATCH"))
    with suppress(ProviderError):
        story.sync(["NEWS"], options=UNGUARDED)
    assert any(call.startswith("PATCH") for call in story.calls.made)
    story.calls.reset()
    story.retry = Retry()
    assert given_by(story, "eleni@mail.gr") == {EMAIL}
    take_back(story, "eleni@mail.gr")

    story.synced()

    assert story.remote()["eleni@mail.gr"] == "unsubscribed"
    assert story.reason(eleni) == "suppressed_permission"
    assert given_by(story, "eleni@mail.gr") == set()
    assert given_by(story, "maria@mail.gr") == {EMAIL}
    assert story.reason(maria) is None


def test_a_call_that_never_arrived_is_made_again(story: Story, mapped: int) -> None:
    eleni = story.contact("eleni@mail.gr", mapped)
    faults = {"next": [{"kind": "503", "method": "PATCH", "count": 20}]}
    story.sandbox.control("POST", "faults", faults)
    story.retry = Retry(attempts=1)
    with suppress(ProviderError):
        story.sync(["NEWS"], options=UNGUARDED)
    assert given_by(story, "eleni@mail.gr") == set()
    story.sandbox.control("POST", "faults", {"clear": True})
    story.retry = Retry()

    story.synced()

    assert given_by(story, "eleni@mail.gr") == {EMAIL}
    assert story.reason(eleni) is None


def test_after_a_loss_the_stricter_reading_holds(story: Story, mapped: int) -> None:
    anna = contact_of(story, "anna@mail.gr")
    take_back(story, "anna@mail.gr")
    story.forget_ledger()

    story.synced()

    assert story.remote() == {"anna@mail.gr": "unsubscribed", "zoe@mail.gr": "subscribed"}
    assert story.reason(anna) == "suppressed_permission"


def test_after_a_loss_nobody_took_back_what_nobody_had(story: Story, news: int) -> None:
    story.change_collection("NEWS", marketing_permission=EMAIL)
    story.forget_ledger()
    story.synced()
    assert story.subscribed() == {"anna@mail.gr", "zoe@mail.gr"}
    assert given_by(story, "anna@mail.gr") == given_by(story, "zoe@mail.gr") == {EMAIL}


def test_another_permission_counts_from_now_on(story: Story, mapped: int) -> None:
    anna, zoe = (contact_of(story, f"{name}@mail.gr") for name in ("anna", "zoe"))
    give(story, "anna@mail.gr", text=POST)
    story.synced()
    take_back(story, "anna@mail.gr", text=POST)
    take_back(story, "zoe@mail.gr")
    story.synced()
    assert story.reasons() == {zoe: {"suppressed_permission"}}

    story.change_collection("NEWS", marketing_permission=POST)
    for _ in range(2):
        story.synced(full_refresh=True)
        assert story.reasons() == {
            anna: {"suppressed_permission"},
            zoe: {"suppressed_permission"},
        }
        assert story.subscribed() == set()


def test_members_of_nobody_close_the_gate(story: Story, mapped: int) -> None:
    story.act("team@mail.gr", "subscribe", marketing_permissions=[EMAIL])
    story.synced()
    take_back(story, "team@mail.gr")
    story.synced()

    _, result = story.try_to_send()

    assert story.remote()["team@mail.gr"] == "subscribed"
    assert result.outcome != "sent"
    assert "took back the marketing permission" in (result.detail or "")
    give(story, "team@mail.gr")
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr", "team@mail.gr"}


def test_who_is_asked_first_gets_it_after_the_confirmation(story: Story, mapped: int) -> None:
    story.change_collection("NEWS", confirm_new_members=True)
    story.contact("eleni@mail.gr", mapped)
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "pending"
    story.act("eleni@mail.gr", "confirm")
    story.synced()
    assert given_by(story, "eleni@mail.gr") == {EMAIL}
    assert story.reasons() == {}


def test_a_category_without_consent_gives_none(story: Story) -> None:
    free = story.collection("FREE", campaign_type="FREE", marketing_permission=EMAIL)
    story.contact("anna@mail.gr", free, consent=None)
    story.synced("FREE")
    switch(story, "FREE")
    story.contact("zoe@mail.gr", free, consent=None)
    story.synced("FREE", full_refresh=True)
    assert story.subscribed("FREE") == {"anna@mail.gr", "zoe@mail.gr"}
    assert given_by(story, "anna@mail.gr", "FREE") == set()


ACTS = (
    "take back", "give", "subscribe", "unsubscribe", "move", "leave", "join", "withdraw", "grant",
    "rename", "lose", "new",
)  # fmt: skip
_numbers = itertools.count(1)


class Giving:
    """A collection in an audience with GDPR fields, and the last word of each address."""

    def __init__(self, story: Story) -> None:
        self.story, self.code = story, f"H{next(_numbers)}"
        self.news = story.collection(self.code, marketing_permission=EMAIL)
        self.people = [story.contact(self.address(n), self.news) for n in range(3)]
        self.emails = {contact: self.address(n) for n, contact in enumerate(self.people)}
        self.inside = set(self.people)
        self.took_back: set[str] = set()
        self.gives: set[str] = set()
        self.statuses: dict[str, str] = {}
        self.lose_next = False
        self.sync()
        switch(story, self.code)
        self.sync(full_refresh=True)
        assert self.gives == set(self.emails.values())

    def address(self, number: int) -> str:
        return f"p{number}@{self.code.lower()}.gr"

    def act(self, act: str, who: int, number: int) -> None:
        story, contact = self.story, self.people[who % len(self.people)]
        email, code = self.emails[contact], self.code
        is_subscribed = self.statuses.get(email) == "subscribed"
        if act == "take back" and email in self.gives and is_subscribed:
            take_back(story, email, code)
            self.took_back.add(email)
        elif act == "give" and is_subscribed:
            give(story, email, code)
            self.took_back.discard(email)
        elif act == "subscribe" and self.statuses.get(email) == "unsubscribed":
            ticked = [EMAIL] if number % 2 else []
            story.act(email, "subscribe", code, marketing_permissions=ticked)
            self.statuses[email] = "subscribed"
            if ticked:
                self.took_back.discard(email)
        elif act == "unsubscribe" and is_subscribed:
            story.act(email, "unsubscribe", code)
            self.statuses[email] = "unsubscribed"
        elif act == "move":
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
        elif act == "rename":
            story.change_contact(contact, first_name=f"Μαρία{number}")
        elif act == "lose":
            self.lose_next = True
        elif act == "new":
            new = story.contact(self.address(number), self.news)
            self.people.append(new)
            self.inside.add(new)
            self.emails[new] = self.address(number)

    def sync(self, **staging: Any) -> None:
        story = self.story
        if self.lose_next:
            left = [True]
            story.calls.reset(
                before=lambda what: what.startswith("PATCH") and bool(left) and left.pop()
            )
        self.lose_next = False
        result = story.sync([self.code], options=UNGUARDED, **staging)[self.code]
        story.calls.reset()
        assert result.state == "succeeded", result.detail
        with story.provider() as provider:
            members = [
                member
                for status in (None, "archived")
                for member in provider.members(story.list_id(self.code), status=status)
            ]
        self.statuses = {member.email_address: member.status for member in members}
        self.gives = {
            member.email_address
            for member in members
            if any(one.is_given and one.text == EMAIL for one in member.permissions)
        }
        mailed = {email for email, status in self.statuses.items() if status == "subscribed"}
        assert not mailed & self.took_back, (mailed, self.took_back)
        assert not self.gives & self.took_back, (self.gives, self.took_back)


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
def test_nobody_is_mailed_who_took_it_back(
    story: Story, rounds: list[list[tuple[str, int, int]]]
) -> None:
    giving = Giving(story)
    for acts in rounds:
        for act in acts:
            giving.act(*act)
        giving.sync()
