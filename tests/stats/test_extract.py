"""Reports into ``stats``: event by event what happened, whatever happens meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp import reports
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.stats.campaign_choice import UnknownCampaignsError
from crm_mailchimp.stats.extract import extract_campaign, extract_campaigns
from listed_campaigns import campaigns_to_read
from stats.simulated_account import SENT_AT, Account, Campaign, Crash, Event

URLS = [
    "https://example.gr/προσφορές?utm_source=mc&x=%20a,b",
    "https://example.gr/προσφορές?utm_source=mc&x=%20A,B",
    "https://example.gr/" + "μακρύ/" * 600,  # longer than an index entry may be
]


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def keyed(events: list[Event], campaign: Campaign) -> Counter[tuple[Any, ...]]:
    """Events by what they are, without ordinals: how many equal ones there are."""
    return Counter(
        (campaign.campaign_id, e.member, e.action, e.at, e.url or None, e.bounce_type or None)
        for e in events
    )


def stored(warehouse: psycopg.Connection[Any]) -> Counter[tuple[Any, ...]]:
    rows = warehouse.execute(
        """
        select campaign_id, subscriber_hash, action, occurred_at, url, bounce_type
        from stats.campaign_activities
        """
    ).fetchall()
    warehouse.commit()
    return Counter(rows)


def value(warehouse: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    row = warehouse.execute(query, parameters).fetchone()  # type: ignore[arg-type]
    warehouse.commit()
    assert row
    return row[0] if len(row) == 1 else row


def run(warehouse: psycopg.Connection[Any], account: Account) -> list[str]:
    chosen = campaigns_to_read(warehouse, account)
    extract_campaigns(warehouse, account, chosen)
    return chosen


def busy_campaign() -> Campaign:
    campaign = Campaign("καμπάνια1")
    campaign.send(5)
    first, second, third, fourth, _ = campaign.recipients
    campaign.happens(first, "open", 60, ip="85.72.1.1", is_proxy=True)
    campaign.happens(first, "open", 60, ip="85.72.1.2")
    campaign.happens(first, "click", 60, url=URLS[0], ip="85.72.1.2")
    campaign.happens(first, "click", 60, url=URLS[1], ip="85.72.1.2")
    campaign.happens(first, "click", 60, url=URLS[0], ip="85.72.1.2")
    campaign.happens(second, "open", 3600, ip="2a02:587::1")
    campaign.happens(second, "click", 3700, url=URLS[2])
    campaign.happens(third, "bounce", 5, bounce_type="hard")
    campaign.happens(fourth, "bounce", 6, bounce_type="soft")
    campaign.unsubscribes[second] = (SENT_AT + timedelta(hours=2), "Δεν με ενδιαφέρει")
    campaign.complaints[17] = second
    return campaign


def test_every_event_arrives_once_and_reading_again_changes_nothing(warehouse: Any) -> None:
    campaign = busy_campaign()
    account = Account(campaign)
    assert run(warehouse, account) == ["καμπάνια1"]
    expected = keyed(campaign.events, campaign)
    assert expected.total() == 9
    assert stored(warehouse) == expected

    assert run(warehouse, account) == []
    extract_campaign(warehouse, account, "καμπάνια1", full=True)
    assert stored(warehouse) == expected
    assert value(warehouse, "select count(*) from stats.report_snapshots") == 1
    assert value(warehouse, "select count(*) from stats.reconciliation where difference <> 0") == 0


def test_ips_urls_reasons_are_kept_as_they_came_and_addresses_are_not(warehouse: Any) -> None:
    campaign = busy_campaign()
    run(warehouse, Account(campaign))
    first, second = campaign.recipients[:2]
    rows = warehouse.execute(
        "select ip, is_proxy_open, ordinal from stats.campaign_activities"
        " where subscriber_hash = %s and action = 'open' order by ordinal",
        (first,),
    ).fetchall()
    assert rows == [("85.72.1.1", True, 1), ("85.72.1.2", False, 2)]
    assert value(warehouse, "select subscriber_hash, reason from stats.campaign_unsubscribes") == (
        second,
        "Δεν με ενδιαφέρει",
    )
    assert value(
        warehouse,
        "select opens, proxy_opens, clicks, links_clicked from stats.recipient_engagement"
        " where subscriber_hash = %s",
        first,
    ) == (2, 1, 3, 2)
    assert value(warehouse, "select count(*) from stats.link_member_clicks where clicks = 2") == 1
    assert value(warehouse, "select distinct segment_text from mart.campaigns") == (
        "<p>Η διεύθυνση είναι <em>[address]</em></p>"
    )
    tables = warehouse.execute(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema in ('stats', 'mart')"
    ).fetchall()
    for (table,) in tables:
        text = value(warehouse, f"select coalesce(string_agg(t::text, ' '), '') from {table} as t")
        assert "@" not in text and "Νίκος" not in text, table


def test_late_events_in_a_second_already_read_and_long_before_it(warehouse: Any) -> None:
    campaign = busy_campaign()
    campaign.happens(campaign.recipients[4], "open", 30 * 86400, ip="85.72.1.9")
    account = Account(campaign)
    run(warehouse, account)
    # One more in the newest second, one an hour before it, one weeks before it.
    campaign.happens(campaign.recipients[4], "open", 30 * 86400, ip="85.72.1.9")
    campaign.happens(campaign.recipients[1], "click", 30 * 86400 - 3600, url=URLS[0])
    assert run(warehouse, account) == ["καμπάνια1"]
    assert account.sinces[-1] is not None, "news within the overlap need no reading from the start"
    assert stored(warehouse) == keyed(campaign.events, campaign)
    campaign.happens(campaign.recipients[0], "open", 120)
    run(warehouse, account)
    assert account.sinces[-1] is None, "older news show as a gap and are read from the start"
    assert stored(warehouse) == keyed(campaign.events, campaign)


def test_since_is_a_whole_second_before_what_shall_be_read(warehouse: Any) -> None:
    campaign = busy_campaign()
    account = Account(campaign)
    run(warehouse, account)
    campaign.happens(campaign.recipients[0], "open", 7200)
    run(warehouse, account)
    # The newest event known was 3,700 s after sending; the overlap is a day.
    assert account.sinces == [None, SENT_AT + timedelta(seconds=3699) - timedelta(days=1)]


def test_totals_that_run_ahead_of_details_are_read_again_until_they_agree(warehouse: Any) -> None:
    campaign = busy_campaign()
    hidden = campaign.happens(campaign.recipients[4], "open", 90, listed=False)
    account = Account(campaign)
    run(warehouse, account)
    assert value(
        warehouse,
        "select difference, explanation from stats.reconciliation where metric = 'opens_total'",
    ) == (1, "unexplained")
    hidden.listed = True
    assert run(warehouse, account) == ["καμπάνια1"], "figures have not changed, but a gap was left"
    assert stored(warehouse) == keyed(campaign.events, campaign)
    assert value(warehouse, "select count(*) from stats.reconciliation where difference <> 0") == 0


def test_a_gap_that_stays_is_not_read_for_ever(warehouse: Any) -> None:
    campaign = busy_campaign()
    campaign.happens(campaign.recipients[4], "open", 90, listed=False)
    account = Account(campaign)
    runs = [run(warehouse, account) for _ in range(3)]
    assert runs == [["καμπάνια1"], ["καμπάνια1"], []]


def test_what_happens_while_reading_is_found_next_time(warehouse: Any) -> None:
    campaign = busy_campaign()
    account = Account(campaign)
    passed = Counter[str]()

    def meanwhile(stream: str) -> None:
        passed[stream] += 1
        if stream == "activity" and passed[stream] == 4:
            campaign.happens(campaign.recipients[0], "open", 50_000)  # on a page already read
            campaign.happens(campaign.recipients[4], "open", 60_000)  # on one still to come

    account.during = meanwhile
    run(warehouse, account)
    account.during = lambda stream: None
    run(warehouse, account)
    assert stored(warehouse) == keyed(campaign.events, campaign)


def test_a_recipient_that_comes_twice_is_not_counted_twice(warehouse: Any) -> None:
    campaign = busy_campaign()
    campaign.recipients.append(campaign.recipients[0])
    run(warehouse, Account(campaign))
    assert stored(warehouse) == keyed(campaign.events, campaign)
    assert value(warehouse, "select count(*) from stats.campaign_recipients") == 5


def test_deleted_members_keep_what_was_read_and_explain_the_rest(warehouse: Any) -> None:
    campaign = busy_campaign()
    account = Account(campaign)
    run(warehouse, account)
    lost = campaign.happens(campaign.recipients[0], "open", 9000)
    campaign.deleted.add(campaign.recipients[0])
    run(warehouse, account)
    expected = keyed([event for event in campaign.events if event is not lost], campaign)
    assert stored(warehouse) == expected
    assert value(
        warehouse,
        "select ours, mailchimps, difference, explanation from stats.reconciliation"
        " where metric = 'opens_total'",
    ) == (3, 4, 1, "deleted_members")
    account.requests.clear()
    run(warehouse, account)
    assert run(warehouse, account) == [], "what is gone for good is not asked for again"


def test_the_cap_on_a_members_events_is_noticed(warehouse: Any) -> None:
    campaign = Campaign("καμπάνια1")
    campaign.send(2)
    for number in range(1003):
        campaign.happens(campaign.recipients[0], "open", number // 2)
    account = Account(campaign)
    run(warehouse, account)
    assert stored(warehouse).total() == 1000
    assert value(
        warehouse,
        "select difference, explanation from stats.reconciliation where metric = 'opens_total'",
    ) == (3, "activity_cap")


@pytest.mark.parametrize(
    "stream",
    [
        "recipients",
        "activity",
        "proxy_opens",
        "unsubscribes",
        "abuse_reports",
        "links",
        "link_members",
        "domains",
        "locations",
    ],
)
def test_dying_in_any_stream_loses_nothing_and_repeats_no_finished_stream(
    warehouse: Any, stream: str
) -> None:
    campaign = busy_campaign()
    account = Account(campaign)

    def die(at: str) -> None:
        if at == stream:
            raise Crash

    account.during = die
    with pytest.raises(Crash):
        run(warehouse, account)
    warehouse.rollback()
    finished = value(warehouse, "select coalesce(array_agg(stream), '{}') from stats.stream_state")
    account.during = lambda at: None
    account.requests.clear()
    run(warehouse, account)
    assert stored(warehouse) == keyed(campaign.events, campaign)
    assert not ("recipients" in finished and account.requests["recipients"])
    assert value(warehouse, "select count(*) from stats.reconciliation where difference <> 0") == 0


def test_only_campaigns_with_news_are_read(warehouse: Any) -> None:
    campaigns = [Campaign(f"καμπάνια{number:03}") for number in range(40)]
    for campaign in campaigns:
        campaign.send(1)
    account = Account(*campaigns)
    assert len(run(warehouse, account)) == 40
    account.requests.clear()
    assert run(warehouse, account) == []
    assert account.requests == {"campaigns": 1, "reports": 1}
    campaigns[7].happens(campaigns[7].recipients[0], "open", 10)
    assert run(warehouse, account) == ["καμπάνια007"]


def test_a_campaign_id_that_there_is_not_is_an_error(warehouse: Any) -> None:
    account = Account(busy_campaign())
    with pytest.raises(UnknownCampaignsError, match="no report of 'καμπανια1'"):
        campaigns_to_read(warehouse, account, campaigns=["καμπάνια1", "καμπανια1"])


def test_a_campaign_known_from_its_report_alone_follows_it(warehouse: Any) -> None:
    campaign, listed = busy_campaign(), Campaign("καμπάνια2")
    account = Account(campaign, listed)
    in_list = account.campaigns
    account.campaigns = lambda **_: (  # type: ignore[method-assign, assignment]
        row for row in in_list() if row["id"] != "καμπάνια1"
    )
    run(warehouse, account)
    campaign.send(5, first=10)
    original = account._report
    account._report = lambda one: {**original(one), "list_name": "Νέο όνομα"}  # type: ignore[method-assign]
    run(warehouse, account)
    assert warehouse.execute(
        "select emails_sent, list_name, type from stats.campaigns order by campaign_id"
    ).fetchall() == [(10, "Νέο όνομα", "regular"), (0, "Πελάτες", "regular")]


def test_a_period_and_chosen_campaigns_are_read_whatever_is_known(warehouse: Any) -> None:
    campaigns = [
        Campaign(f"καμπάνια{day}", sent_at=SENT_AT + timedelta(days=day)) for day in range(5)
    ]
    for campaign in campaigns:
        campaign.send(1)
    account = Account(*campaigns)
    run(warehouse, account)
    since, until = SENT_AT + timedelta(days=1), SENT_AT + timedelta(days=3)
    assert campaigns_to_read(warehouse, account, since=since, until=until) == [
        "καμπάνια2",
        "καμπάνια1",
    ]
    assert campaigns_to_read(warehouse, account, campaigns=["καμπάνια4"]) == ["καμπάνια4"]


def test_events_land_in_the_partition_of_their_month(warehouse: Any) -> None:
    campaign = Campaign("καμπάνια1", sent_at=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
    campaign.send(1)
    campaign.happens(campaign.recipients[0], "open", 0)
    campaign.happens(campaign.recipients[0], "open", 1)
    run(warehouse, Account(campaign))
    assert warehouse.execute(
        "select tableoid::regclass::text from stats.campaign_activities order by occurred_at"
    ).fetchall() == [
        ("stats.campaign_activities_2026_10",),
        ("stats.campaign_activities_2026_11",),
    ]


def test_without_proxy_flags_the_flag_is_null_and_one_page_is_all_that_is_asked(
    warehouse: Any,
) -> None:
    campaign = Campaign("καμπάνια1")
    campaign.send(2100)
    for member in campaign.recipients:
        campaign.happens(member, "open", 60)
    account = Account(campaign, flags_proxies=False)
    asked = Counter[str]()
    account.during = lambda stream: asked.update([stream])
    run(warehouse, account)
    assert value(warehouse, "select count(*) from stats.campaign_activities") == 2100
    assert (
        value(
            warehouse,
            "select count(*) from stats.campaign_activities where is_proxy_open is not null",
        )
        == 0
    )
    assert asked["proxy_opens"] == 1000


@pytest.mark.parametrize("listed", [0, 9, 10, 999, 1000, 1989, 1990, 5000, 10_000])
def test_a_quiet_run_costs_what_the_docs_say(listed: int) -> None:
    calls = []

    def fetch(count: int, offset: int) -> dict[str, Any]:
        calls.append(offset)
        return {"reports": [{"id": n} for n in range(offset, min(offset + count, listed))]}

    found = walk(fetch, "reports", key=lambda row: row["id"], overlap=reports.OVERLAP)
    assert len(list(found)) == listed
    assert len(calls) == max((listed - 10) // 990, 0) + 1
