"""Audiences, their days and months, and the activity of members that left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.errors import PermanentError, ProviderError
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import ServerError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats import (
    audience_activity,
    audience_figures,
    audience_growth,
    member_activity,
)
from crm_mailchimp.stats.audience_extract import UnreadAudiencesError, extract_audiences
from crm_mailchimp.stats.shapes import Field, Shape
from mailchimp_sandbox.tests.contract.description import Description
from stats.sandbox_world import SETTINGS, ledger, make_audience, send

LISTED_IN_FEEDS = ("sent", "open", "click", "bounce", "unsubscribe")
HASH = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


def rows(warehouse: psycopg.Connection[Any], query: Any, *parameters: Any) -> list[Any]:
    found = warehouse.execute(query, parameters or None).fetchall()
    warehouse.commit()
    return found


def know(warehouse: psycopg.Connection[Any], list_id: str, *members: tuple[str, str]) -> None:
    for hash_, status in members:
        warehouse.execute(
            "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)"
            " values (%s, %s, 1, %s, 'created')",
            (list_id, hash_, status),
        )
    warehouse.commit()


@pytest.mark.parametrize("part", ["growth_history", "audience_days"])
def test_what_could_not_be_read_is_read_by_the_next_run(
    warehouse: Any, provider: Mailchimp, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not a day later, as what was read."""
    make_audience(provider, 3)
    good = provider.create_audience(SETTINGS).list_id
    read = getattr(provider, part)

    def fail(list_id: str) -> Any:
        if list_id != good:
            raise ServerError(status=503)
        return read(list_id)

    with monkeypatch.context() as broken:
        broken.setattr(provider, part, fail)
        with pytest.raises(UnreadAudiencesError, match="1 parts could not be read"):
            extract_audiences(warehouse, provider)
    assert rows(warehouse, "select list_id from stats.list_state") == [(good,)]
    before = provider.calls
    extract_audiences(warehouse, provider)
    assert provider.calls - before == 1 + 2, "the audience that was read is not asked again"
    assert rows(warehouse, "select count(*) from stats.list_state") == [(2,)]
    # A reading in the future was noted by a clock that was ahead.
    warehouse.execute(
        "update stats.list_state set read_at = now() + interval '3 days' where list_id = %s",
        (good,),
    )
    warehouse.commit()
    before = provider.calls
    extract_audiences(warehouse, provider)
    assert provider.calls - before == 1 + 2


def test_audiences_days_and_departures_equal_the_ledger(
    warehouse: Any, provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    list_id, addresses = make_audience(provider, 60)
    quiet = provider.create_audience(SETTINGS).list_id
    campaign_id = send(provider, list_id, "Νέα")
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 20})
    mailchimp_sandbox.control(
        "POST",
        "act",
        {
            "list_id": list_id,
            "campaign_id": campaign_id,
            "email_address": addresses[3],
            "action": "unsubscribe",
        },
    )
    events = ledger(mailchimp_sandbox, campaign_id)
    left = {e["subscriber_hash"] for e in events if e["action"] == "unsubscribe"}
    stayed = next(e["subscriber_hash"] for e in events if e["subscriber_hash"] not in left)
    assert left
    know(warehouse, list_id, *((one, "unsubscribed") for one in left), (stayed, "subscribed"))

    before = provider.calls
    read = extract_audiences(warehouse, provider)
    assert read["members"] == len(left)
    assert provider.calls - before == 1 + 2 * 2 + len(left)
    audience = provider.audience(list_id)
    assert rows(
        warehouse,
        "select list_id, name, member_count, unsubscribe_count, cleaned_count, gone_at"
        " from stats.lists order by created_at, list_id <> %s",
        list_id,
    ) == [
        (
            list_id, SETTINGS.name, audience.member_count, audience.unsubscribe_count,
            audience.cleaned_count, None,
        ),
        (quiet, SETTINGS.name, 0, 0, 0, None),
    ]  # fmt: skip
    # Growth of an audience that no campaign ever went to.
    assert rows(
        warehouse, "select count(*) > 0 from stats.audience_growth where list_id = %s", quiet
    ) == [(True,)]
    sums = Counter(e["action"] for e in events)
    assert rows(
        warehouse,
        "select sum(emails_sent), sum(unsubs) from stats.audience_activity where list_id = %s",
        list_id,
    ) == [(sums["sent"], sums["unsubscribe"])]
    assert sorted(
        rows(
            warehouse,
            "select subscriber_hash, activity_type, occurred_at, url"
            " from stats.member_activities where campaign_id is not null",
        ),
        key=str,
    ) == sorted(
        (
            (
                e["subscriber_hash"],
                {"unsubscribe": "unsub"}.get(e["action"], e["action"]),
                datetime.fromisoformat(e["time"]),
                e["url"] or None,
            )
            for e in events
            if e["subscriber_hash"] in left and e["action"] in LISTED_IN_FEEDS
        ),
        key=str,
    )
    assert rows(
        warehouse,
        "select count(*) from stats.member_activities where activity_type = 'generic_signup'",
    ) == [(len(left),)]

    # Quiet: one call, however many members and audiences there are.
    before = provider.calls
    assert extract_audiences(warehouse, provider) == {
        "audiences": 2, "months": 0, "days": 0, "members": 0,
    }  # fmt: skip
    assert provider.calls - before == 1

    # A change in the ledger has one member read again; an audience that is gone is asked no more.
    provider.client.call("DELETE", "/lists/{list_id}", ids={"list_id": quiet})
    warehouse.execute("update stats.list_state set read_at = now() - interval '2 days'")
    warehouse.execute(
        "update sync.member set last_changed = now() where subscriber_hash = %s", (min(left),)
    )
    warehouse.commit()
    held = rows(warehouse, "select count(*) from stats.member_activities")
    before = provider.calls
    assert extract_audiences(warehouse, provider)["members"] == 1
    assert provider.calls - before == 1 + 2 + 1
    assert rows(warehouse, "select count(*) from stats.member_activities") == held
    assert rows(warehouse, "select list_id from stats.lists where gone_at is not null") == [
        (quiet,)
    ]
    assert sorted(rows(warehouse, "select list_id, gone_at is null from mart.lists")) == sorted(
        [(list_id, True), (quiet, False)]
    )


class Answers:
    """Gives the same answers of Mailchimp to every question."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items
        self.asked: list[str] = []

    def audience_figures(self) -> Iterator[dict[str, Any]]:
        yield from self.items

    def growth_history(self, list_id: str) -> Iterator[dict[str, Any]]:
        yield from self.items

    def audience_days(self, list_id: str) -> Iterator[dict[str, Any]]:
        yield from self.items

    def member_feed(self, list_id: str, subscriber_hash: str) -> Iterator[dict[str, Any]]:
        self.asked.append(subscriber_hash)
        yield from self.items


def sample(schema: dict[str, Any], name: str = "") -> Any:
    """A value that a schema of the description allows."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: sample(part, key) for key, part in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema["items"], name)]
        case "integer":
            return 7
        case "number":
            return 0.5
        case "boolean":
            return True
    if name == "month":
        return "2026-10"
    if name == "day":
        return "2026-10-31"
    is_time = schema.get("format") == "date-time" or name.startswith(("date_", "last_"))
    return "2026-10-31T21:00:00+00:00" if is_time else f"κείμενο {name}"


def items_of(description: Description, path: str, key: str) -> list[dict[str, Any]]:
    schema = description.answer_schema(("GET", path), 200)
    assert schema is not None
    items = schema["properties"][key]["items"]
    return [sample(one) for one in items.get("oneOf", [items])]


Load = Callable[[psycopg.Connection[Any], Any], int]
STREAMS: dict[str, tuple[str, str, Shape, str, Load]] = {
    "audiences": (
        "/lists", "lists", audience_figures.SHAPE, "stats.lists", audience_figures.load_audiences,
    ),
    "growth": (
        "/lists/{list_id}/growth-history", "history", audience_growth.SHAPE,
        "stats.audience_growth", lambda w, p: audience_growth.load_growth(w, p, "λ"),
    ),
    "days": (
        "/lists/{list_id}/activity", "activity", audience_activity.SHAPE,
        "stats.audience_activity", lambda w, p: audience_activity.load_days(w, p, "λ"),
    ),
    "feeds": (
        "/lists/{list_id}/members/{subscriber_hash}/activity-feed", "activity",
        member_activity.SHAPE, "stats.member_activities", member_activity.load_feeds,
    ),
}  # fmt: skip
WRONG: dict[str, Any] = {
    "text": 200, "integer": "πολλά", "number": "πολλά", "time": 5, "month": "Οκτώβριος",
    "boolean": "ναι", "json": "κείμενο",
}  # fmt: skip


def replaced(item: dict[str, Any], field: Field, value: Any) -> dict[str, Any]:
    first, _, rest = field.source.partition(".")
    if not rest:
        return {**item, first: value}
    return {**item, first: {**item[first], rest: value}}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_is_what_the_description_says(
    warehouse: Any, description: Description, stream: str
) -> None:
    path, key, shape, table, load = STREAMS[stream]
    described = items_of(description, path, key)
    warehouse.execute("insert into stats.lists (list_id) values ('λ')")
    know(warehouse, "λ", (HASH, "unsubscribed"))
    own = ("list_id", "subscriber_hash") if stream == "feeds" else ()
    fields = [field for field in shape.fields if field.column not in own]
    for field in fields:
        first, _, rest = field.source.partition(".")
        assert any(first in item and (not rest or rest in item[first]) for item in described), field

    load(warehouse, Answers(*described))
    if stream == "feeds":
        assert len(rows(warehouse, f"select from {table}")) == len(described)
    stored = rows(warehouse, f"select to_jsonb(kept) - 'extra' from {table} as kept")
    for field in fields:
        assert any(row[field.column] is not None for (row,) in stored), field
    assert all("extra" not in row for (row,) in stored)
    assert rows(warehouse, f"select distinct extra from {table} where extra is not null") == []

    # A field more is kept, one less is tolerated, another type is named.
    warehouse.execute("update sync.member set last_changed = now()")
    warehouse.commit()
    load(warehouse, Answers({**described[0], "νέο": {"τιμή": 1}}))
    assert rows(warehouse, f"select extra from {table} where extra is not null") == [
        ({"νέο": {"τιμή": 1}},)
    ]
    for field in fields:
        of = next(item for item in described if field.source.partition(".")[0] in item)
        warehouse.execute("update sync.member set last_changed = clock_timestamp()")
        warehouse.commit()
        if not field.required:
            load(warehouse, Answers(replaced(of, field, None)))
        warehouse.execute("update sync.member set last_changed = clock_timestamp()")
        warehouse.commit()
        with pytest.raises(PermanentError, match=f"stream {shape.stream}, field {field.source}"):
            load(warehouse, Answers(replaced(of, field, WRONG[field.kind])))
        warehouse.rollback()


def test_a_feed_that_cannot_be_read_keeps_no_other_from_it(warehouse: Any) -> None:
    warehouse.execute("insert into stats.lists (list_id) values ('λ')")
    hashes = [character * 32 for character in "abcd"]
    know(warehouse, "λ", *((one, "unsubscribed") for one in hashes))
    entry = {"activity_type": "note", "created_at_timestamp": "2026-10-31T21:00:00+00:00"}

    class Refusing(Answers):
        def member_feed(self, list_id: str, subscriber_hash: str) -> Iterator[dict[str, Any]]:
            if subscriber_hash == hashes[1]:
                raise ProviderError("never again")
            feed = super().member_feed(list_id, subscriber_hash)
            yield from ([{**entry, "link_clicked": 7}] if subscriber_hash == hashes[2] else feed)

    with pytest.raises(PermanentError, match="1 of 4 activity feeds could not be read: audience λ"):
        member_activity.load_feeds(warehouse, Refusing(entry))
    read = rows(warehouse, "select subscriber_hash from stats.member_activities order by 1")
    assert read == [(hashes[0],), (hashes[3],)]
    # It is asked again, and the others are not.
    assert member_activity.load_feeds(warehouse, Answers(entry)) == 1


def test_feeds_keep_no_ones_words_and_no_erased_person(warehouse: Any, warehouse_db: str) -> None:
    warehouse.execute("insert into stats.lists (list_id) values ('λ')")
    know(warehouse, "λ", (HASH, "unsubscribed"), ("f" * 32, "cleaned"))
    note = {
        "activity_type": "note",
        "created_at_timestamp": "2026-10-31T21:00:00+00:00",
        "note_text": "Η Μαρία από το Χαλάνδρι",
        "created_by": "Ελένη",
    }
    old = {**note, "created_at_timestamp": "2020-01-01T00:00:00+00:00"}

    class ErasedMeanwhile(Answers):
        def member_feed(self, list_id: str, subscriber_hash: str) -> Iterator[dict[str, Any]]:
            yield from super().member_feed(list_id, subscriber_hash)
            with psycopg.connect(warehouse_db) as other:
                other.execute("delete from sync.member where subscriber_hash = %s", ("f" * 32,))

    answers = ErasedMeanwhile(note, old)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert member_activity.load_feeds(warehouse, answers, since=since) == 2
    assert rows(
        warehouse, "select subscriber_hash, activity_type from stats.member_activities"
    ) == [(HASH, "note")]
    for table in ("member_activities", "member_activity_state"):
        found = rows(warehouse, f"select kept::text from stats.{table} as kept")
        assert len(found) == 1
        assert "Μαρία" not in found[0][0]
        assert "Ελένη" not in found[0][0]


def test_at_most_so_many_feeds_a_run_the_latest_departures_first(warehouse: Any) -> None:
    warehouse.execute("insert into stats.lists (list_id) values ('λ')")
    hashes = [f"{number:032x}" for number in range(7)]
    know(warehouse, "λ", *((one, "unsubscribed") for one in hashes))
    for days, one in enumerate(hashes):
        warehouse.execute(
            "update sync.member set status_since = %s where subscriber_hash = %s",
            (datetime.now(UTC) - timedelta(days=days * 25), one),
        )
    warehouse.commit()
    answers = Answers()
    assert member_activity.load_feeds(warehouse, answers, most=3) == 3
    assert answers.asked == hashes[:3]
    assert member_activity.load_feeds(warehouse, answers, most=3) == 1, (
        "75 days are lately, 100 not"
    )
    assert answers.asked[3:] == [hashes[3]]


def test_days_that_mailchimp_tells_no_more_stay(warehouse: Any) -> None:
    warehouse.execute("insert into stats.lists (list_id) values ('λ')")
    warehouse.commit()
    for days in (["2026-05-01", "2026-05-02"], ["2026-05-02", "2026-05-03"]):
        answers = Answers(*({"day": day, "subs": len(days)} for day in days))
        assert audience_activity.load_days(warehouse, answers, "λ") == 2
    assert rows(warehouse, "select day from stats.audience_activity order by day") == [
        (date(2026, 5, day),) for day in (1, 2, 3)
    ]
