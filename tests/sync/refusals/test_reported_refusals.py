"""Reports of campaigns tell of refusals that no look at the audience showed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.statements import statement
from crm_mailchimp.stats.extract import extract_campaign
from crm_mailchimp.sync.refusals.suppression import open_suppression
from listed_campaigns import campaigns_to_read
from stats.sandbox_world import send
from sync_world import World, subscriber_hash


def keep_still(world: World) -> None:
    """Nobody does anything by themselves."""
    rates = ("hard_bounce", "soft_bounce", "unsubscribe", "abuse")
    world.sandbox.control("POST", "behaviour", dict.fromkeys(rates, 0.0))


def send_to_all(world: World) -> str:
    keep_still(world)
    with world.provider() as provider:
        campaign_id = send(provider, world.list_id(), "Νέα")
    world.sandbox.control("POST", "clock/advance", {"seconds": 60})
    return campaign_id


def read(world: World, campaign_id: str) -> None:
    """Read a campaign's reports, all of them, whatever was read before."""
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        campaigns_to_read(warehouse, provider)
        extract = extract_campaign(warehouse, provider, campaign_id, full=True)
    assert not extract.failures


def forget(world: World, email: str) -> None:
    with world.provider() as provider:
        assert provider.delete_member_permanently(world.list_id(), subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})


def refusals(world: World) -> list[dict[str, Any]]:
    return world.warehouse.execute(
        "select kind, known_from, ended_at is null as holds, array("
        " select contact_id from sync.refusal_contact as belongs"
        " where belongs.refusal_id = refusal.refusal_id order by contact_id) as contact_ids"
        " from sync.refusal order by refusal_id"
    ).fetchall()


@pytest.mark.parametrize(
    ("action", "kind", "reason"),
    [
        ("unsubscribe", "unsubscribed", "suppressed_unsubscribed"),
        ("complain", "complaint", "suppressed_complaint"),
    ],
)
def test_a_refusal_known_from_a_report_alone_holds_until_a_sign_up(
    world: World, action: str, kind: str, reason: str
) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    campaign_id = send_to_all(world)
    world.act("eleni@mail.gr", action, campaign_id=campaign_id)
    read(world, campaign_id)
    # Nobody looked at the audience since, and the member is gone before anybody does.
    forget(world, "eleni@mail.gr")
    assert {"kind": kind, "known_from": "campaign_report", "holds": True,
            "contact_ids": [eleni]} in refusals(world)  # fmt: skip

    world.change_contact(eleni, email="eleni.nea@mail.gr")
    world.sync()
    assert world.open_reasons() == {eleni: reason}
    assert "eleni.nea@mail.gr" not in world.remote()

    # Her own sign-up at the address that refused ends it; the report, read again, changes nothing.
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    assert not [one for one in refusals(world) if one["holds"] and one["kind"] == kind]
    read(world, campaign_id)
    assert not [one for one in refusals(world) if one["holds"] and one["kind"] == kind]


def test_a_person_who_subscribed_again_is_left_alone(world: World) -> None:
    news = world.collection()
    world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    campaign_id = send_to_all(world)
    world.act("eleni@mail.gr", "unsubscribe", campaign_id=campaign_id)
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    before = refusals(world)

    read(world, campaign_id)

    assert refusals(world) == before == []
    world.sync()
    assert world.open_reasons() == {}
    assert world.remote()["eleni@mail.gr"] == "subscribed"


def test_an_ended_refusal_stays_ended_whatever_becomes_of_the_member(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    campaign_id = send_to_all(world)
    world.act("eleni@mail.gr", "unsubscribe", campaign_id=campaign_id)
    world.sync()
    read(world, campaign_id)
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    assert [one["holds"] for one in refusals(world)] == [False]
    # She leaves the collection, and we archive the member.
    world.leave(news, eleni)
    world.sync()
    assert world.remote()["eleni@mail.gr"] == "archived"

    read(world, campaign_id)
    assert [one["holds"] for one in refusals(world)] == [False]
    # Also when the ended refusal reached its age: an old report says nothing of a known member.
    world.warehouse.execute("delete from sync.refusal")
    for table, column in (("unsubscribes", "unsubscribed_at"), ("unsubscribes", "first_seen_at")):
        world.warehouse.execute(
            f"update stats.campaign_{table} set {column} = {column} - interval '91 days'"
        )
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note(warehouse, campaign_id=campaign_id)
        note(warehouse, list_id=world.list_id())
    assert refusals(world) == []
    world.join(news, eleni)
    world.sync()
    assert world.remote()["eleni@mail.gr"] == "subscribed"


def note(
    warehouse: psycopg.Connection[Any],
    *,
    campaign_id: str | None = None,
    list_id: str | None = None,
) -> None:
    warehouse.execute(
        statement("sync/note_reported_refusals"), {"campaign_id": campaign_id, "list_id": list_id}
    )
    warehouse.commit()


def test_reports_read_before_the_audience_was_ours_count_from_its_first_look(world: World) -> None:
    """An audience filled by hand: she unsubscribed there and was deleted, then it is linked."""
    other = world.collection("OTHER")
    world.contact("guest@mail.gr", other)
    world.contact("eleni@mail.gr", other)
    world.sync()
    list_id = world.list_id("OTHER")
    keep_still(world)
    with world.provider() as provider:
        campaign_id = send(provider, list_id, "Νέα")
    world.act("eleni@mail.gr", "unsubscribe", code="OTHER", campaign_id=campaign_id)
    with world.provider() as provider:
        assert provider.delete_member_permanently(list_id, subscriber_hash("eleni@mail.gr"))
    read_before = "insert into stats.campaign_unsubscribes (campaign_id, list_id, subscriber_hash,"
    world.forget_ledger()
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        campaigns_to_read(warehouse, provider)
        warehouse.execute(
            "insert into stats.members (list_id, subscriber_hash) values (%s, %s)"
            " on conflict do nothing",
            (list_id, subscriber_hash("eleni@mail.gr")),
        )
        warehouse.execute(
            f"{read_before} unsubscribed_at, first_seen_at)"
            " values (%s, %s, %s, now() - interval '1 year', now() - interval '1 year')",
            (campaign_id, list_id, subscriber_hash("eleni@mail.gr")),
        )
        note(warehouse, campaign_id=campaign_id)
    assert refusals(world) == []

    news = world.collection("NEWS", provider_list_id=list_id)
    world.crm.execute("update crm.contact_collection set is_active = false where code = 'OTHER'")
    eleni = world.contact("eleni@mail.gr", news)
    world.sync()

    assert world.open_reasons() == {eleni: "suppressed_unsubscribed"}
    assert "eleni@mail.gr" not in world.remote()


def test_the_token_of_somebody_erased_is_no_address(world: World) -> None:
    news = world.collection()
    world.contact("nikos@mail.gr", news)
    world.sync()
    campaign_id = send_to_all(world)
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        campaigns_to_read(warehouse, provider)
        for hash_, is_erased in (("erased-1", True), (subscriber_hash("eleni@mail.gr"), False)):
            warehouse.execute(
                "insert into stats.members (list_id, subscriber_hash, is_erased)"
                " values (%s, %s, %s)",
                (world.list_id(), hash_, is_erased),
            )
            warehouse.execute(
                "insert into stats.campaign_unsubscribes"
                " (campaign_id, list_id, subscriber_hash, unsubscribed_at)"
                " values (%s, %s, %s, now())",
                (campaign_id, world.list_id(), hash_),
            )
        note(warehouse, campaign_id=campaign_id)
        digests = warehouse.execute("select address_digest from sync.refusal").fetchall()
        digester = open_suppression(warehouse)
    assert [bytes(digest) for (digest,) in digests] == [
        digester.subscriber(subscriber_hash("eleni@mail.gr"))
    ]


class Dying(psycopg.Connection[Any]):
    """Ends right after the commit that says that a stream was read to its end."""

    stream = ""
    is_read = is_dead = False

    def execute(self, query: Any, params: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        if self.is_dead:
            raise psycopg.OperationalError("the server was stopped")
        self.is_read |= (
            query == statement("stats/store_stream_state") and params["stream"] == self.stream
        )
        return super().execute(query, params, **options)

    def commit(self) -> None:
        super().commit()
        self.is_dead = self.is_read


@pytest.mark.parametrize(
    ("action", "stream"), [("unsubscribe", "unsubscribes"), ("complain", "abuse_reports")]
)
def test_a_crash_after_a_stream_was_read_loses_no_refusal(
    world: World, action: str, stream: str
) -> None:
    """What was read to its end is not read again, so its refusals are known by then."""
    news = world.collection()
    maria = world.contact("maria@mail.gr", news)
    world.sync()
    campaign_id = send_to_all(world)
    world.act("maria@mail.gr", action, campaign_id=campaign_id)
    with world.provider() as provider:
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            campaigns_to_read(warehouse, provider)
        dying = Dying.connect(world.warehouse_dsn)
        dying.stream = stream
        with pytest.raises(psycopg.OperationalError, match="was stopped"):
            extract_campaign(dying, provider, campaign_id)
        dying.close()
    assert dying.is_dead
    assert [row["contact_ids"] for row in refusals(world)] == [[maria]]
    assert {row["known_from"] for row in refusals(world)} == {"campaign_report"}
