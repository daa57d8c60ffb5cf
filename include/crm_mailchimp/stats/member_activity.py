"""What members did before they left, also outside campaigns: their activity feeds.

A feed costs one call a member. So only members of our audiences that left lately are read. A member
is read again only when ``sync.member`` shows another change. Campaigns show what all others did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PermanentError, ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import batches, land
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection

#: One entry of a member's activity feed, of any of its kinds, with the member it was asked for.
SHAPE = Shape(
    stream="member_activity",
    fields=(
        Field("list_id", required=True),
        Field("subscriber_hash", required=True),
        Field("activity_type", required=True),
        Field("occurred_at", "time", path="created_at_timestamp", required=True),
        Field("campaign_id"),
        Field("url", path="link_clicked"),
        Field("bounce_type"),
        Field("unsubscribe_reason"),
        Field("is_admin_unsubscribed", "boolean"),
        Field("signup_category"),
        Field("outreach_id"),
        Field("permission_granted", "boolean", path="marketing_permission_opted_in"),
        Field("event_name"),
    ),
    # What people wrote, who of the account did what, what was bought; titles are elsewhere. The
    # description itself spells "permisson".
    dropped=frozenset(
        {
            "avatar_url",
            "bounce_has_open_activity",
            "campaign_title",
            "created_by",
            "event_properties",
            "from_email",
            "has_read",
            "is_user",
            "marketing_permisson_text",
            "message_text",
            "note_id",
            "note_text",
            "order_id",
            "order_items",
            "order_total",
            "order_url",
            "outreach_title",
            "outreach_type",
            "store_name",
            "survey_id",
            "survey_title",
            "thread_id",
            "updated_at_timestamp",
            "updated_by",
        }
    ),
)

#: Feeds of one run at most; who is left over comes next time, the latest departures first.
MOST_MEMBERS = 500

#: Problems that a message names one by one.
_NAMED = 20

#: Members whose feeds are loaded in one transaction: what a crash repeats.
_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class _DepartedMember:
    """A member that left, and the time of the change that its feed is read for."""

    list_id: str
    subscriber_hash: str
    as_of: datetime


class UnreadFeedsError(PermanentError):
    """Activity feeds of some members could not be read; all others were."""


def load_feeds(
    connection: Connection[Any],
    provider: AudienceHistoryProvider,
    *,
    account: str = DEFAULT_ACCOUNT,
    since: datetime | None = None,
    most: int = MOST_MEMBERS,
    watch: OutageWatch | None = None,
) -> int:
    """Read the feeds of members that left lately or changed since theirs was read; commits.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the feeds are.
        account: of the provider.
        since: what happened before this moment is not kept (retention); None keeps all.
        most: members at most.
        watch: over the account; by default one for these feeds alone.

    Returns:
        number of members read.

    Raises:
        UnreadFeedsError: some feeds could not be read, after all others were.
        ProviderError: an outage of the account.
    """
    watch = watch or OutageWatch(provider)
    members = read_rows(
        connection,
        _DepartedMember,
        statement("stats/members_to_read"),
        {"account": account, "most": most},
    )
    connection.commit()
    left_out = LeftOut()
    unread: list[str] = []
    for some in batches(members, _AT_ONCE):
        feeds = _feeds(provider, some, unread, watch)
        items = [item for feed in feeds.values() for item in feed]
        land(connection, SHAPE, items, left_out, may_be_empty=True)
        # As for recipients, an erasure that begins now waits. An earlier erasure has taken its
        # members out of ``sync.member``. Nothing is loaded for members that are not in it.
        connection.execute("lock table sync.erased_subscriber in share mode")
        connection.execute(statement("stats/load_member_activities"), {"since": since})
        connection.cursor().executemany(
            statement("stats/store_member_activity_state"),
            [asdict(member) for member in feeds],
        )
        connection.commit()
    if unread:
        raise UnreadFeedsError(
            f"{len(unread)} of {len(members)} activity feeds could not be read: "
            + "; ".join(sorted(set(unread))[:_NAMED])
        )
    left_out.require_none()
    return len(members)


def _feeds(
    provider: AudienceHistoryProvider,
    members: Sequence[_DepartedMember],
    unread: list[str],
    watch: OutageWatch,
) -> dict[_DepartedMember, list[dict[str, Any]]]:
    """The feeds that can be read. One that cannot is named by its audience, and asked again."""
    feeds: dict[_DepartedMember, list[dict[str, Any]]] = {}
    for member in members:
        whose = {"list_id": member.list_id, "subscriber_hash": member.subscriber_hash}
        try:
            feeds[member] = [
                {**item, **whose}
                for item in provider.member_feed(member.list_id, member.subscriber_hash)
            ]
            watch.note_answer()
        except ProviderError as error:
            watch.note_failure(error, member)
            unread.append(f"audience {member.list_id}: {type(error).__name__}: {error}")
    return feeds
