"""A collection leaves a shared audience for an account that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from sharing_world import NAME, share

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"


@pytest.fixture
def two(
    crm_db: str, warehouse_db: str, mailchimp_sandbox: Any, second_sandbox: Any
) -> Iterator[AccountsWorld]:
    world = AccountsWorld(crm_db, warehouse_db, mailchimp_sandbox, second_sandbox)
    share(world)
    yield world
    world.close()


@pytest.mark.parametrize("how", ["down", "no connection", "wrong key"])
def test_its_people_stay_until_the_account_works(two: AccountsWorld, how: str) -> None:
    news = two.collection("NEWS", shared_audience=NAME)
    offers = two.collection("OFFERS", shared_audience=NAME)
    maria = two.contact(MARIA, news, first_name="Μαρία")
    two.contact(ZOI, news, offers, first_name="Ζωή")
    two.contact(KOSTAS, offers, first_name="Κώστας")
    two.sync_all()
    (first,) = two.audiences(DEFAULT_ACCOUNT)
    two.break_down(how)
    two.change_collection("NEWS", external_provider=SECOND_PROVIDER)

    for _ in range(2):
        ended = two.sync_all()
    assert not ended["NEWS"].startswith("succeeded")
    assert ended["OFFERS"].startswith("succeeded")
    assert two.people(DEFAULT_ACCOUNT, first) == dict.fromkeys((MARIA, ZOI, KOSTAS), "subscribed")

    # A withdrawal goes out all the same.
    two.consent(maria, granted=False)
    two.sync_all()
    assert two.people(DEFAULT_ACCOUNT, first)[MARIA] == "unsubscribed"

    two.mend()
    for _ in range(2):
        ended = two.sync_all()
    assert ended["NEWS"].startswith("succeeded")
    (second,) = two.audiences(SECOND)
    assert two.people(SECOND, second) == {ZOI: "subscribed"}
    assert two.people(DEFAULT_ACCOUNT, first) == {
        MARIA: "unsubscribed", ZOI: "subscribed", KOSTAS: "subscribed",
    }  # fmt: skip
