"""Language, city and country of contacts: from the CRM to the marts, and away again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.contact_attributes import note_contact_attributes
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sync_world import World

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10_000, half=1.0))


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    server = request.getfixturevalue(request.param)
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def run(world: World) -> int:
    """A sync, its end, and a refresh of the marts; gives how many contacts changed."""
    staging_id = world.stage()
    world.push(staging_id, "NEWS", options=UNGUARDED)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        changed = note_contact_attributes(warehouse, staging_id)
        refresh_marts(warehouse)
    return changed


def shown(world: World) -> dict[int, tuple[str | None, str | None, str | None]]:
    rows = world.warehouse.execute(
        "select contact_id, language, city, country from mart.contacts where contact_id is not null"
    ).fetchall()
    return {row["contact_id"]: (row["language"], row["city"], row["country"]) for row in rows}


def test_the_marts_follow_the_crm(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news, city=" Αθήνα ", country="gr", language="EL")
    nikos = world.contact("nikos@mail.gr", news, city="nikos@mail.gr", country=None, language=None)
    eleni = world.contact("eleni@mail.gr", news, consent=None, city="Βόλος")
    assert run(world) == 1, "who has nothing to note, and who is no member, costs nothing"
    assert shown(world) == {maria: ("el", "Αθήνα", "GR"), nikos: (None, None, None)}
    assert run(world) == 0, "nothing changed"

    world.change_contact(maria, city="Πάτρα", address1="Ερμού 1")
    assert run(world) == 1
    assert shown(world)[maria] == ("el", "Πάτρα", "GR")
    known = world.warehouse.execute("select contact_id from sync.contact_attribute").fetchall()
    assert [row["contact_id"] for row in known] == [maria]
    assert eleni not in shown(world)


def test_another_contact_of_the_address_brings_its_own(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news, city="Αθήνα")
    run(world)
    world.crm.execute("delete from crm.collection_member")
    other = world.contact("maria@mail.gr", news, city="Βόλος")
    for _ in range(2):
        run(world)
    assert shown(world).get(other) == ("el", "Βόλος", None)
    assert maria not in shown(world)


def test_a_contact_that_asked_for_erasure_gives_nothing(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news, city="Αθήνα", country="GR")
    nikos = world.contact("nikos@mail.gr", news, city="Βόλος")
    run(world)
    world.change_contact(maria, erasure_requested_at=datetime.now(UTC))
    staging_id = world.stage()
    staged = world.warehouse.execute(
        "select city, country, language from staging.contact"
        " where staging_id = %s and contact_id = %s",
        (staging_id, maria),
    ).fetchone()
    assert staged == {"city": None, "country": None, "language": None}
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        # The contact is still a member when the run ends: what is known stays, nothing comes.
        assert note_contact_attributes(warehouse, staging_id) == 0
        refresh_marts(warehouse, rebuild=True)
    assert shown(world)[nikos] == ("el", "Βόλος", None)


def test_retention_takes_them_when_the_contact_left_long_ago(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news, city="Αθήνα")
    nikos = world.contact("nikos@mail.gr", news, city="Βόλος")
    run(world)
    world.leave(news, maria)
    run(world)
    assert shown(world)[maria] == ("el", "Αθήνα", None), "the past can still be divided by it"

    def expire() -> int:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            removed = retention.apply(warehouse, retention.Ages(events=30))
            refresh_marts(warehouse)
        return removed["contact_attributes"]

    assert expire() == 0, "not yet"
    long_ago = datetime.now(UTC) - timedelta(days=31)
    world.warehouse.execute("update sync.contact_attribute set noted_at = %s", (long_ago,))
    assert expire() == 0, "the contact left lately"
    world.warehouse.execute("update sync.member set status_since = %s", (long_ago,))
    assert expire() == 1
    assert shown(world) == {maria: (None, None, None), nikos: ("el", "Βόλος", None)}
    # The next run finds the contact in the CRM, and it is no member.
    world.contact("eleni@mail.gr", news)
    run(world)
    assert shown(world)[maria] == (None, None, None)


def test_a_preview_stages_them_and_notes_nothing(world: World) -> None:
    news = world.collection("NEWS")
    world.contact("maria@mail.gr", news, city="Αθήνα")
    run(world)
    world.crm.execute("update crm.contact set city = 'Βόλος'")
    staging_id = world.stage(dry_run=True)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert note_contact_attributes(warehouse, staging_id) == 0
    assert [city for _, city, _ in shown(world).values()] == ["Αθήνα"]
