"""Everybody refuses after the backup. It is restored, and nobody comes back by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.warehouse.backup import back_up
from crm_mailchimp.warehouse.dump_programs import find_programs
from crm_mailchimp.warehouse_commands import main
from fresh_databases import fresh_databases
from local_installation.postgres_cluster import binaries
from sync_world import World

pytestmark = pytest.mark.slow

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=1000, half=1.0))
MAILABLE = ("subscribed", "pending")


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def programs(server: Any) -> Path:
    """Folder of pg_dump and pg_restore in the server's version."""
    with psycopg.connect(server.dsn()) as connection:
        major = connection.info.server_version // 10000
    wheel = find_programs(17, binaries())
    return wheel.folder if wheel.major == major else find_programs(major).folder


@pytest.fixture
def world(server: Any, mailchimp_sandbox: Any) -> Iterator[World]:
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def erase(world: World) -> Any:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")


def continue_in(world: World, dsn: str) -> None:
    """The connection of the warehouse leads to another database from now on."""
    world.warehouse.close()
    world.warehouse_dsn = dsn
    world.warehouse = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)


def sync(world: World, **staging: Any) -> None:
    result = world.sync(options=UNGUARDED, **staging)["NEWS"]
    assert result.state == "succeeded", result.detail


def test_who_refused_since_the_backup_is_not_mailed_after_the_restore(
    world: World, server: Any, programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    news = world.collection()
    names = (
        "nikos", "maria", "twin", "eleni", "kostas", "sofia", "giorgos", "petros", "dimitra",
        "katerina",
    )  # fmt: skip
    people = {name: world.contact(f"{name}@mail.gr", news) for name in names}
    sync(world)
    file = tmp_path / "χθεσινό"
    back_up(world.warehouse_dsn, file, programs=programs)

    # After the backup: erased, and a twin who has the same address by now.
    world.change_contact(people["maria"], erasure_requested_at="2026-10-01T00:00:00Z")
    assert erase(world).erased == 1
    world.change_contact(people["maria"], erasure_requested_at=None)
    world.change_contact(people["twin"], email=" Maria@mail.gr")
    # Refused in Mailchimp in four ways.
    world.act("eleni@mail.gr", "unsubscribe")
    world.archive_by_hand("sofia@mail.gr")
    world.bounce("giorgos@mail.gr")
    # Withdrawn in the CRM, and granted again, but not yet confirmed.
    world.consent(people["kostas"], granted=False)
    # A new address, and a new contact: both refuse before the restore.
    world.change_contact(people["petros"], email="petros.neos@mail.gr")
    anna = world.contact("anna@mail.gr", news)
    sync(world)
    world.act("petros.neos@mail.gr", "unsubscribe")
    world.act("anna@mail.gr", "unsubscribe")
    world.act("katerina@mail.gr", "unsubscribe")
    world.act("dimitra@mail.gr", "unsubscribe")
    sync(world)
    # Known refusals, and then the record or the address changes.
    world.regrant(people["kostas"])
    for table in ("collection_member", "consent", "contact"):
        world.crm.execute(
            f"delete from crm.{table} where contact_id = %s".encode(), (people["katerina"],)
        )
    again = world.contact("Katerina@mail.gr", news)
    refused = {
        "maria", "eleni", "kostas", "sofia", "giorgos", "petros", "petros.neos", "anna", "katerina",
        "dimitra",
    }  # fmt: skip
    addresses = {f"{name}@mail.gr" for name in refused}
    assert not {one.lower() for one in mailable(world)} & addresses

    target = server.create_database(f"restored_{tmp_path.name[-12:]}")
    restoring = ["restore", "--dsn", target, "--input", str(file), "--former", world.warehouse_dsn]
    capsys.readouterr()
    assert main([*restoring, "--programs", str(programs)]) == 0
    output = capsys.readouterr()
    assert "@" not in output.out
    assert "mail.gr" not in output.out + output.err
    former = world.warehouse_dsn
    continue_in(world, target)
    try:
        # Contact, address and member: one digest each.
        assert "\n3 erasures since the backup were taken over" in output.out
        assert not world.warehouse.execute(
            "select from sync.member where subscriber_hash = %s",
            (subscriber_hash("maria@mail.gr"),),
        ).fetchall()
        for staging in ({}, {"full_refresh": True}, {}):
            sync(world, **staging)
            back = {one.lower() for one in mailable(world)} & addresses
            # Kostas is asked to confirm, or stays unsubscribed.
            assert back <= {"kostas@mail.gr"}
            assert mailable(world).get("kostas@mail.gr") != "subscribed"
        assert mailable(world)["nikos@mail.gr"] == "subscribed"
        reasons = world.open_reasons()
        assert reasons[people["maria"]] == "suppressed_forgotten"
        assert reasons[people["twin"]] == "duplicate_email"
        assert reasons[people["eleni"]] == "suppressed_unsubscribed"
        assert {people["petros"], people["dimitra"], anna, again} <= reasons.keys()
        assert erase(world).returned == 0
    finally:
        continue_in(world, former)
        server.drop_database(target.rpartition("/")[2])


def mailable(world: World) -> dict[str, str]:
    return {one: status for one, status in world.remote().items() if status in MAILABLE}
