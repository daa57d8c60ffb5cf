"""Who asked for erasure in a row whose contact id cannot be read is erased by the address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import ErasureResult, erase_contacts
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_undecided
from fresh_databases import fresh_databases
from loose_contract import LOOSE
from sync_world import subscriber_hash

#: Ids that no bigint holds, as SQL.
ODD_IDS = ("null", "7.25", "'NaN'", "10000000000000000000000000")


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[CampaignWorld]:
    """The CRM is views without keys; ids are of any width."""
    server = request.getfixturevalue(request.param)
    loose = (LOOSE, "alter table crm.contact alter contact_id type numeric")
    with fresh_databases(server, *loose) as (crm, warehouse):
        world = CampaignWorld(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def erase(world: CampaignWorld, **options: Any) -> ErasureResult:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="διαγραφή", **options)


def lose_id(world: CampaignWorld, contact_id: int, odd_id: str, **columns: Any) -> None:
    """The contact's row gets an id that cannot be read."""
    columns = {"erasure_requested_at": "infinity", **columns}
    assignments = ", ".join(f"{name} = %s" for name in columns)
    world.crm.execute(
        f"update crm.contact set {assignments}, contact_id = {odd_id} where contact_id = %s",
        (*columns.values(), contact_id),
    )


def subscribed(world: CampaignWorld) -> set[str]:
    return {email for email, status in world.remote().items() if status == "subscribed"}


def test_a_request_in_a_row_without_an_id_is_carried_out_by_the_address(
    world: CampaignWorld, caplog: pytest.LogCaptureFixture
) -> None:
    news = world.collection("NEWS")
    asked = {
        odd_id: world.contact(f"zoi{number}@Ταχυδρομείο.gr", news)
        for number, odd_id in enumerate(ODD_IDS)
    }
    sharing = world.contact("ZOI0@ταχυδρομείο.gr", news)
    apart = world.contact("nikos@mail.gr", news)
    # The same odd id names different people, and a merge into it too.
    world.contact("thanos@mail.gr", news)
    stranger = world.contact("petros@mail.gr", news)
    merged = world.contact("eirini@mail.gr", news)
    survivor = world.contact("eleni@mail.gr", news)
    older = world.contact("eleni.palia@mail.gr", news)
    assert world.sync()["NEWS"].state == "succeeded"
    addresses = {address for address in world.remote() if address.startswith("zoi")}
    assert len(addresses) == len(ODD_IDS)

    for odd_id, contact_id in asked.items():
        lose_id(world, contact_id, odd_id)
    world.change_contact(stranger, merged_into_id="NaN")
    world.crm.execute("update crm.contact set contact_id = 'NaN' where email = 'thanos@mail.gr'")
    world.change_contact(merged, merged_into_id=int(ODD_IDS[-1]))
    lose_id(world, older, "8.5", merged_into_id=survivor, erasure_requested_at=None)
    world.change_contact(survivor, erasure_requested_at="2026-10-01T00:00:00Z")

    # The sync already takes them out, and who has the address of one of them.
    assert world.sync()["NEWS"].state == "succeeded"
    assert subscribed(world) == {"nikos@mail.gr"}
    assert world.open_reasons()[sharing] == "shared_address_refused"

    caplog.clear()
    assert erase(world, dry_run=True) == ErasureResult(requested=5, erased=5, by_address=4)
    result = erase(world)

    assert (result.requested, result.erased, result.by_address, result.unidentified) == (5, 5, 4, 0)
    assert set(world.remote()) == {"nikos@mail.gr", "thanos@mail.gr", "petros@mail.gr"}
    assert "4 requests are in rows of crm.contact whose contact_id cannot be read" in caplog.text
    assert "@" not in caplog.text
    receipts = world.warehouse.execute(
        "select count(*) as made, count(finished_at) as done from sync.erasure_receipt"
    ).fetchone()
    assert receipts == {"made": 5, "done": 5}

    # Nothing is done twice, and nobody comes back: the CRM forgets the rows, and new ones come.
    calls = len(world.sandbox.control("GET", "ledger/requests?count=100000")["requests"])
    assert erase(world) == ErasureResult(requested=5, erased=0, by_address=4)
    assert len(world.sandbox.control("GET", "ledger/requests?count=100000")["requests"]) == calls
    world.crm.execute("delete from crm.contact where erasure_requested_at is not null")
    returning = world.contact("zoi1@ταχυδρομείο.gr", news)
    world.sync()
    assert subscribed(world) == {"nikos@mail.gr"}
    reasons = world.open_reasons()
    assert reasons[returning] == reasons[sharing] == "suppressed_forgotten"
    assert apart not in reasons


@pytest.mark.parametrize(
    "address", ["Ζωή <zoi@mail.gr>", "mailto:zoi@mail.gr", "zoi@mail.gr, zoi@spiti.gr", "@"]
)
def test_an_address_that_cannot_be_read_is_named_and_never_booked_as_done(
    world: CampaignWorld, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    news = world.collection("NEWS")
    world.contact("zoi@mail.gr", news)
    asked = world.contact("eirini@mail.gr", news)
    world.sync()
    lose_id(world, world.contact(address), "null")
    world.change_contact(asked, erasure_requested_at="2026-10-01T00:00:00Z")

    for erased in (1, 0):
        result = erase(world)
        assert (result.requested, result.erased, result.unidentified) == (1, erased, 1)
    assert "1 rows of crm.contact asked for erasure" in caplog.text
    assert "zoi" not in caplog.text
    receipts = world.warehouse.execute("select count(*) as made from sync.erasure_receipt")
    assert receipts.fetchone() == {"made": 1}


def test_a_request_without_an_id_at_the_last_moment(world: CampaignWorld) -> None:
    news = world.collection("NEWS")
    world.contact("nikos@mail.gr", news)
    world.contact("zoi@mail.gr", news)
    staging_id = world.stage()
    world.crm.execute(
        "insert into crm.contact (contact_id, email, erasure_requested_at)"
        " values (null, 'ZOI@mail.gr ', now())"
    )
    assert world.push(staging_id, "NEWS").state == "succeeded"
    assert set(world.remote()) == {"nikos@mail.gr"}


def test_no_campaign_goes_to_who_asked_without_an_id(world: CampaignWorld) -> None:
    world.audience(2)
    world.campaign(state="approved", planned_at=world.in_hours(-0.1))
    world.step()
    world.design()
    world.crm.execute(
        "insert into crm.contact (contact_id, email, erasure_requested_at)"
        " values (7.5, 'filos1@mail.gr', now())"
    )
    assert world.step().outcome == "held"
    assert world.gate_codes() == ["refused_address"]


def test_a_request_that_names_nobody_is_counted_and_alerted(
    world: CampaignWorld, caplog: pytest.LogCaptureFixture
) -> None:
    news = world.collection("NEWS")
    world.contact("nikos@mail.gr", news)
    survivor = world.contact("maria@mail.gr", news)
    world.sync()
    for odd_id, email in zip(ODD_IDS, (None, " ", "άγνωστο", "zoi@mail.gr"), strict=True):
        world.crm.execute(
            "insert into crm.contact (contact_id, email, merged_into_id, erasure_requested_at)"
            f" values ({odd_id}, %s, %s, '-infinity')",
            (email, survivor if email == "zoi@mail.gr" else None),
        )
    said: list[Message] = []

    def look() -> int:
        with (
            psycopg.connect(world.warehouse_dsn) as warehouse,
            psycopg.connect(world.crm_dsn) as crm,
        ):
            times = AlertTimes(repeat_after=timedelta(hours=24))
            return len(alert_about_undecided(warehouse, crm, times, lambda m: not said.append(m)))

    result = erase(world)

    assert (result.requested, result.erased, result.unidentified) == (1, 1, 3)
    assert list(result.undecided) == [(None, survivor)]
    assert "3 rows of crm.contact asked for erasure, and have neither" in caplog.text
    assert set(world.remote()) == {"nikos@mail.gr", "maria@mail.gr"}
    assert (look(), look()) == (2, 0)
    assert (
        "crm.contact: 3 rows asked for erasure, and have neither a contact_id nor an address that "
        "can be read: nobody can be erased. Correct these rows in the CRM" in said[0].text
    )
    assert (
        f"contact {survivor}: a contact whose id cannot be read asked for erasure and was merged "
        f"into {survivor}, which did not ask" in said[0].text
    )
    assert "zoi" not in said[0].text
    # Corrected: the person is found by the id, and erased.
    lost = world.contact("thalia@mail.gr", news)
    world.sync()
    world.crm.execute(
        "update crm.contact set erasure_requested_at = now(), email = null where contact_id = %s",
        (lost,),
    )
    world.crm.execute("delete from crm.contact where email is null and contact_id is null")
    result = erase(world)
    assert (result.erased, result.unidentified) == (1, 2)
    assert subscriber_hash("thalia@mail.gr") not in map(subscriber_hash, world.remote())
    assert look() == 1, "another number is another alert"
