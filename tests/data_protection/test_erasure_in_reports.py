"""Totals stay true, the person is not in them any more, and no later report brings them back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.stats.recipients import RECIPIENTS
from crm_mailchimp.stats.streams import Reading
from listed_campaigns import campaigns_to_read
from sync_world import World, subscriber_hash

BODY = '<a href="https://example.gr/νέα?a=1">νέα</a> <a href="https://example.gr/δώρα">δώρα</a>'

TOTALS = """
select
    (select jsonb_agg(to_jsonb(one) order by one.campaign_id) from (
        select
            campaign_id, recipients, delivered, openers, human_openers, clickers, opens, clicks,
            human_clickers, bot_clicks, bot_link_clicks,
            first_open_at, last_click_at, median_seconds_to_first_open
        from mart.campaign_engagement
    ) as one) as campaigns,
    (select jsonb_agg(to_jsonb(one)) from (
        select
            count(*) as members, sum(opens) as opens, sum(clicks) as clicks,
            sum(campaigns_received) as received, sum(unsubscribes) as unsubscribes,
            sum(clicks_without_bots) as clicks_without_bots
        from mart.contact_engagement
    ) as one) as contacts,
    (select jsonb_agg(to_jsonb(one)) from (
        select action, url, bot_rule, count(*) as n from stats.campaign_activities
        group by action, url, bot_rule order by action, url, bot_rule
    ) as one) as events,
    (select count(*) from stats.campaign_unsubscribes) as unsubscribes,
    (select sum(clicks) from stats.link_member_clicks) as link_clicks
"""

PRESENT = """
select
    (select count(*) from mart.contact_segments) as judged,
    (select count(*) from mart.contact_trend) as in_trend
"""


def send(world: World, list_id: str) -> str:
    world.sandbox.control("POST", "behaviour", {"gateway": 1.0})
    with world.provider() as provider:
        call = provider.client.call
        made = call(
            "POST",
            "/campaigns",
            body={
                "type": "regular",
                "recipients": {"list_id": list_id},
                "settings": {
                    "subject_line": "Νέα",
                    "title": "Νέα",
                    "from_name": "Γαλαξίας",
                    "reply_to": "news@galaxy.gr",
                },
            },
        )
        ids = {"campaign_id": str(made["id"])}
        call("PUT", "/campaigns/{campaign_id}/content", ids=ids, body={"html": BODY})
        call("POST", "/campaigns/{campaign_id}/actions/send", ids=ids)
    for days in (0.01, 1, 20):
        world.sandbox.control("POST", "clock/advance", {"days": days})
    return ids["campaign_id"]


def extract(world: World, campaigns: list[str], *, full: bool = False) -> None:
    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        campaigns_to_read(warehouse, provider)
        extract_campaigns(warehouse, provider, campaigns, full=full)
        refresh_marts(warehouse, time_zone="Europe/Athens")


def expire_half(world: World, *, kept: datetime) -> None:
    """As if retention had counted and removed the older half of all events, but none since kept."""
    middle = world.warehouse.execute(
        "select date_bin('15 minutes',"
        " least(percentile_disc(0.5) within group (order by occurred_at), %s),"
        " '2000-01-01 00:00:00Z') as at from stats.campaign_activities",
        (kept,),
    ).fetchone()
    assert middle
    period = {"since": "-infinity", "until": middle["at"]}
    for name in ("keep_expired_counts", "keep_expired_quarter_hours", "delete_events"):
        world.warehouse.execute(statement(f"sync/{name}"), period)
    left = world.warehouse.execute("select count(*) as n from stats.campaign_activities").fetchone()
    assert left
    assert left["n"] > 1


def erase(world: World) -> None:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        assert erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure").erased == 1


def found_anywhere(world: World, *texts: str) -> list[str]:
    """Tables of stats and mart with a text in any column."""
    tables = world.warehouse.execute(
        "select format('%I.%I', nspname, relname) as name from pg_class"
        " join pg_namespace on pg_namespace.oid = relnamespace"
        " where nspname in ('stats', 'mart') and relkind in ('r', 'm', 'v')"
    ).fetchall()
    return [
        row["name"]
        for row in tables
        for text in texts
        if world.warehouse.execute(
            f"select 1 from {row['name']} as held where held::text like %s limit 1", (f"%{text}%",)
        ).fetchone()
    ]


def test_totals_stay_and_the_person_does_not(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"prosopo{number}@mail.gr", news) for number in range(60)]
    world.sync()
    campaign = send(world, world.list_id())
    extract(world, [campaign])
    busiest = world.warehouse.execute(
        """
        select subscriber_hash from stats.recipient_engagement
        where opens > 0 and clicks > 0 order by clicks desc, subscriber_hash limit 1
        """
    ).fetchone()
    assert busiest, "nobody clicked: the simulation is too small"
    gone = busiest["subscriber_hash"]
    number = next(n for n in range(60) if subscriber_hash(f"prosopo{n}@mail.gr") == gone)
    email, contact = f"prosopo{number}@mail.gr", contacts[number]
    # A link that carries the address, beside another of the same second. Retention is not to
    # remove it before the erasure does: it has the time of the person's last event.
    last = world.warehouse.execute(
        """
        insert into stats.campaign_activities (
            campaign_id, list_id, subscriber_hash, action, occurred_at, url, ip, ordinal
        )
        select campaign_id, list_id, subscriber_hash, 'click', occurred_at, url.text, '1.2.3.4', 1
        from (
            select * from stats.campaign_activities where subscriber_hash = %s
            order by occurred_at desc limit 1
        ) as event
        cross join (values (%s), (%s)) as url (text)
        returning occurred_at
        """,
        (gone, f"https://x.gr/a?e={email}", f"https://x.gr/b?e={email.replace('@', '%40')}"),
    ).fetchone()
    assert last
    world.warehouse.execute(
        "insert into stats.campaign_unsubscribes"
        " (campaign_id, subscriber_hash, reason, unsubscribed_at)"
        " values (%s, %s, 'Η Μαρία από το Χαλάνδρι', now()) on conflict do nothing",
        (campaign, gone),
    )
    # What Mailchimp has added to its lists since may be about the person too.
    for column in ("campaign_recipients set activity_extra", "link_member_clicks set extra"):
        world.warehouse.execute(
            f"update stats.{column} = jsonb_build_object('new', %s::text)"
            " where subscriber_hash = %s",
            (email, gone),
        )
    world.warehouse.execute(statement("stats/count_engagement"), {"campaign_id": campaign})
    world.warehouse.execute(
        """
        insert into stats.member_activities (
            list_id, subscriber_hash, activity_type, occurred_at, ordinal
        )
        values (%s, %s, 'generic_signup', '2026-01-01', 1);
        """,
        (world.list_id(), gone),
    )
    # And what was only heard of in another audience.
    world.warehouse.execute("insert into stats.lists (list_id) values ('άλλο κοινό')")
    world.warehouse.execute(
        "insert into stats.members (list_id, subscriber_hash) values ('άλλο κοινό', %s)", (gone,)
    )
    expire_half(world, kept=last["occurred_at"])
    extract(world, [])
    before = world.warehouse.execute(TOTALS).fetchone()
    assert before
    assert sum(one["bot_clicks"] for one in before["campaigns"]) > 0
    assert any(one["bot_rule"] for one in before["events"])
    present = world.warehouse.execute(PRESENT).fetchone()
    assert present
    assert found_anywhere(world, gone, email)
    world.change_contact(contact, erasure_requested_at="2026-10-01T00:00:00Z")

    erase(world)

    assert found_anywhere(world, gone, email, "Χαλάνδρι") == []
    assert sorted(found_anywhere(world, "άλλο κοινό")) == ["mart.lists", "stats.lists"], (
        "nor a token"
    )
    assert not world.warehouse.execute(
        "select 1 from mart.contact_engagement where contact_id = %s", (contact,)
    ).fetchone()
    after = world.warehouse.execute(TOTALS).fetchone()
    assert after
    assert after["campaigns"] == before["campaigns"]
    assert after["contacts"] == before["contacts"]
    assert after["link_clicks"] == before["link_clicks"]
    assert after["unsubscribes"] == before["unsubscribes"]
    assert sum(one["n"] for one in after["events"]) == sum(one["n"] for one in before["events"])
    freed = world.warehouse.execute(
        "select url, ip from stats.campaign_activities where url like 'https://x.gr%'"
    ).fetchall()
    assert [(row["url"], row["ip"]) for row in freed] == [("https://x.gr", None)] * 2
    zone = world.warehouse.execute("select report_time_zone from mart.setting").fetchone()
    assert zone
    assert zone["report_time_zone"] == "Europe/Athens"

    # Nobody is left to be reached, or to be in a segment.
    nobody = world.warehouse.execute(
        "select member.in_audience, contact.current_audiences from mart.members as member"
        " inner join mart.contacts as contact on member.contact_key = contact.contact_key"
        " where member.status = 'erased' and contact.is_erased"
    ).fetchall()
    assert [tuple(row.values()) for row in nobody] == [(False, 0)]
    assert world.warehouse.execute(PRESENT).fetchone() == {
        name: count - 1 for name, count in present.items()
    }

    # All read again from the start; and by a Mailchimp that still lists the person.
    extract(world, [campaign], full=True)
    assert found_anywhere(world, gone, email) == []
    assert world.warehouse.execute(TOTALS).fetchone() == after
    bring_back(world, campaign, gone)
    assert found_anywhere(world, gone) == []
    assert world.warehouse.execute(TOTALS).fetchone() == after

    # Who signs up again by themselves is known from then on.
    world.act(email, "subscribe")
    later = send(world, world.list_id())
    extract(world, [later])
    assert "stats.campaign_recipients" in found_anywhere(world, gone)
    rows = world.warehouse.execute(
        "select campaign_id from stats.campaign_recipients where subscriber_hash = %s", (gone,)
    ).fetchall()
    assert [row["campaign_id"] for row in rows] == [later]


class StillListed:
    """Mailchimp's ``sent-to``, which still lists a deleted member."""

    def __init__(self, *hashes: str) -> None:
        self.hashes = hashes

    def rows(self, *_: Any, **__: Any) -> Iterator[dict[str, Any]]:
        for one in self.hashes:
            yield {"email_id": one, "list_id": "l", "status": "sent"}

    def has_recipient(self, campaign_id: str, subscriber_hash: str) -> bool:
        return subscriber_hash in self.hashes


def bring_back(world: World, campaign: str, hash_: str) -> None:
    provider: Any = StillListed(hash_)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        RECIPIENTS.read(warehouse, provider, Reading(campaign, "[1]"))


def test_a_load_and_an_erasure_at_once_leave_nobody_behind(warehouse_db: str) -> None:
    """The erasure waits for a load that looked before it, and then finds its rows."""
    noted = threading.Event()

    def note(digest: bytes) -> None:
        with psycopg.connect(warehouse_db) as eraser:
            eraser.execute("insert into sync.erased_subscriber (digest) values (%s)", (digest,))
            eraser.commit()
            noted.set()

    with psycopg.connect(warehouse_db) as loader:
        loader.execute("create temporary table landing (subscriber_hash text)")
        loader.commit()
        loader.execute("select stats.drop_erased('landing', 'c')")
        thread = threading.Thread(target=note, args=(b"x",))
        thread.start()
        assert not noted.wait(0.5)
        loader.commit()
        assert noted.wait(20)
        thread.join()
