"""What explains a difference is backed by evidence and bounded by it; the rest stops the marts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaign
from crm_mailchimp.stats.reconciliation import (
    reconcile,
)
from listed_campaigns import campaigns_to_read
from stats.figures import URL, busy, differences, is_blocked, run, wait
from stats.simulated_account import SENT_AT, Account, Campaign


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


# ---------------------------------------------------------------- what must not be explained away


def test_half_of_the_recipients_missing_is_no_deletion(warehouse: Any) -> None:
    account = Account(busy())
    everybody, events = account._recipients, account._activity
    account._recipients = lambda campaign: list(everybody(campaign))[:5]  # type: ignore[method-assign]
    account._activity = lambda campaign, since: list(events(campaign, since))[:5]  # type: ignore[method-assign]
    run(warehouse, account)
    run(warehouse, account)
    found = differences(warehouse)
    assert found["emails_sent"] == (5, 5, "unexplained")
    assert found["opens_total"] == (10, 10, "unexplained")
    assert is_blocked(warehouse)


def test_an_empty_list_after_a_whole_one_deletes_nobody(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    campaign.happens(campaign.recipients[0], "open", 9000)
    account._activity = lambda campaign, since: []  # type: ignore[method-assign]
    account._recipients = lambda campaign: []  # type: ignore[method-assign]
    for _ in range(2):
        extract_campaign(warehouse, account, campaign.campaign_id, full=True)
    assert differences(warehouse)["opens_total"] == (1, 1, "unexplained")
    gone = warehouse.execute(
        "select count(*) from stats.campaign_recipients where gone_at is not null"
    ).fetchone()
    assert gone == (0,)
    assert is_blocked(warehouse)


def test_one_deleted_member_does_not_explain_what_all_have_lost(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    for event in campaign.events:
        event.listed = event.action != "open"
    run(warehouse, account)  # all ten are listed, none of their opens is
    campaign.deleted.add(campaign.recipients[0])
    campaign.happens(campaign.recipients[0], "open", 9000, listed=False)
    for _ in range(2):
        run(warehouse, account)
    found = differences(warehouse)
    # The one open counted since the last reading may be theirs; of the openers, one.
    assert found["opens_total"] == (21, 20, "unexplained")
    assert found["unique_opens"] == (10, 9, "unexplained")
    assert is_blocked(warehouse)


def test_events_stored_twice_are_an_error_after_the_next_reading(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    warehouse.execute(
        """
        insert into stats.campaign_activities (
            campaign_id, list_id, subscriber_hash, action, occurred_at, ordinal
        )
        select campaign_id, list_id, subscriber_hash, action, occurred_at, ordinal + 50
        from stats.campaign_activities where action = 'open'
        """
    )
    warehouse.commit()
    extract_campaign(warehouse, account, campaign.campaign_id, full=True)
    assert differences(warehouse)["opens_total"] == (-20, 0, "changed_while_reading")
    assert run(warehouse, account) == [campaign.campaign_id]
    assert differences(warehouse)["opens_total"] == (-20, -20, "unexplained")
    assert is_blocked(warehouse)


def test_a_capped_member_explains_their_own_surplus_alone(warehouse: Any) -> None:
    campaign = Campaign("καμπάνια1")
    campaign.send(3)
    for number in range(1003):
        campaign.happens(campaign.recipients[0], "open", number // 2)
        campaign.happens(campaign.recipients[0], "click", number // 2, url=URL)
    for number in range(4):
        campaign.happens(campaign.recipients[1], "open", number, listed=False)
        campaign.happens(campaign.recipients[1], "click", number, url=URL + "/2", listed=False)
    account = Account(campaign)
    link_members = account.link_members
    account.link_members = lambda of, link: [  # type: ignore[method-assign, assignment]
        row for row in link_members(of, link) if row["email_id"] == campaign.recipients[0]
    ]
    run(warehouse, account)
    found = differences(warehouse)
    assert found["opens_total"] == (7, 4, "unexplained")
    assert found["clicks_total"] == (7, 4, "unexplained")
    assert found["unique_opens"] == (1, 1, "unexplained")
    for event in campaign.events:
        event.listed = True
    account.link_members = link_members  # type: ignore[method-assign]
    run(warehouse, account)
    assert differences(warehouse) == {
        "opens_total": (3, 0, "activity_cap"),
        "clicks_total": (3, 0, "activity_cap"),
        "proxy_excluded_opens": (3, 0, "activity_cap"),
    }
    assert not is_blocked(warehouse)


# ---------------------------------------------------------------- what is explained


def test_what_happens_while_reading_is_explained_until_the_next_reading(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)

    def meanwhile(stream: str) -> None:
        if stream == "activity":
            account.during = lambda stream: None
            campaign.happens(campaign.recipients[9], "open", 50_000)

    account.during = meanwhile
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (-1, 0, "changed_while_reading")
    assert not is_blocked(warehouse)
    assert run(warehouse, account) == [campaign.campaign_id]
    assert differences(warehouse) == {}
    assert account.sinces[-1] is not None, "nothing lacked, so it was not read from the start"


def test_deleted_members_explain_what_they_can_have_done(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    for number in range(3):
        campaign.happens(campaign.recipients[0], "open", 9000 + number)
    campaign.unsubscribes[campaign.recipients[1]] = (SENT_AT + timedelta(hours=3), "")
    campaign.deleted |= set(campaign.recipients[:2])
    run(warehouse, account)
    assert differences(warehouse) == {
        "opens_total": (3, 0, "deleted_members"),
        "proxy_excluded_opens": (3, 0, "deleted_members"),
        "unsubscribed": (1, 0, "deleted_members"),
    }
    assert not is_blocked(warehouse)
    # They do not cover a member that is lost later.
    campaign.happens(campaign.recipients[5], "open", 10_000, listed=False)
    for member in campaign.recipients[5:8]:
        campaign.unsubscribes[member] = (SENT_AT + timedelta(hours=4), "")
    account._unsubscribes = lambda campaign: []  # type: ignore[method-assign]
    run(warehouse, account)
    found = differences(warehouse)
    assert found["opens_total"] == (4, 1, "unexplained")
    assert found["unsubscribed"] == (4, 2, "unexplained")


def test_deleted_members_are_looked_for_when_only_a_list_of_them_is_missing(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    for member in campaign.recipients[:2]:
        campaign.unsubscribes[member] = (SENT_AT + timedelta(hours=3), "")
    campaign.deleted.add(campaign.recipients[0])
    run(warehouse, account)
    assert differences(warehouse) == {"unsubscribed": (1, 1, "unexplained")}
    account.requests.clear()
    run(warehouse, account)
    assert differences(warehouse) == {"unsubscribed": (1, 0, "deleted_members")}
    assert account.requests["recipients"] == 1
    wait(warehouse, 24)
    run(warehouse, account)
    assert account.requests["recipients"] == 1, "once is enough"


def test_erased_people_explain_as_many_as_they_are(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    campaign.deleted |= set(campaign.recipients[:2])
    _erase(warehouse, 2)  # after the sending and before anybody read who got it
    run(warehouse, account)
    assert {found[1:] for found in differences(warehouse).values()} == {(0, "deleted_members")}
    assert differences(warehouse)["emails_sent"] == (2, 0, "deleted_members")

    other = busy("καμπάνια2")
    other.deleted |= set(other.recipients[:3])
    account.of_id[other.campaign_id] = other
    run(warehouse, account)
    found = warehouse.execute(
        "select difference, unexplained from stats.reconciliation"
        " where campaign_id = 'καμπάνια2' and metric = 'emails_sent'"
    ).fetchone()
    assert found == (3, 1)


def _erase(warehouse: Any, people: int) -> None:
    """So many people were erased since the sending, of whatever audience."""
    for number in range(people):
        warehouse.execute(
            "insert into sync.erased_subscriber (digest, noted_at) values (%s, now())",
            (bytes([number]) * 32,),
        )
    warehouse.commit()


def _lose_events(campaign: Campaign) -> None:
    """Of each of ten recipients' ten opens and five clicks, Mailchimp lists one."""
    campaign.send(10)
    for member in campaign.recipients:
        for number in range(10):
            campaign.happens(member, "open", 60 + number, listed=not number)
        for number in range(5):
            campaign.happens(member, "click", 90 + number, url=URL, listed=not number)


def test_erased_people_who_never_got_a_campaign_explain_nothing_of_it(warehouse: Any) -> None:
    campaign = Campaign("καμπάνια1")
    _lose_events(campaign)
    _erase(warehouse, 3)
    account = Account(campaign)
    for _ in range(2):
        run(warehouse, account)
    found = differences(warehouse)
    assert found["opens_total"] == (90, 90, "unexplained")
    assert found["proxy_excluded_opens"] == (90, 90, "unexplained")
    assert found["clicks_total"] == (40, 40, "unexplained")
    assert is_blocked(warehouse)


def test_what_mailchimp_counted_of_a_recipient_before_the_deletion_is_theirs(
    warehouse: Any,
) -> None:
    campaign = busy()
    account = Account(campaign)

    def meanwhile(stream: str) -> None:
        if stream == "proxy_opens":
            account.during = lambda stream: None
            campaign.happens(campaign.recipients[9], "open", 50_000)

    account.during = meanwhile  # the events were read, what Mailchimp counts of each was not yet
    run(warehouse, account)
    counted = warehouse.execute(
        "select opens, opens_reported from stats.recipient_engagement where opens_reported > opens"
    ).fetchall()
    assert counted == [(2, 3)]
    campaign.deleted.add(campaign.recipients[9])
    for _ in range(2):
        run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 0, "deleted_members")


def test_a_deleted_recipient_who_never_opened_explains_no_opens(warehouse: Any) -> None:
    campaign = Campaign("καμπάνια1")
    _lose_events(campaign)
    campaign.send(1, first=50)
    account = Account(campaign)
    activity = account._activity

    def dies(of: Campaign, since: Any) -> Any:
        raise ValueError("unreadable")

    account._activity = dies  # type: ignore[method-assign]
    extract_campaign(warehouse, account, campaigns_to_read(warehouse, account)[0])
    # Deleted before any of the events were read, so nothing bounds by time what they did.
    account._activity = activity  # type: ignore[method-assign]
    campaign.deleted.add(campaign.recipients[-1])
    for _ in range(2):
        run(warehouse, account)
    gone = warehouse.execute(
        "select count(*) from stats.campaign_recipients where gone_at is not null"
        " and gone_after is null"
    ).fetchone()
    assert gone == (1,)
    found = differences(warehouse)
    assert found["opens_total"] == (90, 90, "unexplained")
    assert found["clicks_total"] == (40, 40, "unexplained")


def test_a_deleted_recipient_explains_no_clicks_that_mailchimp_counts_of_others(
    warehouse: Any,
) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    campaign.happens(campaign.recipients[0], "click", 9000, url=URL)
    for number in range(5):
        campaign.happens(campaign.recipients[1], "click", 9100 + number, url=URL, listed=False)
    campaign.deleted.add(campaign.recipients[0])
    for _ in range(2):
        run(warehouse, account)
    found = differences(warehouse)
    assert found["clicks_total"] == (6, 5, "unexplained")
    assert found["link_member_clicks"] == (1, 0, "deleted_members")


def test_an_erased_recipient_explains_nothing_that_mailchimp_counts_of_others(
    warehouse: Any,
) -> None:
    campaign = Campaign("καμπάνια1")
    _lose_events(campaign)
    erased = campaign.recipients[0]
    campaign.happens(erased, "click", 200, url=URL + "/2")
    campaign.deleted.add(erased)
    _erase(warehouse, 3)
    account = Account(campaign)
    details = account._proxy_opens
    account._proxy_opens = lambda of: [  # type: ignore[method-assign]
        {**row, "opens_count": 10} for row in details(of)
    ]
    for _ in range(2):
        run(warehouse, account)
    found = differences(warehouse)
    assert found["emails_sent"] == (1, 0, "deleted_members")
    assert found["unique_opens"] == (1, 0, "deleted_members")
    # Ten opens and six clicks are the erased recipient's own.
    assert found["opens_total"] == (91, 81, "unexplained")
    assert found["proxy_excluded_opens"] == (91, 81, "unexplained")
    assert found["unique_clicks"] == (2, 0, "deleted_members")
    assert found["clicks_total"] == (42, 36, "unexplained")
    assert found["link_member_clicks"] == (6, 0, "deleted_members")
    assert is_blocked(warehouse)


def test_totals_that_shrink_with_a_deletion_are_explained_by_what_is_still_held(
    warehouse: Any,
) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    gone = campaign.recipients[0]
    campaign.deleted.add(gone)
    campaign.events = [event for event in campaign.events if event.member != gone]
    campaign.emails_sent -= 1
    for _ in range(3):
        run(warehouse, account)
    found = differences(warehouse)
    assert found["emails_sent"] == (-1, 0, "kept_after_deletion")
    assert found["opens_total"] == (-2, 0, "kept_after_deletion")
    assert {unexplained for _, unexplained, _ in found.values()} == {0}


def test_a_member_listed_again_explains_nothing(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    run(warehouse, account)
    lost = campaign.happens(campaign.recipients[0], "open", 9000)
    campaign.deleted.add(campaign.recipients[0])
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 0, "deleted_members")
    lost.listed = False
    campaign.deleted.clear()
    campaign.happens(campaign.recipients[1], "open", 9500)
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 1, "unexplained")


def test_flags_that_lack_are_named_and_bounded(warehouse: Any) -> None:
    campaign = busy()
    for event in campaign.events[::3]:
        event.is_proxy = True
    account = Account(campaign)
    details = account._proxy_opens
    account._proxy_opens = lambda of: [  # type: ignore[method-assign]
        {**row, "opens": [{"timestamp": one["timestamp"]} for one in row["opens"]]}
        for row in details(of)
    ]
    run(warehouse, account)
    assert differences(warehouse) == {
        "proxy_excluded_opens": (-10, 0, "proxy_flags_missing"),
    }
    assert run(warehouse, account) == [campaign.campaign_id], "flags may come late"
    account._proxy_opens = details  # type: ignore[method-assign]
    wait(warehouse, 6)
    assert run(warehouse, account) == [campaign.campaign_id]
    assert differences(warehouse) == {}
    # A flag that is there and wrong is not a missing one.
    warehouse.execute("update stats.recipient_engagement set proxy_opens = 0")
    reconcile(warehouse, campaign.campaign_id)
    assert differences(warehouse)["proxy_excluded_opens"][2] != "proxy_flags_missing"
    warehouse.rollback()
