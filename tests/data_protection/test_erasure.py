"""Forget this person: everywhere, for good, and through every crash."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import ErasureResult, NotRequestedError, erase_contacts
from crm_mailchimp.provider import AudienceSettings, NewMember
from sync_world import World, subscriber_hash

ASKED = "2026-10-01T00:00:00Z"


def erase(world: World, **options: Any) -> ErasureResult:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure", **options)


def foreign_audience(world: World, *emails: str) -> str:
    """An audience made by hand, which the map does not know."""
    with world.provider() as provider:
        audience = provider.create_audience(
            AudienceSettings(
                name="Άλλη",
                company="Γαλαξίας",
                address1="Ερμού 1",
                city="Αθήνα",
                country="GR",
                from_name="Γαλαξίας",
                from_email="news@galaxy.gr",
                language="el",
                permission_reminder="Εγγραφήκατε.",
            )
        )
        provider.add_members(
            audience.list_id,
            [
                NewMember(email_address=email, status="subscribed", merge_fields={})
                for email in emails
            ],
        )
        return audience.list_id


def everywhere(world: World, email: str) -> list[str]:
    """Audiences of the account that hold an address."""
    with world.provider() as provider:
        return [
            audience.list_id
            for audience in provider.audiences()
            if provider.member(audience.list_id, subscriber_hash(email))
        ]


def rows_about(world: World, contact_ids: list[int], emails: list[str]) -> dict[str, int]:
    """Rows of any table of the warehouse that name a contact or an address of a person."""
    hashes = [subscriber_hash(email) for email in emails]
    columns = world.warehouse.execute(
        """
        select columns.table_schema || '.' || columns.table_name as name, columns.column_name
        from information_schema.columns as columns
        inner join pg_class on pg_class.oid = format('%I.%I', table_schema, table_name)::regclass
        where
            table_schema in ('staging', 'sync', 'stats', 'mart')
            and column_name in ('contact_id', 'subscriber_hash', 'address_key')
            and not pg_class.relispartition and pg_class.relkind in ('r', 'p')
        """
    ).fetchall()
    values: dict[str, list[Any]] = {
        "contact_id": contact_ids, "subscriber_hash": hashes, "address_key": emails,
    }  # fmt: skip
    found = {}
    for row in columns:
        count = world.warehouse.execute(
            f"select count(*) as n from {row['name']} where {row['column_name']} = any(%s)",
            (values[row["column_name"]],),
        ).fetchone()
        if count and count["n"]:
            found[f"{row['name']}.{row['column_name']}"] = count["n"]
    return found


def test_a_person_is_gone_everywhere_and_others_stay(world: World) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    maria = world.contact(" Maria@Ταχυδρομείο.gr", news, offers)
    twin = world.contact("MARIA@xn--mxafkjbsj2a3azaa.gr", news)
    world.contact("nikos@mail.gr", news, offers)
    world.sync()
    address = next(one for one in world.remote() if one.startswith("maria@"))
    other = foreign_audience(world, address, "guest@mail.gr")
    world.change_contact(maria, email=address)
    world.change_contact(twin, email=address.upper())
    world.sync()
    # An address of old days: archived in the audiences, and nobody else's by now.
    world.change_contact(maria, email="maria.nea@mail.gr")
    world.sync()
    world.change_contact(twin, email="maria.nea@mail.gr ")
    world.sync()
    assert rows_about(world, [maria], [address])
    world.change_contact(maria, erasure_requested_at=ASKED)

    assert erase(world, dry_run=True) == ErasureResult(requested=1, erased=1)
    assert everywhere(world, address)
    with pytest.raises(NotRequestedError, match=str(twin)):
        erase(world, contacts=[maria, twin])

    result = erase(world, contacts=[maria])

    assert (result.requested, result.erased) == (1, 1)
    assert everywhere(world, "maria.nea@mail.gr") == []
    assert everywhere(world, address) == []
    assert rows_about(world, [maria], [address, "maria.nea@mail.gr"]) == {}
    assert set(world.remote()) == set(world.remote("OFFERS")) == {"nikos@mail.gr"}
    with world.provider() as provider:
        assert [m.email_address for m in provider.members(other)] == ["guest@mail.gr"]
    receipt = world.warehouse.execute("select * from sync.erasure_receipt").fetchall()
    assert len(receipt) == 1
    assert receipt[0]["finished_at"]
    assert receipt[0]["audiences"] == 3
    assert receipt[0]["members_deleted"] == result.members_deleted >= 4

    # The staging that a running sync uses is still whole; nobody comes back; nothing is done twice.
    world.sync()
    assert set(world.remote()) == {"nikos@mail.gr"}
    assert world.open_reasons()[twin] in ("shared_address_refused", "suppressed_forgotten")
    calls = len(world.sandbox.control("GET", "ledger/requests?count=100000")["requests"])
    assert erase(world) == ErasureResult(requested=1, erased=0)
    assert len(world.sandbox.control("GET", "ledger/requests?count=100000")["requests"]) == calls
