"""The state is lost, and names changed before: no second audience is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts_world import AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from sharing_world import NAME, share

NEO = "mailchimp_neo"
RENAMED = "Νέο όνομα στο Mailchimp"


class Filled:
    """NEWS and OFFERS share an audience. Anna opted out, and the state is lost."""

    def __init__(self, world: AccountsWorld) -> None:
        share(world)
        self.world = world
        self.news = world.collection("NEWS", description="Τα νέα", shared_audience=NAME)
        self.offers = world.collection("OFFERS", shared_audience=NAME)
        self.anna = world.contact("anna@mail.gr", self.news)
        self.nikos = world.contact("nikos@mail.gr", self.news, self.offers)
        world.sync_all()
        (self.list_id,) = world.audiences(DEFAULT_ACCOUNT)
        world.act_in(DEFAULT_ACCOUNT, self.list_id, "anna@mail.gr", "unsubscribe")
        world.forget_ledger()

    def rename_audience(self, account: str) -> None:
        with self.world.open_client(account) as provider:
            (found,) = [one for one in provider.audiences() if one.list_id == self.list_id]
            provider.update_audience(self.list_id, replace(found.settings, name=RENAMED))

    def rename_connection(self) -> None:
        world = self.world
        world.places[NEO] = world.places.pop(DEFAULT_ACCOUNT)
        world.crm.execute(
            "update crm.external_provider set connection_id = %s where code = 'mailchimp'", (NEO,)
        )


@pytest.fixture
def filled(world: AccountsWorld) -> Filled:
    return Filled(world)


def test_the_audience_and_its_connection_were_renamed(filled: Filled) -> None:
    world = filled.world
    filled.rename_audience(DEFAULT_ACCOUNT)
    filled.rename_connection()
    zoe = world.contact("zoe@mail.gr", filled.news)
    assert zoe

    for _ in range(2):
        ended = world.sync_all()
        (words,) = {one for code, one in ended.items() if code.startswith("shared")}
        assert words.startswith("blocked: audience_ambiguous: "), ended
        assert filled.list_id in words and "crm.contact_collection.provider_list_id" in words
        assert world.audiences(NEO) == {filled.list_id: RENAMED}
        assert world.people(NEO) == {"anna@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed"}

    # As the message says.
    world.change_collection("NEWS", provider_list_id=filled.list_id)
    for _ in range(2):
        ended = world.sync_all()
    assert set(world.audiences(NEO)) == {filled.list_id}, ended
    assert world.people(NEO) == {
        "anna@mail.gr": "unsubscribed",
        "nikos@mail.gr": "subscribed",
        "zoe@mail.gr": "subscribed",
    }
    with world.open_client(NEO) as provider:
        found = {
            tag.name: len(list(provider.tag_members(filled.list_id, tag.tag_id)))
            for tag in provider.tags(filled.list_id)
        }
    assert len(found) == 2, found
    assert found["Τα νέα (NEWS)"] >= 2


def test_it_is_another_one(filled: Filled) -> None:
    """The person makes an audience, as the message says. Who refused in the old one stays out."""
    world = filled.world
    filled.rename_audience(DEFAULT_ACCOUNT)
    filled.rename_connection()
    world.sync_all()
    with world.open_client(NEO) as provider:
        (found,) = list(provider.audiences())
        made = provider.create_audience(replace(found.settings, name="Με το χέρι")).list_id
    world.change_collection("NEWS", provider_list_id=made)

    for _ in range(2):
        ended = world.sync_all()

    assert world.people(NEO, made) == {"nikos@mail.gr": "subscribed"}, ended
    assert set(world.audiences(NEO)) == {filled.list_id, made}


@pytest.mark.parametrize("what", ["audience", "connection"])
def test_one_of_them_alone_is_found(filled: Filled, what: str) -> None:
    world = filled.world
    account = DEFAULT_ACCOUNT
    if what == "audience":
        filled.rename_audience(DEFAULT_ACCOUNT)
    else:
        filled.rename_connection()
        account = NEO
    world.contact("zoe@mail.gr", filled.news)

    for _ in range(2):
        ended = world.sync_all()

    assert set(world.audiences(account)) == {filled.list_id}, ended
    assert world.people(account)["anna@mail.gr"] == "unsubscribed"
    assert world.people(account)["zoe@mail.gr"] == "subscribed"


def test_collections_that_moved_get_their_new_audience(filled: Filled) -> None:
    """Nothing was renamed: the audience until now is clearly another one."""
    world = filled.world
    for code in ("NEWS", "OFFERS"):
        world.change_collection(code, shared_audience="Άλλο κοινό")

    for _ in range(2):
        ended = world.sync_all()

    new = set(world.audiences(DEFAULT_ACCOUNT)) - {filled.list_id}
    assert [world.people(DEFAULT_ACCOUNT, one) for one in new] == [
        {"nikos@mail.gr": "subscribed"}
    ], ended


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "own"])
def test_somebody_changed_the_name_of_the_mark_too(world: AccountsWorld, is_shared: bool) -> None:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME if is_shared else None)
    world.contact("anna@mail.gr", news)
    world.sync_all()
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    with world.open_client(DEFAULT_ACCOUNT) as provider:
        (mark,) = [one for one in provider.merge_fields(list_id) if one.tag == "CRMREF"]
        provider.update_merge_field(list_id, replace(mark, name="Κωδικός επαφής"))
        (found,) = list(provider.audiences())
        provider.update_audience(list_id, replace(found.settings, name=RENAMED))
    world.act_in(DEFAULT_ACCOUNT, list_id, "anna@mail.gr", "unsubscribe")
    world.forget_ledger()

    ended = world.sync_all()

    words = ended[f"shared:{NAME}" if is_shared else "NEWS"]
    assert words.startswith("blocked: audience_ambiguous: "), ended
    assert list_id in words
    assert set(world.audiences(DEFAULT_ACCOUNT)) == {list_id}
    # The field is deleted: it is nobody's, and a person said so.
    with world.open_client(DEFAULT_ACCOUNT) as provider:
        provider.client.lists.delete_list_merge_field(list_id, str(mark.merge_id))
    ended = world.sync_all()
    assert len(world.audiences(DEFAULT_ACCOUNT)) == 2, ended
