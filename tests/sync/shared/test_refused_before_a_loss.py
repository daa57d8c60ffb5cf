"""After a loss of the state: each test tries to get somebody mailed who refused before."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    by_hand,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, NEW = (
    f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "zoi.nea")
)  # fmt: skip
FRIENDS = {f"filos{number}@galaxy.gr" for number in range(3)}


class People:
    """Zoi is in NEWS and OFFERS; she refuses. The friends are in NEWS and want it."""

    def __init__(self, world: World) -> None:
        self.world = world
        for constraint in ("channel", "gdpr_category"):
            world.crm.execute(f"alter table crm.consent drop constraint consent_{constraint}_check")
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME, campaign_type="FREE")
        self.maria = world.contact(MARIA, self.news)
        self.zoi = world.contact(ZOI, self.news, self.offers)
        self.kostas = world.contact(KOSTAS, self.offers)
        for one in FRIENDS:
            world.contact(one, self.news)
        sync_each(world, 2)
        assert tagged(world, "NEWS") == {MARIA, ZOI} | FRIENDS

    def lose(self) -> None:
        self.world.forget_ledger()

    def other_contact(self, email: str) -> int:
        return self.world.contact(email, self.news, self.offers, first_name="Ζωίτσα")


@pytest.fixture
def people(sharing: World) -> People:
    return People(sharing)


def _words(one: Callable[..., Any]) -> str:
    return one.__name__.strip("_")


# ---- the tag was taken by hand: NEWS must not get Zoi again


def _blocked(people: People) -> Callable[[], object]:
    change(people.world, "NEWS", campaign_type=None)
    return lambda: change(people.world, "NEWS", campaign_type="NEWS")


def _inactive(people: People) -> Callable[[], object]:
    change(people.world, "NEWS", is_active=False)
    return lambda: change(people.world, "NEWS", is_active=True)


def _without_provider(people: People) -> Callable[[], object]:
    change(people.world, "NEWS", external_provider=None)
    return lambda: change(people.world, "NEWS", external_provider="mailchimp")


def _gone(people: People) -> Callable[[], object]:
    world = people.world
    members = [
        contact_id
        for (contact_id,) in world.crm.execute(
            "select contact_id from crm.collection_member where collection_id = %s",
            (people.news,),
        )
    ]
    for table in ("collection_member", "contact_collection"):
        world.crm.execute(f"delete from crm.{table} where collection_id = %s", (people.news,))

    def back() -> None:
        again = world.collection("NEWS", shared_audience=NAME)
        for contact_id in members:
            world.join(again, contact_id)

    return back


def _unreadable_consent(people: People) -> Callable[[], object]:
    world = people.world
    consent = world.consent(people.zoi, category="ενημέρωση")

    def read() -> None:
        world.crm.execute("delete from crm.consent where consent_id = %s", (consent,))

    return read


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(
    "how",
    [_blocked, _inactive, _without_provider, _gone, _unreadable_consent],
    ids=_words,
)
def test_the_collection_could_not_be_judged_at_first(
    sharing: World, people: People, how: Callable[[People], Callable[[], object]], runs: int
) -> None:
    by_hand(sharing, "NEWS", ZOI, "taken")
    mend = how(people)
    people.lose()
    sync_each(sharing, runs)
    mend()

    sync_each(sharing)

    if how is not _unreadable_consent:
        assert "is missing at 1 member" in last_run(sharing, "NEWS")["detail"]
    for _ in range(2):
        sync_each(sharing)
        assert tagged(sharing, "NEWS") == {MARIA} | FRIENDS
        assert quarantine(sharing) == {("NEWS", people.zoi): "suppressed_archived"}
    assert tagged(sharing, "OFFERS") == {ZOI, KOSTAS}
    # Somebody gives it again.
    by_hand(sharing, "NEWS", ZOI, "given")
    sync_each(sharing)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI} | FRIENDS
    assert quarantine(sharing) == {}


def test_nobody_is_asked_about_twice(sharing: World, people: People) -> None:
    """Who joins after the first look gets the tag, and no run reads the members again."""
    _inactive(people)
    people.lose()
    sync_each(sharing)
    change(sharing, "NEWS", is_active=True)
    sync_each(sharing)
    assert rows(sharing, "select * from sync.tag where unjudged_since is not null") == []
    sharing.join(people.news, people.kostas)
    sync_each(sharing)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI, KOSTAS} | FRIENDS
    sharing.calls.reset()
    sync_each(sharing)
    assert not any(call.endswith("/members") and "segments" in call for call in sharing.calls.made)


def test_the_run_dies_before_it_has_looked(sharing: World, people: People) -> None:
    by_hand(sharing, "NEWS", ZOI, "taken")
    mend = _blocked(people)
    people.lose()
    sync_each(sharing)
    mend()
    trouble = {
        "kind": "503",
        "method": "GET",
        "path": "/lists/*/segments/*/members",
        "count": 10**3,
    }
    sharing.sandbox.control("POST", "faults", {"next": [trouble]})
    sync_each(sharing)
    sharing.sandbox.control("POST", "faults", {"clear": True})

    for _ in range(2):
        sync_each(sharing)
        assert tagged(sharing, "NEWS") == {MARIA} | FRIENDS


@pytest.mark.parametrize("address", [ZOI, NEW])
def test_the_person_was_merged_before_the_loss(
    sharing: World, people: People, address: str
) -> None:
    """Since the last run, into a contact that may have another address."""
    by_hand(sharing, "NEWS", ZOI, "taken")
    other = people.other_contact(address)
    sharing.change_contact(people.zoi, merged_into_id=other, is_active=False)
    people.lose()

    for _ in range(3):
        sync_each(sharing)
        assert tagged(sharing, "NEWS") == {MARIA} | FRIENDS


# ---- an opt-out in Mailchimp: nobody mails the person again


class Refuser:
    """A contact of NEWS and OFFERS that opted out in Mailchimp."""

    def __init__(self, people: People, number: int) -> None:
        self.people, self.world = people, people.world
        self.email, self.new = f"p{number}@galaxy.gr", f"p{number}.nea@galaxy.gr"
        self.contact = self.add(self.email)

    def add(self, email: str) -> int:
        """Another contact of the CRM."""
        return self.world.contact(email, self.people.news, self.people.offers)


def _nothing(one: Refuser) -> None:
    assert one.contact


def _moved(one: Refuser) -> None:
    one.world.change_contact(one.contact, email=one.new)


def _other_id(one: Refuser) -> None:
    for table in ("collection_member", "consent", "contact"):
        one.world.crm.execute(f"delete from crm.{table} where contact_id = %s", (one.contact,))
    one.contact = one.add(one.email)


def _merged(one: Refuser) -> None:
    other = one.add(one.new)
    one.world.change_contact(one.contact, merged_into_id=other, is_active=False)


def _beside(one: Refuser) -> None:
    one.add(one.email)


def _inactive_contact(one: Refuser) -> None:
    one.world.change_contact(one.contact, is_active=False)


def _left(one: Refuser) -> None:
    for collection in (one.people.news, one.people.offers):
        one.world.leave(collection, one.contact)


def _withdrawn(one: Refuser) -> None:
    one.world.consent(one.contact, granted=False)


def _again(one: Refuser) -> None:
    """The contact is active in both collections, and its consent is newer."""
    one.world.change_contact(one.contact, is_active=True)
    for collection in (one.people.news, one.people.offers):
        one.world.leave(collection, one.contact)
        one.world.join(collection, one.contact)
    one.world.regrant(one.contact)


BEFORE = [_nothing, _moved, _other_id, _merged, _beside, _inactive_contact, _left, _withdrawn]
AFTER = [_again, _moved, _other_id, _merged, _beside]


def _same(people: People) -> None:
    assert people.world


def _gifts(people: People) -> None:
    """A collection that is new in the audience."""
    gifts = people.world.collection("GIFTS", shared_audience=NAME)
    for (contact_id,) in people.world.crm.execute("select contact_id from crm.contact").fetchall():
        people.world.join(gifts, contact_id)


def _own(people: People) -> None:
    """NEWS has an audience of its own from now on."""
    change(people.world, "NEWS", shared_audience=None)


def _other_audience(people: People) -> None:
    change(people.world, "NEWS", shared_audience="Άλλο κοινό")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", [_same, _gifts, _own, _other_audience], ids=_words)
def test_an_opt_out_holds(
    sharing: World, people: People, place: Callable[[People], None], when: str
) -> None:
    """Whatever happened to the contact before the loss, and whatever happens after it."""
    stories = [
        (Refuser(people, number), before, after)
        for number, (before, after) in enumerate(itertools.product(BEFORE, AFTER))
    ]
    sync_each(sharing)
    for one, _, _ in stories:
        act(sharing, one.email, "unsubscribe")
    for one, before, _ in stories:
        before(one)
    if when == "before":
        place(people)
    people.lose()
    sync_each(sharing)
    for one, _, after in stories:
        after(one)
    if when == "after":
        place(people)
    sync_each(sharing)
    for one, _, _ in stories:
        _again(one)
    sync_each(sharing, 2)

    audiences = [
        str(row["collection_code"]) for row in rows(sharing, "select * from sync.audience")
    ]
    mailed = {one for code in audiences for one in with_status(sharing, "subscribed", code)}
    wrong = {
        (before.__name__, after.__name__)
        for one, before, after in stories
        if mailed & {one.email, one.new}
    }
    assert wrong == set()
    assert {MARIA, KOSTAS} | FRIENDS <= mailed


@pytest.mark.parametrize("order", [(CODE, "NEWS"), ("NEWS", CODE)], ids=["shared", "own"])
def test_whichever_audience_is_synced_first(
    sharing: World, people: People, order: tuple[str, str]
) -> None:
    """NEWS leaves the shared audience in the night of the loss."""
    act(sharing, ZOI, "unsubscribe")
    by_hand(sharing, "NEWS", MARIA, "taken")
    change(sharing, "NEWS", shared_audience=None)
    people.lose()
    for _ in range(3):
        staging_id = sharing.stage()
        for code in order:
            sharing.push(staging_id, code, options=UNGUARDED)

    assert with_status(sharing, "subscribed", "NEWS").isdisjoint({ZOI})
    assert with_status(sharing, "subscribed", "NEWS") >= FRIENDS
