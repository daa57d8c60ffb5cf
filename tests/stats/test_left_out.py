"""A difference that rows cause which cannot be read says so, and keeps nothing from the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaign
from crm_mailchimp.stats.failures import UnreadableStreamsError
from crm_mailchimp.stats.reconciliation import (
    UnexplainedFiguresError,
    require_explained,
    summarise_figures,
)
from stats.figures import busy, differences, is_blocked, run, wait
from stats.simulated_account import SENT_AT, Account, Campaign

Row = dict[str, Any]


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def spoil(account: Account, stream: str, change: Callable[[Row], Row], number: int = 3) -> None:
    """One row of a stream of the first campaign cannot be read from now on."""
    rows = getattr(account, f"_{stream}")

    def spoilt(campaign: Campaign, *more: Any) -> Iterator[Row]:
        for position, row in enumerate(rows(campaign, *more)):
            is_spoilt = position == number and campaign.campaign_id == "καμπάνια1"
            yield change(row) if is_spoilt else row

    setattr(account, f"_{stream}", spoilt)


def with_event(change: Mapping[str, Any]) -> Callable[[Row], Row]:
    """The first event of a recipient changes."""

    def change_event(row: Row) -> Row:
        first, *others = row["activity"]
        return {**row, "activity": [{**first, **change}, *others]}

    return change_event


def lively() -> Campaign:
    """Ten recipients with opens and clicks; one unsubscribed, one complained, one bounced."""
    campaign = busy()
    campaign.unsubscribes = dict.fromkeys(campaign.recipients[:4], (SENT_AT, "δεν θέλω"))
    campaign.complaints = dict(enumerate(campaign.recipients[:4]))
    for member in campaign.recipients[:4]:
        campaign.happens(member, "bounce", 5, bounce_type="soft")
    return campaign


def detail(warehouse: psycopg.Connection[Any], metric: str) -> str:
    row = warehouse.execute(
        "select detail from stats.reconciliation where campaign_id = 'καμπάνια1' and metric = %s",
        (metric,),
    ).fetchone()
    warehouse.commit()
    assert row
    return str(row[0])


CASES: list[tuple[str, Callable[[Row], Row], dict[str, int], str]] = [
    (
        "recipients",
        lambda row: {**row, "email_id": 7},
        {"emails_sent": 1, "soft_bounced_recipients": 1},
        "1 rows of stream recipients were left out: field email_id: expected text, got int",
    ),
    (
        "recipients",
        lambda row: {**row, "status": "χάθηκε"},
        {"emails_sent": 1, "soft_bounced_recipients": 1},
        "1 rows of stream recipients were left out: field status: expected one of sent, hard, soft",
    ),
    (
        "activity",
        with_event({"timestamp": "χθες"}),
        {"soft_bounces": 1},
        "field timestamp: expected an ISO 8601 time, got str",
    ),
    (
        "activity",
        lambda row: {**row, "email_id": None},
        {
            "opens_total": 2, "unique_opens": 1, "proxy_excluded_opens": 2,
            "proxy_excluded_unique_opens": 1, "clicks_total": 1, "unique_clicks": 1,
            "unique_subscriber_clicks": 1, "soft_bounces": 1,
        },
        "1 rows of stream activity were left out: field email_id: expected a value, got NoneType",
    ),
    (
        "activity",
        lambda row: {**row, "activity": "τίποτε"},
        {
            "opens_total": 2, "unique_opens": 1, "proxy_excluded_opens": 2,
            "proxy_excluded_unique_opens": 1, "clicks_total": 1, "unique_clicks": 1,
            "unique_subscriber_clicks": 1, "soft_bounces": 1,
        },
        "1 rows of stream activity were left out: field activity: expected a list, got str",
    ),
    (
        "unsubscribes",
        lambda row: {**row, "timestamp": "0000-00-00"},
        {"unsubscribed": 1},
        "1 rows of stream unsubscribes were left out: field timestamp: expected an ISO 8601 time",
    ),
    (
        "abuse_reports",
        lambda row: {**row, "id": "τρία"},
        {"abuse_reports": 1},
        "1 rows of stream abuse_reports were left out: field id: expected an integer, got str",
    ),
    (
        "links",
        lambda row: {**row, "url": 7},
        {"link_clicks": 10, "link_member_clicks": 10},
        "1 rows of stream links were left out: field url: expected text, got int",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "change", "expected", "why"), CASES)
def test_the_difference_names_the_rows_and_blocks_nobody(
    warehouse: Any,
    stream: str,
    change: Callable[[Row], Row],
    expected: dict[str, int],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account, other = Account(lively()), busy("καμπάνια2")
    account.of_id[other.campaign_id] = other
    spoil(account, stream, change, 0 if stream == "links" else 3)

    for _ in range(2):
        with pytest.raises(UnreadableStreamsError, match=f"campaign καμπάνια1, stream {stream}"):
            run(warehouse, account)

    found = differences(warehouse)
    assert {metric: row[0] for metric, row in found.items()} == expected
    assert {row[1:] for row in found.values()} == {(0, "left_out_rows")}, found
    assert all(why in detail(warehouse, metric) for metric in expected)
    wait(warehouse, 24 * 20)
    assert not is_blocked(warehouse)
    caplog.set_level(logging.WARNING)
    assert summarise_figures(warehouse)["left_out"] == len(expected)
    assert why in caplog.text
    assert account.of_id["καμπάνια1"].recipients[3] not in caplog.text


def test_what_the_rows_do_not_explain_is_still_reported(warehouse: Any) -> None:
    campaign = lively()
    account = Account(campaign)
    spoil(account, "activity", with_event({"timestamp": None}), 6)
    for event in campaign.events[:6]:
        event.listed = event.action != "open"
    for _ in range(2):
        with pytest.raises(UnreadableStreamsError):
            run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (5, 4, "unexplained")
    wait(warehouse, 25)
    with pytest.raises(
        UnexplainedFiguresError,
        match=r"opens_total 15, Mailchimp says 20 \(1 rows of stream activity were left out",
    ):
        require_explained(warehouse)


def test_another_kind_of_event_explains_nothing(warehouse: Any) -> None:
    campaign = busy()
    account = Account(campaign)
    spoil(account, "activity", with_event({"action": "προώθηση"}))
    with pytest.raises(UnreadableStreamsError, match="field action: expected one of"):
        run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 1, "unexplained")


def test_the_only_row_of_a_stream(warehouse: Any) -> None:
    """Nothing of the stream is loaded; what is missing is explained all the same."""
    campaign = busy()
    campaign.unsubscribes = {campaign.recipients[0]: (SENT_AT, "")}
    account = Account(campaign)
    spoil(account, "unsubscribes", lambda row: {**row, "timestamp": []}, 0)
    with pytest.raises(UnreadableStreamsError, match="stream unsubscribes"):
        run(warehouse, account)
    assert differences(warehouse) == {"unsubscribed": (1, 0, "left_out_rows")}


def test_rows_of_earlier_readings_count_until_they_are_read(warehouse: Any) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[5], "open", 3 * 86_400)
    account = Account(campaign)
    activity = account._activity
    spoil(account, "activity", with_event({"timestamp": 7}))
    with pytest.raises(UnreadableStreamsError):
        run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 0, "left_out_rows")
    # Events are read from a day before the newest: the old row is not seen again.
    warehouse.execute("update stats.stream_state set next_reading_at = null")
    warehouse.commit()
    account._activity = activity  # type: ignore[method-assign]
    campaign.happens(campaign.recipients[5], "open", 3 * 86_400 + 60)
    run(warehouse, account)
    assert account.sinces[-1] is not None
    assert differences(warehouse)["opens_total"] == (1, 0, "left_out_rows")
    # Mailchimp mends the row, and the campaign is read from its start.
    extract_campaign(warehouse, account, campaign.campaign_id, full=True)
    assert differences(warehouse) == {}
    left = warehouse.execute("select count(*) from stats.left_out").fetchone()
    assert left == (0,)
