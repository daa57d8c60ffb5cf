"""Accounts and shared audiences together."""

from __future__ import annotations

import psycopg
import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from sharing_world import NAME, share


@pytest.fixture
def server(postgres):
    return postgres


def sync(world):
    world.pass_seconds()
    staging_id = world.stage()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        codes = codes_to_sync(warehouse, staging_id)
    ended = {}
    for code in codes:
        try:
            ended[code] = world.push(staging_id, code).state
        except (ProviderError, PassingError, PermanentError) as error:
            ended[code] = f"raised: {error}"
    return ended


def test_names_of_shared_audiences_that_look_like_an_account(world: AccountsWorld) -> None:
    share(world)
    a = world.collection("A", shared_audience=f"Κοινό ({SECOND})")
    b = world.collection("B", shared_audience="Κοινό", external_provider=SECOND_PROVIDER)
    c = world.collection("C")
    world.contact("maria@mail.gr", a)
    world.contact("nikos@mail.gr", b)
    world.contact("eleni@mail.gr", c)
    ended = sync(world)
    assert world.people(DEFAULT_ACCOUNT) == {
        "maria@mail.gr": "subscribed",
        "eleni@mail.gr": "subscribed",
    }, ended
    assert world.people(SECOND) == {"nikos@mail.gr": "subscribed"}


def test_an_account_that_is_down_stops_only_its_former_collection(world: AccountsWorld) -> None:
    share(world)
    news = world.collection("NEWS", external_provider=SECOND_PROVIDER)
    offers = world.collection("OFFERS", shared_audience=NAME)
    world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", offers)
    sync(world)
    world.change_collection("NEWS", external_provider="mailchimp", shared_audience=NAME)
    world.break_down("down", SECOND)
    world.contact("eleni@mail.gr", offers)
    ended = sync(world)
    people = world.people(DEFAULT_ACCOUNT)
    assert "maria@mail.gr" not in people, "nobody knows whether she refused there"
    assert people.get("eleni@mail.gr") == "subscribed", ended


def test_a_shared_audience_goes_to_another_account(world: AccountsWorld) -> None:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    maria = world.contact("maria@mail.gr", news, offers)
    world.contact("nikos@mail.gr", news)
    world.contact("zoe@mail.gr", offers)
    sync(world)
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    world.act_in(DEFAULT_ACCOUNT, list_id, "nikos@mail.gr", "unsubscribe")
    for code in ("NEWS", "OFFERS"):
        world.change_collection(code, external_provider=SECOND_PROVIDER)
    ended = sync(world)
    assert world.people(SECOND) == {
        "maria@mail.gr": "subscribed",
        "zoe@mail.gr": "subscribed",
    }, ended
    # What happens in the audience left behind holds, and what is due goes out there.
    world.act_in(DEFAULT_ACCOUNT, list_id, "zoe@mail.gr", "unsubscribe")
    world.regrant(maria, granted=False)
    for _ in range(2):
        ended = sync(world)
    assert world.people(SECOND) == {
        "maria@mail.gr": "unsubscribed",
        "zoe@mail.gr": "unsubscribed",
    }, ended
    assert world.people(DEFAULT_ACCOUNT)["maria@mail.gr"] == "unsubscribed"


def test_one_collection_of_a_shared_audience_goes_to_another_account(
    world: AccountsWorld,
) -> None:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    for n in range(20):
        world.contact(f"o{n}@mail.gr", offers)
    maria = world.contact("maria@mail.gr", news)
    world.contact("zoe@mail.gr", news)
    sync(world)
    world.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    sync(world)
    assert set(world.people(SECOND)) == {"maria@mail.gr", "zoe@mail.gr"}
    world.regrant(maria, granted=False)
    sync(world)
    sync(world)
    assert world.people(DEFAULT_ACCOUNT)["maria@mail.gr"] != "subscribed"
    assert world.people(SECOND)["maria@mail.gr"] == "unsubscribed"
