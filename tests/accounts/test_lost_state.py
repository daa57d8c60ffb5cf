"""After a loss of the state: what people refused in another account before still holds."""

from __future__ import annotations

import psycopg
import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.readiness.account import account_key, collections_of, new_audiences
from sharing_world import NAME, share


def share_in(world: AccountsWorld, name: str | None) -> None:
    world.change_collection("NEWS", shared_audience=name)


class Filled:
    """NEWS with three people in the first account; anna refused there, and the state is lost."""

    def __init__(self, world: AccountsWorld, *, shared: bool) -> None:
        share(world)
        self.world = world
        name = NAME if shared else None
        self.news = world.collection("NEWS", description="Τα νέα", shared_audience=name)
        self.anna = world.contact("anna@mail.gr", self.news)
        self.nikos = world.contact("nikos@mail.gr", self.news)
        world.contact("zoe@mail.gr", self.news)
        world.sync_all()
        (self.list_id,) = world.audiences(DEFAULT_ACCOUNT)
        world.act_in(DEFAULT_ACCOUNT, self.list_id, "anna@mail.gr", "unsubscribe")
        world.forget_ledger()

    def move(self, *, shared: bool) -> None:
        share_in(self.world, NAME if shared else None)
        self.world.change_collection("NEWS", external_provider=SECOND_PROVIDER)


@pytest.mark.parametrize("before", [True, False], ids=["shared before", "own before"])
@pytest.mark.parametrize("after", [True, False], ids=["shared after", "own after"])
def test_the_audience_in_the_account_before_is_found(
    world: AccountsWorld, before: bool, after: bool
) -> None:
    filled = Filled(world, shared=before)
    filled.move(shared=after)

    ended = world.sync_all()

    assert set(world.people(SECOND)) == {"nikos@mail.gr", "zoe@mail.gr"}, ended
    # What is due goes out in both.
    world.regrant(filled.nikos, granted=False)
    for _ in range(2):
        ended = world.sync_all()
    assert world.people(DEFAULT_ACCOUNT, filled.list_id)["nikos@mail.gr"] == "unsubscribed", ended
    assert world.people(SECOND)["nikos@mail.gr"] == "unsubscribed"
    assert world.people(DEFAULT_ACCOUNT, filled.list_id)["zoe@mail.gr"] == "subscribed"


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_while_that_account_cannot_be_asked_nobody_is_added(
    world: AccountsWorld, shared: bool, how: str
) -> None:
    filled = Filled(world, shared=False)
    # It was in the second account, too: that shows the loss.
    world.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    world.sync_all()
    world.forget_ledger()
    share_in(world, NAME if shared else None)
    before = {one: set(world.people(SECOND, one)) for one in world.audiences(SECOND)}
    world.contact("eleni@mail.gr", filled.news)
    world.act_in(DEFAULT_ACCOUNT, filled.list_id, "zoe@mail.gr", "unsubscribe")
    world.break_down(how, DEFAULT_ACCOUNT)

    for _ in range(2):
        ended = world.sync_all()
        assert ended["NEWS"].startswith("failed"), ended
        assert "eleni@mail.gr" not in world.people(SECOND)

    world.mend(DEFAULT_ACCOUNT)
    for _ in range(2):
        ended = world.sync_all()
    added = {
        list_id: set(world.people(SECOND, list_id)) - before.get(list_id, set())
        for list_id in world.audiences(SECOND)
    }
    if shared:
        (people,) = [added[list_id] for list_id in added if list_id not in before]
        assert people == {"nikos@mail.gr", "eleni@mail.gr"}, ended
    else:
        # Zoe was added before she refused in the first account.
        assert list(added.values()) == [{"eleni@mail.gr"}], ended


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_another_account_that_is_down_stops_no_new_collection(
    world: AccountsWorld, shared: bool, how: str
) -> None:
    share(world)
    name = NAME if shared else None
    news = world.collection(
        "NEWS", description="Τα νέα", shared_audience=name, external_provider=SECOND_PROVIDER
    )
    world.contact("anna@mail.gr", news)
    world.break_down(how, DEFAULT_ACCOUNT)

    ended = world.sync_all()

    assert ended["NEWS"].startswith("succeeded"), ended
    assert f"connection {DEFAULT_ACCOUNT} could not be asked" in str(ended), ended
    assert set(world.people(SECOND)) == {"anna@mail.gr"}


def test_all_are_found_with_their_reason(world: AccountsWorld) -> None:
    """One loss, two collections that swapped their accounts."""
    share(world)
    news = world.collection("NEWS", description="Τα νέα")
    offers = world.collection("OFFERS", description="Προσφορές", external_provider=SECOND_PROVIDER)
    for one in ("anna", "zoe"):
        world.contact(f"{one}@mail.gr", news, offers)
    world.sync_all()
    (first,) = world.audiences(DEFAULT_ACCOUNT)
    (second,) = world.audiences(SECOND)
    world.act_in(DEFAULT_ACCOUNT, first, "anna@mail.gr", "unsubscribe")
    world.act_in(SECOND, second, "zoe@mail.gr", "unsubscribe")
    world.forget_ledger()
    world.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    world.change_collection("OFFERS", external_provider="mailchimp")

    for _ in range(2):
        ended = world.sync_all()
    new = [one for one in world.audiences(SECOND) if one != second]
    assert [set(world.people(SECOND, one)) for one in new] == [{"zoe@mail.gr"}], ended
    new = [one for one in world.audiences(DEFAULT_ACCOUNT) if one != first]
    assert [set(world.people(DEFAULT_ACCOUNT, one)) for one in new] == [{"anna@mail.gr"}], ended


def test_the_doctor_counts_the_audiences_that_are_missing(world: AccountsWorld) -> None:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME, external_provider=SECOND_PROVIDER)
    world.collection("MORE", shared_audience=NAME, external_provider=SECOND_PROVIDER)
    own = world.collection("OWN", external_provider=SECOND_PROVIDER)
    for one in (news, own):
        world.contact(f"filos{one}@mail.gr", one)

    def found() -> tuple[str, str]:
        with (
            world.open_client(SECOND) as client,
            psycopg.connect(world.warehouse_dsn) as warehouse,
            psycopg.connect(world.crm_dsn, autocommit=True) as crm,
        ):
            (one,) = new_audiences(client, warehouse, collections_of(crm, SECOND), SECOND)
            return one

    def allow(audiences: int) -> None:
        world.second.control("POST", "limits", {"max_audiences": audiences})

    allow(-1)
    verdict, words = found()
    assert verdict == "note"
    assert "makes or finds 2 more audiences. Mailchimp names no limit on audiences" in words
    allow(1)
    verdict, words = found()
    assert verdict == "to do"
    assert "2 more audiences. The plan allows 1, and the account has 0: let collections" in words
    allow(2)
    verdict, words = found()
    assert (verdict, words.endswith(". The plan allows 2, and the account has 0")) == ("note", True)
    world.sync_all()
    assert len(world.audiences(SECOND)) == 2
    assert found() == ("fine", f"connection {SECOND}: no collection needs a new audience")
    with world.open_client(SECOND) as client:
        ((_, words),) = account_key(client, SECOND)
    assert words.endswith(
        "the key is good; the account has 2 audiences of the 2 that its plan allows"
    )

    # A sync finds them again, and makes none.
    world.forget_ledger()
    verdict, words = found()
    assert verdict == "note"
    assert words.endswith("2 more audiences. The plan allows 2, and the account has 2")


@pytest.mark.parametrize("renamed", [False, True], ids=["same name", "another description"])
def test_a_connection_got_another_id_and_nobody_said_so(
    world: AccountsWorld, renamed: bool
) -> None:
    """The mark of the shared audience is made of the connection's former id."""
    filled = Filled(world, shared=True)
    world.places["mailchimp_neo"] = world.places.pop(DEFAULT_ACCOUNT)
    world.crm.execute(
        "update crm.external_provider set connection_id = 'mailchimp_neo' where code = 'mailchimp'"
    )
    world.change_collection("NEWS", description="Νέο όνομα" if renamed else "Τα νέα")

    for _ in range(2):
        world.sync_all()

    assert world.audiences("mailchimp_neo") == {filled.list_id: NAME}
    people = world.people("mailchimp_neo")
    assert people["anna@mail.gr"] == "unsubscribed"
    assert people["nikos@mail.gr"] == people["zoe@mail.gr"] == "subscribed"
    with world.open_client("mailchimp_neo") as provider:
        (tag,) = provider.tags(filled.list_id)
        assert tag.name == ("Νέο όνομα (NEWS)" if renamed else "Τα νέα (NEWS)")
        assert len(list(provider.tag_members(filled.list_id, tag.tag_id))) >= 2
    # It is marked with the new id now: after another loss it is found by that.
    world.forget_ledger()
    world.sync_all()
    assert world.audiences("mailchimp_neo") == {filled.list_id: NAME}
    assert world.people("mailchimp_neo")["anna@mail.gr"] == "unsubscribed"
