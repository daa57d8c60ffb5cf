"""A request for erasure that cannot be carried out holds up no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import (
    ErasureIncompleteError,
    ErasureResult,
    erase_contacts,
)
from crm_mailchimp.mailchimp.errors import BadRequest
from crm_mailchimp.sync.refusals.suppression import open_suppression
from fresh_databases import fresh_databases
from loose_contract import LOOSE
from sync_world import World, subscriber_hash

#: A text that does not shrink below the 2,704 bytes of an index row.
VERY_LONG = "(select string_agg(md5(i::text), '') from generate_series(1, 400) as i)"


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """The CRM is without keys and indexes, as views may be."""
    server = request.getfixturevalue(request.param)
    loose = (LOOSE, "drop index crm.contact_email, crm.contact_local_part")
    with fresh_databases(server, *loose) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def _erase(world: World, provider: Any = None) -> ErasureResult:
    with (
        world.provider() as own,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider or own), run_id="διαγραφή")


def _ask(world: World, *contact_ids: int) -> None:
    world.crm.execute(
        "update crm.contact set erasure_requested_at = now() where contact_id = any(%s)",
        (list(contact_ids),),
    )


def _finished(world: World) -> int:
    row = world.warehouse.execute(
        "select count(*) as done from sync.erasure_receipt where finished_at is not null"
    ).fetchone()
    assert row
    return int(row["done"])


@pytest.mark.parametrize(
    "address", [f"{VERY_LONG} || '@mail.gr'", f"'ελένη@' || {VERY_LONG}", f"{VERY_LONG} || 'Ω'"]
)
def test_a_very_long_address_is_erased_with_all_others(world: World, address: str) -> None:
    news = world.collection("NEWS")
    people = [world.contact(f"maria{number}@mail.gr", news) for number in range(3)]
    long = world.contact("eleni@mail.gr", news)
    stays = world.contact("nikos@mail.gr", news)
    world.sync()
    world.crm.execute(f"update crm.contact set email = {address} where contact_id = %s", (long,))
    assert world.sync()["NEWS"].state == "succeeded"
    assert world.open_reasons()[long] == "invalid_email"
    _ask(world, long, *people)

    result = _erase(world)

    assert (result.requested, result.erased) == (4, 4)
    left = world.warehouse.execute(
        "select contact_id from staging.contact where length(address_written) > 254"
    ).fetchall()
    assert left == []
    assert set(world.remote()) == {"nikos@mail.gr"}
    assert _finished(world) == 4
    assert _erase(world).erased == 0
    assert world.member("nikos@mail.gr")["contact_id"] == stays


class _Refusing:
    """Mailchimp, which answers 400 to a look at one member."""

    def __init__(self, provider: Any, hash_: str) -> None:
        self._provider, self._hash = provider, hash_

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def member(self, list_id: str, hash_: str) -> Any:
        if hash_ == self._hash:
            raise BadRequest(method="GET", path="/lists", status=400, title="", detail="όχι")
        return self._provider.member(list_id, hash_)


def _forbid(world: World, table: str, column: str, digest: bytes) -> None:
    world.warehouse.execute(
        f"alter table {table} add constraint odd check ({column} <> '\\x{digest.hex()}'::bytea)"
    )


def test_bad_requests_hold_up_no_good_one(world: World) -> None:
    news = world.collection("NEWS")
    good = [world.contact(f"maria{number}@mail.gr", news) for number in range(5)]
    bad = [world.contact(f"spyros{number}@mail.gr", news) for number in range(3)]
    earlier = world.contact("zoi@mail.gr", news)
    world.sync()
    world.change_contact(earlier, email="zoi.nea@mail.gr")
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        digester = open_suppression(warehouse)
    # One fails when it is suppressed, one when its traces are removed, one by its receipt.
    _forbid(world, "sync.suppression", "digest", digester.contact(bad[0]))
    world.warehouse.execute(
        "create function public.odd() returns trigger language plpgsql as"
        f" $$ begin if old.contact_id = {bad[1]} then raise sqlstate '22003'; end if;"
        " return old; end $$;"
        "create trigger odd before delete on sync.member for each row execute function odd();"
        "create trigger odd before delete on staging.contact for each row execute function odd()"
    )
    _forbid(world, "sync.erasure_receipt", "contact_digest", digester.contact(bad[2]))
    _ask(world, *good[:3], *bad, earlier, *good[3:])

    with world.provider() as provider, pytest.raises(ErasureIncompleteError) as raised:
        _erase(world, _Refusing(provider, subscriber_hash("zoi@mail.gr")))

    words = str(raised.value)
    assert "4 people could not be erased whole" in words
    assert all(f"contact {contact_id}" in words for contact_id in (*bad, earlier))
    assert "mail.gr" not in words
    assert _finished(world) == len(good)
    assert not any(address.startswith("maria") for address in world.remote())

    world.warehouse.execute(
        "alter table sync.suppression drop constraint odd;"
        "alter table sync.erasure_receipt drop constraint odd; drop function public.odd cascade"
    )
    assert _erase(world).erased == 4
    assert world.remote() == {}
    assert _finished(world) == len(good) + 4
