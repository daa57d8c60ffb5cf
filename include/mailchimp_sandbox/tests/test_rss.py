"""RSS campaigns: a mail at a time, when the hour has come and the feed has news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailchimp_sandbox.rss_feed import FeedError, parse
from mailchimp_sandbox.rss_schedule import next_due
from mailchimp_sandbox.tests.feeds import FeedServer, feed_server
from mailchimp_sandbox.tests.running import Running

ATHENS = ZoneInfo("Europe/Athens")
BODY = (
    "<h1>*|RSSFEED:TITLE|*</h1>"
    '*|RSSITEMS:|*<a href="*|RSSITEM:URL|*">*|RSSITEM:TITLE|*</a>*|END:RSSITEMS|*'
)


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with feed_server() as served:
        yield served


def now(world: Running) -> datetime:
    return datetime.fromisoformat(world.control("GET", "clock")["now"])


def to_noon(world: Running) -> None:
    """To the next noon in Athens: so that a look of the morning is far away, on every date."""
    at = now(world).astimezone(ATHENS)
    noon = at.replace(hour=12, minute=0, second=0, microsecond=0)
    if noon <= at:
        noon += timedelta(days=1)
    world.advance(seconds=(noon.astimezone(UTC) - at).total_seconds())


def start_series(world: Running, list_id: str, feed: FeedServer, **options: Any) -> str:
    options = {"frequency": "daily", "schedule": {"hour": 9}, **options}
    campaign_id = world.new_campaign(
        list_id, type="rss", rss_opts={"feed_url": feed.url, **options}
    )
    subject = {"settings": {"subject_line": "*|RSSITEM:TITLE|*"}}
    world.call("PATCH", f"campaigns/{campaign_id}", subject)
    world.call("PUT", f"campaigns/{campaign_id}/content", {"html": BODY})
    world.send(campaign_id)
    return campaign_id


def mails(world: Running, campaign_id: str) -> list[dict[str, Any]]:
    found = world.call("GET", "campaigns", count=1000, sort_field="create_time")["campaigns"]
    return [one for one in found if one.get("parent_campaign_id") == campaign_id]


def test_each_hour_of_the_schedule_with_news_in_the_feed_sends_a_mail(
    world: Running, list_id: str, feed: FeedServer
) -> None:
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(8)))
    to_noon(world)
    began = now(world)
    feed.post("Πριν από μέρες", began - timedelta(days=2))
    feed.post("Χθες το βράδυ", began - timedelta(hours=3))
    feed.post("Χωρίς ημερομηνία", "κάποτε")
    series = start_series(world, list_id, feed)
    assert world.call("GET", f"campaigns/{series}")["status"] == "sending"
    assert world.refused("GET", f"reports/{series}")["status"] == 404, "nothing was sent"
    assert not mails(world, series)

    world.advance(days=1)
    (first,) = mails(world, series)
    sent_at = datetime.fromisoformat(first["send_time"])
    assert sent_at.astimezone(ATHENS).time().isoformat() == "09:00:00"
    assert (first["type"], first["status"], first["emails_sent"]) == ("rss", "sent", 8)
    assert first["settings"]["subject_line"] == "Χθες το βράδυ", "older posts do not go out"
    assert world.call("GET", f"reports/{first['id']}")["emails_sent"] == 8
    links = world.call("GET", f"reports/{first['id']}/click-details")["urls_clicked"]
    assert [link["url"] for link in links] == ["https://example.gr/ιστολόγιο/1?πηγή=ροή&n=1"]

    world.advance(days=3)
    assert len(mails(world, series)) == 1, "nothing new"
    assert feed.readings == 4, "but it was looked at each day"
    feed.post("Μία", now(world))
    feed.post("Δύο", now(world))
    feed.post("Αύριο μεθαύριο", now(world) + timedelta(days=30))
    world.advance(days=2)
    _, second = mails(world, series)
    links = world.call("GET", f"reports/{second['id']}/click-details")["urls_clicked"]
    assert len(links) == 2
    parent = world.call("GET", f"campaigns/{series}")
    assert parent["status"] == "sending"
    assert parent["emails_sent"] == first["emails_sent"] + second["emails_sent"] > 8
    assert parent["rss_opts"]["last_sent"] == second["send_time"]
    report = world.call("GET", f"reports/{series}")
    parts = world.call("GET", f"reports/{series}/sub-reports")["reports"]
    assert [part["id"] for part in parts] == [first["id"], second["id"]]
    assert report["rss_last_send"] == second["send_time"]
    for figure, within in (("opens", "opens_total"), ("clicks", "clicks_total")):
        assert report[figure][within] == sum(part[figure][within] for part in parts)
    assert not world.call("GET", f"reports/{series}/sent-to")["sent_to"]
    assert not world.call("GET", f"reports/{series}/email-activity")["emails"]


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (503, ""),
        (200, "<html><body>Σφάλμα</body></html>"),
        (200, "<rss><channel>"),
        (
            200,
            '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel>'
            "<item><title>&b;</title></item></channel></rss>",
        ),
    ],
)
def test_a_feed_that_cannot_be_read_sends_nothing_and_is_looked_at_again(
    world: Running, list_id: str, feed: FeedServer, status: int, document: str
) -> None:
    world.subscribe(list_id, "p@otenet.gr")
    to_noon(world)
    feed.post("Νέα", now(world))
    feed.status, feed.document = status, document
    series = start_series(world, list_id, feed)
    world.advance(days=2)
    assert feed.readings == 2
    assert not mails(world, series)
    feed.status, feed.document = 200, ""
    world.advance(days=1)
    assert len(mails(world, series)) == 1


def test_an_unreachable_feed_sends_nothing(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "p@otenet.gr")
    with feed_server() as gone:
        pass
    series = start_series(world, list_id, gone)
    world.advance(days=2)
    assert not mails(world, series)
    assert world.call("GET", f"campaigns/{series}")["status"] == "sending"


def test_pausing_and_resuming(world: Running, list_id: str, feed: FeedServer) -> None:
    world.subscribe(list_id, "p@otenet.gr")
    series = start_series(world, list_id, feed)
    actions = f"campaigns/{series}/actions"
    for action in ("send", "resume", "cancel-send"):
        assert world.refused("POST", f"{actions}/{action}")["status"] == 400
    world.call("POST", f"{actions}/pause")
    assert world.call("GET", f"campaigns/{series}")["status"] == "paused"
    feed.post("Στην παύση", now(world))
    world.advance(days=3)
    assert (feed.readings, mails(world, series)) == (0, [])
    world.call("POST", f"{actions}/resume")
    world.advance(days=1)
    (mail,) = mails(world, series)
    world.call("POST", f"{actions}/pause")
    assert world.call("GET", f"reports/{series}")["emails_sent"] == 1, "paused, its report stays"
    for action in ("pause", "resume"):
        assert world.refused("POST", f"campaigns/{mail['id']}/actions/{action}")["status"] == 400


def test_it_is_not_scheduled_like_others(world: Running, list_id: str, feed: FeedServer) -> None:
    options = {"feed_url": feed.url, "frequency": "weekly"}
    draft = world.new_campaign(list_id, type="rss", rss_opts=options)
    moment = (now(world) + timedelta(days=1)).replace(minute=0, second=0).isoformat()
    body = {"schedule_time": moment}
    world.refused("POST", f"campaigns/{draft}/actions/schedule", body)
    for wrong in (
        {"frequency": "hourly"},
        {"schedule": {"hour": 24}},
        {"schedule": {"weekly_send_day": "Δευτέρα"}},
        {"schedule": {"monthly_send_date": 32}},
        {"schedule": {"daily_send": {"monday": 1}}},
    ):
        assert world.refused("PATCH", f"campaigns/{draft}", {"rss_opts": wrong})["status"] == 400


@pytest.mark.parametrize(
    ("options", "after", "due"),
    [
        # The clocks of Athens go back on 25 October 2026, forward on 28 March 2027.
        ({"frequency": "daily"}, "2026-10-24T00:00", "2026-10-24T04:00+03:00"),
        ({"frequency": "daily"}, "2026-10-24T04:00", "2026-10-25T04:00+02:00"),
        (
            {"frequency": "daily", "schedule": {"hour": 0, "daily_send": {"friday": True}}},
            "2026-10-24T00:00",
            "2026-10-30T00:00+02:00",
        ),
        ({"frequency": "daily", "schedule": {"daily_send": {}}}, "2026-10-24T00:00", None),
        ({"frequency": "weekly"}, "2027-03-27T00:00", "2027-03-29T04:00+03:00"),
        (
            {"frequency": "weekly", "schedule": {"weekly_send_day": "sunday", "hour": 23}},
            "2026-10-24T00:00",
            "2026-10-25T23:00+02:00",
        ),
        ({"frequency": "monthly"}, "2026-10-24T00:00", "2026-11-01T04:00+02:00"),
        (
            {"frequency": "monthly", "schedule": {"monthly_send_date": 30}},
            "2027-01-30T12:00",
            "2027-03-30T04:00+03:00",
        ),
        (
            {"frequency": "monthly", "schedule": {"monthly_send_date": 0}},
            "2027-02-01T00:00",
            "2027-02-28T04:00+02:00",
        ),
    ],
)
def test_the_hours_of_a_schedule(options: dict[str, Any], after: str, due: str | None) -> None:
    start = datetime.fromisoformat(after).replace(tzinfo=ATHENS)
    found = next_due(int(start.timestamp()), options, "Europe/Athens")
    expected = None if due is None else datetime.fromisoformat(due)
    assert (None if found is None else datetime.fromtimestamp(found, UTC)) == expected


def test_feeds_of_every_kind_are_read() -> None:
    atom = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Νέα</title><entry><title>Ένα</title>'
        '<link rel="edit" href="https://example.gr/edit"/><link href="https://example.gr/1"/>'
        "<source><title>Αλλού</title><updated>2001-01-01T00:00:00Z</updated></source>"
        "<updated>2026-11-25T10:00:00+02:00</updated></entry></feed>".encode()
    )
    rdf = parse(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<channel><title>Νέα</title></channel><item><title>Ένα</title>"
        "<link>https://example.gr/1</link><dc:date>2026-11-25T08:00:00</dc:date></item>"
        "</rdf:RDF>".encode()
    )
    assert atom == rdf
    (item,) = atom.items
    at = datetime(2026, 11, 25, 8, tzinfo=UTC).timestamp()
    assert (atom.title, item.title, item.url) == ("Νέα", "Ένα", "https://example.gr/1")
    assert item.published_at == at
    with pytest.raises(FeedError, match="entities"):
        parse(b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>')
