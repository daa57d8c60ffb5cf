"""Report streams: which requests are sent, how they end, what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import ReportStream
from mailchimp.scripted_server import ScriptedServer, answer, scripted

LISTS = {
    "/reports/c1/sent-to": "sent_to",
    "/reports/c1/email-activity": "emails",
    "/reports/c1/open-details": "members",
    "/reports/c1/click-details": "urls_clicked",
    "/reports/c1/click-details/k1/members": "members",
    "/reports/c1/unsubscribed": "unsubscribes",
    "/reports/c1/abuse-reports": "abuse_reports",
    "/reports/c1/locations": "locations",
    "/reports": "reports",
    "/campaigns": "campaigns",
    "/lists/l1/growth-history": "history",
}


def page(handler: BaseHTTPRequestHandler) -> None:
    """1,500 rows of any endpoint, in pages as the API has them: 10 rows unless asked for more."""
    target = urlsplit(handler.path)
    query = parse_qs(target.query)
    count, offset = int(query.get("count", ["10"])[0]), int(query.get("offset", ["0"])[0])
    rows = [
        {"id": n, "email_id": f"h{n}", "month": f"m{n}", "country_code": n, "activity": []}
        for n in range(1500)
    ]
    path = target.path.removeprefix("/3.0")
    answer(200, {LISTS[path]: rows[offset : offset + count], "total_items": 1500})(handler)


@contextmanager
def mailchimp(step: Any = page) -> Iterator[tuple[Mailchimp, ScriptedServer]]:
    with (
        scripted(step) as server,
        Mailchimp(MailchimpClient("key-us1", host=server.host)) as client,
    ):
        yield client, server


def queries(server: ScriptedServer) -> list[dict[str, str]]:
    return [
        {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        for seen in server.seen
    ]


@pytest.mark.parametrize(
    ("stream", "endpoint"),
    [
        ("recipients", "sent-to"),
        ("activity", "email-activity"),
        ("proxy_opens", "open-details"),
        ("links", "click-details"),
        ("unsubscribes", "unsubscribed"),
        ("locations", "locations"),
    ],
)
def test_streams_come_whole_in_pages_of_a_thousand(stream: ReportStream, endpoint: str) -> None:
    with mailchimp() as (client, server):
        rows = list(client.rows("c1", stream))
        assert [row["id"] for row in rows] == list(range(1500))
        asked = queries(server)
    assert [(query["count"], query["offset"]) for query in asked] == [
        ("1000", "0"),
        ("1000", "990"),  # ten again: a row that goes out meanwhile hides no other
    ]
    left_out = asked[0]["exclude_fields"].split(",")
    assert {f"{LISTS[f'/reports/c1/{endpoint}']}.email_address", "_links"} <= set(left_out)


def test_a_member_deleted_during_the_walk_hides_nobody() -> None:
    hashes = [f"h{n}" for n in range(2500)]
    asked: list[int] = []

    def shifting(handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        count, offset = int(query["count"][0]), int(query["offset"][0])
        asked.append(offset)
        if len(asked) == 2:
            del hashes[5:25]  # more than a page repeats
        rows = [{"email_id": one} for one in hashes[offset : offset + count]]
        answer(200, {"sent_to": rows, "total_items": 2500})(handler)

    with mailchimp(shifting) as (client, _):
        found = [row["email_id"] for row in client.rows("c1", "recipients")]
    assert set(hashes) <= set(found)
    assert len(found) == len(set(found)) == 2500


def test_a_reader_that_ends_after_the_first_page_has_asked_for_no_other() -> None:
    others: list[Mailchimp] = []

    def opens(handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        count, offset = int(query["count"][0]), int(query["offset"][0])
        rows = [{"email_id": f"h{n}"} for n in range(offset, min(offset + count, 5000))]
        answer(200, {"members": rows, "total_items": 5000})(handler)

    with scripted(opens) as server:

        def another() -> Mailchimp:
            others.append(Mailchimp(MailchimpClient("key-us1", host=server.host)))
            return others[-1]

        own = MailchimpClient("key-us1", host=server.host)
        with Mailchimp(own, another=another) as client:
            rows = client.rows("c1", "proxy_opens")
            assert [next(rows)["email_id"] for _ in range(1000)] == [f"h{n}" for n in range(1000)]
            del rows
            assert (len(server.seen), others) == (1, [])
            assert len(list(client.rows("c1", "proxy_opens"))) == 5000
            assert len(others) > 1
            assert client.calls == len(server.seen) == 1 + 6


def test_a_recipient_is_asked_for_by_name() -> None:
    def one(handler: BaseHTTPRequestHandler) -> None:
        known = urlsplit(handler.path).path == "/3.0/reports/c1/sent-to/h1"
        missing = {"title": "Resource Not Found", "status": 404, "detail": "nobody"}
        answer(*((200, {"email_id": "h1"}) if known else (404, missing)))(handler)

    with mailchimp(one) as (client, _):
        assert client.has_recipient("c1", "h1")
        assert not client.has_recipient("c1", "h2")


def test_what_is_not_paged_is_asked_for_once() -> None:
    top = [{"domain": "galaxy.gr", "opens": 4}, {"domain": "gmail.com", "opens": 2}]
    with mailchimp(answer(200, {"domains": top, "total_items": 2})) as (client, server):
        assert list(client.rows("c1", "domains")) == top
        assert len(server.seen) == 1
        assert "count" not in queries(server)[0]


def test_complaints_beyond_the_first_page_come_from_the_audience() -> None:
    """The report's own list knows neither count nor offset (Marketing API 3.0.55)."""
    rows = [{"id": n, "campaign_id": "c1" if n % 2 else "c2", "list_id": "l1"} for n in range(3000)]

    def answered(handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        query = parse_qs(address.query)
        of_campaign = [row for row in rows if row["campaign_id"] == "c1"]
        if address.path == "/3.0/reports/c1":
            answer(200, {"id": "c1", "list_id": "l1"})(handler)
        elif address.path == "/3.0/reports/c1/abuse-reports":
            assert set(query) == {"exclude_fields"}
            page = {"abuse_reports": of_campaign[:10], "total_items": len(of_campaign)}
            answer(200, page)(handler)
        else:
            assert address.path == "/3.0/lists/l1/abuse-reports"
            start = int(query["offset"][0])
            page = {"abuse_reports": rows[start : start + int(query["count"][0])]}
            answer(200, page)(handler)

    with mailchimp(answered) as (client, server):
        found = [row["id"] for row in client.rows("c1", "abuse_reports")]
        assert found == [row["id"] for row in rows if row["campaign_id"] == "c1"]
        assert len(server.seen) == 6
    few = {"abuse_reports": rows[1:2], "total_items": 1}
    with mailchimp(answer(200, few)) as (client, server):
        assert list(client.rows("c1", "abuse_reports")) == rows[1:2]
        assert len(server.seen) == 1


def test_since_is_whole_seconds_and_only_where_it_is_known() -> None:
    since = datetime(2026, 11, 23, 12, 0, 0, 999999, tzinfo=UTC)
    with mailchimp() as (client, server):
        next(iter(client.rows("c1", "activity", since=since)))
        next(iter(client.rows("c1", "proxy_opens", since=since)))
        assert {query["since"] for query in queries(server)} == {"2026-11-23T12:00:00+00:00"}
        with pytest.raises(ValueError, match="knows no 'since'"):
            next(iter(client.rows("c1", "recipients", since=since)))


def test_the_other_lists() -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    with mailchimp() as (client, server):
        assert len(list(client.link_members("c1", "k1"))) == 1500
        assert len(list(client.growth_history("l1"))) == 1500
        assert len(list(client.campaigns(since_send_time=moment))) == 1500
        assert len(list(client.reports(before_send_time=moment))) == 1500
        asked = queries(server)
    assert asked[4]["since_send_time"] == "2026-11-01T00:00:00+00:00"
    assert asked[6]["before_send_time"] == "2026-11-01T00:00:00+00:00"
