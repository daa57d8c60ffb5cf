"""Refusals that hold stay for good; what ended, and who held which address, has an age."""

from __future__ import annotations

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from sync_world import World


def apply(world: World) -> dict[str, int]:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        return retention.apply(warehouse, retention.Ages())


def age(world: World, table: str, days: int) -> None:
    """Let all that a table remembers be older."""
    columns = world.warehouse.execute(
        "select column_name from information_schema.columns where table_schema = 'sync'"
        " and table_name = %s and data_type = 'timestamp with time zone'",
        (table,),
    ).fetchall()
    changes = ", ".join(
        f"{row['column_name']} = {row['column_name']} - make_interval(days => {days})"
        for row in columns
    )
    world.warehouse.execute(f"update sync.{table} set {changes}")


def held(world: World) -> list[tuple[int, bool]]:
    """Contact and whether it left, of each address that a contact had."""
    rows = world.warehouse.execute(
        "select contact_id, left_at is not null as has_left from sync.address_holder"
        " order by contact_id, has_left"
    ).fetchall()
    return [(row["contact_id"], row["has_left"]) for row in rows]


def test_a_refusal_that_holds_stays_and_an_ended_one_goes(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    world.contact("anna@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.act("nikos@mail.gr", "unsubscribe")
    world.sync()
    world.act("nikos@mail.gr", "subscribe")
    world.sync()
    age(world, "refusal", 1_094)
    assert apply(world)["refusals"] == 0
    age(world, "refusal", 2)

    assert apply(world)["refusals"] == 1

    left = world.warehouse.execute("select contact_id from sync.refusal_contact").fetchall()
    assert [row["contact_id"] for row in left] == [eleni]
    age(world, "refusal", 40_000)
    assert apply(world)["refusals"] == 0
    world.sync()
    assert world.open_reasons() == {eleni: "suppressed_unsubscribed"}
    assert nikos not in world.open_reasons()


def test_former_addresses_go_and_the_newest_known_one_stays(world: World) -> None:
    news = world.collection()
    mover = world.contact("mover@mail.gr", news)
    gone = world.contact("gone@mail.gr", news)
    refuser = world.contact("eleni@mail.gr", news)
    world.contact("anna@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.sync()
    world.change_contact(mover, email="mover.neos@mail.gr")
    for contact in (gone, refuser):
        for table in ("collection_member", "consent", "contact"):
            world.crm.execute(f"delete from crm.{table} where contact_id = %s", (contact,))
    world.sync()
    # Older snapshots still have them: the age of what is known begins when none has.
    apply(world)
    assert (gone, False) in held(world)
    world.warehouse.execute(
        "update sync.staging_run set created_at = now() - interval '8 days' where staging_id <"
        " (select max(staging_id) from sync.staging_run)"
    )
    assert apply(world)["staging"] == 2
    apply(world)
    assert {(gone, True), (mover, True), (mover, False), (refuser, False)} <= set(held(world))

    age(world, "address_holder", 179)
    assert apply(world)["address_holders"] == 0
    age(world, "address_holder", 2)
    assert apply(world)["address_holders"] == 2

    contacts = {contact for contact, _ in held(world)}
    assert gone not in contacts
    assert refuser in contacts, "a record made again is recognised by it"
    assert (mover, True) not in held(world)
    assert (mover, False) in held(world)
    again = world.contact("eleni@mail.gr", news)
    world.sync()
    world.change_contact(again, email="eleni.nea@mail.gr")
    world.sync()
    assert world.open_reasons()[again] == "suppressed_unsubscribed"


def test_a_long_pause_makes_nobody_leave(world: World) -> None:
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.sync()
    world.warehouse.execute("update sync.staging_run set created_at = now() - interval '9 days'")
    assert apply(world)["staging"] == 1
    apply(world)
    assert held(world) == [(maria, False)]


@pytest.mark.parametrize("ending", ["crm", "member"])
def test_a_settled_change_of_address_goes_and_one_that_holds_stays(
    world: World, ending: str
) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("anna@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "change_email", new_email_address="eleni.nea@mail.gr")
    world.sync()
    age(world, "changed_address", 4_000)
    assert apply(world)["changed_addresses"] == 0
    if ending == "crm":
        world.change_contact(eleni, email="eleni.nea@mail.gr")
        world.sync()
        assert apply(world)["changed_addresses"] == 0
        age(world, "changed_address", 181)
    else:
        world.warehouse.execute("delete from sync.member where contact_id = %s", (eleni,))
    assert apply(world)["changed_addresses"] == 1
