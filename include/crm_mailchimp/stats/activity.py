"""Events of a campaign's recipients: opens, clicks and bounces, one row each.

The key of an event: campaign, member, action, time, URL and the ordinal among equal events of that
second. Two links clicked in one second are two events, and so are two opens. ``since`` counts in
whole seconds, so a second is always read whole. Ordinals come out the same each time, and reading
again adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import find_value, read_row
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.deleted_members import (
    LISTED,
    LISTED_COLUMNS,
    create_listed,
    mark_deleted,
)
from crm_mailchimp.stats.landed_opens import create_opens
from crm_mailchimp.stats.landing import batches, create_landing, require_some
from crm_mailchimp.stats.members import know_members
from crm_mailchimp.stats.shapes import MEMBER_DETAILS, Field, LeftOut, Row, Shape, entries
from crm_mailchimp.stats.streams import Reading, store_stream_state
from crm_mailchimp.warehouse.copying import copy_rows
from crm_mailchimp.warehouse.key_lookups import hash_joins_now
from crm_mailchimp.warehouse.single_statements import single_statements

if TYPE_CHECKING:
    from psycopg import Connection

#: Opens, and clicks, that the provider lists of one member at most.
CAP = 1000

_OPENS = ("opens_total", "proxy_excluded_opens")
_OPENERS = ("unique_opens", "proxy_excluded_unique_opens")
_CLICKS = ("clicks_total", "unique_clicks")
_CLICKERS = ("unique_subscriber_clicks",)
_BOUNCES = ("hard_bounces", "soft_bounces")
#: Totals that an event of each kind counts in.
_COUNTED_IN: Mapping[str, Sequence[str]] = {
    "open": (*_OPENS, *_OPENERS),
    "click": (*_CLICKS, *_CLICKERS),
    "bounce": _BOUNCES,
}
_ANY = tuple(chain.from_iterable(_COUNTED_IN.values()))


def _event_hides(event: Mapping[str, Any]) -> Mapping[str, int]:
    action = event.get("action")
    # Another word is another kind of event, which none of our totals counts.
    return dict.fromkeys(_COUNTED_IN.get(action, ()) if isinstance(action, str) else _ANY, 1)


def _unreadable_event_hides(_recipient: Mapping[str, Any]) -> Mapping[str, int]:
    return dict.fromkeys(_ANY, 1)


def _member_hides(_member: Mapping[str, Any]) -> Mapping[str, int]:
    """All that one member can have done."""
    return dict.fromkeys(_ANY, 1) | dict.fromkeys((*_OPENS, *_CLICKS), CAP)


def _recipient_hides(recipient: Mapping[str, Any]) -> Mapping[str, int]:
    events = recipient.get("activity", [])
    if not isinstance(events, list):
        return _member_hides(recipient)
    hidden: Counter[str] = Counter()
    for event in events:
        hidden.update(_event_hides(event if isinstance(event, Mapping) else {}))
    return hidden | Counter()


#: One event of a recipient: what, when, and where.
SHAPE = Shape(
    stream="activity",
    fields=(
        Field("action", required=True, choices=("open", "click", "bounce")),
        Field("occurred_at", "time", path="timestamp", required=True),
        Field("url"),
        Field("ip"),
        Field("bounce_type", path="type"),
        Field("is_proxy_open", "boolean"),
    ),
    hides=_event_hides,
)

#: What is read again before the newest event known: reports fill in late now and then. What comes
#: later still shows as a gap between totals and events, and has the campaign read from its start.
OVERLAP = timedelta(days=1)

#: The recipient around them.
RECIPIENT_SHAPE = Shape(
    stream="activity",
    fields=(Field("list_id"), Field("subscriber_hash", path="email_id", required=True)),
    dropped=MEMBER_DETAILS | {"campaign_id", "activity"},
    hides=_recipient_hides,
)

_TABLE = "landing_activity"
_COLUMN_TYPES: Sequence[tuple[str, str]] = (
    ("recipient", "bigint"),
    ("list_id", "text"),
    ("subscriber_hash", "text"),
    *SHAPE.column_types,
    ("ordinal", "integer"),
)
_COLUMNS = [name for name, _ in _COLUMN_TYPES]
_EXTRA_TABLE = "landing_activity_extra"
_EXTRA_COLUMNS = (("subscriber_hash", "text"), ("extra", "jsonb"))


@dataclass(frozen=True, kw_only=True)
class _Progress:
    """Up to when events are loaded, and when the report's newest event happened."""

    complete_through: datetime | None
    report_through: datetime | None


class Activity:
    """The events of a campaign, read from a little before the newest known event."""

    name = "activity"

    def read(self, connection: Connection[Any], provider: ReportProvider, reading: Reading) -> int:
        """Read, load, count per recipient, mark who was deleted and remember; commits.

        Returns the number of events that the API gave.
        """
        parameters = {"campaign_id": reading.campaign_id}
        with single_statements(connection):
            progress = read_row(
                connection, _Progress, statement("stats/activity_progress"), parameters
            ) or _Progress(complete_through=None, report_through=None)
        since = None if reading.full else _since(progress.complete_through)
        landed = self._load(connection, provider, reading, since)
        if since is not None and _gap_has_grown(connection, reading.campaign_id):
            since = None
            reading.left_out.clear()
            landed = self._load(connection, provider, reading, None)
        mark_deleted(connection, provider, reading.campaign_id)
        store_stream_state(
            connection,
            self.name,
            reading,
            rows_read=landed,
            # The figures are older than the events read, so nothing up to them is missing. The
            # newest event seen might be newer than one on a page that was already read.
            complete_through=progress.report_through,
            is_part=since is not None,
        )
        connection.commit()
        reading.left_out.require_none()
        return landed

    def _load(
        self,
        connection: Connection[Any],
        provider: ReportProvider,
        reading: Reading,
        since: datetime | None,
    ) -> int:
        """Land and load the events after ``since``; returns their number. Commits."""
        left_out = reading.left_out
        create_landing(connection, _TABLE, _COLUMN_TYPES)
        create_landing(connection, _EXTRA_TABLE, _EXTRA_COLUMNS)
        create_listed(connection)
        connection.commit()
        recipients = provider.rows(reading.campaign_id, "activity", since=since)
        landed = listed = 0
        for page in batches(recipients):
            fitting = list(RECIPIENT_SHAPE.fitting(page, left_out))
            people = [person for _, person in fitting]
            events = _event_rows(fitting, listed, left_out)
            landed += copy_rows(connection, _TABLE, _COLUMNS, events)
            copy_rows(
                connection, LISTED, _names(LISTED_COLUMNS), ((person[1],) for person in people)
            )
            extras = [person[1:] for person in people if person[2]]
            if extras:
                copy_rows(connection, _EXTRA_TABLE, _names(_EXTRA_COLUMNS), extras)
            listed += len(people)
            connection.commit()
        require_some(left_out, 0, landed)
        if since is None and reading.before_load is not None:
            reading.before_load()
        else:
            create_opens(connection)
        connection.execute(statement("stats/ensure_activity_months"))
        connection.commit()
        parameters = {"campaign_id": reading.campaign_id, "ips_since": reading.ips_since}
        with connection.pipeline():
            know_members(connection, _TABLE, reading.campaign_id)
            # Marks are joined to events by hashing, whatever the planner takes the tables for.
            with hash_joins_now(connection, merges=False):
                connection.execute(statement("stats/load_activity"), parameters)
            connection.execute(statement("stats/load_activity_extra"), parameters)
            connection.execute(statement("stats/count_engagement"), parameters)
            connection.execute(statement("stats/note_unjudged_clicks"), parameters)
        connection.commit()
        return landed


ACTIVITY = Activity()


def _since(known_through: datetime | None) -> datetime | None:
    if known_through is None:
        return None
    # ``since`` excludes its own second, which may hold more events than were there last time.
    return known_through.replace(microsecond=0) - OVERLAP - timedelta(seconds=1)


def _gap_has_grown(connection: Connection[Any], campaign_id: str) -> bool:
    """Whether more events are missing than after the last reading from the start."""
    has_grown = find_value(
        connection, bool, statement("stats/activity_gap"), {"campaign_id": campaign_id}
    )
    connection.commit()
    return bool(has_grown)


def _names(column_types: Sequence[tuple[str, str]]) -> list[str]:
    return [name for name, _ in column_types]


def _event_rows(
    fitting: Iterable[tuple[Mapping[str, Any], Row]], listed: int, left_out: LeftOut
) -> Iterator[Row]:
    """A page of recipients as event rows, each with its ordinal among equal ones.

    It counts by entry, not by member: the API may list a member twice. Both lists then hold the
    same events, which must not be counted twice.
    """
    for number, (recipient, (list_id, subscriber_hash, _)) in enumerate(fitting, start=listed):
        listed_events = entries(
            SHAPE.stream,
            recipient,
            "activity",
            left_out,
            hides=_member_hides,
            entry_hides=_unreadable_event_hides,
        )
        equal: dict[Row, int] = {}
        for _, row in SHAPE.fitting(listed_events, left_out):
            action_time_url = row[:3]
            ordinal = equal[action_time_url] = equal.get(action_time_url, 0) + 1
            yield (number, list_id, subscriber_hash, *row, ordinal)
