"""The marts: what they say, and that catching up equals counting everything again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from crm_mailchimp.data_protection.retention import Ages, apply
from crm_mailchimp.stats.extract import extract_campaign, extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from listed_campaigns import campaigns_to_read
from stats.simulated_account import SENT_AT, Account, Campaign, subscriber_hash

ATHENS = ZoneInfo("Europe/Athens")
NOW = datetime.now(UTC).replace(microsecond=0)
URL = "https://example.gr/προσφορά?utm_source=newsletter&utm_campaign=χειμώνας"


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def rows(warehouse: psycopg.Connection[Any], query: Any, *parameters: Any) -> list[Any]:
    found = warehouse.execute(query, parameters or None).fetchall()
    warehouse.commit()
    return found


def read(warehouse: psycopg.Connection[Any], account: Account) -> None:
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))


def campaign(name: str, days_ago: float, members: int = 1, **more: Any) -> Campaign:
    made = Campaign(name, sent_at=NOW - timedelta(days=days_ago), **more)
    made.send(members)
    return made


def ledger(warehouse: psycopg.Connection[Any], *members: tuple[Any, ...]) -> None:
    for list_id, hash_, contact_id, status in members:
        warehouse.execute(
            "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)"
            " values (%s, %s, %s, %s, 'created')"
            " on conflict (list_id, subscriber_hash) do update"
            " set contact_id = excluded.contact_id, status = excluded.status",
            (list_id, hash_, contact_id, status),
        )
    warehouse.commit()


COUNTED = (
    "contacts", "members", "member_engagement", "member_frequency", "contact_engagement",
    "contact_months",
    "campaign_engagement", "campaign_quarter_hours", "campaign_cohort",
)  # fmt: skip


def counted(warehouse: psycopg.Connection[Any]) -> dict[str, list[str]]:
    return {
        table: [
            row
            for (row,) in rows(
                warehouse,
                f"select (to_jsonb(kept) - 'refreshed_at')::text from mart.{table} as kept"
                " order by 1",
            )
        ]
        for table in COUNTED
    }


Counts = dict[tuple[Any, ...], list[int]]


#: Members of each campaign that got it while it was being read again and again.
SentLater = dict[str, set[str]]


def received(one: Campaign, member: str, sent_later: SentLater) -> datetime | None:
    """When the mail came: what a reader of reports can know of it."""
    done = [event.at for event in one.events if event.member == member and event.action != "bounce"]
    done += [one.unsubscribes[member][0]] if member in one.unsubscribes else []
    if member in sent_later[one.campaign_id]:
        return min([NOW, *done])
    if sent_later[one.campaign_id]:
        return min(done, default=None)
    return one.sent_at


def happened(
    warehouse: psycopg.Connection[Any], campaigns: list[Campaign], sent_later: SentLater
) -> Counts:
    """Mails, opens, clicks and unsubscribes by contact and month, without any SQL of the marts.

    Under the month None those of which nothing tells when they came.
    """
    contacts = {
        (list_id, hash_): contact_id
        for list_id, hash_, contact_id in rows(
            warehouse, "select list_id, subscriber_hash, contact_id from sync.member"
        )
    }
    found: Counts = {}
    for one in campaigns:
        done = Counter((event.member, event.action) for event in one.events)
        for member in one.recipients:
            contact_id = contacts.get((one.list_id, member))
            key = f"member {member}" if contact_id is None else f"contact {contact_id}"
            moment = received(one, member, sent_later)
            month = moment and moment.astimezone(ATHENS).date().replace(day=1)
            counts = found.setdefault((key, month), [0, 0, 0, 0])
            counts[0] += 1
            counts[1] += done[member, "open"]
            counts[2] += done[member, "click"]
            counts[3] += member in one.unsubscribes
    return found


def shown_by_marts(warehouse: psycopg.Connection[Any]) -> Counts:
    """The same by the marts: what is in no month is what sums over all time have beyond months."""
    months: Counts = {
        (key, month): list(counts)
        for key, month, *counts in rows(
            warehouse,
            "select contact_key, month, campaigns_received, opens, clicks, unsubscribes"
            " from mart.contact_months",
        )
    }
    sums: dict[str, list[int]] = {}
    for (key, _), counts in months.items():
        sums[key] = [sum(pair) for pair in zip(sums.get(key, [0] * 4), counts, strict=True)]
    for key, *counts in rows(
        warehouse,
        "select contact_key, campaigns_received, opens, clicks, unsubscribes"
        " from mart.contact_engagement",
    ):
        beyond = [whole - part for whole, part in zip(counts, sums.pop(key, [0] * 4), strict=True)]
        if any(beyond):
            months[key, None] = beyond
    assert sums == {}
    return months


@pytest.mark.parametrize("seed", range(6))
def test_catching_up_equals_counting_everything_again(warehouse: Any, seed: int) -> None:
    """Random histories: sends, opens, late flags, unsubscribes that move, ledger, retention."""
    chance = random.Random(seed)
    lists = ["λίστα1", "λίστα2"]
    campaigns: list[Campaign] = []
    sent_later: SentLater = {}
    account = Account()

    def one_goes_on() -> None:
        one = chance.choice([one for one in campaigns if one.sent_at < NOW - timedelta(days=4)])
        more = [subscriber_hash(n) for n in range(14) if subscriber_hash(n) not in one.recipients]
        later = chance.sample(more, min(2, len(more)))
        one.recipients += later
        one.emails_sent += len(later)
        sent_later[one.campaign_id].update(later)

    def one_more_campaign() -> None:
        made = campaign(f"c{len(campaigns)}", chance.randrange(1, 900), 0)
        made.list_id = chance.choice(lists)
        made.send(chance.randrange(1, 6), first=chance.randrange(8))
        campaigns.append(made)
        sent_later[made.campaign_id] = set()
        account.of_id[made.campaign_id] = made

    def something_happens() -> None:
        one = chance.choice(campaigns)
        member = chance.choice(one.recipients)
        seconds = chance.randrange(int((NOW - one.sent_at).total_seconds()))
        kind = chance.choice(
            ["open", "open", "click", "bounce", "unsubscribe", "complaint", "flag"]
        )
        if kind == "unsubscribe":
            one.unsubscribes[member] = (one.sent_at + timedelta(seconds=seconds), "άλλο")
        elif kind == "complaint":
            one.complaints[len(one.complaints)] = member
        elif kind == "flag":
            for event in one.events:
                event.is_proxy = event.is_proxy if event.action != "open" else chance.random() < 0.5
        else:
            one.happens(
                member, kind, seconds, url=f"{URL}&n={chance.randrange(3)}" * (kind == "click"),
                is_proxy=kind == "open" and chance.random() < 0.4,
                bounce_type="hard" if kind == "bounce" else "",
            )  # fmt: skip

    def ledger_changes() -> None:
        hash_ = subscriber_hash(chance.randrange(12))
        if chance.random() < 0.2:
            warehouse.execute("delete from sync.member where subscriber_hash = %s", (hash_,))
            warehouse.commit()
        else:
            status = chance.choice(["subscribed", "subscribed", "unsubscribed", "archived"])
            contact = chance.choice([None, 1, 2, 3])
            ledger(warehouse, (chance.choice(lists), hash_, contact, status))

    for number in range(7):
        if number % 3 == 2:
            one_goes_on()
        one_more_campaign()
        for _ in range(chance.randrange(10)):
            something_happens()
        for _ in range(chance.randrange(4)):
            ledger_changes()
        read(warehouse, account)
        for one in chance.sample(campaigns, len(campaigns) // 2):
            extract_campaign(warehouse, account, one.campaign_id, full=True)
        if chance.random() < 0.3:
            apply(warehouse, Ages(events=chance.choice([300, 600])))
        refresh_marts(warehouse, time_zone="Europe/Athens")
        caught_up = counted(warehouse)
        assert shown_by_marts(warehouse) == happened(warehouse, campaigns, sent_later)
        again = refresh_marts(warehouse, time_zone="Europe/Athens")
        assert (again.campaigns, again.members) == (0, 0)
        refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=True)
        assert counted(warehouse) == caught_up
    assert all(caught_up[table] for table in COUNTED), "the history is too poor to prove anything"


def test_only_what_changed_is_counted(warehouse: Any) -> None:
    account = Account(campaign("παλιά", 40, 30), campaign("νέα", 3, 30))
    read(warehouse, account)
    assert refresh_marts(warehouse).members == 30
    account.of_id["νέα"].happens(account.of_id["νέα"].recipients[4], "open", 60)
    read(warehouse, account)
    refresh = refresh_marts(warehouse)
    assert (refresh.campaigns, refresh.members) == (1, 1)
    ledger(warehouse, ("λίστα1", account.of_id["νέα"].recipients[4], 7, "subscribed"))
    assert (refresh_marts(warehouse).members, refresh_marts(warehouse).members) == (1, 0)
    # An IP address that retention clears changes no count.
    warehouse.execute("update stats.campaign_activities set ip = null")
    warehouse.commit()
    assert refresh_marts(warehouse).campaigns == 0


def test_a_failed_refresh_loses_no_change(warehouse: Any, warehouse_db: str) -> None:
    account = Account(campaign("c", 3, 3))
    read(warehouse, account)
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        refresh_marts(warehouse, time_zone="Ευρώπη/Αθήνα")
    warehouse.rollback()
    refresh_marts(warehouse)
    # A load that commits while a refresh is under way is left for the next one.
    with psycopg.connect(warehouse_db) as loader:
        loader.execute("update stats.campaign_recipients set delivery_status = 'soft'")
        assert refresh_marts(warehouse).members == 0
        loader.commit()
    assert refresh_marts(warehouse).members == 3
    assert rows(warehouse, "select delivered from mart.campaign_engagement") == [(0,)]


def test_changed_dates_of_unsubscribes_and_campaigns_reach_the_marts(warehouse: Any) -> None:
    one = campaign("c", 70, 1)
    one.unsubscribes[one.recipients[0]] = (one.sent_at, "α")
    account = Account(one)
    read(warehouse, account)
    refresh_marts(warehouse)
    later = one.sent_at + timedelta(days=5)
    one.unsubscribes[one.recipients[0]] = (later, "β")
    extract_campaign(warehouse, account, "c", full=True)
    refresh_marts(warehouse)
    assert rows(warehouse, "select last_unsubscribed_at from mart.member_engagement") == [(later,)]
    one.sent_at -= timedelta(days=365)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, "select first_sent_at from mart.contact_engagement") == [(one.sent_at,)]
    assert rows(warehouse, "select month from mart.contact_months") == [
        (one.sent_at.date().replace(day=1),)
    ]


def test_cohorts_stay_right_after_an_older_backfill(warehouse: Any) -> None:
    account = Account(
        campaign("νέα", 10, 3),
        campaign("ενδιάμεση", 90, 2),
        campaign("παλιά", 200, 3),
    )
    for name in account.of_id:
        campaigns_to_read(warehouse, account, campaigns=[name])
        extract_campaign(warehouse, account, name)
        refresh_marts(warehouse)
    began = account.of_id["παλιά"].sent_at.date().replace(day=1)
    assert sorted(
        rows(warehouse, "select campaign_id, cohort_month, recipients from mart.campaign_cohort")
    ) == sorted([("νέα", began, 3), ("ενδιάμεση", began, 2), ("παλιά", began, 3)])


def test_a_campaign_without_an_end_counts_when_each_got_it(warehouse: Any) -> None:
    """A welcome mail, 500 days old when it is first read, goes on to everybody who signs up."""
    welcome = campaign("καλωσόρισμα", 500, 3)
    reads, silent, clicks = welcome.recipients
    welcome.happens(reads, "open", 86_400 * 100)
    welcome.happens(clicks, "click", 86_400 * 200, url=URL)
    once = campaign("μία φορά", 40, 3)
    once.happens(silent, "open", 600)
    account = Account(welcome, once)
    read(warehouse, account)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    # Nothing tells yet that it is not a mail to everybody at once.
    minutes = (
        "select subscriber_hash, time_to_open_minutes from mart.campaign_recipients"
        " where was_opened order by time_to_open_minutes"
    )
    assert rows(warehouse, minutes) == [(silent, 10), (reads, 144_000)]
    welcome.send(2, first=50)
    late, fresh = welcome.recipients[3:]
    welcome.happens(late, "open", 86_400 * 499)
    read(warehouse, account)
    looked_at = rows(
        warehouse,
        "select began_at from stats.report_listing order by began_at limit 1",
    )[0][0]
    for rebuild in (False, True):
        refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=rebuild)
        got = dict(
            rows(
                warehouse,
                "select subscriber_hash, received_at from mart.campaign_recipients"
                " where campaign_id = 'καλωσόρισμα'",
            )
        )
        sent = welcome.sent_at
        assert [got[member] for member in (reads, silent, clicks, late)] == [
            sent + timedelta(days=100),
            None,
            sent + timedelta(days=200),
            sent + timedelta(days=499),
        ]
        assert looked_at <= got[fresh] <= datetime.now(UTC)
        assert rows(warehouse, minutes) == [(silent, 10), (reads, None), (late, None)]
        assert rows(
            warehouse,
            "select campaign_id, median_seconds_to_first_open from mart.campaign_performance"
            " order by sent_at",
        ) == [("καλωσόρισμα", None), ("μία φορά", 600)]
        expected: Counter[tuple[date, ...]] = Counter()
        once_month = once.sent_at.astimezone(ATHENS).date().replace(day=1)
        for member, moment in got.items():
            if moment:
                month = moment.astimezone(ATHENS).date().replace(day=1)
                expected[month, month] += 1
                if member in (reads, clicks):
                    expected[month, once_month] += 1
        expected[once_month, once_month] += 1
        cohorts = rows(
            warehouse,
            "select cohort_month, month, sum(recipients) from mart.campaign_cohort group by 1, 2",
        )
        assert {(cohort, month): recipients for cohort, month, recipients in cohorts} == expected
    judged = dict(
        rows(
            warehouse,
            "select contact.subscriber_hash, segment from mart.contact_segments"
            " inner join mart.contacts as contact using (contact_key)",
        )
    )
    assert (judged[late], judged[fresh]) == ("active", "new")
    assert rows(
        warehouse,
        "select count(*) from mart.contact_trend as trend inner join mart.contacts as contact"
        " on trend.contact_key = contact.contact_key where subscriber_hash = any(%s)",
        [late, fresh],
    ) == [(2,)]


def test_mails_seen_after_a_long_pause_are_received_at_no_made_up_time(warehouse: Any) -> None:
    welcome = campaign("καλωσόρισμα", 90, 2)
    account = Account(welcome)
    read(warehouse, account)
    # The last look was a month ago.
    for column in (
        "report_listing set began_at = began_at - interval '30 days', ended_at",
        "report_snapshots set taken_at", "stream_state set read_at",
    ):  # fmt: skip
        name = column.rpartition(" ")[2]
        warehouse.execute(f"update stats.{column} = {name} - interval '30 days'")
    warehouse.commit()
    welcome.send(2, first=50)
    reads, silent = welcome.recipients[2:]
    welcome.happens(reads, "open", 86_400 * 70)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert dict(
        rows(
            warehouse,
            "select subscriber_hash, received_at from mart.campaign_recipients"
            " where subscriber_hash = any(%s)",
            [reads, silent],
        )
    ) == {reads: NOW - timedelta(days=20), silent: None}


def test_automations_have_no_end_by_their_type(warehouse: Any) -> None:
    welcome = campaign("καλωσόρισμα", 500, 2)
    opened = welcome.happens(welcome.recipients[0], "open", 86_400 * 100)
    account = Account(welcome)
    report = account._report
    account._report = lambda one: {**report(one), "type": "automation"}  # type: ignore[method-assign]
    account.campaigns = lambda **period: iter(())  # type: ignore[method-assign]
    read(warehouse, account)
    refresh_marts(warehouse)
    assert sorted(
        rows(warehouse, "select received_at, time_to_open_minutes from mart.campaign_recipients"),
        key=str,
    ) == sorted([(None, None), (opened.at, None)], key=str)


def test_only_looks_at_all_reports_tell_when_nothing_had_been_sent(warehouse: Any) -> None:
    account = Account(campaign("c1", 10))
    campaigns_to_read(warehouse, account, since=NOW - timedelta(days=30))
    campaigns_to_read(warehouse, account, until=NOW)
    assert rows(warehouse, "select count(*) from stats.report_listing") == [(0,)]
    read(warehouse, account)
    assert rows(warehouse, "select count(*) from stats.report_listing") == [(1,)]


def test_a_list_of_recipients_that_fills_in_late_was_sent_at_once(warehouse: Any) -> None:
    one = campaign("c1", 10, 6)
    account = Account(one)
    whole = account._recipients
    account._recipients = lambda campaign: list(whole(campaign))[:2]  # type: ignore[method-assign]
    read(warehouse, account)
    account._recipients = whole  # type: ignore[method-assign]
    extract_campaign(warehouse, account, "c1", full=True)
    refresh_marts(warehouse)
    assert rows(warehouse, "select distinct received_at from mart.campaign_recipients") == [
        (one.sent_at,)
    ]


SEGMENTS = "select segment from mart.contact_segments"


def test_segments_are_judged_on_people_and_not_on_proxies(warehouse: Any) -> None:
    long_ago, lately = campaign("c1", 700), campaign("c2", 3)
    member = long_ago.recipients[0]
    long_ago.happens(member, "open", 60)
    lately.happens(member, "open", 60, is_proxy=True)
    account = Account(long_ago, lately)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("dormant",)]
    lately.happens(member, "open", 90)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("active",)]


def test_left_is_who_is_gone_from_every_audience(warehouse: Any) -> None:
    left = campaign("c1", 300)
    member = left.recipients[0]
    left.unsubscribes[member] = (left.sent_at + timedelta(days=1), "")
    stays = campaign("c2", 2, list_id="λίστα2")
    stays.happens(member, "click", 60, url=URL)
    account = Account(left, stays)
    read(warehouse, account)
    ledger(warehouse, ("λίστα1", member, 5, "unsubscribed"), ("λίστα2", member, 5, "subscribed"))
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("active",)]
    assert rows(warehouse, "select audiences, current_audiences from mart.contacts") == [(2, 1)]
    stays.unsubscribes[member] = (NOW - timedelta(hours=1), "")
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("left",)]
    # An address that bounced is gone from every audience as well, but nobody left.
    warehouse.execute("update sync.member set status = 'cleaned'")
    warehouse.commit()
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("unreachable",)]
    warehouse.execute("update sync.member set status = 'subscribed' where list_id = 'λίστα2'")
    warehouse.commit()
    # They come back by themselves: the ledger's later word counts.
    warehouse.execute(
        "update sync.member set last_changed = %s where list_id = 'λίστα2'",
        (NOW - timedelta(minutes=5),),
    )
    refresh_marts(warehouse)
    assert rows(warehouse, SEGMENTS) == [("active",)]


MEMBER = """
select member.status, member.in_audience, contact.current_audiences, judged.segment
from mart.members as member
inner join mart.contacts as contact on member.contact_key = contact.contact_key
left join mart.contact_segments as judged on contact.contact_key = judged.contact_key
where member.subscriber_hash = %s
"""


def test_deleted_and_bounced_people_are_in_no_audience(warehouse: Any) -> None:
    first, second = campaign("c1", 100, 5), campaign("c2", 5, 5)
    deleted, bounced, known, softly, stays = first.recipients
    for one in (first, second):
        for member in one.recipients:
            one.happens(member, "open", 60)
    for member, kind in ((bounced, "hard"), (known, "hard"), (softly, "soft")):
        second.happens(member, "bounce", 5, bounce_type=kind)
    account = Account(first, second)
    ledger(warehouse, ("λίστα1", known, 7, "subscribed"))
    read(warehouse, account)
    refresh_marts(warehouse)
    present = ("subscribed", True, 1, "active")
    assert rows(warehouse, MEMBER, deleted) == [present]
    for one in (first, second):
        one.deleted.add(deleted)
        extract_campaign(warehouse, account, one.campaign_id, full=True)
    refresh_marts(warehouse)
    totals = rows(warehouse, "select sum(recipients), sum(openers) from mart.campaign_engagement")
    assert totals == [(10, 10)]
    assert rows(warehouse, MEMBER, deleted) == [("deleted", False, 0, "left")]
    assert rows(warehouse, MEMBER, bounced) == [("cleaned", False, 0, "unreachable")]
    assert rows(warehouse, MEMBER, known) == [("cleaned", False, 0, "unreachable")]
    assert rows(warehouse, MEMBER, softly) == rows(warehouse, MEMBER, stays) == [present]
    # They are back: one by the ledger's later word, the others by a mail that reached them.
    warehouse.execute("update sync.member set last_changed = now()")
    third = campaign("c3", -1, 0)
    third.recipients, third.emails_sent = [deleted, bounced], 2
    account.of_id["c3"] = third
    read(warehouse, account)
    refresh_marts(warehouse)
    for member in (deleted, bounced, known):
        assert rows(warehouse, MEMBER, member) == [present]


def test_every_segment_by_its_rule(warehouse: Any) -> None:
    warehouse.execute("update mart.segment_rule set active_days = 50, dormant_days = 150")
    warehouse.commit()
    campaigns = [campaign(f"c{days}", days, 7) for days in (400, 200, 100, 10)]
    fresh = campaign("φρέσκια", 5, 0)
    fresh.send(1, first=7)
    reads = {0: [10], 1: [100], 2: [400], 4: [10, 100]}
    for number, days in reads.items():
        for one in campaigns:
            if int(one.campaign_id[1:]) in days:
                one.happens(one.recipients[number], "open", 60)
    for one in campaigns:
        one.happens(one.recipients[5], "bounce", 5, bounce_type="hard")
    campaigns[3].unsubscribes[campaigns[3].recipients[6]] = (NOW, "")
    for one in campaigns[2:]:
        one.happens(one.recipients[4], "click", 70, url=URL)
    account = Account(*campaigns, fresh)
    read(warehouse, account)
    refresh_marts(warehouse)
    found = dict(
        rows(
            warehouse,
            "select contact.subscriber_hash, segment from mart.contact_segments"
            " inner join mart.contacts as contact using (contact_key)",
        )
    )
    expected = [
        "active", "cooling", "dormant", "never_opened", "champion", "unreachable", "left", "new",
    ]  # fmt: skip
    assert [found[subscriber_hash(number)] for number in range(8)] == expected


def test_months_and_trend_of_a_contact_over_audiences(warehouse: Any) -> None:
    this_month = datetime.now(UTC).date().replace(day=1)
    account = Account()
    for back in range(6):
        month = this_month
        for _ in range(back):
            month = (month - timedelta(days=1)).replace(day=1)
        for number, list_id in enumerate(["λίστα1", "λίστα2"]):
            one = Campaign(
                f"{back}{number}", list_id=list_id,
                sent_at=datetime(month.year, month.month, 1, 3, tzinfo=UTC),
            )  # fmt: skip
            one.send(3)
            rising, falling, steady = one.recipients
            if back < 3:
                one.happens(rising, "open", 60)
            else:
                one.happens(falling, "click", 60, url=URL)
                one.happens(rising, "open", 60, is_proxy=True)
            if number:
                one.happens(steady, "open", 60)
            account.of_id[one.campaign_id] = one
    read(warehouse, account)
    for list_id in ("λίστα1", "λίστα2"):
        ledger(warehouse, *((list_id, subscriber_hash(n), n, "subscribed") for n in range(3)))
    refresh_marts(warehouse)
    assert rows(
        warehouse,
        "select contact_id, previous_rate, recent_rate, change, trend from mart.contact_trend"
        " order by contact_id",
    ) == [(0, 0, 1, 1, "rising"), (1, 1, 0, -1, "falling"), (2, 0.5, 0.5, 0, "steady")]
    assert rows(
        warehouse,
        "select count(*), sum(campaigns_received), sum(campaigns_engaged), sum(opens)"
        " from mart.contact_months where contact_key = 'contact 0'",
    ) == [(6, 12, 6, 12)]


def test_days_are_those_of_the_report_time_zone(warehouse: Any) -> None:
    one = Campaign("c1", sent_at=datetime(2026, 1, 1, 2, tzinfo=UTC))
    one.send(2)
    one.happens(one.recipients[0], "open", 60)
    one.happens(one.recipients[1], "open", 86_400 * 2, is_proxy=True)
    one.happens(one.recipients[1], "click", 86_400 * 2 + 3600 * 4, url=URL)
    account = Account(one)
    warehouse.execute("set time zone 'Asia/Kolkata'")
    warehouse.commit()
    read(warehouse, account)
    days = (
        "select day, sum(opens), sum(opens_without_proxy), sum(clicks) from mart.campaign_days"
        " group by day order by day"
    )
    for time_zone, expected in (
        ("America/New_York", [(2025, 12, 31), (2026, 1, 2), (2026, 1, 3)]),
        ("Europe/Athens", [(2026, 1, 1), (2026, 1, 3), None]),
        ("Asia/Kathmandu", [(2026, 1, 1), (2026, 1, 3), None]),
    ):
        refresh_marts(warehouse, time_zone=time_zone)
        first, second, third = (date(*day) if day else None for day in expected)
        per_day = [(first, 1, 1, 0), (second, 1, 0, 0 if third else 1)]
        assert rows(warehouse, days) == per_day + ([(third, 0, 0, 1)] if third else [])
        assert rows(warehouse, "select distinct day from mart.campaign_activities order by 1") == [
            (day,) for day in (first, second, third) if day
        ]
        assert (
            rows(
                warehouse,
                "select sent_on from mart.campaign_performance where sent_on not in"
                " (select day from mart.dates)"
                " union select day from mart.campaign_days where day not in"
                " (select day from mart.dates)",
            )
            == []
        )
    # The click of 06:00 UTC is one of 11:45 in Nepal.
    assert (
        rows(warehouse, "select hour from mart.campaign_activities where action_type = 'click'")
        == rows(warehouse, "select hour from mart.campaign_hours where clicks > 0")
        == [(11,)]
    )


def test_facts_and_dimensions_join(warehouse: Any) -> None:
    one = campaign("c1", 3, 3)
    one.happens(one.recipients[0], "open", 90)
    one.happens(one.recipients[0], "click", 120, url=URL)
    account = Account(one)
    read(warehouse, account)
    ledger(
        warehouse,
        ("λίστα1", one.recipients[0], 42, "subscribed"),
        ("λίστα3", subscriber_hash(77), 43, "subscribed"),
    )
    refresh_marts(warehouse)
    assert rows(
        warehouse,
        """
        select
            list.name, campaign.title, member.in_ledger, contact.contact_id, link.utm_source,
            date.month <= event.day, event.time_since_send_minutes
        from mart.campaign_activities as event
        inner join mart.lists as list on event.list_id = list.list_id
        inner join mart.campaigns as campaign on event.campaign_id = campaign.campaign_id
        inner join mart.members as member
            on event.list_id = member.list_id and event.subscriber_hash = member.subscriber_hash
        inner join mart.contacts as contact on event.contact_key = contact.contact_key
        inner join mart.dates as date on event.day = date.day
        left join mart.links as link on event.url_key = link.url_key
        order by event.occurred_at
        """,
    ) == [
        ("Πελάτες", "Προσφορά", True, 42, None, True, 1.5),
        ("Πελάτες", "Προσφορά", True, 42, "newsletter", True, 2.0),
    ]
    assert rows(
        warehouse,
        "select contact_id, was_opened, was_clicked, time_to_open_minutes, unique_clicks"
        " from mart.campaign_recipients order by contact_id",
    ) == [(42, True, True, 1.5, 1), (None, False, False, None, 0), (None, False, False, None, 0)]
    # Who is in the ledger and never got a campaign is a member and a contact as well.
    assert rows(warehouse, "select count(*) from mart.members") == [(4,)]
    assert rows(warehouse, "select current_audiences from mart.contacts where contact_id = 43") == [
        (1,)
    ]


def test_a_campaign_beside_its_audiences_past_and_best_times(warehouse: Any) -> None:
    account = Account()
    for number in range(4):
        one = Campaign(f"c{number}", sent_at=SENT_AT + timedelta(days=number))
        one.send(4)
        for member in one.recipients[: number + 1]:
            one.happens(member, "open", 3600)
            one.happens(member, "click", 3700, url=URL)
        account.of_id[one.campaign_id] = one
    read(warehouse, account)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert rows(
        warehouse,
        "select past_campaigns, open_rate_difference, click_rate_difference"
        " from mart.campaign_comparison order by sent_at",
    ) == [(0, None, None), (1, 0.25, 0.25), (2, 0.375, 0.375), (3, 0.5, 0.5)]
    # SENT_AT is a Sunday at 10 in Athens; most clicks come three days later, at 11.
    assert rows(warehouse, "select best_weekday, best_hour from mart.audience_best_times") == [
        (3, 11)
    ]


def hours_of_clicks(name: str, weeks_ago: int, clicks: dict[tuple[int, int], int]) -> Campaign:
    """A campaign whose clicks are at these pairs of weekday and hour, in Athens."""
    monday = datetime(2026, 1, 5, tzinfo=ATHENS) - timedelta(weeks=weeks_ago)
    one = Campaign(name, sent_at=monday)
    one.send(max(clicks.values()))
    for (weekday, hour), members in clicks.items():
        at = monday + timedelta(days=weekday - 1, hours=hour)
        for member in one.recipients[:members]:
            one.happens(member, "click", int((at - monday).total_seconds()) + 60, url=URL)
    return one


BEST_PAIRS = {
    # Tuesday has most clicks of all days, and nine o'clock of all hours. Tuesday at nine has three.
    "each by itself hardly occurs together": (
        {(2, 8): 6, (2, 12): 7, (2, 15): 7, (2, 9): 3, (1, 9): 8, (3, 9): 8, (5, 9): 9},
        (5, 9, 9),
    ),
    "each by itself never occurs together": (
        {(1, 10): 5, (1, 11): 5, (1, 12): 5, (2, 20): 4, (3, 20): 4, (4, 20): 6, (6, 7): 7},
        (6, 7, 7),
    ),
    "equal pairs: the earlier one in the week": ({(7, 1): 4, (4, 23): 4, (4, 22): 4}, (4, 22, 4)),
    "the night between two days": ({(3, 23): 2, (4, 0): 3, (4, 12): 1}, (4, 0, 3)),
}


@pytest.mark.parametrize(("clicks", "best"), BEST_PAIRS.values(), ids=BEST_PAIRS.keys())
def test_the_best_weekday_and_hour_are_one_pair(
    warehouse: Any, clicks: dict[tuple[int, int], int], best: tuple[int, int, int]
) -> None:
    account = Account()
    # Two campaigns: what is best only together counts as well.
    for number in range(2):
        one = hours_of_clicks(f"c{number}", number, clicks)
        account.of_id[one.campaign_id] = one
    read(warehouse, account)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    weekday, hour, members = best
    assert rows(
        warehouse, "select best_weekday, best_hour, clicks from mart.audience_best_times"
    ) == [(weekday, hour, 2 * members)]
    assert rows(
        warehouse,
        "select rank_in_audience from mart.audience_hours where (weekday, hour) = (%s, %s)",
        weekday,
        hour,
    ) == [(1,)]


def test_an_audience_that_only_proxies_opened_has_no_best_time(warehouse: Any) -> None:
    account = Account()
    one = campaign("c", 10, 3)
    for member in one.recipients:
        one.happens(member, "open", 60, is_proxy=True)
    account.of_id[one.campaign_id] = one
    read(warehouse, account)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert rows(warehouse, "select sum(opens) from mart.audience_hours") == [(3,)]
    assert rows(warehouse, "select * from mart.audience_best_times") == []


COMPARED = (
    "select is_mature, past_campaigns, open_rate_difference, past_open_rate_without_proxy"
    " from mart.campaign_comparison order by sent_at desc limit 1"
)


def test_a_campaign_is_compared_when_it_is_as_old_as_the_others_were(warehouse: Any) -> None:
    """Of ten, two open in the first hour and three more after two days: each time the same."""
    account = Account()
    for days in (60, 50, 40, 2, 0.1):
        one = campaign(f"c{days}", days, 10)
        for number, member in enumerate(one.recipients[:5]):
            seconds = 3600 if number < 2 else 86_400 * 2
            if one.sent_at + timedelta(seconds=seconds) < NOW:
                one.happens(member, "open", seconds)
        account.of_id[one.campaign_id] = one
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, COMPARED) == [(False, 3, None, 0.5)]
    # Four days later, when nobody has looked since.
    for campaign_id in account.of_id:
        warehouse.execute(
            "update stats.campaigns set sent_at = sent_at - interval '4 days'"
            " where campaign_id = %s",
            [campaign_id],
        )
    warehouse.execute("update stats.report_listing set began_at = began_at - interval '4 days'")
    warehouse.execute("update stats.report_snapshots set taken_at = taken_at - interval '4 days'")
    refresh_marts(warehouse)
    assert rows(warehouse, COMPARED)[0][0] is False
    # And when everybody has read who will.
    for one in account.of_id.values():
        one.sent_at -= timedelta(days=4)
        one.events = []
        for number, member in enumerate(one.recipients[:5]):
            one.happens(member, "open", 3600 if number < 2 else 86_400 * 2)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, COMPARED) == [(True, 4, 0, 0.5)]


def test_the_time_to_send_is_given_per_delivered_mail(warehouse: Any) -> None:
    account = Account()
    # On three Mondays at 9 one of four clicks, on a Tuesday at 20 two; the latest is too young.
    for number, (day, hour, readers) in enumerate(
        [(2, 7, 1), (9, 7, 1), (16, 7, 1), (3, 18, 2)], start=1
    ):
        one = Campaign(f"c{number}", sent_at=datetime(2026, 2, day, hour, 5, tzinfo=UTC))
        one.send(5)
        for member in one.recipients[:readers]:
            one.happens(member, "open", 3600)
            one.happens(member, "click", 3700, url=URL)
        one.happens(one.recipients[3], "open", 3600, is_proxy=True)
        one.happens(one.recipients[4], "bounce", 5, bounce_type="hard")
        account.of_id[one.campaign_id] = one
    account.of_id["νέα"] = campaign("νέα", 0.1, 5)
    read(warehouse, account)
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert rows(
        warehouse,
        "select weekday, hour, campaigns, delivered, open_rate_without_proxy, click_rate"
        " from mart.audience_sending_times order by click_rate desc",
    ) == [(2, 20, 1, 4, 0.5, 0.5), (1, 9, 3, 12, 0.25, 0.25)]
    assert rows(
        warehouse,
        "select click_to_open_rate, click_to_open_rate_without_proxy"
        " from mart.campaign_performance where campaign_id = 'c1'",
    ) == [(0.5, 1)]


def test_unsubscribes_with_what_came_before(warehouse: Any) -> None:
    first, second = campaign("c1", 50), campaign("c2", 20)
    member = second.recipients[0]
    second.unsubscribes[member] = (second.sent_at + timedelta(hours=5), "πολλά μηνύματα")
    first.happens(member, "open", 60)
    account = Account(first, second)
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(
        warehouse,
        "select reason, hours_after_sending, campaigns_in_30_days_before,"
        " days_since_first_campaign, had_ever_read from mart.unsubscribe_drivers",
    ) == [("πολλά μηνύματα", 5, 1, 30, True)]


FREQUENCY = "select * from mart.unsubscribe_frequency order by mails_in_30_days"


def test_frequency_shows_no_effect_where_there_is_none(warehouse: Any) -> None:
    """One in eight leaves at every mail: the rate is the same whatever the mail's number."""
    account = Account()
    staying, left_at = 512, [64, 56, 49]
    for number, leaving in enumerate(left_at):
        one = campaign(f"c{number}", 30 - 5 * number, staying)
        for member in one.recipients[staying - leaving :]:
            one.unsubscribes[member] = (one.sent_at + timedelta(hours=1), "")
        staying -= leaving
        account.of_id[one.campaign_id] = one
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(warehouse, FREQUENCY) == [
        (1, 512, 64, 0.125),
        (2, 448, 56, 0.125),
        (3, 392, 49, 0.125),
    ]


def test_frequency_counts_mails_in_the_window_and_departures_by_their_time(
    warehouse: Any,
) -> None:
    account = Account(*(campaign(f"c{days}", days, 3) for days in (100, 50, 40, 30, 1)))
    early, late, bounced = account.of_id["c100"].recipients
    # Through the link of an older mail, after a newer one had come.
    account.of_id["c50"].unsubscribes[late] = (NOW - timedelta(days=35), "")
    account.of_id["c40"].unsubscribes[early] = (NOW - timedelta(days=40), "")
    for one in account.of_id.values():
        one.happens(bounced, "bounce", 5, bounce_type="soft")
    read(warehouse, account)
    refresh_marts(warehouse)
    # Of both that mails reach: of 100, 50, 40, 30 and 1 days ago, the last one with that of 30.
    assert rows(warehouse, FREQUENCY) == [
        (1, 4, 0, 0),
        (2, 4, 2, 0.5),
        (3, 2, 0, 0),
    ]


def test_proxies_by_mailchimps_figure_where_opens_carry_no_flag(warehouse: Any) -> None:
    account = Account(campaign("c1", 3, 2), flags_proxies=True)
    one = account.of_id["c1"]
    one.happens(one.recipients[0], "open", 60, is_proxy=True)
    one.happens(one.recipients[1], "open", 60)
    report = account._report(one)
    account.flags_proxies = False
    account._report = lambda campaign: report  # type: ignore[method-assign]
    read(warehouse, account)
    refresh_marts(warehouse)
    assert rows(
        warehouse,
        "select unique_opens, unique_opens_without_proxy, open_rate_without_proxy"
        " from mart.campaign_performance",
    ) == [(2, 1, 0.5)]
