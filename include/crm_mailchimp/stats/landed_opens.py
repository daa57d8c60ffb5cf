"""Opens with their marks of proxies, landed before the events are loaded or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.stats.landing import create_landing

if TYPE_CHECKING:
    from psycopg import Connection

#: Temporary table of the opens that the list of openers names.
OPENS = "landing_proxy_opens"
OPEN_COLUMNS = (
    ("subscriber_hash", "text"),
    ("occurred_at", "timestamptz"),
    ("ordinal", "integer"),
    ("is_proxy_open", "boolean"),
    ("extra", "jsonb"),
)


def create_opens(connection: Connection[Any]) -> None:
    """The empty ``landing_proxy_opens`` of this session; the caller commits."""
    create_landing(connection, OPENS, OPEN_COLUMNS)
