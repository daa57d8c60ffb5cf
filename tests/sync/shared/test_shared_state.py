"""What follows the collections of a shared audience: ids, accounts, write-back, commands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection.explain import explain_address
from crm_mailchimp.sync.audience.account_changes import rename_account
from crm_mailchimp.sync.audience.former_audiences import NothingToRetireError, retire_by_code
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from fresh_databases import fresh_databases
from sharing_world import by_hand
from sync_world import World, subscriber_hash

NAME, CODE = "Κοινό", "shared:Κοινό"
_NO_GUARD = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


@pytest.fixture(params=["postgres", "debian_postgres"])
def shared(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """A world whose CRM has the optional column, on both servers."""
    server = request.getfixturevalue(request.param)
    column = "alter table crm.contact_collection add column shared_audience text"
    with fresh_databases(server, column) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def rows(world: World, sql: str, *parameters: object) -> list[dict[str, Any]]:
    return world.warehouse.execute(sql, parameters).fetchall()


def tagged(world: World, code: str) -> set[str]:
    with world.provider() as provider:
        list_id = world.list_id(CODE)
        addresses = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
        return {
            addresses[one.subscriber_hash]
            for one in provider.tag_members(list_id, tag.tag_id)
            if one.status == "subscribed"
        }


def come_back(world: World, old: int, new: int) -> None:
    """The CRM gives a collection another id, with the members that it has."""
    world.crm.execute(
        "update crm.collection_member set collection_id = %s where collection_id = %s",
        (new, old),
    )
    world.crm.execute(
        "update crm.contact_collection set collection_id = %s where collection_id = %s",
        (new, old),
    )


@pytest.mark.parametrize("decision", [continue_as_same, begin_as_new])
def test_a_collection_that_comes_back_under_a_new_id_keeps_its_tag(
    shared: World, decision: Any
) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news, offers)
    shared.contact("eleni@example.gr", news)
    shared.sync()
    shared.act("eleni@example.gr", "unsubscribe", CODE)
    # One contact is not in the collection any more.
    shared.crm.execute("delete from crm.collection_member where contact_id = %s", (maria,))
    come_back(shared, news, 900)

    shared.sync(options=_NO_GUARD)
    (run,) = rows(
        shared,
        "select state, detail from sync.collection_run where collection_code = 'NEWS'"
        " order by started_at desc limit 1",
    )
    assert (run["state"], run["detail"].split(":")[0]) == ("blocked", "collection_replaced")
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}

    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        assert decision(warehouse, "NEWS") == (news, 900)
    shared.sync(options=_NO_GUARD)
    assert tagged(shared, "NEWS") == {"nikos@example.gr"}
    assert tagged(shared, "OFFERS") == {"nikos@example.gr"}
    assert shared.remote(CODE)["maria@example.gr"] == "archived"
    assert shared.remote(CODE)["eleni@example.gr"] == "unsubscribed"
    assert "suppressed_unsubscribed" in shared.open_reasons("NEWS").values()
    tags = rows(shared, "select collection_id from sync.tag where left_at is null order by 1")
    assert [row["collection_id"] for row in tags] == [offers, 900]
    # No proof holds for somebody who is gone, and one a collection for everybody else.
    proofs = rows(
        shared,
        "select collection_code, subscriber_hash from sync.consent_proof where ended_at is null"
        " order by 1",
    )
    assert [(row["collection_code"], row["subscriber_hash"]) for row in proofs] == [
        ("NEWS", subscriber_hash("nikos@example.gr")),
        ("OFFERS", subscriber_hash("nikos@example.gr")),
    ]


def test_a_shared_audience_follows_its_account_to_another_connection(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.sync()
    list_id = shared.list_id(CODE)
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        assert rename_account(warehouse, "mailchimp_default", "mailchimp_neo") == 1

    found = rows(
        shared, "select collection_id, collection_code, list_id, account from sync.audience"
    )
    assert [(row["collection_code"], row["list_id"], row["account"]) for row in found] == [
        (f"shared@mailchimp_neo:{NAME}", list_id, "mailchimp_neo")
    ]
    assert rows(
        shared, "select account, list_id, collection_code, contact_id from sync.membership"
    ) == [
        {
            "account": "mailchimp_neo",
            "list_id": list_id,
            "collection_code": "NEWS",
            "contact_id": maria,
        }
    ]
    (tag,) = rows(shared, "select shared_id from sync.tag where left_at is null")
    assert tag["shared_id"] == found[0]["collection_id"]
    shared.crm.execute("update crm.external_provider set connection_id = 'mailchimp_neo'")
    staging_id = shared.stage()
    (staged,) = rows(
        shared,
        "select collection_id, collection_code from sync.staged_collection"
        " where staging_id = %s and is_shared_audience",
        staging_id,
    )
    # The next sync finds it under its new name, and makes no other one.
    assert staged == {
        "collection_id": found[0]["collection_id"],
        "collection_code": found[0]["collection_code"],
    }


def test_a_renamed_account_keeps_the_proofs_of_each_collection(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news, offers)
    shared.sync()
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        assert rename_account(warehouse, "mailchimp_default", "mailchimp_neo") == 1

    proofs = rows(
        shared, "select collection_code as code from sync.consent_proof where ended_at is null"
    )
    assert sorted(row["code"] for row in proofs) == ["NEWS", "OFFERS"]


@pytest.mark.parametrize("second", ["mailchimp_kriti", "mailchimp_default"])
def test_an_account_is_renamed_twice(shared: World, second: str) -> None:
    """The code of its shared audience names the account, unless it is the default one."""
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.sync()
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        assert rename_account(warehouse, "mailchimp_default", "mailchimp_neo") == 1
        assert rename_account(warehouse, "mailchimp_neo", second) == 1

    (found,) = rows(shared, "select collection_id, collection_code from sync.audience")
    shared.crm.execute("update crm.external_provider set connection_id = %s", (second,))
    staging_id = shared.stage()
    (staged,) = rows(
        shared,
        "select collection_id, collection_code from sync.staged_collection"
        " where staging_id = %s and is_shared_audience",
        staging_id,
    )
    assert staged == found


def test_retire_takes_a_shared_audience_from_all_its_collections(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.act("nikos@example.gr", "unsubscribe", CODE)
    former = shared.list_id(CODE)
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        with pytest.raises(NothingToRetireError, match=f"NEWS shares the audience {CODE}"):
            retire_by_code(warehouse, "NEWS")
        assert retire_by_code(warehouse, CODE) == former

    shared.sync()
    assert shared.list_id(CODE) != former
    assert tagged(shared, "NEWS") == tagged(shared, "OFFERS") == {"maria@example.gr"}
    assert shared.remote(CODE) == {"maria@example.gr": "subscribed"}


def test_the_crm_gets_a_status_for_each_collection(shared: World) -> None:
    shared.crm.execute("insert into crm.campaign_type values ('PROS', 'Προσφορές', 'offer')")
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="PROS")
    maria = shared.contact("maria@example.gr", news, offers)
    shared.consent(maria, category="offer")
    nikos = shared.contact("nikos@example.gr", news, offers)
    shared.sync()
    shared.regrant(maria, granted=False, category="offer")
    shared.act("nikos@example.gr", "unsubscribe", CODE)
    shared.sync()

    assert write_back(shared) == {
        (news, maria): ("subscribed", None),
        # The mails of the other collection still reach the person.
        (offers, maria): ("quarantined", "consent_withdrawn"),
        (news, nikos): ("unsubscribed", "suppressed_unsubscribed"),
        # Held back before the tag was given: the member itself is unsubscribed.
        (offers, nikos): ("unsubscribed", "no_consent"),
    }


def test_the_crm_learns_who_left_the_last_collection(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    eleni = shared.contact("eleni@example.gr", news)
    nikos = shared.contact("nikos@example.gr", news, offers)
    stays = {(news, nikos): ("subscribed", None), (offers, nikos): ("subscribed", None)}
    shared.sync()
    assert set(write_back(shared)) == {(news, maria), (offers, maria), (news, eleni), *stays}

    # Maria stays for the other collection: what she left has no row of hers.
    for contact in (maria, eleni):
        leave(shared, news, contact)
    shared.sync(options=_NO_GUARD)
    assert write_back(shared) == {
        **stays,
        (offers, maria): ("subscribed", None),
        (news, eleni): ("archived", "our_archive"),
    }

    leave(shared, offers, maria)
    shared.crm.execute("insert into crm.collection_member values (%s, %s)", (offers, eleni))
    shared.sync(options=_NO_GUARD)
    assert write_back(shared) == {
        **stays,
        (offers, maria): ("archived", "our_archive"),
        (offers, eleni): ("subscribed", None),
    }


def test_a_former_address_says_nothing_of_a_member(shared: World) -> None:
    """The address that Maria had before is archived; she stays under the new one for OFFERS."""
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    eleni = shared.contact("eleni@example.gr", news, offers)
    shared.contact("nikos@example.gr", news, offers)
    shared.sync()
    for contact, email in ((maria, "maria.nea@example.gr"), (eleni, "eleni.nea@example.gr")):
        shared.change_contact(contact, email=email)
    shared.sync(options=_NO_GUARD)
    write_back(shared)
    assert shared.remote(CODE)["maria@example.gr"] == "archived"

    leave(shared, news, maria)
    by_hand(shared, "NEWS", "eleni.nea@example.gr", "taken")
    shared.sync(options=_NO_GUARD)

    found = write_back(shared)
    assert (news, maria) not in found
    assert found[offers, maria] == ("subscribed", None)
    assert found[news, eleni] == ("quarantined", "suppressed_archived")


def write_back(world: World) -> dict[tuple[int, int], tuple[str, str | None]]:
    """What the write-back wrote: collection and contact → status and reason."""
    with world.connect(world.warehouse_dsn) as warehouse, world.connect(world.crm_dsn) as crm:
        write_back_members(warehouse, crm)
    found = world.crm.execute(
        "select collection_id, contact_id, status, reason from crm.provider_member_status"
    ).fetchall()
    return {(one, contact): (status, reason) for one, contact, status, reason in found}


def leave(world: World, collection_id: int, contact_id: int) -> None:
    world.crm.execute(
        "delete from crm.collection_member where collection_id = %s and contact_id = %s",
        (collection_id, contact_id),
    )


def test_explain_says_for_each_collection_whether_the_tag_is_there(shared: World) -> None:
    shared.crm.execute("insert into crm.campaign_type values ('PROS', 'Προσφορές', 'offer')")
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="PROS")
    shared.contact("maria@example.gr", news, offers)
    shared.sync()

    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        found = explain_address(warehouse, "Maria@Example.GR")
    paragraphs = {text.split(":")[0]: text for text in found.as_text().split("\n\n")}
    assert paragraphs["NEWS"].startswith(
        f"NEWS: has the collection's tag in the audience {CODE}, subscribed"
    )
    assert paragraphs["OFFERS"].startswith(
        f"OFFERS: does not have the collection's tag in the audience {CODE}. "
        "The member is subscribed"
    )
    assert "no_consent" in paragraphs["OFFERS"]
    assert f"{CODE}: in the audience, subscribed" in found.as_text()


def test_reports_name_the_collections_of_a_shared_audience(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    # One address, and in each collection another contact of it.
    maria = shared.contact("info@example.gr", news)
    nikos = shared.contact("info@example.gr", offers)
    shared.sync()
    list_id, now = shared.list_id(CODE), datetime.now(UTC)
    shared.warehouse.execute("insert into stats.lists (list_id) values (%s)", (list_id,))
    shared.warehouse.execute(
        "insert into stats.members (list_id, subscriber_hash) values (%s, %s)",
        (list_id, subscriber_hash("info@example.gr")),
    )
    for number, code in enumerate(("NEWS", "OFFERS", None)):
        shared.warehouse.execute(
            "insert into stats.campaigns (campaign_id, list_id, status, sent_at)"
            " values (%s, %s, 'sent', %s)",
            (f"c{number}", list_id, now),
        )
        shared.warehouse.execute(
            "insert into stats.campaign_recipients"
            " (campaign_id, list_id, subscriber_hash, delivery_status) values (%s, %s, %s, 'sent')",
            (f"c{number}", list_id, subscriber_hash("info@example.gr")),
        )
        if code is not None:
            shared.warehouse.execute(
                "insert into sync.campaign"
                " (campaign_id, campaign_code, collection_code, list_id, title,"
                " provider_campaign_id) values (%s, %s, %s, %s, 'Νέα', %s)",
                (number, f"ΝΕΑ{number}", code, list_id, f"c{number}"),
            )
    found = rows(shared, "select campaign_id, contact_id from stats.recipient_contact order by 1")
    assert [row["contact_id"] for row in found[:2]] == [maria, nikos]
    assert found[2]["contact_id"] in (maria, nikos)
    (audience,) = rows(
        shared,
        "select collection_code, collection_codes from mart.lists where list_id = %s",
        list_id,
    )
    assert audience == {"collection_code": CODE, "collection_codes": ["NEWS", "OFFERS"]}
    overview = rows(
        shared,
        "select provider_campaign_id, collection_code from stats.campaign_overview order by 1",
    )
    assert [row["collection_code"] for row in overview] == ["NEWS", "OFFERS", CODE]
