"""What Mailchimp tells of audiences over time, and of single members: figures, days, activity.

Rows are Mailchimp's JSON objects, without links. See also ``reports.growth_history``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.mailchimp.paging import walk

Row = dict[str, Any]

#: Names, addresses and settings of the account's owner: not fetched, so not to be guarded.
_OWNERS = (
    "contact",
    "campaign_defaults",
    "notify_on_subscribe",
    "notify_on_unsubscribe",
    "beamer_address",
    "modules",
    "_links",
)


def audience_figures(client: MailchimpClient) -> Iterator[Row]:
    """All audiences of the account with their current figures, oldest first.

    Source: ``GET /lists`` (OpenAPI 3.0.55), one row an item.
    """
    yield from walk(
        lambda count, offset: client.lists.get_all_lists(
            count=count,
            offset=offset,
            exclude_fields=["_links", *(f"lists.{name}" for name in _OWNERS)],
            sort_field="date_created",
            sort_dir="ASC",
        ),
        "lists",
        key=lambda row: str(row.get("id")),
    )


def audience_days(client: MailchimpClient, list_id: str) -> Iterator[Row]:
    """An audience day by day, the newest first: the last 180 days.

    Source: ``GET /lists/{list_id}/activity`` (OpenAPI 3.0.55), one row an item.

    Raises:
        NotFound: there is no such audience.
    """
    yield from walk(
        lambda count, offset: client.lists.get_list_recent_activity(
            list_id, count=count, offset=offset, exclude_fields=["_links", "activity._links"]
        ),
        "activity",
        key=lambda row: str(row.get("day")),
    )


def member_feed(client: MailchimpClient, list_id: str, subscriber_hash: str) -> Iterator[Row]:
    """What a member did, the newest first; nothing of a member who was deleted.

    Source: ``GET /lists/{list_id}/members/{subscriber_hash}/activity-feed`` (OpenAPI 3.0.55), one
    row an item of any of its kinds.
    """
    try:
        yield from walk(
            lambda count, offset: client.lists.get_list_member_activity_feed(
                list_id,
                subscriber_hash,
                count=count,
                offset=offset,
                exclude_fields=["_links", "activity._links"],
            ),
            "activity",
        )
    except NotFound:
        return
