"""Each stream against Mailchimp's public description: from its answer to its table.

Every property of the description gets a value, runs through landing and loading, and has to be
found in its column, or to be named as one that is deliberately not kept. A field that is added
lands in ``extra``, a missing one is null, and one whose type changes is an error that names it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import ReportStream
from crm_mailchimp.stats import (
    abuse_reports,
    activity,
    audience_growth,
    campaigns,
    clicked_links,
    domains,
    locations,
    proxy_opens,
    recipients,
    report_snapshots,
    sub_reports,
    unsubscribes,
)
from crm_mailchimp.stats.audience_growth import load_growth
from crm_mailchimp.stats.campaign_choice import UnreadableListError
from crm_mailchimp.stats.conversions import UnexpectedShapeError
from crm_mailchimp.stats.extract import extract_campaign
from crm_mailchimp.stats.shapes import (
    Field,
    LeftOut,
    LeftOutError,
    Shape,
)
from listed_campaigns import campaigns_to_read
from mailchimp_sandbox.tests.contract.description import Description

CAMPAIGN, MEMBER, LINK = "c1", "0123456789abcdef0123456789abcdef", "k1"
NEW = {"από_το_2031": {"a": [1, "νέο"]}}
#: The report has them too, but they are kept with the campaign.
OF_THE_CAMPAIGN = {"list_name", "type", "title", "subject_line", "preview_text", "sent_at"}
#: What is new around the events of a recipient, by its name in ``activity_extra``.
KEPT_AS = {"activity": "email_activity", "proxy_opens": "open_details"}
#: In Mailchimp's reference, but newer than the description.
BEYOND = {
    "opens.proxy_excluded_opens",
    "opens.proxy_excluded_unique_opens",
    "is_proxy_open",
    "proxy_excluded_opens_count",
}


@dataclass(frozen=True)
class Stream:
    """One stream: where its items are described, and where they end up.

    ``inner`` is the list inside an item that is the stream's rows; ``fixed`` are values that join
    the items of different streams; ``extra`` is where what is new of an item ends up.
    """

    path: str
    items: str
    shape: Shape
    table: str
    inner: str = ""
    fixed: tuple[tuple[str, Any], ...] = ()
    extra: str = "extra"
    outer: Shape | None = None


REPORT = "/reports/{campaign_id}"
WHO = ("email_id", MEMBER)
STREAMS = {
    "campaigns": Stream(
        "/campaigns",
        "campaigns",
        campaigns.SHAPE,
        "campaigns",
        fixed=(("id", CAMPAIGN), ("type", "variate")),
    ),
    "reports": Stream(
        "/reports",
        "reports",
        report_snapshots.SHAPE,
        "report_snapshots",
        fixed=(("id", CAMPAIGN),),
    ),
    "recipients": Stream(
        f"{REPORT}/sent-to", "sent_to", recipients.SHAPE, "campaign_recipients", fixed=(WHO,)
    ),
    "activity": Stream(
        f"{REPORT}/email-activity",
        "emails",
        activity.SHAPE,
        "campaign_activities",
        inner="activity",
        fixed=(WHO, ("activity.action", "open")),
        outer=activity.RECIPIENT_SHAPE,
    ),
    "proxy_opens": Stream(
        f"{REPORT}/open-details",
        "members",
        proxy_opens.SHAPE,
        "campaign_activities",
        inner="opens",
        fixed=(WHO, ("opens.is_proxy_open", True)),
        extra="open_extra",
        outer=proxy_opens.MEMBER_SHAPE,
    ),
    "unsubscribes": Stream(
        f"{REPORT}/unsubscribed",
        "unsubscribes",
        unsubscribes.SHAPE,
        "campaign_unsubscribes",
        fixed=(WHO,),
    ),
    "abuse_reports": Stream(
        f"{REPORT}/abuse-reports",
        "abuse_reports",
        abuse_reports.SHAPE,
        "campaign_abuse_reports",
        fixed=(WHO,),
    ),
    "links": Stream(
        f"{REPORT}/click-details",
        "urls_clicked",
        clicked_links.SHAPE,
        "link_clicks",
        fixed=(("id", LINK),),
    ),
    "link_members": Stream(
        f"{REPORT}/click-details/{{link_id}}/members",
        "members",
        clicked_links.MEMBER_SHAPE,
        "link_member_clicks",
        fixed=(WHO, ("url_id", LINK)),
    ),
    "domains": Stream(
        f"{REPORT}/domain-performance", "domains", domains.SHAPE, "domain_performance"
    ),
    "locations": Stream(f"{REPORT}/locations", "locations", locations.SHAPE, "open_locations"),
    "sub_reports": Stream(
        f"{REPORT}/sub-reports", "reports", sub_reports.SHAPE, "sub_report_snapshots"
    ),
    "growth_history": Stream(
        "/lists/{list_id}/growth-history",
        "history",
        audience_growth.SHAPE,
        "audience_growth",
        fixed=(("month", "2026-10"),),
    ),
}


@pytest.fixture(scope="module")
def warehouse(postgres: Any, _warehouse_template: str) -> Iterator[psycopg.Connection[Any]]:
    """One warehouse for all streams; each reading of it begins empty."""
    dsn = postgres.create_database("described_streams", template=_warehouse_template)
    with psycopg.connect(dsn) as connection:
        yield connection
    postgres.drop_database("described_streams")


def made_up(schema: Mapping[str, Any], name: str) -> Any:
    """A value of a schema, every property filled; text is Greek where it may be anything."""
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema and "properties" not in schema:
            parts = [made_up(part, name) for part in schema[combined]]
            return {key: value for part in parts for key, value in part.items()}
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type", "object"):
        case "object":
            properties = schema.get("properties", {})
            return {key: made_up(part, key) for key, part in properties.items()}
        case "array":
            return [made_up(schema["items"], name)]
        case "integer":
            return len(name)
        case "number":
            return 0.5
        case "boolean":
            return True
        case _ if schema.get("format") == "date-time":
            return "2026-11-01T08:00:00+00:00"
        case _:
            return f"{name} ελληνικά"


def item_of(description: Description, name: str) -> dict[str, Any]:
    """One item of a stream, as the description has it."""
    stream = STREAMS[name]
    schema = description.answer_schema(("GET", stream.path), 200)
    assert schema
    item: dict[str, Any] = made_up(schema["properties"][stream.items]["items"], name)
    item.pop("_links", None)
    for path, value in stream.fixed:
        where, _, last = path.rpartition(".")
        for level in item[where] if where else [item]:
            level[last] = value
    return item


class Described:
    """Implements ``ReportProvider`` with one made-up item of every stream."""

    def __init__(self, description: Description) -> None:
        self.items = {name: item_of(description, name) for name in STREAMS}

    def campaigns(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield self.items["campaigns"]

    def reports(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield self.items["reports"]

    def report(self, campaign_id: str) -> dict[str, Any]:
        return self.items["reports"]

    def rows(
        self, campaign_id: str, stream: ReportStream, *, since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        yield self.items[stream]

    def link_members(self, campaign_id: str, link_id: str) -> Iterator[dict[str, Any]]:
        yield self.items["link_members"]

    def has_recipient(self, campaign_id: str, subscriber_hash: str) -> bool:
        return True

    def growth_history(self, list_id: str) -> Iterator[dict[str, Any]]:
        yield self.items["growth_history"]


def read(warehouse: psycopg.Connection[Any], provider: Described) -> list[str]:
    """All streams into an empty warehouse; what could not be read."""
    warehouse.execute("truncate stats.campaigns, stats.audience_growth cascade")
    warehouse.execute("insert into stats.lists (list_id) values ('l1') on conflict do nothing")
    warehouse.commit()
    problems = []
    try:
        campaigns_to_read(warehouse, provider)
    except UnreadableListError as error:
        problems.append(str(error))
    warehouse.commit()
    extract = extract_campaign(warehouse, provider, CAMPAIGN, full=True)
    problems += [str(failure) for failure in extract.failures]
    try:
        load_growth(warehouse, provider, "l1")
    except PermanentError as error:
        warehouse.rollback()
        problems.append(str(error))
    return problems


def stored(warehouse: psycopg.Connection[Any], stream: Stream) -> dict[str, Any]:
    cursor = warehouse.execute(f"select * from stats.{stream.table}")  # type: ignore[arg-type]
    rows = cursor.fetchall()
    assert len(rows) == 1, f"{stream.table} holds {len(rows)} rows"
    names = [column.name for column in cursor.description or ()]
    warehouse.commit()
    return dict(zip(names, rows[0], strict=True))


def rows_in(stream: Stream, item: dict[str, Any]) -> dict[str, Any]:
    """What of an item is the stream's row: the item, or the first of its inner list."""
    row: dict[str, Any] = item[stream.inner][0] if stream.inner else item
    return row


def at(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def as_stored(field: Field, value: Any) -> Any:
    if value is None:
        return None
    match field.kind:
        case "time":
            return datetime.fromisoformat(value).astimezone(UTC)
        case "month":
            return date.fromisoformat(f"{value}-01")
        case "text":
            return str(value)
        case _:
            return value


def columns(name: str) -> list[Field]:
    """Fields of a stream that stand in its table, as it brought them."""
    elsewhere = {
        "reports": OF_THE_CAMPAIGN,
        "activity": {"is_proxy_open"},  # set by proxy_opens
    }.get(name, set())
    return [field for field in STREAMS[name].shape.fields if field.column not in elsewhere]


@pytest.mark.parametrize("name", STREAMS)
def test_every_described_field_arrives_and_a_new_one_is_kept(
    warehouse: Any, description: Description, name: str
) -> None:
    stream, provider = STREAMS[name], Described(description)
    item = provider.items[name]
    row = rows_in(stream, item)
    row |= copy.deepcopy(NEW)
    if stream.outer:
        item |= {"και_εδώ": 7}
    assert read(warehouse, provider) == []
    held = stored(warehouse, stream)
    for field in columns(name):
        if field.source not in BEYOND:
            assert at(row, field.source) is not None, f"{field.source} is not described"
        assert held[field.column] == as_stored(field, at(row, field.source)), field.column
    # What the description knows is a column, or named as one that is not kept.
    assert held[stream.extra] == NEW
    if stream.outer:
        kept = warehouse.execute("select activity_extra from stats.campaign_recipients").fetchone()
        assert kept == ({KEPT_AS[name]: {"και_εδώ": 7}},)


@pytest.mark.parametrize("name", STREAMS)
def test_missing_fields_are_null(warehouse: Any, description: Description, name: str) -> None:
    stream, provider = STREAMS[name], Described(description)
    item = provider.items[name]
    row = rows_in(stream, item)
    # Without these there would be nothing to hold against each other: nothing is read at zero.
    needed = {"emails_sent", "opens", "clicks", "unsubscribed", "abuse_reports", "bounces"}
    required = {field.source for field in stream.shape.fields if field.required}
    keep = required | (needed if name in ("reports", "campaigns") else set())
    keep |= {"total_clicks"} if name == "links" else set()
    keep |= {"create_time", "type"} if name == "campaigns" else set()
    for key in [key for key in row if key not in keep]:
        del row[key]
    assert read(warehouse, provider) == []
    held = stored(warehouse, stream)
    for field in columns(name):
        if field.source.split(".")[0] not in keep:
            if field.column == "list_id" and "subscriber_hash" in held:
                # A member of no audience could not be joined: it is the campaign's.
                assert held["list_id"] == "list_id ελληνικά"
            else:
                # Counts have no unknown: a missing one is none.
                assert held[field.column] in (None, 0, ""), field.column


def wrong(field: Field) -> list[Any]:
    """Values of all other types; first the one that is most different."""
    texts = ["κείμενο", "7", "true"]
    others: dict[str, list[Any]] = {
        "text": [200, 0, 0.5, True, False],
        "time": [1793520000, 0.5, True, *texts],
        "month": [202610, 0.5, True, *texts],
        "integer": [0.5, True, False, *texts],
        "number": [True, False, *texts],
        "boolean": [1, 0, 0.5, *texts],
        "json": [7, 0, 0.5, True, False, *texts],
    }
    shapes = [] if field.kind == "json" else [{"an": "object"}, ["a list"], {}, []]
    return shapes + others[field.kind]


@pytest.mark.parametrize("name", STREAMS)
def test_a_changed_type_is_an_error_that_names_stream_and_field(
    warehouse: Any, description: Description, name: str
) -> None:
    stream, provider = STREAMS[name], Described(description)
    row = rows_in(stream, provider.items[name])
    for field in stream.shape.fields:
        *parents, _ = field.source.split(".")
        changes = [(field.source, value) for value in wrong(field)]
        for changed, value in (*changes, (".".join(parents), [1, 2])):
            if not changed:
                continue
            broken = copy.deepcopy(row)
            level: Any = broken
            *above, name_of = changed.split(".")
            for part in above:
                level = level.setdefault(part, {})
            level[name_of] = value
            with pytest.raises(UnexpectedShapeError) as caught:
                stream.shape.row(broken)
                pytest.fail(f"{changed} took {value!r}")
            assert (caught.value.stream, caught.value.path) == (stream.shape.stream, changed)
            assert "κείμενο" not in str(caught.value)
            assert json.dumps({"an": "object"}) not in str(caught.value)
    # And in the whole: that stream fails by name, the others do not.
    # (a link's id in the list of its members is set by the reader itself)
    field = next(
        field
        for field in stream.shape.fields
        if "." not in field.source and field.source != "url_id"
    )
    row[field.source] = wrong(field)[0]
    problems = read(warehouse, provider)
    assert problems
    assert all(f"stream {stream.shape.stream}, field {field.source}" in one for one in problems)


def test_blank_is_none_where_a_time_or_text_is_missing() -> None:
    """Nobody has opened yet; a country without a region, which the description calls blank."""
    assert locations.SHAPE.row({"country_code": "GR", "region": ""})[1] is None
    held = dict(
        zip(
            report_snapshots.SHAPE.columns,
            report_snapshots.SHAPE.row({"id": "c1", "opens": {"last_open": ""}, "list_id": ""}),
            strict=True,
        )
    )
    assert (held["last_open_at"], held["list_id"]) == (None, None)


def test_another_delivery_status_is_an_error() -> None:
    with pytest.raises(UnexpectedShapeError, match="field status: expected one of sent, hard"):
        recipients.SHAPE.row({"email_id": MEMBER, "status": "deferred"})


@pytest.mark.parametrize("bad", ["text", {"a": 1}, None, ["text"], [None]])
@pytest.mark.parametrize("name", [name for name, stream in STREAMS.items() if stream.inner])
def test_a_changed_list_inside_is_an_error(name: str, bad: Any) -> None:
    stream = STREAMS[name]
    item: dict[str, Any] = {"email_id": MEMBER, "list_id": "l1", stream.inner: bad}
    module = activity if name == "activity" else proxy_opens
    assert stream.outer
    fitting, left_out = [(item, stream.outer.row(item))], LeftOut()
    made = (
        module._event_rows(fitting, 0, left_out)  # type: ignore[attr-defined]
        if module is activity
        else module._rows(fitting, left_out)
    )
    assert list(made) == []
    with pytest.raises(LeftOutError, match=f"field {stream.inner}: expected a list"):
        left_out.require_none()
