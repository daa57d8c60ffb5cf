"""Lists that fill in late are read again, in every stream, until they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stats.figures import busy, differences, run, wait
from stats.simulated_account import SENT_AT, Account


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.mark.parametrize(
    ("list_name", "metric", "lacking"),
    [
        ("_recipients", "emails_sent", 6),
        ("_unsubscribes", "unsubscribed", 1),
        ("_abuse_reports", "abuse_reports", 1),
        ("_links", "link_clicks", 10),
        ("_proxy_opens", "proxy_excluded_opens", -10),
        ("link_members", "link_member_clicks", 10),
    ],
)
def test_a_list_that_fills_in_late_is_read_again_until_it_has(
    warehouse: Any, list_name: str, metric: str, lacking: int
) -> None:
    campaign = busy()
    for event in campaign.events[::3]:
        event.is_proxy = True
    campaign.unsubscribes[campaign.recipients[0]] = (SENT_AT, "Δεν με ενδιαφέρει")
    campaign.complaints[1] = campaign.recipients[0]
    account = Account(campaign)
    whole = getattr(account, list_name)
    kept = 4 if list_name == "_recipients" else 0
    setattr(account, list_name, lambda *arguments: list(whole(*arguments))[:kept])
    for hours in (6, 12, 24, 48):
        assert run(warehouse, account) == [campaign.campaign_id]
        assert differences(warehouse)[metric][0] == lacking
        wait(warehouse, hours)
    setattr(account, list_name, whole)
    assert run(warehouse, account) == [campaign.campaign_id]
    assert differences(warehouse) == {}
    assert run(warehouse, account) == []


def test_an_open_that_comes_after_many_readings_is_read_and_flagged(warehouse: Any) -> None:
    campaign = busy()
    late = campaign.happens(campaign.recipients[0], "open", 65, listed=False, is_proxy=True)
    account = Account(campaign)
    for hours in (6, 12, 24, 48):
        run(warehouse, account)
        wait(warehouse, hours)
    late.listed = True
    run(warehouse, account)
    run(warehouse, account)
    assert differences(warehouse) == {}
    flagged = warehouse.execute(
        "select count(*) from stats.campaign_activities where is_proxy_open"
    ).fetchone()
    assert flagged == (1,)


def test_readings_of_a_gap_back_off_and_end(warehouse: Any) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[4], "open", 5000, listed=False)
    account = Account(campaign)
    assert run(warehouse, account) == [campaign.campaign_id]
    assert run(warehouse, account) == [campaign.campaign_id], "at the next run"
    read_at = []
    for hours in range(6, 14 * 32, 6):
        wait(warehouse, 6)
        account.requests.clear()
        run(warehouse, account)
        read_at += [hours] if account.requests["activity"] else []
    assert read_at == [6, 12, 24, 48, 96, 186, 354]
    account.requests.clear()
    run(warehouse, account)
    assert account.requests == {"campaigns": 1, "reports": 1}
    campaign.happens(campaign.recipients[4], "open", 6000)
    assert run(warehouse, account) == [campaign.campaign_id], "news are read all the same"


def test_rankings_without_a_total_are_read_once_more_a_day_later(warehouse: Any) -> None:
    account = Account(busy())
    run(warehouse, account)
    run(warehouse, account)
    account.requests.clear()
    wait(warehouse, 24)
    run(warehouse, account)
    assert account.requests == {
        "campaigns": 1,
        "reports": 1,
        "report": 1,
        "domains": 1,
        "locations": 1,
    }
    wait(warehouse, 24 * 30)
    assert run(warehouse, account) == []


def test_a_run_that_dies_before_comparing_is_made_up_for(
    warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[4], "open", 5000, listed=False)
    account = Account(campaign)

    def die(*_: Any) -> tuple[str, ...]:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("crm_mailchimp.stats.extract.reconcile", die)
        with pytest.raises(KeyboardInterrupt):
            run(warehouse, account)
    warehouse.rollback()
    assert differences(warehouse) == {}
    assert run(warehouse, account) == [campaign.campaign_id]
    assert differences(warehouse)["opens_total"] == (1, 1, "unexplained")


def test_a_flag_is_asked_for_again_though_the_number_of_human_opens_is_right(
    warehouse: Any,
) -> None:
    campaign = busy()
    account = Account(campaign)
    details = account._proxy_opens
    account._proxy_opens = lambda of: []  # type: ignore[method-assign]
    run(warehouse, account)
    assert differences(warehouse) == {}
    account._proxy_opens = details  # type: ignore[method-assign]
    assert run(warehouse, account) == [campaign.campaign_id]
    unknown = warehouse.execute(
        "select count(*) from stats.campaign_activities"
        " where action = 'open' and is_proxy_open is null"
    ).fetchone()
    assert unknown == (0,)
    warehouse.commit()
    assert run(warehouse, account) == []


def test_a_gap_that_is_due_is_read_from_the_start_though_there_are_news_too(
    warehouse: Any,
) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[0], "open", 9 * 86_400)
    late = campaign.happens(campaign.recipients[4], "open", 5000, listed=False)
    account = Account(campaign)
    run(warehouse, account)
    late.listed = True
    campaign.happens(campaign.recipients[0], "open", 9 * 86_400 + 60)
    run(warehouse, account)
    assert differences(warehouse) == {}
