"""A person runs a command while a run of the account is in progress, or after one that died."""

from __future__ import annotations

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.sync.audience.account_changes import (
    AccountInUseError,
    UnusableAccountIdError,
    close_account,
    rename_account,
)
from sharing_world import NAME, share

MARIA, ZOI, KOSTAS, ELENI, NEA = (
    f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni", "nea")
)
NEO = "mailchimp_neo"


def fill(world: AccountsWorld) -> dict[str, int]:
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    ids = {
        MARIA: world.contact(MARIA, news, first_name="Μαρία"),
        ZOI: world.contact(ZOI, news, offers, first_name="Ζωή"),
        ELENI: world.contact(ELENI, news, first_name="Ελένη"),
        KOSTAS: world.contact(KOSTAS, offers, first_name="Κώστας"),
    }
    world.sync_all()
    return ids


def tagged(world: AccountsWorld, list_id: str) -> dict[str, set[str]]:
    """Subscribed addresses with each collection's tag in an audience of the renamed account."""
    with world.open_client(NEO) as provider:
        emails = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
        return {
            tag.name.rpartition("(")[2].rstrip(")"): {
                emails[one.subscriber_hash]
                for one in provider.tag_members(list_id, tag.tag_id)
                if one.status == "subscribed"
            }
            for tag in provider.tags(list_id)
        }


def test_an_account_is_not_closed_because_the_newest_staging_died(world: AccountsWorld) -> None:
    fill(world)
    # A worker dies while it stages.
    world.warehouse.execute(
        "insert into sync.staging_run (run_id, clock, refusal_clock, rules_version, dry_run,"
        " full_refresh, is_whole) select 'died', now(), now(), '1', false, false, true"
    )
    with (
        world.connect(world.warehouse_dsn) as warehouse,
        pytest.raises(AccountInUseError, match="NEWS, OFFERS"),
    ):
        close_account(warehouse, DEFAULT_ACCOUNT)


def test_an_account_is_not_closed_when_a_run_of_one_collection_is_in_it_again(
    world: AccountsWorld,
) -> None:
    fill(world)
    for code in ("NEWS", "OFFERS"):
        world.change_collection(code, is_active=False)
    world.sync_all()
    world.change_collection("NEWS", is_active=True)
    world.push(world.stage(["NEWS"]), f"shared:{NAME}")

    with (
        world.connect(world.warehouse_dsn) as warehouse,
        pytest.raises(AccountInUseError, match=r"NEWS\. Nothing was changed"),
    ):
        close_account(warehouse, DEFAULT_ACCOUNT)


@pytest.mark.parametrize("new", ["", " ", " mailchimp_neo", "a b", DEFAULT_ACCOUNT])
def test_an_account_gets_no_id_that_no_connection_has(world: AccountsWorld, new: str) -> None:
    """Such as a variable of the shell that is empty."""
    fill(world)
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    with (
        world.connect(world.warehouse_dsn) as warehouse,
        pytest.raises(UnusableAccountIdError, match=r"Nothing was changed"),
    ):
        rename_account(warehouse, DEFAULT_ACCOUNT, new)
    assert set(world.sync_all().values()) == {"succeeded: None"}
    assert set(world.audiences(DEFAULT_ACCOUNT)) == {list_id}


def test_two_accounts_at_work_do_not_become_one(world: AccountsWorld) -> None:
    """Nothing could part them again: the command would then rename both."""
    news = world.collection("NEWS")
    club = world.collection("CLUB", external_provider=SECOND_PROVIDER)
    world.contact(MARIA, news, club, first_name="Μαρία")
    world.sync_all()
    with world.connect(world.warehouse_dsn) as warehouse:
        for old, new, code in (
            (SECOND, DEFAULT_ACCOUNT, "CLUB"),
            (DEFAULT_ACCOUNT, SECOND, "NEWS"),
        ):
            with pytest.raises(AccountInUseError, match=f"{old}: {code}. Nothing was changed"):
                rename_account(warehouse, old, new)
    assert set(world.sync_all().values()) == {"succeeded: None"}
    assert world.people(DEFAULT_ACCOUNT) == world.people(SECOND) == {MARIA: "subscribed"}


@pytest.mark.parametrize("call", [2, 6, 9])
def test_an_account_is_renamed_during_a_run(world: AccountsWorld, call: int) -> None:
    """The run ends as it can, and the next one goes on."""
    ids = fill(world)
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    world.act_in(DEFAULT_ACCOUNT, list_id, ELENI, "unsubscribe")
    world.consent(ids[MARIA], granted=False)
    world.contact(NEA, 1, 2)
    world.leave(1, ids[ZOI])
    world.places[NEO] = world.places[DEFAULT_ACCOUNT]
    calls = []

    def rename(what: str) -> None:
        calls.append(what)
        if len(calls) == call:
            with world.connect(world.warehouse_dsn) as warehouse:
                assert rename_account(warehouse, DEFAULT_ACCOUNT, NEO) == 1

    world.calls.reset(before=rename)
    world.sync_all()
    world.calls.reset()
    assert len(calls) >= call
    world.crm.execute(
        "update crm.external_provider set connection_id = %s where code = 'mailchimp'", (NEO,)
    )
    world.sync_all()
    ended = world.sync_all()

    assert all(one.startswith("succeeded") for one in ended.values()), ended
    assert set(world.audiences(NEO)) == {list_id}
    assert world.people(NEO) == {
        MARIA: "unsubscribed", ELENI: "unsubscribed", ZOI: "subscribed", KOSTAS: "subscribed",
        NEA: "subscribed",
    }  # fmt: skip
    assert tagged(world, list_id) == {"NEWS": {NEA}, "OFFERS": {ZOI, KOSTAS, NEA}}
