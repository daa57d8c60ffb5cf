"""One person's deletion that always fails holds up no other; an outage stops at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import (
    ErasureIncompleteError,
    ErasurePostponedError,
    ErasureResult,
    erase_contacts,
)
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.errors import (
    BadRequest,
    ConnectionFault,
    GarbledAnswer,
    ServerError,
    TooManyRequests,
)
from sync_world import World, subscriber_hash

FAULTS = (ServerError, TooManyRequests, ConnectionFault, GarbledAnswer)


class _Failing:
    """Mailchimp, where some calls about members always fail.

    Args:
        fails: gives the error of a call, by its name, audience and subscriber hash.
        is_out: whether the account gives no sign of life, either.
    """

    def __init__(
        self,
        inner: Any,
        fails: Callable[[str, str, str], ProviderError | None],
        *,
        is_out: bool = False,
    ) -> None:
        self._inner, self._fails, self._is_out, self.failed = inner, fails, is_out, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _call(self, name: str, list_id: str, hash_: str) -> Any:
        error = self._fails(name, list_id, hash_)
        if error is not None:
            self.failed += 1
            raise error
        return getattr(self._inner, name)(list_id, hash_)

    def member(self, list_id: str, hash_: str) -> Any:
        return self._call("member", list_id, hash_)

    def delete_member_permanently(self, list_id: str, hash_: str) -> Any:
        return self._call("delete_member_permanently", list_id, hash_)

    def require_answer(self) -> None:
        if self._is_out:
            raise ServerError(method="GET", path="/ping", status=500)
        self._inner.require_answer()


def _erase(
    world: World,
    fails: Callable[[str, str, str], ProviderError | None] = lambda *_: None,
    *,
    is_out: bool = False,
) -> tuple[ErasureResult | None, Exception | None, int]:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        failing = _Failing(provider, fails, is_out=is_out)
        try:
            return (
                erase_contacts(warehouse, crm, Accounts.only(failing), run_id="διαγραφή"),
                None,
                failing.failed,
            )
        except (ErasureIncompleteError, ErasurePostponedError, ProviderError) as error:
            return None, error, failing.failed


def _people(world: World, count: int) -> dict[str, int]:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    return {
        email: world.contact(email, news, offers)
        for email in (f"eleni{number}@mail.gr" for number in range(count))
    }


def _ask(world: World, *contact_ids: int) -> None:
    for contact_id in contact_ids:
        world.change_contact(contact_id, erasure_requested_at="2026-10-01T00:00:00Z")


def _open_receipts(world: World) -> int:
    found = world.warehouse.execute(
        "select count(*) as n from sync.erasure_receipt where finished_at is null"
    ).fetchone()
    assert found
    return int(found["n"])


@pytest.mark.parametrize("fault", FAULTS)
def test_people_whose_deletion_always_fails_hold_up_nobody(world: World, fault: type[Any]) -> None:
    people = _people(world, 9)
    world.sync()
    bad = {subscriber_hash(f"eleni{number}@mail.gr") for number in (0, 4, 7)}
    _ask(world, *people.values())

    def fails(_: str, __: str, hash_: str) -> ProviderError | None:
        return fault(method="POST", path="/lists", status=500) if hash_ in bad else None

    for _ in range(2):
        result, error, _ = _erase(world, fails)
        assert result is None
        assert isinstance(error, ErasurePostponedError)
        words = str(error)
        assert "Mailchimp failed for 3 people" in words
        assert all(f"contact {people[f'eleni{number}@mail.gr']}" in words for number in (0, 4, 7))
        assert "@" not in words
        assert set(world.remote()) == set(world.remote("OFFERS")) == {
            f"eleni{number}@mail.gr" for number in (0, 4, 7)
        }  # fmt: skip
        assert _open_receipts(world) == 3

    # They are pushed nowhere meanwhile, and the next run finishes them.
    world.sync()
    result, error, _ = _erase(world)
    assert error is None
    assert result is not None
    assert result.erased == 3
    assert world.remote() == world.remote("OFFERS") == {}
    assert _open_receipts(world) == 0


def test_one_address_that_fails_leaves_no_other_address_of_the_person(world: World) -> None:
    people = _people(world, 2)
    maria = people["eleni0@mail.gr"]
    world.sync()
    for address in ("maria.a@mail.gr", "maria.b@mail.gr"):
        world.change_contact(maria, email=address)
        world.sync()
    _ask(world, maria)
    bad = subscriber_hash("maria.a@mail.gr")

    def fails(_: str, __: str, hash_: str) -> ProviderError | None:
        return ServerError(method="GET", path="/lists", status=500) if hash_ == bad else None

    _, error, _ = _erase(world, fails)

    assert isinstance(error, ErasurePostponedError)
    assert set(world.remote()) - {"eleni1@mail.gr"} <= {"maria.a@mail.gr"}
    with world.provider() as provider:
        kept = [
            address
            for address in ("eleni0@mail.gr", "maria.a@mail.gr", "maria.b@mail.gr")
            if provider.member(world.list_id(), subscriber_hash(address)) is not None
        ]
    assert kept == ["maria.a@mail.gr"]
    result, error, _ = _erase(world)
    assert error is None
    assert result is not None
    assert result.erased == 1


def test_refusals_and_failures_are_both_named(world: World) -> None:
    people = _people(world, 3)
    world.sync()
    _ask(world, *people.values())
    refused, failing = (subscriber_hash(f"eleni{number}@mail.gr") for number in (0, 1))

    def fails(name: str, _: str, hash_: str) -> ProviderError | None:
        if hash_ == failing:
            return ServerError(method="POST", path="/lists", status=503)
        if hash_ == refused and name == "delete_member_permanently":
            return BadRequest(method="POST", path="/lists", status=405, title="όχι")
        return None

    _, error, _ = _erase(world, fails)

    assert isinstance(error, ErasureIncompleteError)
    assert "Mailchimp refused to delete members of 1 people" in str(error)
    assert "Mailchimp failed for 1 people" in str(error)
    assert set(world.remote()) == {"eleni0@mail.gr", "eleni1@mail.gr"}


@pytest.mark.parametrize(("is_out", "most"), [(True, 1), (False, 10)])
def test_an_outage_stops_the_run_soon(world: World, is_out: bool, most: int) -> None:
    people = _people(world, 25)
    world.sync()
    _ask(world, *people.values())

    _, error, failed = _erase(
        world, lambda *_: ServerError(method="POST", path="/lists", status=500), is_out=is_out
    )

    assert isinstance(error, ServerError)
    assert failed == most
    assert _open_receipts(world) == 25
    result, error, _ = _erase(world)
    assert result is not None
    assert result.erased == 25
