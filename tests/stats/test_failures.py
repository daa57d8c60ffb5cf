"""A campaign, or a stream of it, that cannot be read keeps no other from being read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import NotFoundAtProviderError, PermanentError, ProviderUnreachableError
from crm_mailchimp.mailchimp.errors import (
    ConnectionFault,
    GarbledAnswer,
    MailchimpError,
    ServerError,
    TooManyRequests,
)
from crm_mailchimp.stats.campaign_choice import Choice, UnreadableListError, choose_campaigns
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.failures import UnreadableStreamsError, UnreadStreamsError
from listed_campaigns import campaigns_to_read
from stats.simulated_account import SENT_AT, Account, Campaign

URL = "https://example.gr/νέα"


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def account_of(amount: int) -> Account:
    """Campaigns of four recipients with an open and a click each, the newest first."""
    campaigns = []
    for number in range(amount):
        campaign = Campaign(f"c{number}", sent_at=SENT_AT - timedelta(days=number))
        campaign.send(4)
        campaign.happens(campaign.recipients[0], "open", 60, ip="85.72.1.1")
        campaign.happens(campaign.recipients[0], "click", 90, url=URL, ip="85.72.1.1")
        campaign.unsubscribes[campaign.recipients[1]] = (SENT_AT, "")
        campaigns.append(campaign)
    return Account(*campaigns)


def run(warehouse: psycopg.Connection[Any], account: Account) -> dict[str, int]:
    return extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))


def streams(warehouse: psycopg.Connection[Any], campaign_id: str) -> set[str]:
    found = warehouse.execute(
        "select stream from stats.stream_state where campaign_id = %s", (campaign_id,)
    ).fetchall()
    warehouse.commit()
    return {stream for (stream,) in found}


ALL = {
    "recipients",
    "activity",
    "proxy_opens",
    "unsubscribes",
    "links",
    "domains",
    "locations",
}


def test_a_bad_field_stops_its_stream_of_its_campaign_alone(warehouse: Any) -> None:
    account = account_of(3)
    sent_to = account._recipients
    account._recipients = lambda campaign: [  # type: ignore[method-assign]
        {**row, "gmt_offset": "never-shown"} if campaign.campaign_id == "c0" else row
        for row in sent_to(campaign)
    ]
    with pytest.raises(UnreadableStreamsError) as caught:
        run(warehouse, account)
    message = str(caught.value)
    assert message.startswith("1 streams could not be read: campaign c0, stream recipients: ")
    assert "stream recipients, field gmt_offset: expected an integer, got str" in message
    assert "never-shown" not in str(caught.value)
    assert isinstance(caught.value, PermanentError)
    assert streams(warehouse, "c0") == ALL - {"recipients"}
    assert streams(warehouse, "c1") == streams(warehouse, "c2") == ALL
    account._recipients = sent_to  # type: ignore[method-assign]
    assert run(warehouse, account)["recipients"] == 4


def test_a_new_action_names_its_field_and_shows_nobodys_data(warehouse: Any) -> None:
    account = account_of(1)
    activity = account._activity
    member = account.of_id["c0"].recipients[0]
    account._activity = lambda campaign, since: [  # type: ignore[method-assign]
        {
            **row,
            "activity": [{"action": "sms", "timestamp": "2026-11-01T08:00:00", "ip": "9.9.9.9"}],
        }
        for row in activity(campaign, since)
    ]
    with pytest.raises(
        UnreadableStreamsError, match="field action: expected one of open, click, bounce, got str"
    ) as caught:
        run(warehouse, account)
    assert not any(secret in str(caught.value) for secret in ("sms", "9.9.9.9", member))


@pytest.mark.parametrize(
    "bad",
    [
        {"gmt_offset": "never-shown"},
        {"gmt_offset": 2**63},
        {"gmt_offset": 2**31},
        {"gmt_offset": True},
        {"email_id": None},
        {"status": {"an": "object"}},
        {"absplit_group": ["never-shown"]},
    ],
)
def test_a_bad_row_is_named_and_all_others_are_loaded(warehouse: Any, bad: dict[str, Any]) -> None:
    account = account_of(2)
    sent_to = account._recipients
    account._recipients = lambda campaign: [  # type: ignore[method-assign]
        {**row, **bad} if campaign.campaign_id == "c0" and number == 1 else row
        for number, row in enumerate(sent_to(campaign))
    ]
    with pytest.raises(
        UnreadableStreamsError,
        match=r"campaign c0, stream recipients: .*1 rows could not be read and were left out",
    ) as caught:
        run(warehouse, account)
    assert "never-shown" not in str(caught.value)
    assert streams(warehouse, "c0") == streams(warehouse, "c1") == ALL
    stored = warehouse.execute(
        "select campaign_id, count(*) from stats.campaign_recipients"
        " where delivery_status = 'sent' group by 1 order by 1"
    ).fetchall()
    assert stored == [("c0", 3), ("c1", 4)]


def test_a_bad_event_is_named_and_the_members_others_are_loaded(warehouse: Any) -> None:
    account = account_of(1)
    activity = account._activity
    bad = [
        None,
        {"action": "open"},
        {"action": "open", "timestamp": "9999-12-31T23:59:59-14:00"},
        {"action": "click", "timestamp": "0001-01-01T00:00:00+00:00", "url": 7},
        {"action": "open", "timestamp": "2026-11-01T09:00:00", "ip": {"never": "shown"}},
    ]
    account._activity = lambda campaign, since: [  # type: ignore[method-assign]
        {**row, "activity": [*row["activity"], *bad] if number == 0 else row["activity"]}
        for number, row in enumerate(activity(campaign, since))
    ]
    with pytest.raises(UnreadableStreamsError, match="5 rows could not be read") as caught:
        run(warehouse, account)
    assert "shown" not in str(caught.value)
    assert streams(warehouse, "c0") == ALL
    stored = warehouse.execute(
        "select action, count(*) from stats.campaign_activities group by 1 order by 1"
    ).fetchall()
    assert stored == [("click", 1), ("open", 1)]


def test_what_the_database_refuses_is_reported_without_the_row(warehouse: Any) -> None:
    account = account_of(2)
    warehouse.execute(
        "alter table stats.campaign_unsubscribes add constraint strict check (campaign_id <> 'c0')"
    )
    warehouse.commit()
    with pytest.raises(UnreadStreamsError) as caught:
        run(warehouse, account)
    message = str(caught.value)
    assert "campaign c0, stream unsubscribes: CheckViolation (23514)" in message
    assert "constraint strict" in message
    assert "Failing row" not in message
    assert account.of_id["c0"].recipients[1] not in message
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value, PermanentError)
    assert streams(warehouse, "c0") == ALL - {"unsubscribes"}
    assert streams(warehouse, "c1") == ALL


def test_an_unforeseen_error_is_named_by_its_place(warehouse: Any) -> None:
    account = account_of(2)

    def fail(campaign: Campaign) -> Iterator[dict[str, Any]]:
        raise ValueError("nikos@example.gr")

    account._unsubscribes = fail  # type: ignore[method-assign]
    with pytest.raises(
        UnreadStreamsError, match=r"ValueError: unexpected, in fail \(test_failures\.py:\d+\)"
    ) as caught:
        run(warehouse, account)
    assert "nikos" not in str(caught.value)
    assert len(caught.value.failures) == 2


def test_a_provider_out_of_reach_stops_everything_at_once(warehouse: Any) -> None:
    account = account_of(3)

    def turn_away(stream: str) -> None:
        raise ProviderUnreachableError("no connection")

    account.during = turn_away
    chosen = campaigns_to_read(warehouse, account)
    with pytest.raises(ProviderUnreachableError):
        extract_campaigns(warehouse, account, chosen)
    assert account.requests["report"] == 1


@pytest.mark.parametrize("fault", [ServerError, TooManyRequests, ConnectionFault, GarbledAnswer])
def test_campaigns_that_always_fail_keep_no_other_from_being_read(
    warehouse: Any, monkeypatch: pytest.MonkeyPatch, fault: type[MailchimpError]
) -> None:
    account = account_of(6)
    report, rows = account.report, account.rows

    def failing_report(campaign_id: str) -> Any:
        if campaign_id in ("c0", "c1"):
            raise fault(method="GET", path="/reports", status=500)
        return report(campaign_id)

    def failing_rows(campaign_id: str, stream: Any, **options: Any) -> Any:
        if (campaign_id, stream) == ("c3", "activity"):
            raise fault(method="GET", path="/reports", status=500)
        return rows(campaign_id, stream, **options)

    monkeypatch.setattr(account, "report", failing_report)
    monkeypatch.setattr(account, "rows", failing_rows)
    with pytest.raises(UnreadStreamsError) as caught:
        run(warehouse, account)
    assert {(one.campaign_id, one.stream) for one in caught.value.failures} == {
        ("c0", "reports"), ("c1", "reports"), ("c3", "activity"),
    }  # fmt: skip
    assert not isinstance(caught.value, PermanentError)
    for number in (2, 4, 5):
        assert streams(warehouse, f"c{number}") >= ALL
    assert "unsubscribes" in streams(warehouse, "c3")


@pytest.mark.parametrize(("is_out", "most"), [(True, 1), (False, 10)])
def test_reports_stop_soon_in_an_outage(
    warehouse: Any, monkeypatch: pytest.MonkeyPatch, is_out: bool, most: int
) -> None:
    account = account_of(25)
    asked: list[str] = []

    def fail(campaign_id: str) -> Any:
        asked.append(campaign_id)
        raise ServerError(method="GET", path="/reports", status=500)

    def give_no_sign() -> None:
        raise ServerError(method="GET", path="/ping", status=500)

    monkeypatch.setattr(account, "report", fail)
    if is_out:
        monkeypatch.setattr(account, "require_answer", give_no_sign)
    with pytest.raises(ServerError):
        run(warehouse, account)
    assert len(asked) == most


def test_a_link_that_is_gone_is_not_the_whole_campaign(warehouse: Any) -> None:
    account = account_of(2)
    link_members = account.link_members

    def gone(campaign_id: str, link_id: str) -> Iterator[dict[str, Any]]:
        if campaign_id == "c0":
            raise NotFoundAtProviderError("no such link")
        return link_members(campaign_id, link_id)

    account.link_members = gone  # type: ignore[method-assign]
    run(warehouse, account)
    assert streams(warehouse, "c0") == ALL
    found = warehouse.execute(
        "select campaign_id, difference, explanation from stats.reconciliation"
        " where difference <> 0"
    ).fetchall()
    assert found == [("c0", 1, "unexplained")]
    warehouse.commit()
    account.link_members = link_members  # type: ignore[method-assign]
    run(warehouse, account)
    assert not warehouse.execute(
        "select 1 from stats.reconciliation where difference <> 0"
    ).fetchall()


def test_a_campaign_deleted_while_it_is_read_is_passed_over(warehouse: Any) -> None:
    account = account_of(2)

    def delete(stream: str) -> None:
        if stream == "recipients":
            account.during = lambda stream: None
            account.of_id["c0"].is_gone = True

    account.during = delete
    run(warehouse, account)
    assert warehouse.execute(
        "select campaign_id from stats.campaigns where gone_at is not null"
    ).fetchall() == [("c0",)]
    warehouse.commit()
    assert streams(warehouse, "c1") == ALL


@pytest.mark.parametrize("bad", [{"opens": [1, 2]}, {"clicks": "many"}, {"emails_sent": "πολλά"}])
def test_a_bad_report_in_the_list_keeps_no_other_from_being_chosen(
    warehouse: Any, bad: dict[str, Any]
) -> None:
    account = account_of(3)
    original = account._report
    account._report = lambda campaign: {  # type: ignore[method-assign]
        **original(campaign),
        **(bad if campaign.campaign_id == "c1" else {}),
    }
    with pytest.raises(UnreadableListError, match=f"campaign c1: .*field {next(iter(bad))}"):
        campaigns_to_read(warehouse, account)
    chosen = choose_campaigns(warehouse, Choice(), [DEFAULT_ACCOUNT])
    assert chosen == {DEFAULT_ACCOUNT: ["c0", "c2"]}
    # One that was read before is read no further, and says so.
    account._report = original  # type: ignore[method-assign]
    run(warehouse, account)
    account._report = lambda campaign: {**original(campaign), **bad}  # type: ignore[method-assign]
    with pytest.raises(UnreadableStreamsError, match="campaign c1, stream reports"):
        extract_campaigns(warehouse, account, ["c1"])
    assert warehouse.execute("select count(*) from stats.report_snapshots").fetchone() == (3,)


def test_a_reading_in_the_future_is_read_again(warehouse: Any) -> None:
    """A clock that was ahead noted when a stream is to be read again."""
    account = account_of(1)
    run(warehouse, account)
    warehouse.execute(
        "update stats.stream_state set next_reading_at = now() + interval '3 years'"
        " where stream = 'activity'"
    )
    warehouse.commit()
    assert campaigns_to_read(warehouse, account) == ["c0"]
    warehouse.execute(
        "update stats.stream_state set next_reading_at = now() + interval '3 days'"
        " where stream = 'activity'"
    )
    warehouse.commit()
    assert campaigns_to_read(warehouse, account) == []
