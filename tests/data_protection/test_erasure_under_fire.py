"""Crashes at every step, restored backups, reports that come late: the person stays forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection import erased_traces, erasure
from crm_mailchimp.data_protection.erasure import ErasureIncompleteError, erase_contacts
from crm_mailchimp.mailchimp.errors import MailchimpError
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from people_tables import PEOPLE_COLUMNS, Person, plant, rows_in
from sync_world import World, subscriber_hash

ASKED = "2026-10-01T00:00:00Z"
TABLES = "sync.member", "sync.consent_proof", "sync.rejection", "sync.quarantine"


class CrashError(Exception):
    """The worker dies here."""


class Provider:
    """The real provider, that dies or is refused at a chosen deletion."""

    def __init__(self, inner: Any, *, die_at: int | None = None, refuse: bool = False) -> None:
        self.inner, self.die_at, self.refuse, self.deletions = inner, die_at, refuse, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def delete_member_permanently(self, list_id: str, hash_: str) -> bool:
        if self.refuse:
            raise MailchimpError("refused", status=405)
        if self.deletions == self.die_at:
            raise CrashError
        self.deletions += 1
        return bool(self.inner.delete_member_permanently(list_id, hash_))


def erase(world: World, **faults: Any) -> Any:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(
            warehouse, crm, Accounts.only(Provider(provider, **faults)), run_id="erasure"
        )


def receipts(world: World) -> list[tuple[bool, int]]:
    rows = world.warehouse.execute(
        "select finished_at is not null as done, members_deleted from sync.erasure_receipt"
    ).fetchall()
    return [(row["done"], row["members_deleted"]) for row in rows]


def test_a_crash_at_any_step_is_harmless_and_a_rerun_finishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    maria = world.contact("maria@mail.gr", news, offers)
    world.contact("nikos@mail.gr", news, offers)
    world.contact("eleni@mail.gr", news, offers)
    world.sync()
    world.change_contact(maria, erasure_requested_at=ASKED)

    def nobody_is_pushed() -> None:
        """Even if the CRM took the request back: the suppression came first."""
        world.change_contact(maria, erasure_requested_at=None)
        before = world.write_requests()
        world.sync()
        assert not [
            one for one in world.write_requests()[len(before) :] if one == "POST /lists/{list_id}"
        ]
        assert "subscribed" not in {
            world.remote(code).get("maria@mail.gr") for code in ("NEWS", "OFFERS")
        }
        world.change_contact(maria, erasure_requested_at=ASKED)

    with pytest.raises(CrashError):
        erase(world, die_at=0)
    assert receipts(world) == [(False, 0)]
    nobody_is_pushed()
    with pytest.raises(CrashError):
        erase(world, die_at=1)
    nobody_is_pushed()
    # Dead between Mailchimp and our own traces, and between these and the receipt.
    with monkeypatch.context() as patch:
        patch.setattr(
            erased_traces, "remove_traces", lambda *_, **__: (_ for _ in ()).throw(CrashError)
        )
        with pytest.raises(CrashError):
            erase(world)
    nobody_is_pushed()
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_finish", lambda *_: (_ for _ in ()).throw(CrashError))
        with pytest.raises(CrashError):
            erase(world)
    assert "maria@mail.gr" not in world.remote("NEWS") | world.remote("OFFERS")

    # Mailchimp refuses: said, and tried again; the receipt waits.
    with pytest.raises(ErasureIncompleteError, match=str(maria)):
        erase(world, refuse=True)
    assert receipts(world)[0][0] is False
    assert erase(world).erased == 1
    assert [done for done, _ in receipts(world)] == [True]
    assert erase(world).erased == 0
    nobody_is_pushed()


def test_old_backups_do_not_bring_a_forgotten_person_back(world: World) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    maria = world.contact("maria@mail.gr", news)
    twin = world.contact("MARIA@mail.gr ", news, offers)
    world.contact("nikos@mail.gr", news, offers)
    world.sync()
    for table in TABLES:
        world.warehouse.execute(f"create table public.{table[5:]} as table {table}")
    world.change_contact(maria, erasure_requested_at=ASKED)
    assert erase(world).erased == 1
    world.act("guest@mail.gr", "subscribe")

    # Yesterday's CRM does not know of the request, and sync believes that she is subscribed.
    world.change_contact(maria, erasure_requested_at=None)
    for table in TABLES:
        world.warehouse.execute(f"delete from {table}")
        identity = " overriding system value" if table in TABLES[1:2] + TABLES[3:] else ""
        world.warehouse.execute(f"insert into {table}{identity} table public.{table[5:]}")
    other = world.collection("OTHER")
    world.join(other, maria)
    returned = world.contact(" Maria@mail.gr", other)
    world.sync(full_refresh=True)
    world.sync()

    for code in ("NEWS", "OFFERS"):
        assert "maria@mail.gr" not in world.remote(code)
        assert world.remote(code)["nikos@mail.gr"] == "subscribed"
    assert world.open_reasons("OTHER") == {
        maria: "suppressed_forgotten", returned: "duplicate_email",
    }  # fmt: skip
    assert world.open_reasons("OFFERS")[twin] == "suppressed_forgotten"
    posts = [one for one in world.write_requests() if one == "POST /lists/{list_id}"]
    assert len(posts) == 2, "one batch for each of the first two audiences, none since"

    # What the backup brought back goes again; who signs up later by themselves is left alone.
    assert erase(world).returned > 0
    assert not world.warehouse.execute(
        "select from sync.member where subscriber_hash = %s"
        " union all select from sync.consent_proof where subscriber_hash = %s",
        (subscriber_hash("maria@mail.gr"), subscriber_hash("maria@mail.gr")),
    ).fetchall()
    world.act("maria@mail.gr", "subscribe")
    world.sync()
    assert world.member("maria@mail.gr")["origin"] == "foreign"
    assert erase(world).returned == 0
    assert world.member("maria@mail.gr")["origin"] == "foreign"
    assert world.remote()["maria@mail.gr"] == "subscribed"
    assert world.remote()["guest@mail.gr"] == "subscribed"


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def test_digests_in_sql_are_those_of_python(warehouse: psycopg.Connection[Any]) -> None:
    digester = open_suppression(warehouse)
    row = warehouse.execute(
        "select sync.keyed_digest(sync.hmac_pad(54), sync.hmac_pad(92), 'contact:17'),"
        " sync.keyed_digest(sync.hmac_pad(54), sync.hmac_pad(92), 'address:μαρία@mail.gr'),"
        " sync.keyed_digest(sync.hmac_pad(54), sync.hmac_pad(92), 'subscriber:abc')"
    ).fetchone()
    assert row
    assert bytes(row[0]) == digester.contact(17)
    assert bytes(row[1]) == digester.address("μαρία@mail.gr")
    assert bytes(row[2]) == digester.subscriber("abc")
    assert bytes(row[0]) != Digester(b"another").contact(17)


def test_no_table_keeps_a_trace(warehouse: psycopg.Connection[Any]) -> None:
    """A row about the person in every table that knows people: nothing leads back from any."""
    person, digester = Person(), open_suppression(warehouse)
    digests = {
        "contact_digest": digester.contact(person.contact_id),
        "address_digest": digester.address(person.address),
        "sync.suppression.digest": digester.address(person.address),
        "sync.erased_subscriber.digest": digester.subscriber(person.hash),
        "sync.refusal.address_digest": digester.subscriber(person.hash),
        "sync.address_holder.address_digest": digester.subscriber(person.hash),
    }
    planted = plant(warehouse, person, digests)
    warehouse.execute(
        "insert into staging.contact (staging_id, contact_id, address_written, is_active,"
        " content_hash) select staging_id, 12, %s, true, '' from sync.staging_run",
        (person.written,),
    )
    forms, hashes = erasure.address_forms(person.address)
    written, written_hashes = erasure.address_forms(person.written)

    erased_traces.remove_traces(
        warehouse,
        erased_traces.Traces(
            hashes=dict.fromkeys(hashes | written_hashes),
            contact_ids={person.contact_id},
            addresses=forms | written,
        ),
    )

    needles = {str(person.contact_id), person.address, person.written, *hashes, *written_hashes}
    # By their ids where a column is made of them: 4711 may be part of any number.
    leads = {
        table
        for table in planted
        for row in rows_in(warehouse, table)
        if any(
            needle in re.findall(r"[\w.@-]+", str(value))
            for name, value in row.items()
            for needle in needles
            if name in PEOPLE_COLUMNS or not needle.isdigit()
        )
    }
    assert leads == set()
    assert [row["contact_id"] for row in rows_in(warehouse, "staging.contact")] == [12]
    # Keyed digests stay: they are how it is known that nobody comes back.
    assert rows_in(warehouse, "sync.suppression")
