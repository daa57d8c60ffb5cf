"""RSS campaigns: each mail is a campaign, the whole is not one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats.marts import refresh_marts
from mailchimp_sandbox.tests.feeds import FeedServer, feed_server
from stats.figures import differences
from stats.sandbox_world import happened, ledger, let_pass, make_audience, read_all, send, stored

BODY = '*|RSSITEMS:|*<a href="*|RSSITEM:URL|*">*|RSSITEM:TITLE|*</a>*|END:RSSITEMS|*'


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with feed_server() as served:
        yield served


def now(sandbox: Any) -> datetime:
    return datetime.fromisoformat(sandbox.control("GET", "clock")["now"])


def start_series(provider: Mailchimp, list_id: str, feed: FeedServer) -> str:
    options = {"feed_url": feed.url, "frequency": "daily", "schedule": {"hour": 9}}
    return send(provider, list_id, "*|RSSITEM:TITLE|*", kind="rss", html=BODY, rss_opts=options)


def mails_of(provider: Mailchimp, series: str) -> list[str]:
    return [one["id"] for one in provider.campaigns() if one.get("parent_campaign_id") == series]


def happened_in(sandbox: Any, mails: list[str]) -> Counter[tuple[Any, ...]]:
    return sum((happened(ledger(sandbox, mail)) for mail in mails), Counter())


def asked(sandbox: Any, after: int = -1) -> list[str]:
    requests = sandbox.control("GET", f"ledger/requests?count=100000&after={after}")["requests"]
    return [one["path"] for one in requests]


def test_mails_equal_the_ledger_and_the_whole_is_no_campaign(
    warehouse: psycopg.Connection[Any],
    provider: Mailchimp,
    mailchimp_sandbox: Any,
    feed: FeedServer,
) -> None:
    list_id, _ = make_audience(provider, 60)
    series = start_series(provider, list_id, feed)
    plain = send(provider, list_id, "Νέα")
    read_all(warehouse, provider)
    for day, title in enumerate(("Πρώτη ανάρτηση", "", "Δεύτερη & τρίτη", "")):
        if title:
            feed.post(title, now(mailchimp_sandbox) - timedelta(minutes=day + 1))
        let_pass(warehouse, mailchimp_sandbox, seconds=86_400)
        read_all(warehouse, provider)
    mails = mails_of(provider, series)
    assert len(mails) == 2
    let_pass(warehouse, mailchimp_sandbox, seconds=20 * 86_400)
    read_all(warehouse, provider)

    assert stored(warehouse) == happened_in(mailchimp_sandbox, [*mails, plain])
    assert {
        (campaign, hash_)
        for campaign, hash_ in warehouse.execute(
            "select campaign_id, subscriber_hash from stats.campaign_recipients"
        )
    } == {
        (one["campaign_id"], one["subscriber_hash"])
        for mail in (*mails, plain)
        for one in ledger(mailchimp_sandbox, mail)
        if one["action"] == "sent"
    }
    assert warehouse.execute(
        "select campaign_id, parent_campaign_id, type, is_series, subject_line"
        " from stats.campaigns order by created_at, is_series desc"
    ).fetchall() == [
        (series, None, "rss", True, "*|RSSITEM:TITLE|*"),
        (plain, None, "regular", False, "Νέα"),
        (mails[0], series, "rss", False, "Πρώτη ανάρτηση"),
        (mails[1], series, "rss", False, "Δεύτερη &amp; τρίτη"),
    ]
    assert differences(warehouse) == {}
    assert (
        warehouse.execute(
            "select metric, ours from stats.reconciliation where campaign_id = %s", (series,)
        ).fetchall()
        == warehouse.execute(
            "select 'series_emails_sent', count(*) from stats.campaign_recipients"
            " where campaign_id = any(%s)",
            (mails,),
        ).fetchall()
    )

    paths = asked(mailchimp_sandbox)
    details = [path for path in paths if path.startswith(f"/reports/{series}/")]
    assert details == [f"/reports/{series}/sub-reports"] * 2, "once a mail, and nothing else"
    warehouse.commit()
    read_all(warehouse, provider)
    assert asked(mailchimp_sandbox, len(paths) - 1) == ["/campaigns", "/reports"], "nothing new"

    refresh_marts(warehouse, time_zone="Europe/Athens")
    sent = dict(
        warehouse.execute(
            "select campaign_id, emails_sent from mart.campaign_performance"
        ).fetchall()
    )
    assert set(sent) == {*mails, plain}
    assert warehouse.execute("select campaigns_sent from mart.lists").fetchall() == [(3,)]
    received, most = warehouse.execute(
        "select sum(campaigns_received), max(campaigns_received) from mart.contact_engagement"
    ).fetchone() or (0, 0)
    assert (received, most) == (sum(sent.values()), 3)
    assert {
        row[0] for row in warehouse.execute("select campaign_id from mart.campaign_comparison")
    } == set(sent)
    assert warehouse.execute(
        "select parent_campaign_id, count(*) from mart.campaigns where not is_series"
        " group by parent_campaign_id order by count(*)"
    ).fetchall() == [(None, 1), (series, 2)]


@pytest.mark.parametrize("lacking", [("campaigns",), ("campaigns", "reports")])
def test_mails_that_the_lists_lack_are_known_by_the_sub_reports(
    warehouse: psycopg.Connection[Any],
    provider: Mailchimp,
    mailchimp_sandbox: Any,
    feed: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
    lacking: tuple[str, ...],
) -> None:
    list_id, _ = make_audience(provider, 20)
    series = start_series(provider, list_id, feed)
    feed.post("Νέα", now(mailchimp_sandbox))
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 20})
    (mail,) = mails_of(provider, series)
    listed = {"campaigns": provider.campaigns, "reports": provider.reports, "rows": provider.rows}

    def without(name: str) -> Any:
        return lambda *args, **given: (
            one for one in listed[name](*args, **given) if one.get("id") != mail
        )

    for name in lacking:
        monkeypatch.setattr(provider, name, without(name))
    with monkeypatch.context() as nowhere:
        nowhere.setattr(provider, "rows", without("rows"))
        for _ in range(3):
            read_all(warehouse, provider)
        assert differences(warehouse)["series_emails_sent"] == (20, 20, "unexplained")

    let_pass(warehouse, mailchimp_sandbox, seconds=86_400)
    read_all(warehouse, provider)
    read_all(warehouse, provider)
    assert stored(warehouse) == happened_in(mailchimp_sandbox, [mail])
    assert warehouse.execute(
        "select parent_campaign_id, is_series from stats.campaigns where campaign_id = %s", (mail,)
    ).fetchone() == (series, False)
    let_pass(warehouse, mailchimp_sandbox, seconds=86_400)
    read_all(warehouse, provider)
    assert differences(warehouse) == {}
