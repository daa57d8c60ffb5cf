"""Members that rows about to be loaded refer to: known before them, unless they were erased.

Every row about a member refers to ``stats.members``, where whoever is named gets a row, also who
was archived or deleted before anybody looked. Only who was erased never comes back: Mailchimp
leaves deleted members out of most reports, but not of all at once. Their hashes are known here only
as keyed digests (``sync.erased_subscriber``). Campaigns sent after the erasure are not concerned:
whoever gets those signed up again by themselves.
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
