"""Members that rows about to be loaded refer to: known before them, unless they were erased.

Every row about a member refers to ``stats.members``. Each member that a report names gets a row
there, even one that was archived or deleted before we looked. Only an erased member never comes
back. Mailchimp leaves deleted members out of most reports, but not out of all at once. Their hashes
are known here only as keyed digests (``sync.erased_subscriber``). Campaigns sent after the erasure
do not count: a person who gets one has signed up again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def know_members(connection: Connection[Any], landing: str, campaign_id: str) -> None:
    """Drop the rows of erased people and know the members of the others.

    Args:
        connection: the warehouse; the caller loads and commits, in the same transaction.
        landing: temporary table with columns ``list_id`` and ``subscriber_hash``.
        campaign_id: the campaign that the rows are about.
    """
    drop_erased(connection, landing, campaign_id)
    connection.execute("select stats.know_members(%s::regclass, %s)", (landing, campaign_id))


def drop_erased(connection: Connection[Any], landing: str, campaign_id: str) -> None:
    """Take the rows of erased people out of a landing table with a column ``subscriber_hash``.

    Args:
        connection: the warehouse; the caller loads and commits, in the same transaction.
        landing: the temporary table.
        campaign_id: the campaign that the rows are about.
    """
    connection.execute("select stats.drop_erased(%s::regclass, %s)", (landing, campaign_id))
