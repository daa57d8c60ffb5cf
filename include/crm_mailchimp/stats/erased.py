"""Reports never bring back whom the erasure took out: their rows are dropped before loading.

Mailchimp leaves deleted members out of most reports, but not of all at once. Their hashes are known
here only as keyed digests (``sync.erased_subscriber``). Campaigns sent after the erasure are not
concerned: whoever gets those signed up again by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def drop_erased(connection: Connection[Any], landing: str, campaign_id: str) -> int:
    """Take the rows of erased people out of a landing table, in the transaction that loads it.

    Args:
        connection: the warehouse; the caller loads and commits.
        landing: temporary table with a column ``subscriber_hash``.
        campaign_id: the campaign that the rows are about.

    Returns:
        number of rows dropped.
    """
    row = connection.execute(
        "select stats.drop_erased(%s::regclass, %s)", (landing, campaign_id)
    ).fetchone()
    return row[0] if row else 0
