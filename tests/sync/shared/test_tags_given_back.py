"""A tag that somebody took by hand is given back to the same person, wherever the person is now."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    audience_of,
    by_hand,
    change,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World, subscriber_hash

MARIA, MARIA_NEW, MARIA_LAST = "maria@example.gr", "maria.nea@example.gr", "maria.alli@example.gr"
NIKOS, ZOI = "nikos@example.gr", "zoi@example.gr"


class Books:
    """Who is in NEWS is in OFFERS too, and so stays a member without the tag of NEWS."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.contact(NIKOS)

    def contact(self, email: str) -> int:
        return self.world.contact(email, self.news, self.offers)

    def taken(self, email: str, code: str = "NEWS") -> None:
        """Somebody takes the tag, and a sync notices it."""
        by_hand(self.world, code, email, "taken")
        sync_each(self.world)
        assert email not in tagged(self.world, code)

    def given(self, email: str, code: str = "NEWS", times: int = 2) -> None:
        """Somebody gives the tag, and some syncs follow."""
        by_hand(self.world, code, email, "given")
        sync_each(self.world, times)

    def moves(self, contact_id: int, email: str) -> None:
        self.world.change_contact(contact_id, email=email)
        sync_each(self.world, 2)
        assert email in with_status(self.world, "subscribed")
        assert email not in tagged(self.world, "NEWS")

    def held(self) -> set[int]:
        """Contacts that NEWS holds back."""
        return {contact for code, contact in quarantine(self.world) if code == "NEWS"}


@pytest.fixture
def books(sharing: World) -> Books:
    return Books(sharing)


def reimport(world: World, contact_id: int, new_id: int) -> int:
    """The CRM loads the contact again under a new id."""
    for table in ("collection_member", "consent", "contact"):
        world.crm.execute(
            f"update crm.{table} set contact_id = %s where contact_id = %s", (new_id, contact_id)
        )
    return new_id


def ended(world: World) -> int:
    found = rows(
        world, "select from sync.refusal where kind = 'tag_taken' and ended_at is not null"
    )
    return len(found)


@pytest.mark.parametrize("where", ["CRM", "Mailchimp", "both"])
def test_after_a_change_of_address(books: Books, where: str) -> None:
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    if where in ("Mailchimp", "both"):
        books.world.act(MARIA, "change_email", CODE, new_email_address=MARIA_NEW)
        sync_each(books.world)
    if where in ("CRM", "both"):
        books.moves(maria, MARIA_NEW)
    assert books.held() >= {maria}

    books.given(MARIA_NEW)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert quarantine(books.world).get(("NEWS", maria), "address_changed") == "address_changed"
    assert ended(books.world) == 1
    # The next change of address takes the tag along.
    if where == "CRM":
        books.world.change_contact(maria, email=MARIA_LAST)
        sync_each(books.world, 2)
        assert tagged(books.world, "NEWS") == {NIKOS, MARIA_LAST}


def test_the_address_of_the_refusal_stays_refused_for_others(books: Books) -> None:
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.moves(maria, MARIA_NEW)
    books.given(MARIA_NEW)

    eleni = books.contact("eleni@example.gr")
    sync_each(books.world)
    books.world.change_contact(eleni, email=MARIA)
    sync_each(books.world, 2)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert books.held() == {eleni}
    books.given(MARIA)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW, MARIA}


@pytest.mark.parametrize("survivor_came", ["before", "after"])
def test_after_a_merge(books: Books, survivor_came: str) -> None:
    """The survivor had no refusal: it has one by the merge alone."""
    maria = books.contact(MARIA)
    survivor = books.contact(MARIA_NEW) if survivor_came == "before" else 0
    sync_each(books.world, 2)
    books.taken(MARIA)
    survivor = survivor or books.contact(MARIA_NEW)
    books.world.change_contact(maria, merged_into_id=survivor, is_active=False)
    sync_each(books.world, 2)
    assert tagged(books.world, "NEWS") == {NIKOS}
    assert survivor in books.held()

    books.given(MARIA_NEW)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert survivor not in books.held()


@pytest.mark.parametrize("moved_first", [True, False])
def test_after_a_new_id_in_the_crm(books: Books, moved_first: bool) -> None:
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    if moved_first:
        books.moves(maria, MARIA_NEW)
    again = reimport(books.world, maria, 9000)
    sync_each(books.world)
    if not moved_first:
        books.moves(again, MARIA_NEW)
    assert books.held() == {again}

    books.given(MARIA_NEW)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert books.held() == set()


def test_two_contacts_of_one_address_have_it_back_each_for_itself(books: Books) -> None:
    maria, petros = books.contact(MARIA), books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.moves(petros, MARIA_NEW)
    assert books.held() == {maria, petros}

    books.given(MARIA_NEW)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert books.held() == {maria}

    books.given(MARIA)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW, MARIA}


def test_who_left_a_shared_address_stays_refused_when_it_has_the_tag_again(books: Books) -> None:
    _, petros = books.contact(MARIA), books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.moves(petros, MARIA_NEW)

    books.given(MARIA)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA}
    assert books.held() == {petros}
    books.moves(petros, MARIA_LAST)
    assert books.held() == {petros}

    books.given(MARIA_LAST)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA, MARIA_LAST}
    assert books.held() == set()


def test_a_tag_given_to_somebody_else_ends_nobodys_refusal(books: Books) -> None:
    maria = books.contact(MARIA)
    books.contact(MARIA_NEW)
    zoi = books.world.contact(ZOI, books.offers)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.given(ZOI, times=1)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    # Two contacts have the address now, and only one of them refused.
    books.world.change_contact(maria, email=MARIA_NEW)
    sync_each(books.world, 2)
    assert tagged(books.world, "NEWS") == {NIKOS}

    books.given(MARIA_NEW)

    assert tagged(books.world, "NEWS") == {NIKOS}
    assert ended(books.world) == 0
    assert zoi not in books.held()


@pytest.mark.parametrize("when", ["away", "back"])
def test_a_collection_that_left_and_came_back(books: Books, when: str) -> None:
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.moves(maria, MARIA_NEW)
    change(books.world, "NEWS", shared_audience=None)
    sync_each(books.world, 2)
    assert with_status(books.world, "subscribed", "NEWS") == {NIKOS}
    if when == "away":
        by_hand(books.world, "NEWS", MARIA_NEW, "given")
        sync_each(books.world)
        assert with_status(books.world, "subscribed", "NEWS") == {NIKOS}
    change(books.world, "NEWS", shared_audience=NAME)
    sync_each(books.world, 2)
    if when == "back":
        assert tagged(books.world, "NEWS") == {NIKOS}
        books.given(MARIA_NEW)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}


def test_nobody_knows_who_gave_a_tag_whose_members_are_forgotten(books: Books) -> None:
    """The collection was away for long. A merge names somebody who has had the tag all the time."""
    maria, survivor = books.contact(MARIA), books.contact(MARIA_NEW)
    sync_each(books.world, 2)
    books.taken(MARIA)
    change(books.world, "NEWS", shared_audience=None)
    sync_each(books.world, 2)
    books.world.warehouse.execute(
        "delete from sync.tag_member where collection_id = %s", (books.news,)
    )
    books.world.change_contact(maria, merged_into_id=survivor, is_active=False)
    change(books.world, "NEWS", shared_audience=NAME)

    sync_each(books.world, 2)

    assert tagged(books.world, "NEWS") == {NIKOS}
    assert ended(books.world) == 0


def test_only_the_tag_that_was_given_comes_back(books: Books) -> None:
    gifts = books.world.collection("GIFTS", shared_audience=NAME)
    maria = books.contact(MARIA)
    books.world.join(gifts, maria)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.taken(MARIA, "OFFERS")
    books.moves(maria, MARIA_NEW)
    assert tagged(books.world, "GIFTS") == {MARIA_NEW}

    books.given(MARIA_NEW)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert tagged(books.world, "OFFERS") == {NIKOS}

    books.given(MARIA_NEW, "OFFERS")
    assert tagged(books.world, "OFFERS") == {NIKOS, MARIA_NEW}
    assert quarantine(books.world) == {}


def test_a_tag_that_is_taken_again_is_refused_again(books: Books) -> None:
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.taken(MARIA)
    books.moves(maria, MARIA_NEW)
    books.given(MARIA_NEW)
    books.taken(MARIA_NEW)
    books.moves(maria, MARIA_LAST)
    assert books.held() == {maria}

    books.given(MARIA_LAST)

    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_LAST}


def test_an_old_tag_of_a_member_that_comes_back_is_not_given(books: Books) -> None:
    """A member that was archived keeps its tag. Nobody gave it."""
    maria = books.contact(MARIA)
    sync_each(books.world, 2)
    books.world.change_contact(maria, email=MARIA_NEW)
    sync_each(books.world, 2)
    assert tagged(books.world, "NEWS") == {NIKOS, MARIA_NEW}
    assert MARIA in with_status(books.world, "archived")
    books.taken(MARIA_NEW)

    books.world.change_contact(maria, email=MARIA)
    sync_each(books.world, 3)

    assert tagged(books.world, "NEWS") == {NIKOS}
    assert books.held() == {maria}
    with books.world.provider() as provider:
        member = provider.member(audience_of(books.world), subscriber_hash(MARIA))
    assert member is not None and member.status == "subscribed"
