"""What the write-back tells the CRM about contacts, and how often Mailchimp is asked for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.sync.members.pull_statuses import NoAudienceError, mapped_codes, pull_statuses
from crm_mailchimp.sync.members.write_back import (
    WrittenBack,
    members_are_written_back,
    write_back_members,
)
from crm_mailchimp.warehouse.locks import audience_lock
from sync_world import World


def pull(world: World, code: str = "NEWS") -> dict[str, int] | None:
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        return pull_statuses(warehouse, Accounts.only(provider), code)


def write_back(world: World, *, compare: bool = False) -> WrittenBack:
    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return write_back_members(warehouse, crm, compare=compare)


def statuses_in_crm(world: World) -> dict[tuple[int, int], tuple[str, str | None]]:
    rows = world.crm.execute(
        "select collection_id, contact_id, status, reason from crm.provider_member_status"
    ).fetchall()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def changed_at(world: World, contact_id: int) -> Any:
    row = world.crm.execute(
        "select changed_at from crm.provider_member_status where contact_id = %s", (contact_id,)
    ).fetchone()
    assert row
    return row[0]


def test_is_off_unless_switched_on() -> None:
    assert not members_are_written_back({})
    assert not members_are_written_back({"WRITE_BACK_MEMBERS": "false"})
    assert members_are_written_back({"WRITE_BACK_MEMBERS": " True "})
    with pytest.raises(SettingError, match="WRITE_BACK_MEMBERS"):
        members_are_written_back({"WRITE_BACK_MEMBERS": "ίσως"})


def test_statuses_come_back_and_reach_the_crm_once(world: World) -> None:
    news = world.collection()
    offers = world.collection("OFFERS", campaign_type="OFFER")
    maria = world.contact("maria@mail.gr", news, offers)
    world.consent(maria, category="offer")
    nikos = world.contact("nikos@mail.gr", news, first_name="Νίκος")
    twin = world.contact("nikos@mail.gr", news)
    wrong = world.contact("όχι διεύθυνση", news)
    moved = world.contact("old@mail.gr", news)
    refused = world.contact("eleni@mail.gr", news)
    left = world.contact(None, news)
    world.sync()
    world.consent(refused, granted=False)
    world.change_contact(moved, email="new@mail.gr")
    world.sync()

    assert write_back(world) == WrittenBack(written=8, deleted=0)
    expected = {
        (news, maria): ("subscribed", None),
        (offers, maria): ("subscribed", None),
        (news, nikos): ("subscribed", None),
        (news, twin): ("quarantined", "duplicate_email"),
        (news, wrong): ("quarantined", "invalid_email"),
        # Two members, one contact: the one that gets mail counts.
        (news, moved): ("subscribed", None),
        # At Mailchimp there is a state, and beside it why the contact is held back.
        (news, refused): ("unsubscribed", "consent_withdrawn"),
        (news, left): ("quarantined", "missing_email"),
    }
    assert statuses_in_crm(world) == expected
    assert write_back(world) == WrittenBack(written=0, deleted=0)

    world.act("maria@mail.gr", "unsubscribe")
    world.bounce("nikos@mail.gr")
    writes = world.write_requests()
    counts = pull(world)
    assert counts is not None
    assert (counts["unsubscribed"], counts["cleaned"], counts["subscribed"]) == (2, 1, 1)
    assert counts["api_calls"] <= 4
    assert world.write_requests() == writes

    untouched = changed_at(world, twin)
    assert write_back(world) == WrittenBack(written=2, deleted=0)
    expected[news, maria] = ("unsubscribed", "own_unsubscribe")
    expected[news, nikos] = ("cleaned", "cleaned")
    assert statuses_in_crm(world) == expected
    assert changed_at(world, twin) == untouched
    assert changed_at(world, nikos) > untouched

    # The next run gives the reason its name, and takes away what is over.
    world.leave(news, left)
    world.sync()
    assert write_back(world) == WrittenBack(written=2, deleted=1)
    del expected[news, left]
    expected[news, maria] = ("unsubscribed", "suppressed_unsubscribed")
    # Hard bounce: the twin has no member of its own.
    expected[news, nikos] = ("cleaned", "suppressed_cleaned")
    assert statuses_in_crm(world) == expected

    # With an empty table all rows are compared. Right rows of the CRM are left as they are.
    world.warehouse.execute("truncate sync.written_status")
    world.crm.execute("delete from crm.provider_member_status where contact_id = %s", (twin,))
    assert write_back(world) == WrittenBack(written=1, deleted=0)
    assert statuses_in_crm(world) == expected


def test_nothing_is_noted_as_written_when_the_crm_did_not_take_it(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    world.crm.execute("alter table crm.provider_member_status rename to elsewhere")
    with pytest.raises(psycopg.errors.UndefinedTable):
        write_back(world)
    world.crm.execute("alter table crm.elsewhere rename to provider_member_status")
    assert write_back(world) == WrittenBack(written=1, deleted=0)


def test_a_table_that_was_emptied_is_filled_again(world: World) -> None:
    """Switched off, dropped or truncated, and switched on again: nobody has to know what to do."""
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.sync()
    assert write_back(world) == WrittenBack(written=1, deleted=0)
    world.crm.execute("truncate crm.provider_member_status")
    assert write_back(world) == WrittenBack(written=1, deleted=0)
    assert statuses_in_crm(world) == {(news, maria): ("subscribed", None)}
    assert write_back(world) == WrittenBack(written=0, deleted=0)


def test_a_restored_crm_is_compared_on_request(world: World) -> None:
    news = world.collection()
    people = [world.contact(f"{name}@mail.gr", news) for name in ("maria", "eleni", "nikos")]
    world.sync()
    write_back(world)
    right = statuses_in_crm(world)
    maria, eleni, nikos = people
    # The restored table is of another day: a row less, an older one, and one of a contact who left.
    world.crm.execute("delete from crm.provider_member_status where contact_id = %s", (maria,))
    world.crm.execute(
        "update crm.provider_member_status set status = 'quarantined', reason = 'no_consent'"
        " where contact_id = %s",
        (eleni,),
    )
    world.crm.execute(
        "insert into crm.provider_member_status (collection_id, contact_id, status, changed_at)"
        " values (%s, 4711, 'subscribed', now())",
        (news,),
    )
    untouched = changed_at(world, nikos)

    assert write_back(world) == WrittenBack(written=0, deleted=0), "it knows what it wrote"
    assert write_back(world, compare=True) == WrittenBack(written=2, deleted=1)
    assert statuses_in_crm(world) == right
    assert changed_at(world, nikos) == untouched
    assert write_back(world, compare=True) == WrittenBack(written=0, deleted=0)


def test_the_written_status_of_an_erased_contact_is_taken_away(world: World) -> None:
    news = world.collection()
    maria, nikos = world.contact("maria@mail.gr", news), world.contact("nikos@mail.gr", news)
    kept = world.contact("eleni@mail.gr", news)
    world.sync()
    assert write_back(world) == WrittenBack(written=3, deleted=0)
    for contact_id in (maria, nikos):
        world.change_contact(contact_id, erasure_requested_at="2026-10-01T00:00:00Z")
    # One leaves its only collection. The other stays: the CRM gets the reason of its quarantine.
    world.leave(news, maria)

    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        assert erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure").erased == 2
    # Switched off or not, the warehouse does not know who it was.
    rows = world.warehouse.execute("select contact_id from sync.written_status").fetchall()
    assert rows == [{"contact_id": kept}]
    assert set(statuses_in_crm(world)) == {(news, maria), (news, nikos), (news, kept)}

    # The CRM does not take it: it stays to be done.
    world.crm.execute("alter table crm.provider_member_status rename to elsewhere")
    with pytest.raises(psycopg.errors.UndefinedTable):
        write_back(world)
    world.crm.execute("alter table crm.elsewhere rename to provider_member_status")
    world.sync()
    assert write_back(world) == WrittenBack(written=1, deleted=1)
    assert statuses_in_crm(world) == {
        (news, nikos): ("quarantined", "erased_contact"), (news, kept): ("subscribed", None)
    }  # fmt: skip
    assert write_back(world) == WrittenBack(written=0, deleted=0)

    # A restored backup brings it back. The CRM's status of an erased contact is no trace.
    world.warehouse.execute(
        "insert into sync.written_status values (%s, %s, 'subscribed')", (news, maria)
    )
    for returned in (True, False):
        with (
            world.provider() as provider,
            psycopg.connect(world.warehouse_dsn) as warehouse,
            psycopg.connect(world.crm_dsn) as crm,
        ):
            result = erase_contacts(warehouse, crm, Accounts.only(provider), run_id="again")
        assert (result.erased, result.returned > 0) == (0, returned)
    assert write_back(world) == WrittenBack(written=0, deleted=0)


def test_an_audience_that_is_being_worked_on_is_left_alone(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    world.act("maria@mail.gr", "unsubscribe")
    with psycopg.connect(world.warehouse_dsn) as other:
        assert mapped_codes(other) == ["NEWS"]
        with audience_lock(other, "NEWS"):
            assert pull(world) is None
    assert world.member("maria@mail.gr")["status"] == "subscribed"
    pull(world)
    assert world.member("maria@mail.gr")["status"] == "unsubscribed"
    with pytest.raises(NoAudienceError, match="OFFERS"):
        pull(world, "OFFERS")
