"""Whose is it: merged contacts, addresses that changed hands, forms of an address; and the lock."""

from __future__ import annotations

import hashlib
import threading

import psycopg

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import ErasureResult, address_forms, erase_contacts
from crm_mailchimp.provider import AudienceSettings
from crm_mailchimp.warehouse.locks import audience_lock
from sync_world import World


def erase(world: World) -> ErasureResult:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")


def test_merged_contacts_go_along_and_an_address_that_changed_hands_stays(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news)
    old_self = world.contact("maria.palia@mail.gr", news)
    heir = world.contact("eleni@mail.gr", news)
    for name in ("nikos", "anna", "petros", "sofia"):
        world.contact(f"{name}@mail.gr", news)
    world.sync()
    # Merged: the same person under an older id. And Eleni takes over what was Maria's address.
    world.change_contact(old_self, merged_into_id=maria, is_active=False)
    world.change_contact(maria, email="maria.nea@mail.gr")
    world.change_contact(heir, email="maria@mail.gr")
    world.sync()
    world.change_contact(heir, email=None)
    world.sync()
    world.change_contact(heir, email="maria@mail.gr")
    world.sync()
    assert world.member("maria@mail.gr")["contact_id"] == heir
    before = world.remote()
    assert before["maria@mail.gr"] == "subscribed"
    world.change_contact(maria, erasure_requested_at="2026-10-01T00:00:00Z")

    assert erase(world).erased == 1
    world.sync()

    after = world.remote()
    assert after["maria@mail.gr"] == "subscribed", "that is Eleni's address now"
    assert "maria.palia@mail.gr" not in after
    assert "maria.nea@mail.gr" not in after
    assert after["nikos@mail.gr"] == "subscribed"
    # Taking the request back, or the merge, does not bring them back.
    world.change_contact(maria, erasure_requested_at=None)
    world.change_contact(old_self, merged_into_id=None, is_active=True)
    world.sync()
    assert world.remote() == after
    assert world.open_reasons() == {
        maria: "suppressed_forgotten", old_self: "suppressed_forgotten",
    }  # fmt: skip
    # Asking again, under another address by now, is another erasure.
    world.change_contact(
        maria, email="maria.trith@mail.gr", erasure_requested_at="2026-10-01T00:00:00Z"
    )
    assert erase(world).erased == 1
    receipts = world.warehouse.execute("select finished_at from sync.erasure_receipt").fetchall()
    assert len(receipts) == 2
    assert all(row["finished_at"] for row in receipts)


def test_forms_of_an_address_that_mailchimp_may_hold() -> None:
    forms, hashes = address_forms(" Maria@Ταχυδρομείο.gr ")
    assert len(forms) == 2
    assert "maria@ταχυδρομείο.gr" in forms
    assert hashes == {hashlib.md5(form.encode()).hexdigest() for form in forms}
    # Not well formed for us, and yet somebody may have typed it into a form of Mailchimp's.
    assert address_forms("μαρία@mail.gr")[0] == {"μαρία@mail.gr"}
    assert address_forms("  ") == (set(), set())


def test_an_erasure_waits_for_the_push_that_looked_before_it(world: World) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.change_contact(maria, erasure_requested_at="2026-10-01T00:00:00Z")
    results: list[ErasureResult] = []
    suppressed = "select count(*) as n from sync.suppression"
    waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
    with psycopg.connect(world.warehouse_dsn) as pushing:
        with audience_lock(pushing, "NEWS"):
            thread = threading.Thread(target=lambda: results.append(erase(world)))
            thread.start()
            while not world.warehouse.execute(waiting).fetchone():
                assert thread.is_alive()
            # Suppressed and waiting: what the push in progress still does, the erasure undoes.
            row = world.warehouse.execute(suppressed).fetchone()
            assert row
            assert row["n"] == 2
            assert world.remote()["maria@mail.gr"] == "subscribed"
        thread.join(60)
    assert [result.members_deleted for result in results] == [1]
    assert set(world.remote()) == {"nikos@mail.gr"}


def test_a_person_without_address_and_an_empty_account(world: World) -> None:
    news = world.collection("NEWS")
    nobody = world.contact(None, news, erasure_requested_at="2026-10-01T00:00:00Z")
    assert erase(world) == ErasureResult(requested=1, erased=1)
    with world.provider() as provider:
        provider.create_audience(
            AudienceSettings(
                name="Άλλη",
                company="Γ",
                address1="Ερμού 1",
                city="Αθήνα",
                country="GR",
                from_name="Γ",
                from_email="news@galaxy.gr",
                language="el",
                permission_reminder="Εγγραφήκατε.",
            )
        )
    world.change_contact(nobody, email="late@mail.gr")
    assert erase(world) == ErasureResult(requested=1, erased=1)
    assert erase(world) == ErasureResult(requested=1, erased=0)
