"""Collections leave a shared audience for one in another account, and the way is not smooth."""

from __future__ import annotations

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.data_protection.erasure import ErasureIncompleteError
from crm_mailchimp.sync.audience.account_changes import (
    AccountInUseError,
    close_account,
    rename_account,
)
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from sharing_world import NAME, share
from sync_world import subscriber_hash

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
OTHER = "Άλλο κοινό"
NEO = "mailchimp_neo"
ONE, ALL = ("NEWS",), ("NEWS", "OFFERS")


class Shared:
    """NEWS and OFFERS share an audience of the first account."""

    def __init__(self, world: AccountsWorld) -> None:
        share(world)
        self.world = world
        self.news = world.collection("NEWS", shared_audience=NAME)
        offers = world.collection("OFFERS", shared_audience=NAME)
        self.ids = {
            MARIA: world.contact(MARIA, self.news, first_name="Μαρία"),
            ZOI: world.contact(ZOI, self.news, offers, first_name="Ζωή"),
            ELENI: world.contact(ELENI, self.news, first_name="Ελένη"),
            KOSTAS: world.contact(KOSTAS, offers, first_name="Κώστας"),
        }
        world.sync_all()
        (self.list_id,) = world.audiences(DEFAULT_ACCOUNT)

    def move(self, *codes: str, provider: str = SECOND_PROVIDER, to: str = NAME) -> None:
        for code in codes:
            self.world.change_collection(code, external_provider=provider, shared_audience=to)

    def sync(self, times: int = 1) -> dict[str, str]:
        for _ in range(times):
            ended = self.world.sync_all()
        return ended

    def first(self) -> dict[str, str]:
        """Who is in the first audience."""
        return self.world.people(DEFAULT_ACCOUNT, self.list_id)

    def tagged(self, code: str, account: str = SECOND) -> set[str]:
        """Subscribed addresses with the tag of a collection, in an account's only audience."""
        (list_id,) = self.world.audiences(account)
        with self.world.open_client(account) as provider:
            emails = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
            (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
            return {
                emails[one.subscriber_hash]
                for one in provider.tag_members(list_id, tag.tag_id)
                if one.status == "subscribed"
            }

    def refuse(self, how: str, email: str) -> None:
        """Somebody refuses in the first audience."""
        world = self.world
        world.pass_seconds()
        with world.open_client(DEFAULT_ACCOUNT) as provider:
            if how == "tag taken":
                tags = list(provider.tags(self.list_id))
                (tag,) = [one for one in tags if one.name.endswith("(NEWS)")]
                provider.take_tag(self.list_id, tag.tag_id, subscriber_hash(email))
            elif how == "archived":
                provider.client.lists.delete_list_member(self.list_id, subscriber_hash(email))
        if how == "complain":
            campaign = world.mail_in(DEFAULT_ACCOUNT, self.list_id)
            world.act_in(DEFAULT_ACCOUNT, self.list_id, email, how, campaign_id=campaign)
        elif how == "unsubscribe":
            world.act_in(DEFAULT_ACCOUNT, self.list_id, email, how)
        world.pass_seconds()

    def rename(self, old: str, new: str) -> None:
        with self.world.connect(self.world.warehouse_dsn) as warehouse:
            rename_account(warehouse, old, new)


@pytest.fixture
def filled(world: AccountsWorld) -> Shared:
    return Shared(world)


def hinder(world: AccountsWorld, how: str) -> None:
    """The second account takes nobody."""
    limits = {
        "audience limit": {"max_audiences": 0},
        "contact limit": {"max_contacts": 1, "over_limit": "refuse"},
    }
    if how in limits:
        world.second.control("POST", "limits", limits[how])
    else:
        world.break_down(how)


def mend(world: AccountsWorld) -> None:
    world.mend()
    world.second.control("POST", "limits", {"max_audiences": -1, "max_contacts": -1})


@pytest.mark.parametrize(
    ("which", "how", "to", "refusal"),
    [
        (ONE, "down", NAME, "tag taken"),
        (ONE, "contact limit", OTHER, "archived"),
        (ALL, "audience limit", NAME, "complain"),
        (ALL, "wrong key", OTHER, "unsubscribe"),
    ],
)
def test_what_is_refused_on_the_way_holds(
    filled: Shared, which: tuple[str, ...], how: str, to: str, refusal: str
) -> None:
    world = filled.world
    hinder(world, how)
    filled.move(*which, to=to)
    filled.sync(2)
    assert filled.first() == dict.fromkeys((MARIA, ZOI, KOSTAS, ELENI), "subscribed")
    filled.refuse(refusal, ZOI)

    mend(world)
    filled.sync(3)

    assert filled.tagged("NEWS") == {MARIA, ELENI}
    assert filled.first()[KOSTAS] == "subscribed"
    if which == ONE:
        assert filled.first()[MARIA] == "archived"


@pytest.mark.parametrize(
    ("how", "refusal"), [("down", "tag taken"), ("contact limit", "unsubscribe")]
)
def test_it_comes_back_before_it_arrived(filled: Shared, how: str, refusal: str) -> None:
    hinder(filled.world, how)
    filled.move("NEWS")
    filled.sync(2)
    filled.refuse(refusal, ZOI)
    filled.move("NEWS", provider="mailchimp")

    filled.sync(2)

    assert filled.tagged("NEWS", DEFAULT_ACCOUNT) == {MARIA, ELENI}
    people = filled.first()
    assert people[ZOI] == ("subscribed" if refusal == "tag taken" else "unsubscribed")
    assert people[KOSTAS] == "subscribed"


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("name", [NAME, None], ids=["shared", "own"])
def test_a_connection_has_the_key_of_another_account_for_a_while(
    world: AccountsWorld, name: str | None, moves: bool
) -> None:
    """The audience is not there. Nobody deleted it, and nobody knows what people refused in it."""
    share(world)
    news = world.collection("NEWS", shared_audience=name)
    gifts = world.collection("GIFTS", shared_audience=name, external_provider=SECOND_PROVIDER)
    maria, _, _ = (world.contact(one, news) for one in (MARIA, ZOI, ELENI))
    world.contact(KOSTAS, gifts)
    world.sync_all()
    (first,) = world.audiences(DEFAULT_ACCOUNT)
    right, world.places[DEFAULT_ACCOUNT] = world.places[DEFAULT_ACCOUNT], world.places[SECOND]
    world.act_in(DEFAULT_ACCOUNT, first, ZOI, "unsubscribe")
    if moves:
        world.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    for _ in range(2):
        ended = world.sync_all()
    assert set(world.people(SECOND)) == {KOSTAS}, "nobody is added meanwhile"
    words = ended["NEWS"]
    assert words.startswith("failed: "), words
    assert f"Correct the key of connection {DEFAULT_ACCOUNT}" in words

    world.places[DEFAULT_ACCOUNT] = right
    world.consent(maria, granted=False)
    for _ in range(2):
        ended = world.sync_all()

    assert world.people(DEFAULT_ACCOUNT, first) == {
        MARIA: "unsubscribed", ZOI: "unsubscribed", ELENI: "subscribed",
    }, ended  # fmt: skip
    there = {KOSTAS, ELENI} if moves else {KOSTAS}
    assert world.people(SECOND) == dict.fromkeys(there, "subscribed")


def test_an_erasure_waits_for_the_right_key(world: AccountsWorld) -> None:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    gifts = world.collection("GIFTS", external_provider=SECOND_PROVIDER)
    maria = world.contact(MARIA, news)
    world.contact(ZOI, news)
    world.contact(KOSTAS, gifts)
    world.sync_all()
    (first,) = world.audiences(DEFAULT_ACCOUNT)
    right, world.places[DEFAULT_ACCOUNT] = world.places[DEFAULT_ACCOUNT], world.places[SECOND]
    world.change_contact(maria, erasure_requested_at="2026-01-01T00:00:00Z")

    with pytest.raises(ErasureIncompleteError, match=f"connection {DEFAULT_ACCOUNT}"):
        world.erase()

    world.places[DEFAULT_ACCOUNT] = right
    assert world.erase().erased == 1
    assert not world.has_member(DEFAULT_ACCOUNT, first, MARIA)
    assert world.has_member(DEFAULT_ACCOUNT, first, ZOI)


@pytest.mark.parametrize("ran", [True, False])
@pytest.mark.parametrize("name", [NAME, None], ids=["shared", "own"])
def test_two_connections_swap_their_ids(world: AccountsWorld, name: str | None, ran: bool) -> None:
    """In Airflow and in the CRM: nobody moves. A person says so before a run, or after some."""
    share(world)
    news = world.collection("NEWS", shared_audience=name)
    gifts = world.collection("GIFTS", shared_audience=name, external_provider=SECOND_PROVIDER)
    ids = {one: world.contact(one, news) for one in (MARIA, ZOI)}
    ids |= {one: world.contact(one, gifts) for one in (KOSTAS, ELENI)}
    world.sync_all()
    (first,), (second,) = world.audiences(DEFAULT_ACCOUNT), world.audiences(SECOND)
    world.act_in(DEFAULT_ACCOUNT, first, ZOI, "unsubscribe")
    world.act_in(SECOND, second, ELENI, "unsubscribe")
    places = world.places
    places[DEFAULT_ACCOUNT], places[SECOND] = places[SECOND], places[DEFAULT_ACCOUNT]
    world.crm.execute(
        "update crm.external_provider set connection_id = case code when 'mailchimp' then"
        " 'mailchimp_kriti' else 'mailchimp_default' end"
    )
    for _ in range(2 if ran else 0):
        world.sync_all()
    between = "mailchimp_between"
    renamed = ((DEFAULT_ACCOUNT, between), (SECOND, DEFAULT_ACCOUNT), (between, SECOND))
    with world.connect(world.warehouse_dsn) as warehouse:
        for old, new in renamed:
            rename_account(warehouse, old, new)
    world.consent(ids[KOSTAS], granted=False)

    for _ in range(2):
        ended = world.sync_all()

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert set(world.audiences(SECOND)) == {first}
    assert set(world.audiences(DEFAULT_ACCOUNT)) == {second}
    assert world.people(SECOND) == {MARIA: "subscribed", ZOI: "unsubscribed"}
    assert world.people(DEFAULT_ACCOUNT) == {KOSTAS: "unsubscribed", ELENI: "unsubscribed"}


@pytest.mark.parametrize("old", ["works", "is gone"])
def test_a_connection_has_another_id_and_nobody_said_so(filled: Shared, old: str) -> None:
    """Nobody moves meanwhile. After the command all goes on."""
    world = filled.world
    filled.refuse("tag taken", ZOI)
    world.places[NEO] = world.places[DEFAULT_ACCOUNT]
    if old == "is gone":
        del world.places[DEFAULT_ACCOUNT]
    world.crm.execute(
        "update crm.external_provider set connection_id = %s where code = 'mailchimp'", (NEO,)
    )
    filled.sync(2)
    assert set(world.people(NEO).values()) == {"subscribed"}
    world.consent(filled.ids[MARIA], granted=False)
    filled.rename(DEFAULT_ACCOUNT, NEO)

    ended = filled.sync(2)

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert filled.tagged("NEWS", NEO) == {ELENI}
    assert world.people(NEO) == {
        MARIA: "unsubscribed", ZOI: "subscribed", KOSTAS: "subscribed", ELENI: "subscribed",
    }  # fmt: skip


@pytest.mark.parametrize("which", [ONE, ALL], ids=["one", "all"])
def test_the_first_account_is_closed_while_a_collection_waits(
    filled: Shared, which: tuple[str, ...]
) -> None:
    world = filled.world
    hinder(world, "down")
    filled.move(*which)
    filled.sync(2)
    filled.refuse("unsubscribe", ZOI)
    filled.refuse("tag taken", ELENI)
    filled.sync(2)
    del world.places[DEFAULT_ACCOUNT]
    filled.move(*ALL)
    filled.sync()
    with world.connect(world.warehouse_dsn) as warehouse:
        close_account(warehouse, DEFAULT_ACCOUNT)

    world.mend()
    ended = filled.sync(2)

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert filled.tagged("NEWS") == {MARIA}
    assert world.people(SECOND) == {MARIA: "subscribed", KOSTAS: "subscribed"}


@pytest.mark.parametrize("decision", ["same", "new"])
def test_a_collection_gets_a_new_id_on_the_way(filled: Shared, decision: str) -> None:
    world = filled.world
    hinder(world, "down")
    filled.move("NEWS")
    filled.sync(2)
    filled.refuse("tag taken", ZOI)
    for table in ("contact_collection", "collection_member"):
        world.crm.execute(
            f"update crm.{table} set collection_id = 900 where collection_id = %s", (filled.news,)
        )
    filled.sync()
    with world.connect(world.warehouse_dsn) as warehouse:
        (begin_as_new if decision == "new" else continue_as_same)(warehouse, "NEWS")
    filled.refuse("unsubscribe", ELENI)

    mend(world)
    filled.sync(3)

    assert filled.tagged("NEWS") == {MARIA}
    assert filled.first() == {
        MARIA: "archived", ZOI: "subscribed", KOSTAS: "subscribed", ELENI: "unsubscribed",
    }  # fmt: skip


def test_the_account_is_renamed_between_staging_and_push(filled: Shared) -> None:
    world = filled.world
    filled.refuse("tag taken", ZOI)
    world.pass_seconds()
    staging_id = world.stage()
    world.places[NEO] = world.places[DEFAULT_ACCOUNT]
    filled.rename(DEFAULT_ACCOUNT, NEO)
    result = world.push(staging_id, f"shared:{NAME}")
    assert "audience_in_two_accounts" in (result.detail or "")
    world.crm.execute(
        "update crm.external_provider set connection_id = %s where code = 'mailchimp'", (NEO,)
    )

    ended = filled.sync(2)

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert filled.tagged("NEWS", NEO) == {MARIA, ELENI}
    assert set(world.people(NEO).values()) == {"subscribed"}


def test_an_account_of_inactive_collections_is_closed(filled: Shared) -> None:
    for code in ALL:
        filled.world.change_collection(code, is_active=False)
    filled.sync()
    with filled.world.connect(filled.world.warehouse_dsn) as warehouse:
        assert close_account(warehouse, DEFAULT_ACCOUNT) == 1


def test_an_account_that_collections_are_in_is_not_closed(filled: Shared) -> None:
    world = filled.world
    filled.refuse("unsubscribe", ZOI)
    filled.refuse("tag taken", ELENI)
    with (
        world.connect(world.warehouse_dsn) as warehouse,
        pytest.raises(AccountInUseError, match="NEWS, OFFERS"),
    ):
        close_account(warehouse, DEFAULT_ACCOUNT)

    ended = filled.sync(2)

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert filled.tagged("NEWS", DEFAULT_ACCOUNT) == {MARIA}
    assert filled.first() == {
        MARIA: "subscribed", ZOI: "unsubscribed", KOSTAS: "subscribed", ELENI: "subscribed",
    }  # fmt: skip
