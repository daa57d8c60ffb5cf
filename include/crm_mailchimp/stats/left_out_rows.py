"""Rows of a report that could not be read, kept for each campaign: they explain a difference."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from crm_mailchimp.statements import statement
from crm_mailchimp.stats.shapes import LeftOut

if TYPE_CHECKING:
    from psycopg import Connection


def store_left_out(
    connection: Connection[Any],
    campaign_id: str,
    stream: str,
    left_out: LeftOut,
    *,
    is_part: bool = False,
) -> None:
    """Keep what a reading left out, in place of what the reading before left out.

    Args:
        connection: the warehouse; the caller commits.
        campaign_id: the campaign.
        stream: as in ``stats.stream_gate``.
        left_out: of the reading.
        is_part: the reading did not cover the whole stream. What is known of earlier readings
            stays, and grows where this one left out more.
    """
    if not is_part:
        connection.execute(
            "delete from stats.left_out where campaign_id = %s and stream = %s",
            (campaign_id, stream),
        )
    rows = Counter(error.problem for error in left_out.errors)
    for problem, count in rows.items():
        connection.execute(
            statement("stats/store_left_out"),
            {
                "campaign_id": campaign_id,
                "stream": stream,
                "problem": problem,
                "rows": count,
                "hides": Jsonb(left_out.hidden.get(problem, {})),
            },
        )
