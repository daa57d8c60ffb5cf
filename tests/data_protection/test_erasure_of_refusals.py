"""Refusals of an erased person go with them; those of others, and of other installations, stay."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import ErasureResult, erase_contacts
from crm_mailchimp.provider import MergeField
from data_protection.test_erasure import everywhere, foreign_audience
from sync_world import World, subscriber_hash

ASKED = "2026-10-01T00:00:00Z"
#: What a restored backup brings back of refusals.
TABLES = "sync.refusal", "sync.refusal_contact", "sync.address_holder", "sync.changed_address"


def erase(world: World, **options: Any) -> ErasureResult:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure", **options)


def rows(world: World, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in world.warehouse.execute(f"select * from {table}").fetchall()]


def refused(world: World) -> set[tuple[str, tuple[int, ...]]]:
    """Kind and contacts of each refusal that holds."""
    found = world.warehouse.execute(
        "select kind, array(select contact_id from sync.refusal_contact as belongs"
        " where belongs.refusal_id = refusal.refusal_id order by contact_id) as contact_ids"
        " from sync.refusal where ended_at is null"
    ).fetchall()
    return {(row["kind"], tuple(row["contact_ids"])) for row in found}


def test_nothing_holds_after_a_return_under_a_new_id_and_address(world: World) -> None:
    news = world.collection()
    merged = world.contact("eleni.palia@mail.gr", news)
    eleni = world.contact("eleni@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni.palia@mail.gr", "unsubscribe")
    world.act("nikos@mail.gr", "unsubscribe")
    world.sync()
    world.change_contact(merged, merged_into_id=eleni)
    world.sync()
    assert world.open_reasons()[eleni] == "suppressed_unsubscribed"
    assert {("unsubscribed", (merged, eleni)), ("unsubscribed", (nikos,))} <= refused(world)
    world.change_contact(eleni, erasure_requested_at=ASKED)

    assert erase(world).erased == 1

    assert refused(world) == {("unsubscribed", (nikos,))}
    assert {row["contact_id"] for row in rows(world, "sync.address_holder")} == {nikos}
    # The CRM still has the contacts: no run notes again what they hold.
    world.sync()
    assert {row["contact_id"] for row in rows(world, "sync.address_holder")} == {nikos}
    assert erase(world).returned == 0

    world.crm.execute("delete from crm.collection_member where contact_id = any(%s)",
                      ([merged, eleni],))  # fmt: skip
    world.crm.execute("delete from crm.consent where contact_id = any(%s)", ([merged, eleni],))
    world.crm.execute("delete from crm.contact where contact_id = any(%s)", ([merged, eleni],))
    returned = world.contact("eleni.nea@mail.gr", news)
    again = world.contact("eleni@mail.gr", news)
    before = world.contact("eleni.palia@mail.gr", news)
    world.sync()
    assert world.remote()["eleni.nea@mail.gr"] == "subscribed"
    assert world.open_reasons() == {
        again: "suppressed_forgotten", before: "suppressed_forgotten",
        nikos: "suppressed_unsubscribed",
    }  # fmt: skip
    assert returned not in world.open_reasons()


def test_a_refusal_that_is_anothers_too_stays_theirs(world: World) -> None:
    news = world.collection()
    maria = world.contact("shared@mail.gr", news)
    twin = world.contact("shared@mail.gr", news)
    world.sync()
    world.act("shared@mail.gr", "unsubscribe")
    world.sync()
    assert refused(world) == {("unsubscribed", (maria, twin))}
    world.change_contact(maria, erasure_requested_at=ASKED)

    assert erase(world).erased == 1

    assert refused(world) == {("unsubscribed", (twin,))}
    world.change_contact(twin, email="twin@mail.gr")
    world.sync()
    assert world.open_reasons()[twin] == "suppressed_unsubscribed"
    assert "twin@mail.gr" not in world.remote()


def test_the_survivor_of_an_erased_old_record_keeps_the_refusal(world: World) -> None:
    news = world.collection()
    survivor = world.contact("eleni@mail.gr", news)
    old = world.contact("eleni.palia@mail.gr", news)
    world.sync()
    world.act("eleni.palia@mail.gr", "unsubscribe")
    world.sync()
    world.change_contact(old, merged_into_id=survivor)
    world.sync()
    world.change_contact(old, erasure_requested_at=ASKED)

    assert list(erase(world).undecided) == [(old, survivor)]

    belongings = rows(world, "sync.refusal_contact")
    assert {(one["contact_id"], one["merged_from"]) for one in belongings} == {(survivor, None)}
    world.change_contact(survivor, email="eleni.nea@mail.gr")
    world.sync()
    assert world.open_reasons()[survivor] == "suppressed_unsubscribed"
    assert "eleni.nea@mail.gr" not in world.remote()


def test_a_restored_backup_brings_no_refusal_back(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.act("nikos@mail.gr", "unsubscribe")
    world.sync()
    # A refusal without any contact is known by the digest of its address alone.
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    for table in TABLES:
        world.warehouse.execute(f"create table public.{table[5:]} as table {table}")
    world.change_contact(eleni, erasure_requested_at=ASKED)
    assert erase(world).erased == 1
    assert {row["contact_id"] for row in rows(world, "sync.refusal_contact")} == {nikos}

    for table in reversed(TABLES):
        world.warehouse.execute(f"delete from {table}")
    for table in TABLES:
        identity = " overriding system value" if table == "sync.refusal" else ""
        world.warehouse.execute(f"insert into {table}{identity} table public.{table[5:]}")
    assert {row["contact_id"] for row in rows(world, "sync.refusal_contact")} == {eleni, nikos}

    assert erase(world).returned > 0
    assert {row["contact_id"] for row in rows(world, "sync.refusal_contact")} == {nikos}
    assert {row["contact_id"] for row in rows(world, "sync.address_holder")} == {nikos}
    assert len(rows(world, "sync.refusal")) == 1
    assert erase(world).returned == 0

    # Nobody's any more, but of an erased address: known by the digest.
    world.warehouse.execute("insert into sync.refusal overriding system value table public.refusal"
                            " on conflict do nothing")  # fmt: skip
    assert len(rows(world, "sync.refusal")) == 2
    assert erase(world).returned > 0
    assert len(rows(world, "sync.refusal")) == 1
    # Who signs up again by themselves, and unsubscribes, is known again from then on.
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.sync()
    assert refused(world) == {("unsubscribed", (nikos,)), ("unsubscribed", ())}
    assert erase(world).returned == 0
    assert ("unsubscribed", ()) in refused(world)


def test_an_address_that_the_person_chose_in_mailchimp_goes_too(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "change_email", new_email_address="eleni.nea@mail.gr")
    world.sync()
    assert len(rows(world, "sync.changed_address")) == 1
    assert world.remote()["eleni.nea@mail.gr"] == "subscribed"
    world.change_contact(eleni, erasure_requested_at=ASKED)

    assert erase(world).members_deleted == 1

    assert set(world.remote()) == {"nikos@mail.gr"}
    assert rows(world, "sync.changed_address") == []
    suppressed = world.warehouse.execute(
        "select count(*) as n from sync.suppression where kind = 'address'"
    ).fetchone()
    assert suppressed == {"n": 2}
    other = world.contact("eleni.nea@mail.gr", news)
    world.sync()
    assert world.open_reasons()[other] == "suppressed_forgotten"


def test_another_installations_audience_is_not_touched(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    theirs = foreign_audience(world, "maria@mail.gr", "guest@mail.gr")
    by_hand = foreign_audience(world, "maria@mail.gr")
    with world.provider() as provider:
        provider.create_merge_field(
            theirs,
            MergeField(
                tag="CRMREF",
                name="CRM reference (collection 1, installation 0123456789ab)",
                type="text",
            ),
        )
    world.change_contact(maria, erasure_requested_at=ASKED)
    before = len(world.write_requests())

    result = erase(world)

    assert (result.erased, result.members_deleted) == (1, 2)
    assert list(result.left_alone) == [(theirs, 1)]
    assert everywhere(world, "maria@mail.gr") == [theirs]
    assert len(world.write_requests()) == before + 2
    (receipt,) = rows(world, "sync.erasure_receipt")
    assert receipt["finished_at"] is not None
    assert receipt["left_alone"] == {theirs: 1}
    assert f"contact {maria}: 1 members stay in audience {theirs}" in caplog.text
    assert "@" not in caplog.text
    assert subscriber_hash("maria@mail.gr") not in caplog.text
    assert by_hand not in everywhere(world, "maria@mail.gr")
    # Nothing is tried again: the person is erased here.
    assert erase(world) == ErasureResult(requested=1, erased=0)
